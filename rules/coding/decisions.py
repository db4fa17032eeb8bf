"""Enters the codes a person decides on: unlisted and procedural ones that no clock can earn (R-UNL-1)."""

from models.encounter import Decision, Encounter
from rules.flags import FLAGS
from rules.rule import Rule
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.context import Context
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
    encounter, sheet = context.encounter, context.sheet
    given_at = {
        administration.administration_id: administration.given_at
        for administration in encounter.administrations
    }
    for decision in encounter.decisions:
        ids = tuple(name for name in decision.administration_ids if name in given_at)
        problem = _accepted(decision)
        if problem is not None:
            sheet.flags.append(FLAGS["F-UNLISTED"].on(ids, problem, code=decision.code))
            continue
        moments = [at for name in ids if (at := given_at[name]) is not None]
        started = context.instant(min(moments, default=decision.decided_at))
        on = context.calendar.date_of(started)
        says = "A person decided on this code."
        if decision.comparable_code:
            says = f"A person decided on this code, comparable with {decision.comparable_code}."
        coded = tuple(administrations[name] for name in ids if name in administrations)
        reason = BY_A_PERSON.because(says)
        sheet.earn(
            Earned(
                decision.code,
                decision.units,
                on,
                coded,
                None,
                "charted",
                (reason,),
                decided_ids=ids,
                started=started,
            )
        )
