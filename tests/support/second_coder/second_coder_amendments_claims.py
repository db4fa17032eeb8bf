"""Worked examples of A-7 and A-20 to A-25: initials beside pumps, second sites, repeats, the office, moves."""

from second_coder_timelines import Example, at, infusion, injection, push, stay

from models.encounter import AccessSite, DepartmentPeriod, Encounter, RefusedEvent

PUMP = infusion("fluorouracil", "10:05", None, technique="prolonged_pump", planned_minutes=2760)
TWO_INJECTIONS = stay(injection("ketorolac", "08:00"), injection("ketorolac", "14:00"))


def sites(*reasons: str | None) -> tuple[AccessSite, ...]:
    """Return sites a, b, c with these reasons."""
    return tuple(
        AccessSite(name, "peripheral", None, None, None, reason)
        for name, reason in zip("abc", reasons, strict=False)
    )


def at_two(*reasons: str | None) -> Encounter:
    """Return two drugs at once through two sites."""
    return stay(
        infusion("azithromycin", "09:30", "10:30", site_id="a"),
        infusion("ceftriaxone", "09:30", "10:31", site_id="b"),
        sites=sites(*reasons),
    )


MOVED = (DepartmentPeriod(at("00:00"), "clinic", "PO"), DepartmentPeriod(at("12:00"), "ward", None))
REFUSED = (RefusedEvent("REJ-9", "EV-9", "no such drug"),)

NEVER = (
    "another lumen",
    "rate not reached with one line",
    "restart",
    "infiltration of the first",
    "small veins",
    "patient's convenience",
    "second IV",
)

CLAIMS: dict[str, Example] = {
    "A-7: an event was refused": (
        stay(infusion("ceftriaxone", "08:00", "08:30"), refused_events=REFUSED),
        {},
        "96365 F-REFUSED_EVENT!",
    ),
    "A-20: a pump of another drug beside an infusion": (
        stay(infusion("oxaliplatin", "08:00", "10:00"), PUMP),
        {},
        "96413 96415 96416",
    ),
    "A-20: a bolus of the pump's drug": (stay(push("fluorouracil", "10:00"), PUMP), {}, "96409 96416"),
    "A-20: an infusion of the pump's drug": (
        stay(infusion("fluorouracil", "08:00", "10:00"), PUMP),
        {},
        "96413 96415 96416 F-MULTI_INITIAL!",
    ),
    "A-20: an infusion under the skin beside one into a vein": (
        stay(
            infusion("ceftriaxone", "08:00", "08:30"),
            infusion("deferoxamine", "09:00", "10:00", route="SC", device_id="P1"),
        ),
        {},
        "96365 96369 F-MULTI_INITIAL!",
    ),
    **{f"A-21: {words}": (at_two(None, words), {}, "96365 96368 F-SECOND_SITE") for words in NEVER},
    "A-21: a reason that counts is listed": (
        at_two(None, "incompatible drugs"),
        {},
        "96365 96365-59 F-SECOND_SITE",
    ),
    "A-22: the reason may stand at either access": (at_two("incompatible drugs", None), {}, "96365 96365-59"),
    "A-22: the main site has the best-ranked service": (
        stay(
            infusion("ceftriaxone", "08:00", "10:00", site_id="a"),
            infusion("paclitaxel", "08:00", "09:00", site_id="b"),
            sites=sites(None, "incompatible drugs"),
        ),
        {},
        "96413 96365-59 96366",
    ),
    "A-22: the third needs a reason of its own": (
        stay(
            infusion("azithromycin", "09:30", "10:30", site_id="a"),
            infusion("ceftriaxone", "09:30", "10:31", site_id="b"),
            infusion("vancomycin", "09:30", "10:32", site_id="c"),
            sites=sites(None, "incompatible drugs", None),
        ),
        {},
        "96365 96365-59 96368 F-SECOND_SITE",
    ),
    "A-23: two doses are two units": (TWO_INJECTIONS, {}, "96372*2"),
    "A-23: split by 59": (TWO_INJECTIONS, {"repeat_injection_modifier": "59"}, "96372 96372-59"),
    "A-23: split by 76": (TWO_INJECTIONS, {"repeat_injection_modifier": "76"}, "96372 96372-76"),
    "A-23: so is another drug's injection": (
        stay(injection("ketorolac", "08:00"), injection("morphine", "14:00")),
        {"repeat_injection_modifier": "76"},
        "96372 96372-76",
    ),
    "A-24: office, chemotherapy beside a plain key reason": (
        stay(
            infusion("ceftriaxone", "08:00", "09:00", order_id="O1"),
            infusion("paclitaxel", "09:00", "10:40", order_id="O2"),
            setting="office",
            key_reason_order_id="O1",
        ),
        {},
        "96413 96415 96367 F-KEY_REASON!",
    ),
    "A-24: office, chemotherapy as the key reason": (
        stay(
            infusion("ceftriaxone", "08:00", "09:00", order_id="O1"),
            infusion("paclitaxel", "09:00", "10:40", order_id="O2"),
            setting="office",
            key_reason_order_id="O2",
        ),
        {},
        "96413 96415 96367",
    ),
    "A-25: what starts after a move has the new department's modifier": (
        stay(infusion("ceftriaxone", "11:30", "13:30"), push("ondansetron", "13:00"), departments=MOVED),
        {},
        "96365-PO 96366-PO 96375",
    ),
}
