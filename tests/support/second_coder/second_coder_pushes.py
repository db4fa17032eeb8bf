"""Pushes in time order across every site: new drugs, repeats, and drugs that are infused too."""

from datetime import date

from second_coder_desk import Desk, Service, Unit
from second_coder_seconds import end, first

Drug = tuple[str, date | None]
"""A drug on the date it is remembered for: no date unless every day is coded anew (P-04)."""


def code_pushes(
    desk: Desk, services: list[Service], initial_ones: list[Service]
) -> list[tuple[Service, Unit]]:
    """Code every push; return the initial ones with their units."""
    reported: dict[Drug, int] = {}
    firsts = []
    pushes = [one for one in services if one.kind == "push"]
    for push in sorted(pushes, key=lambda one: (one.start, one not in initial_ones, one.identifier)):
        if push in initial_ones and not repeated_chemotherapy(desk, push, reported, services):
            unit = desk.write("96409" if push.billing == "CHEMO" else "96374", push.start, push.members)
            firsts.append((push, unit))
            reported[push.substance, push.day] = push.start
            continue
        code = code_of(desk, push, reported, services)
        if code is not None and push not in initial_ones:
            desk.write(code, push.start, push.members)
            reported[push.substance, push.day] = push.start
    return firsts


def repeated_chemotherapy(
    desk: Desk, push: Service, reported: dict[Drug, int], services: list[Service]
) -> bool:
    """Whether a push that would lead a second site gives a chemotherapy drug the stay has had already (A-13)."""
    reason = desk.encounter.key_reason_order_id
    if push.billing != "CHEMO" or (desk.office and reason is not None and reason in push.orders):
        return False
    given = {
        (one.substance, one.day) for one in services if one.kind == "infusion" and one.billing == "CHEMO"
    }
    return (push.substance, push.day) in given | reported.keys()


def code_of(desk: Desk, push: Service, reported: dict[Drug, int], services: list[Service]) -> str | None:
    """Return the code of a push that is not an initial, or None."""
    last = reported.get((push.substance, push.day))
    infused = [
        one
        for one in services
        if one.kind == "infusion"
        and (one.billing, one.substance, one.day) == (push.billing, push.substance, push.day)
    ]
    if push.billing == "CHEMO":
        if infused or last is not None:
            desk.raise_flag("F-CHEMO_REPEAT")
            return None
        return "96411"
    if not infused and last is None:
        return "96375"
    return repeat_code(desk, push, last, infused)


def repeat_code(desk: Desk, push: Service, last: int | None, infused: list[Service]) -> str | None:
    """Return the code of a drug pushed again, or pushed and infused (R-PUSH-3, R-PUSH-7)."""
    if desk.office or stays_with_infusion(desk, push, infused):
        return None
    if last is not None:
        return "96376" if (push.start - last) // 60 > 30 else None
    school = desk.policy.push_code_when_the_drug_was_is_infused
    return None if school == "none" else school


def stays_with_infusion(desk: Desk, push: Service, infused: list[Service]) -> bool:
    """Whether a push too near an infusion of its drug is not coded (P-20)."""
    if not any(near(push, one) for one in infused):
        return False
    school = desk.policy.same_drug_push_30_min_from_during_infusion
    if school == "review":
        desk.raise_flag("F-BOLUS_SAME_DRUG")
    return school != "code"


def near(push: Service, infusion: Service) -> bool:
    """Whether a push came during an infusion or within 30 minutes of it (R-PUSH-7)."""
    before, after = first(infusion.counted) - push.start, push.start - end(infusion.counted)
    return not (before // 60 > 30 or after // 60 > 30)
