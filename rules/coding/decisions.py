"""Enters the codes a person decides on: unlisted and procedural ones that no clock can earn (R-UNL-1)."""

from models.charge import Reason
from models.encounter import Decision, Encounter
from rules.flags import FLAGS
from rules.rule import Rule
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.context import Context
from rules.worksheet.reviews import because
from rules.worksheet.sheet import Earned

BY_A_PERSON = Rule(
    "R-UNL-1", "Unlisted codes are a person's decision, one unit, with a comparable code.", (), "K"
)

RULES = (BY_A_PERSON,)

UNLISTED = frozenset({"96379", "96549"})
DECIDABLE = UNLISTED | {"96405", "96406", "96440", "96446", "96450", "96542", "96547", "96548"}
"""The codes a decision may name; every other code follows from times and has to be earned."""


def decided_administrations(encounter: Encounter) -> frozenset[str]:
    """Return the administrations a person has already decided on; they are not coded again."""
    return frozenset(
        administration_id
        for decision in encounter.decisions
        if _accepted(decision) is None
        for administration_id in decision.administration_ids
    )


def _accepted(decision: Decision) -> str | None:
    """Return why a decision cannot stand, or None when it can."""
    if decision.code not in DECIDABLE:
        return f"{decision.code} follows from times and routes; it cannot be decided."
    if decision.code in UNLISTED and decision.units > 1:
        return "An unlisted code has one unit."
    if decision.code in UNLISTED and decision.comparable_code is None:
        return "An unlisted code needs a comparable code."
    return None


def code_decisions(context: Context, administrations: dict[str, CodableAdministration]) -> None:
    """Enter each decision that can stand, dated by its first administration; flag the others."""
    known = {administration.administration_id for administration in context.encounter.administrations}
    for decision in context.encounter.decisions:
        ids = tuple(name for name in decision.administration_ids if name in known)
        problem = _accepted(decision)
        if problem is not None:
            context.sheet.raise_flag(FLAGS["F-UNLISTED"].on(ids, problem, code=decision.code))
            continue
        _enter(context, decision._replace(administration_ids=ids), administrations)


def code_answers(context: Context, administrations: dict[str, CodableAdministration]) -> None:
    """Enter each code a person answered a flag with, one unit, dated as a decision is; the flag admitted the code."""
    for review, ids in dict.fromkeys(context.sheet.decided):
        if review.decision == "code" and review.code is not None:
            decision = Decision(
                review.review_id,
                review.code,
                1,
                ids,
                review.reason,
                review.comparable_code,
                review.decided_at,
            )
            _enter(context, decision, administrations, because(review))


def _enter(
    context: Context,
    decision: Decision,
    administrations: dict[str, CodableAdministration],
    *reasons: Reason,
) -> None:
    """Enter one decided code; ``reasons`` are said of it beside the rule."""
    ids = decision.administration_ids
    moments = [
        given.given_at
        for given in context.encounter.administrations
        if given.administration_id in ids and given.given_at is not None
    ]
    started = context.instant(min(moments, default=decision.decided_at))
    says = "A person decided on this code."
    if decision.comparable_code:
        says = f"A person decided on this code, comparable with {decision.comparable_code}."
    context.sheet.earn(
        Earned(
            decision.code,
            decision.units,
            context.calendar.date_of(started),
            tuple(administrations[name] for name in ids if name in administrations),
            None,
            "charted",
            (BY_A_PERSON.because(says), *reasons),
            decided_ids=ids,
            started=started,
        )
    )
