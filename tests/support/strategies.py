"""
Stays as Hypothesis draws them: ordinary ones, and the ones that end up in an appeal.

Drugs come from a short list, so that the same drug comes twice; lengths and gaps sit on and around the
thresholds; administrations touch, overlap and pause; sites are restarted, justified or forgotten. Every draw
is a well-formed ``Encounter``: in order of first moment, flows sorted and apart.
"""

from datetime import datetime
from typing import Any

from drawn_administrations import drawn, flush
from drawn_day import DAYS, ORDINARY_DAYS, Day
from drawn_series import series
from drawn_stay import uncommon
from hypothesis import strategies as st
from second_coder_timelines import EMPTY

from models.encounter import Administration, Encounter

ZONES = ("UTC", "UTC", "America/New_York", "Asia/Kolkata", None)

ANSWERS: dict[str, tuple[str, ...]] = {
    "P-02": ("hierarchy+flag", "hold"),
    "P-03": ("longest", "first_started"),
    "P-04": ("encounter", "calendar_day"),
    "P-05": ("each_dose", "sum_per_dos", "sum_per_encounter"),
    "P-06": ("16", "31"),
    "P-07": ("30", "0", "60"),
    "P-08": ("deduct", "full_time"),
    "P-09": ("16", "1"),
    "P-10": ("encounter", "dos"),
    "P-11": ("review", "96549", "bundle"),
    "P-12": ("cumulative_anchor", "cumulative", "per_interval"),
    "P-13": ("documented", "none", "nominal:5"),
    "P-14": ("by_indication", "always_hydration", "always_therapeutic"),
    "P-14b": ("payer_map", "chemo", "ther"),
    "P-15": ("hold_calculate_fallback", "push", "none"),
    "P-16": ("count_from_takeover", "review_all", "ignore"),
    "P-17": ("50", "30"),
    "P-18": ("per_injection", "per_dose"),
    "P-19": ("96376", "96375", "none"),
    "P-20": ("review", "code", "none"),
    "P-21": ("59", "XS", "XU"),
    "P-22": ("cms_aoc_file", "cpt_parentheticals"),
    "P-23": ("review", "infusion", "none"),
    "P-24": ("flow_seconds", "truncate_each", "truncate", "nearest_minute"),
    "P-25": ("start_date_capped", "by_hour"),
    "P-27": ("24", "12"),
    "P-28": ("5", "15"),
    "P-29": ("none", "500"),
    "H-01": ("96416", "G0498"),
    "after_concurrent": ("96367", "96366"),
    "hydration_reason": ("listed", "any"),
    "repeat_injection_modifier": ("none", "59", "76"),
    "sad": ("not_billed", "bill"),
}
"""Every switch that changes lines, with the answers tried, the default first."""


@st.composite
def policies(draw: st.DrawFn) -> tuple[tuple[str, str], ...]:
    """Draw ``--set`` pairs: mostly none or one, sometimes many switches at once."""
    keys = draw(
        st.one_of(
            st.just([]),
            st.lists(st.sampled_from(sorted(ANSWERS)), max_size=1),
            st.lists(st.sampled_from(sorted(ANSWERS)), max_size=12, unique=True),
        )
    )
    return tuple((key, draw(st.sampled_from(ANSWERS[key]))) for key in sorted(keys))


@st.composite
def encounters(draw: st.DrawFn, *, charting: bool = True, days: tuple[datetime, ...] = DAYS) -> Encounter:
    """
    Draw one stay of up to seven administrations, or more where some come in series; rarely little but a flush.

    Without ``charting`` everything is charted completely: what remains is the coding itself.
    """
    day = Day(draw, days, charting=charting)
    given: list[Administration] = [flush(day)] if day.rarely(15) else []
    for _ in range(draw(st.integers(0 if given else 1, 1 if given else 7))):
        given += series(day) if day.rarely(6) else [drawn(day)]
    named = [one._replace(administration_id=f"A{number}") for number, one in enumerate(given)]
    latest = max(max(_moments(one)) for one in named)
    told: dict[str, Any] = {
        "setting": draw(st.sampled_from(("facility", "facility", "facility", "office"))),
        "time_zone": draw(st.sampled_from(ZONES)),
        "utc_offset_s": draw(st.sampled_from((0, -18000, 19800))),
        "payer": draw(st.sampled_from((None, None, None, "Medicare", "Aetna"))),
        "department_modifier": draw(st.sampled_from((None, None, None, "PO", "PN"))),
        "key_reason_order_id": draw(st.sampled_from((None, "O1", "O2"))),
        "arrived_at": day.midnight - 3 * 3600,
        "departed_at": latest + draw(st.sampled_from((0, 60, 3600))),
    }
    told |= uncommon(day)
    if charting:
        told |= _window(day, latest)
    return EMPTY._replace(
        sites=day.sites,
        administrations=tuple(sorted(named, key=lambda one: (min(_moments(one)), one.administration_id))),
    )._replace(**told)


def _moments(one: Administration) -> list[int]:
    """Return every instant of an administration; the furthest future for one without any."""
    flows = one.flows + one.pump_flows
    ends = [end for flow in flows for end in flow if end is not None]
    return [*ends, *([] if one.given_at is None else [one.given_at])] or [EMPTY.arrived_at or 0]


def _window(day: Day, latest: int) -> dict[str, Any]:
    """Draw the edges of the stay that cut into what was given."""
    told: dict[str, Any] = {}
    if day.rarely(5):
        told["arrived_at"] = min(day.instant(day.draw(st.sampled_from((-20, 0, 5, 30, 31, 60)))), latest)
    if day.rarely(6):
        early = latest - 60 * day.draw(st.sampled_from((1, 14, 30, 60, 120)))
        told["departed_at"] = max(early, told.get("arrived_at", day.midnight) + 60)
    if day.rarely(8):
        order = latest - 60 * day.draw(st.sampled_from((0, 15, 30, 90)))
        told["inpatient_ordered_at"] = min(max(order, day.instant(0)), told.get("departed_at", latest))
    if day.rarely(10):
        told |= {"standing": "open", "departed_at": None}
    return told


__all__ = ["ORDINARY_DAYS", "encounters", "policies"]
