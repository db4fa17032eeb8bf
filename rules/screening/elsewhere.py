"""Drugs whose giving is a procedure coded elsewhere: botulinum toxins, and thrombolytics by what they are for."""

import re
from datetime import date
from typing import Final, NamedTuple

from models.charge import NotBilled
from models.encounter import Administration
from rules.formulary.charted_terms import means
from rules.formulary.drug_lists import lists_of
from rules.screening.bundles import VENIPUNCTURE
from rules.screening.classes import INTEGRAL

CATHETER_DOSE: Final = 2
"""The milligrams left in one lumen of a catheter; a thrombolytic for anything else is given in larger doses."""

_CATHETER_NAME: Final = re.compile(r"cathflo|kinlytic|(?<![\d.,/])[12](?:\.0)?\s*mg\b(?!\s*/)", re.IGNORECASE)


class Elsewhere(NamedTuple):
    """Why an administration is not of these codes; without a refusal it is for a person to say."""

    says: str
    refused: NotBilled | None = None
    flagged: bool = False


def given_elsewhere(charted: Administration, ingredient: str, on: date) -> Elsewhere | None:
    """Return why the giving of a drug is coded elsewhere, or None when these codes may hold it."""
    lists = lists_of(ingredient, on)
    if "chemodenervation" in lists:
        says = (
            "A botulinum toxin: part of the procedure that silences the nerve (64611 to 64650, 52287, 43201)."
        )
        return Elsewhere(says, INTEGRAL.refuses(charted.administration_id, says))
    if "thrombolytic" in lists:
        return _thrombolysis(charted)
    return None


def _thrombolysis(charted: Administration) -> Elsewhere | None:
    """Tell a thrombolytic left in a catheter from one for stroke or infarct, and both from an infusion like another."""
    name, indication = charted.administration_id, charted.indication
    if means(indication, "brain_or_heart_infarct"):
        says = "Thrombolysis of stroke or infarct: 37195 or 92977, coded by the department that orders it."
        return Elsewhere(says, INTEGRAL.refuses(name, says), flagged=True)
    if means(indication, "lung_embolus"):
        return None
    if means(indication, "blocked_catheter") or _catheter_dose(charted):
        says = "Left in a catheter to clear it: 36593, coded as that procedure."
        return Elsewhere(says, VENIPUNCTURE.refuses(name, says))
    return Elsewhere(
        "A thrombolytic, and the chart does not say for what: stroke, infarct and catheters are coded elsewhere."
    )


def _catheter_dose(charted: Administration) -> bool:
    """Tell whether brand or dose are those of a drug left in a catheter, and it was not let run."""
    if charted.technique == "infusion":
        return False
    if charted.dose is not None and (charted.dose_unit or "").strip().casefold() == "mg":
        return charted.dose <= CATHETER_DOSE
    return charted.drug is not None and _CATHETER_NAME.search(charted.drug.name or "") is not None
