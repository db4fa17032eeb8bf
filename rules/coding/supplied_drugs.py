"""Drugs the hospital did not buy: their giving is coded like any other (R-CODE-SUPPLY)."""

from typing import Final

from rules.rule import Rule
from rules.worksheet.context import Context

SUPPLIED = Rule(
    "R-CODE-SUPPLY",
    "Giving a drug is coded whoever supplied it; a drug the hospital did not buy has no drug line.",
    ("IOM15-601", "NGS-SUPPLIED"),
    "A",
)

RULES = (SUPPLIED,)

_BY_WHOM: Final = {
    "patient": "the patient brought the drug",
    "white_bag": "a pharmacy sent the drug for this patient",
}


def tell_supplier(context: Context) -> None:
    """Say on each line which of its drugs the hospital did not buy; the line itself stays as it is."""
    by_whom = {
        one.administration_id: _BY_WHOM[one.supplied_by]
        for one in context.encounter.administrations
        if one.supplied_by in _BY_WHOM
    }
    if not by_whom:
        return
    for index, earned in enumerate(context.sheet.earned):
        names = (*(given.id for given in earned.administrations), *earned.decided_ids)
        told = tuple(
            SUPPLIED.because(f"{name}: {by_whom[name]}. Its giving is coded; the drug has no line.")
            for name in dict.fromkeys(names)
            if name in by_whom
        )
        if told:
            context.sheet.earned[index] = earned._replace(reasons=(*earned.reasons, *told))
