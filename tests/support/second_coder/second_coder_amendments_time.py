"""Worked examples of A-1 to A-11, A-14: seconds, the stay's edges, witnesses, bags of one dose."""

from second_coder_timelines import BLANK, Example, at, fluid, infusion, injection, pumped, push, stay

from models.encounter import Administration, Flow

WITH_SECONDS = stay(infusion("cefazolin", "08:00:50", "08:16:10"))
THREE_SHORT = stay(
    infusion("cefazolin", "08:00:00", "08:05:50", "08:10:00", "08:15:50", "08:20:00", "08:25:50")
)
NEARLY_SIXTEEN = stay(infusion("cefazolin", "08:00:31", "08:16:30"))

RUNNING = infusion("vancomycin", "08:00", None)
UNWATCHED = infusion("diltiazem", "08:00", "1 09:00")
PAUSED = {"stop_reason": "completed"}


def rider(start: str, stop: str, **told: object) -> Administration:
    """Return a potassium rider, its dose id its own."""
    return infusion("potassium chloride", start, stop, dose_id=start, **told)


TIME: dict[str, Example] = {
    "A-1: 15 min 59 s is a push": (stay(infusion("cefazolin", "08:00:00", "08:15:59")), {}, "96374"),
    "A-1: 15 min 20 s is a push though sixteen minutes on the clock": (WITH_SECONDS, {}, "96374"),
    "A-1: a reader of clocks counts it sixteen": (WITH_SECONDS, {"rounding": "truncate_each"}, "96365"),
    "A-1: truncate is the reader of clocks": (WITH_SECONDS, {"rounding": "truncate"}, "96365"),
    "A-1: 30 min 25 s of fluid earn nothing": (stay(fluid("08:00:00", "08:30:25")), {}, ""),
    "A-1: three times 5 min 50 s are 17 minutes": (THREE_SHORT, {}, "96365"),
    "A-1: to a reader of clocks they are 15": (THREE_SHORT, {"rounding": "truncate_each"}, "96374"),
    "A-1: 15 min 59 s between clocks": (NEARLY_SIXTEEN, {}, "96374"),
    "A-1: the nearest minutes are sixteen apart": (NEARLY_SIXTEEN, {"rounding": "nearest_minute"}, "96365"),
    "A-1: a wait of 30 min 59 s is not over 30": (
        stay(push("morphine", "08:00:00"), push("morphine", "08:30:59")),
        {},
        "96374",
    ),
    "A-1: a wait of 31 min is": (
        stay(push("morphine", "08:00:00"), push("morphine", "08:31:00")),
        {},
        "96374 96376",
    ),
    "A-3: handed over, it ran until the departure": (
        stay(RUNNING._replace(stop_reason="handed_over"), departed_at=at("10:00")),
        {},
        "96365 96366 F-RUNNING_AT_DEPARTURE",
    ),
    "A-3: something was said of it after the departure": (
        stay(RUNNING._replace(touched=(at("10:05"),), last_seen_at=at("10:05")), departed_at=at("10:00")),
        {},
        "96365 96366 F-RUNNING_AT_DEPARTURE",
    ),
    "A-3: nothing says that it still ran": (
        stay(RUNNING._replace(touched=(at("09:00"),)), departed_at=at("10:00")),
        {},
        "F-MISSING_STOP!",
    ),
    "A-4: a push ten minutes before the arrival": (
        stay(push("morphine", "07:50"), arrived_at=at("08:00")),
        {},
        "96374 F-PREARRIVAL",
    ),
    "A-4: half an hour late is late registration": (
        stay(push("morphine", "07:30"), arrived_at=at("08:00")),
        {},
        "96374 F-PREARRIVAL",
    ),
    "A-4: a push more than half an hour before": (
        stay(push("morphine", "07:29"), arrived_at=at("08:00")),
        {},
        "F-PREARRIVAL!",
    ),
    "A-4: the first event of any kind says how late": (
        stay(injection("ketorolac", "07:20"), push("morphine", "07:50"), arrived_at=at("08:00")),
        {},
        "F-PREARRIVAL!",
    ),
    "A-4: a push of the ambulance is flagged": (
        stay(push("morphine", "07:50", prehospital=True), arrived_at=at("08:00")),
        {},
        "F-PREARRIVAL",
    ),
    "A-4: even where minutes of others are ignored": (
        stay(push("morphine", "07:50", prehospital=True), arrived_at=at("08:00")),
        {"P-16": "ignore"},
        "F-PREARRIVAL",
    ),
    "A-4: an infusion registered late counts whole": (
        stay(infusion("vancomycin", "07:40", "09:11"), arrived_at=at("08:00")),
        {},
        "96365 96366 F-PREARRIVAL",
    ),
    "A-4: an hour before, it counts from the first word after the arrival": (
        stay(infusion("vancomycin", "07:00", "09:00", touched=(at("08:10"),)), arrived_at=at("08:00")),
        {},
        "96365 F-PREARRIVAL",
    ),
    "A-5: 25 hours nobody looked at": (stay(UNWATCHED), {}, "F-TOO_LONG!"),
    "A-5: 25 hours with a bag changed": (
        stay(UNWATCHED._replace(bag_changes=(at("20:00"),), touched=(at("20:00"),))),
        {},
        "96365 96366*24 F-TOO_LONG",
    ),
    "A-5: charted for the future": (
        stay(infusion("vancomycin", "08:00", "09:00", faults=("future_time",))),
        {},
        "F-FUTURE_TIME!",
    ),
    "A-6: a stop without drug and start": (
        stay(BLANK._replace(touched=(at("09:00"),))),
        {},
        "F-MISSING_START!",
    ),
    "A-8: the pause nobody ended changes no unit": (
        stay(fluid("08:00", "08:40", open_pause=Flow(at("08:40"), at("08:55")), **PAUSED)),
        {},
        "96360 F-PAUSE_OPEN",
    ),
    "A-8: the pause nobody ended changes a unit": (
        stay(infusion("vancomycin", "08:00", "08:40", open_pause=Flow(at("08:40"), at("09:45")), **PAUSED)),
        {},
        "96365 F-PAUSE_OPEN!",
    ),
    "A-8: an hour under the skin without a pump": (
        stay(infusion("deferoxamine", "08:00", "09:00", route="SC")),
        {},
        "96369 F-ROUTE_CONFLICT!",
    ),
    "A-8: an hour under the skin with a pump": (
        stay(infusion("deferoxamine", "08:00", "09:00", route="SC", device_id="P1")),
        {},
        "96369",
    ),
    "A-8: fifteen minutes under the skin": (
        stay(infusion("deferoxamine", "08:00", "08:15", route="SC")),
        {},
        "96372",
    ),
    "A-8: twenty minutes into a muscle": (
        stay(infusion("ketorolac", "08:00", "08:20", route="IM")),
        {},
        "F-ROUTE_CONFLICT!",
    ),
    "A-9: pump and nurse under one order are one": (
        stay(
            infusion("vancomycin", "08:00", "09:00", order_id="O1"),
            pumped("vancomycin", "08:02", "09:01", order_id="O1"),
        ),
        {},
        "96365",
    ),
    "A-9: where the pump would earn more it blocks": (
        stay(
            infusion("vancomycin", "08:00", "09:00", order_id="O1"),
            pumped("vancomycin", "08:00", "09:45", order_id="O1"),
        ),
        {},
        "96365 F-PUMP_MAR_MISMATCH!",
    ),
    "A-9: the pump gives the stop the nurse left out": (
        stay(
            infusion("vancomycin", "08:00", None, dose_id="D1"),
            pumped("vancomycin", "08:00", "09:31", dose_id="D1"),
        ),
        {},
        "96365 96366 F-STOP_CALCULATED",
    ),
    "A-9: four hours later it is another dose": (
        stay(
            infusion("vancomycin", "08:00", "09:00", order_id="O1"),
            pumped("vancomycin", "13:00", "14:00", order_id="O1"),
        ),
        {},
        "96365 96366 F-SAME_DRUG_REPEAT",
    ),
    "A-10: riders of one order within half an hour are one dose": (
        stay(
            rider("08:00", "09:00", order_id="O1"),
            rider("09:10", "10:10", order_id="O1"),
            rider("10:40", "11:40", order_id="O1"),
        ),
        {},
        "96365 96366*2",
    ),
    "A-10: of two orders a minute apart": (
        stay(rider("08:00", "08:40", order_id="O1"), rider("08:41", "09:21", order_id="O2")),
        {},
        "96365",
    ),
    "A-10: of two orders two minutes apart they are two": (
        stay(rider("08:00", "08:40", order_id="O1"), rider("08:42", "09:22", order_id="O2")),
        {},
        "96365 96366 F-SAME_DRUG_REPEAT",
    ),
    "A-10: of one order 31 minutes apart they are two": (
        stay(rider("08:00", "08:40", order_id="O1"), rider("09:11", "09:51", order_id="O1")),
        {},
        "96365 96366 F-SAME_DRUG_REPEAT",
    ),
    "A-11: two bags that overlap are one infusion": (
        stay(
            infusion("ceftriaxone", "08:00", "08:40", dose_id="D1"),
            infusion("ceftriaxone", "08:30", "09:40", dose_id="D2"),
        ),
        {},
        "96365 96366 F-OVERLAP_AMBIGUOUS",
    ),
    "A-14: bags of one dose chain": (
        stay(
            infusion("heparin", "08:00", None, dose_id="D1"),
            infusion("heparin", "12:00", None, dose_id="D1"),
            infusion("heparin", "16:00", "18:00", dose_id="D1"),
        ),
        {},
        "96365 96366*9",
    ),
    "A-14: bags of a drip under one order chain": (
        stay(
            infusion("heparin", "08:00", None, order_id="O1"),
            infusion("heparin", "12:00", "13:00", order_id="O1"),
        ),
        {},
        "96365 96366*4",
    ),
    "A-14: bags that nothing joins do not": (
        stay(infusion("heparin", "08:00", None), infusion("heparin", "16:00", "18:00")),
        {},
        "96365 96366 F-MISSING_STOP!",
    ),
}
