"""What goes wrong in a drawn chart: stops and starts left out, a pump's other story, pauses nobody ended."""

from decimal import Decimal
from typing import Any

from drawn_day import Day
from hypothesis import strategies as st

from models.encounter import Administration, Flow


def charted_badly(day: Day, given: Administration) -> Administration:
    """Take something from the chart, or let the pump tell another story."""
    if given.technique != "infusion" or not given.flows:
        return given._replace(
            order_status=day.draw(st.sampled_from(("signed", "unsigned", "none"))),
            prehospital=day.draw(st.sampled_from((None, None, True, False))),
        )
    flows = given.flows
    last = flows[-1]
    length = sum(flow.stop - flow.start for flow in flows if flow.stop is not None) // 60
    stopless = (*flows[:-1], Flow(last.start, None))
    pumped = (*flows[:-1], Flow(last.start, last.start + 60 * day.draw(st.sampled_from((10, 16, 31, 91)))))
    ended = last.start + 60 if last.stop is None else last.stop
    later = day.draw(st.sampled_from((1, 15, 60)))
    by_volume = {"rate_ml_per_h": Decimal(120), "volume_ml": Decimal(2 * length), "rates": ()}
    off = {"rate_ml_per_h": Decimal(120), "volume_ml": Decimal(4 * length + 1), "rates": ()}
    stories: tuple[dict[str, Any], ...] = (
        {"flows": stopless, "touched": given.touched[:-1]},
        {"flows": stopless, "touched": given.touched[:-1], **by_volume},
        {"flows": stopless, "touched": given.touched[:-1], "pump_flows": pumped},
        {"pump_flows": pumped},
        {"flows": (), "pump_flows": pumped},
        {"prehospital": True},
        {"prehospital": False},
        {
            "bag_changes": (last.start + 300,),
            "touched": tuple(sorted({*given.touched, last.start + 300})),
        },
        {"planned_minutes": max(length // 2, 1)},
        {"planned_minutes": max(length // 2 - 1, 1)},
        {"flows": (), "touched": (), "given_at": None},
        by_volume,
        off,
        {"faults": ("stop_before_start",), "flows": ()},
        {"faults": ("overlapping_intervals",)},
        {"stop_reason": "reaction"},
        {"stop_reason": "bag_removed"},
        {"stop_reason": "kvo"},
        {
            "stop_reason": "completed",
            "touched": (*given.touched, ended + 60 * later),
            "open_pause": Flow(ended, ended + 60 * later),
        },
        {"flows": stopless, "touched": given.touched[:-1], "stop_reason": "handed_over"},
        {
            "flows": stopless,
            "touched": (*given.touched[:-1], last.start + 60 * 400),
            "last_seen_at": last.start + 60 * 400,
        },
        {
            "bag_changes": ((flows[0].start + ended) // 2,),
            "touched": tuple(sorted({*given.touched, (flows[0].start + ended) // 2})),
        },
    )
    return given._replace(**day.draw(st.sampled_from(stories)))
