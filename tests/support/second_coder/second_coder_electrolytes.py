"""Electrolytes: a drug of their own, an additive of a fluid given for volume, or unclear (A-17, P-14)."""

import re
from decimal import Decimal

from second_coder_desk import Desk, Given

from models.drug import Drug
from models.encounter import Administration
from rules.formulary.charted_terms import means
from rules.formulary.volume_reasons import reason_for_volume

VOLUME_FLUID_ML = 500
WEAK_MEQ_PER_L = Decimal(40)
MEQ_PER_L = re.compile(r"(\d+(?:\.\d+)?)\s*meq\s*(?:/|per)\s*(?:l\b|liter|litre|1,?000\s*ml)")
STRONG_DEXTROSE = re.compile(
    r"\b(?:dextrose|glucose|d)[ -]?(?:[1-9]\d)(?:\.\d+)?(?:\s*%|\s*w)?\b", re.IGNORECASE
)
MEQ_PER_GRAM = {"potassium-chloride": Decimal("13.4"), "magnesium-sulfate": Decimal("8.1")}
"""Milliequivalents in a gram of the salts that are drawn."""


def settle_electrolyte(desk: Desk, given: Given, *, base_fluid: bool) -> str:
    """Return the class of an electrolyte; mark the sheet where the chart does not say which it is."""
    school, administration = desk.policy.electrolyte_bag_class, given.administration
    if school != "by_indication":
        return "HYD" if school == "always_hydration" else "THER"
    if administration.technique != "infusion":
        return "THER"
    strength = meq_per_litre(given, base_fluid=base_fluid)
    over = strength is not None and strength > WEAK_MEQ_PER_L
    if not is_volume_fluid(administration, strength, base_fluid=base_fluid):
        return small_bag(desk, given, base_fluid=base_fluid)
    return by_reason(desk, given, over=over, base_fluid=base_fluid)


def has_own_dose(administration: Administration) -> bool:
    """Whether a dose of the electrolyte is charted, not only how much fluid it was in."""
    unit = (administration.dose_unit or "").strip().lower()
    return bool(administration.dose) and unit in {"meq", "mmol", "mg", "g"}


def small_bag(desk: Desk, given: Given, *, base_fluid: bool) -> str:
    """Return the class of a small or strong bag: a drug, but unclear where no dose is charted and it is for volume."""
    administration = given.administration
    for_volume = reason_for_volume(administration.indication, desk.date_of(max(given.start, 0))) is not None
    for_deficiency = means(administration.indication, "deficiency")
    given.unclear = base_fluid and not has_own_dose(administration) and for_volume and not for_deficiency
    return "THER"


def by_reason(desk: Desk, given: Given, *, over: bool, base_fluid: bool) -> str:
    """Return the class of a bag that may be a fluid with something in it, by what it was given for."""
    administration = given.administration
    for_volume = reason_for_volume(administration.indication, desk.date_of(max(given.start, 0))) is not None
    for_deficiency = means(administration.indication, "deficiency")
    if for_volume and for_deficiency:
        given.unclear = administration.intent not in {"treat", "hydrate"}
        return "THER" if administration.intent == "treat" else "HYD"
    if for_volume:
        given.unclear = over and administration.intent != "hydrate"
        return "HYD"
    if for_deficiency:
        given.unclear = administration.intent == "hydrate"
        return "THER"
    named_alone = not base_fluid and not given.substance.startswith("potassium")
    return "THER" if over or (administration.indication and named_alone) else "HYD"


def meq_per_litre(given: Given, *, base_fluid: bool) -> Decimal | None:
    """Return how strong the bag is; a dose in a fluid of no charted volume is taken for that of a litre."""
    administration = given.administration
    told = [Decimal(number) for number in MEQ_PER_L.findall(spoken(administration.drug).lower())]
    if told:
        return max(told)
    unit, dose = (administration.dose_unit or "").strip().lower(), administration.dose
    per_gram = [meq for name, meq in MEQ_PER_GRAM.items() if name in given.substance]
    if dose is None or (unit != "meq" and not (unit == "g" and per_gram)):
        return None
    dissolved = dose if unit == "meq" else dose * max(per_gram)
    if administration.volume_ml:
        return dissolved * 1000 / administration.volume_ml
    return dissolved if base_fluid else None


def is_volume_fluid(administration: Administration, strength: Decimal | None, *, base_fluid: bool) -> bool:
    """Whether the bag may be a fluid with something in it: large, of no charted size or dose, or weak."""
    weak = strength is not None and strength <= WEAK_MEQ_PER_L
    if administration.volume_ml is not None and administration.volume_ml >= VOLUME_FLUID_ML:
        return base_fluid or weak
    return base_fluid and (weak or (administration.volume_ml is None and not has_own_dose(administration)))


def spoken(drug: Drug | None) -> str:
    """Return every name of a drug and of what is in it."""
    if drug is None:
        return ""
    inside = [part if isinstance(part, str) else part.name or "" for part in drug.ingredients]
    return " ".join([drug.name or "", *inside])


def is_strong_dextrose(drug: Drug) -> bool:
    """Whether a sugar solution is of ten per cent or more."""
    return STRONG_DEXTROSE.search(spoken(drug)) is not None
