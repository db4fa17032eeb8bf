"""Electrolytes: a drug of their own, an additive of a fluid given for volume, or unclear (A-17, P-14)."""

import re
from decimal import Decimal

from second_coder_desk import Desk, Given

from models.drug import Drug
from models.encounter import Administration
from rules.formulary.charted_terms import means

VOLUME_FLUID_ML = 500
WEAK_MEQ_PER_L = Decimal(40)
MEQ_PER_L = re.compile(r"(\d+(?:\.\d+)?)\s*meq\s*(?:/|per)\s*(?:l\b|liter|litre|1,?000\s*ml)")
STRONG_DEXTROSE = re.compile(
    r"\b(?:dextrose|glucose|d)[ -]?(?:[1-9]\d)(?:\.\d+)?(?:\s*%|\s*w)?\b", re.IGNORECASE
)
OF_THE_FLUID = {"ml", "l", "cc", "milliliter", "milliliters", "liter", "liters"}
"""Units of a dose that is the bag's volume, not what is dissolved in it."""


def settle_electrolyte(desk: Desk, given: Given, *, base_fluid: bool) -> str:
    """Return the class of an electrolyte; mark the sheet where the chart does not say which it is."""
    school, administration = desk.policy.electrolyte_bag_class, given.administration
    if school != "by_indication":
        return "HYD" if school == "always_hydration" else "THER"
    if has_own_dose(administration) or not base_fluid:
        return "THER"
    for_volume = administration.intent == "hydrate" or means(administration.indication, "volume")
    if for_volume and is_volume_fluid(administration):
        return "HYD"
    if means(administration.indication, "deficiency"):
        return "THER"
    given.unclear = True
    return "HYD"


def has_own_dose(administration: Administration) -> bool:
    """Whether a dose of the electrolyte is charted, not only how much fluid it was in."""
    unit = (administration.dose_unit or "").strip().lower()
    return bool(administration.dose) and unit not in OF_THE_FLUID


def is_volume_fluid(administration: Administration) -> bool:
    """Whether the base fluid is large, or is charted as fluid with little in each litre."""
    if administration.volume_ml is not None and administration.volume_ml >= VOLUME_FLUID_ML:
        return True
    told = [Decimal(number) for number in MEQ_PER_L.findall(spoken(administration.drug).lower())]
    return bool(told) and max(told) <= WEAK_MEQ_PER_L


def spoken(drug: Drug | None) -> str:
    """Return every name of a drug and of what is in it."""
    if drug is None:
        return ""
    inside = [part if isinstance(part, str) else part.name or "" for part in drug.ingredients]
    return " ".join([drug.name or "", *inside])


def is_strong_dextrose(drug: Drug) -> bool:
    """Whether a sugar solution is of ten per cent or more."""
    return STRONG_DEXTROSE.search(spoken(drug)) is not None
