"""Whether a bag with an electrolyte or strong dextrose in it is a drug or a fluid given for volume (R-INF-6)."""

from datetime import date
from typing import Final, Literal, NamedTuple

from models.encounter import Administration
from rules.formulary.asserted_words import asserted
from rules.formulary.bag_strength import Bag, dextrose_percent, milliequivalents, read_bag
from rules.formulary.charted_terms import means
from rules.formulary.coded_reasons import plain_reason
from rules.formulary.lookup import Entry
from rules.formulary.volume_reasons import offered_reasons, reason_for_volume
from rules.parameter import parameter
from rules.rule import Rule

PURPOSE = Rule(
    "R-INF-6",
    "An electrolyte or strong dextrose with its own dose is a drug; as an additive of fluid given for volume, hydration.",
    ("HCPRO-2009", "HAU-QA2", "CGS12"),
    "C",
)

RULES = (PURPOSE,)

Purpose = Literal["therapeutic", "hydration", "unclear"]

BY_INTENT: Final[dict[str, Purpose]] = {"treat": "therapeutic", "hydrate": "hydration"}
"""What the order says of a bag that is charted for volume and for a deficiency."""

USUAL_ADDITIVE: Final = "potassium"
"""What fluids hold as a matter of course: without a reason it says nothing of treatment."""


class _Reasons(NamedTuple):
    """What the charted indication speaks for."""

    charted: bool
    volume: bool
    deficiency: bool


def _reasons(indication: str | None, on: date) -> _Reasons:
    if indication is None or not indication.strip():
        return _Reasons(charted=False, volume=False, deficiency=False)
    said = asserted(plain_reason(indication))
    return _Reasons(
        charted=True,
        volume=reason_for_volume(indication, on) is not None,
        deficiency=means(said, "deficiency"),
    )


def _bag(charted: Administration, entry: Entry, on: date) -> Bag:
    """Return the bag as its names and the charted volume and dose have it."""
    drug = charted.drug
    names: list[str] = []
    if drug is not None:
        inside = (part if isinstance(part, str) else part.name for part in drug.ingredients)
        names = [name for name in (drug.name, *inside) if name is not None]
    bag = read_bag(tuple(names), entry.ingredient, parameter("timing.volume_fluid", on), on)
    if charted.volume_ml is not None:
        bag = bag._replace(volume_ml=max(bag.volume_ml or 0.0, float(charted.volume_ml)))
    if charted.dose is not None and bag.dose is None and bag.per_litre is None:
        dose = milliequivalents(float(charted.dose), charted.dose_unit or "", entry.ingredient)
        bag = bag._replace(dose=dose)
    return bag._replace(fluid=bag.fluid or entry.base_fluid)


def _per_litre(bag: Bag) -> float | None:
    """Return the strength in a litre; where the volume is not known a dose is taken for that of a litre of fluid."""
    if bag.per_litre is not None:
        return bag.per_litre
    if bag.dose is None:
        return None
    if bag.volume_ml:
        return bag.dose * 1000 / bag.volume_ml
    return bag.dose if bag.fluid_first else None


def _is_volume_fluid(bag: Bag, large_ml: int, *, additive: bool) -> bool:
    """Tell whether a bag may be a fluid with an additive: large, or charted as fluid with little in it."""
    if bag.volume_ml is not None and bag.volume_ml >= large_ml:
        return bag.fluid or additive
    if bag.volume_ml is None and bag.fluid and bag.dose is None:
        return True
    return additive and (bag.fluid_first or bag.per_litre is not None)


def purpose_of(charted: Administration, entry: Entry, on: date) -> Purpose:
    """
    Return what a bag with an electrolyte is: a drug, a fluid given for volume, or unclear.

    A rider is a drug for any reason; a small bag of fluid for volume that shows no dose of the electrolyte is unclear. A bag that may be a fluid with an additive follows its reason; a fluid without a
    reason stays a fluid, for which a reason is then asked.
    """
    if charted.technique != "infusion":
        return "therapeutic"
    why = _reasons(charted.indication, on)
    bag = _bag(charted, entry, on)
    strength = _per_litre(bag)
    over = strength is not None and strength > parameter("timing.additive_strength", on)
    additive = strength is not None and not over
    if not _is_volume_fluid(bag, parameter("timing.volume_fluid", on), additive=additive):
        may_be_fluid = bag.fluid and (
            strength is None or (bag.volume_ml is None and bag.dose is not None and not over)
        )
        return "unclear" if may_be_fluid and why.volume and not why.deficiency else "therapeutic"
    if why.volume and why.deficiency:
        return BY_INTENT.get(charted.intent or "", "unclear")
    if why.volume:
        return "unclear" if over and charted.intent != "hydrate" else "hydration"
    if why.deficiency:
        return "unclear" if charted.intent == "hydrate" else "therapeutic"
    own = why.charted and not bag.fluid_first and not entry.ingredient.startswith(USUAL_ADDITIVE)
    return "therapeutic" if over or own else "hydration"


def is_strong_dextrose(charted: Administration, entry: Entry, on: date) -> bool:
    """Tell whether a fluid is dextrose so strong that it is a drug."""
    name = charted.drug.name if charted.drug is not None else None
    if name is None or entry.basis == "stated" or "dextrose" not in entry.ingredient.split("+"):
        return False
    if entry.billing_class not in {"hydration", "electrolyte"}:
        return False
    return dextrose_percent(name) >= parameter("timing.strong_dextrose", on)


def purpose_of_dextrose(charted: Administration, entry: Entry, on: date) -> Purpose:
    """Return what strong dextrose is: a drug, or unclear where a large bag of it is charted as given for volume."""
    if charted.technique != "infusion":
        return "therapeutic"
    volume = _bag(charted, entry, on).volume_ml
    large = volume is not None and volume >= parameter("timing.volume_fluid", on)
    why = _reasons(charted.indication, on)
    return "unclear" if large and why.volume and not why.deficiency else "therapeutic"


def ask_for_purpose(on: date) -> str:
    """Return the words that ask whether a bag was a drug or a fluid."""
    return (
        f"Dose, volume and reason do not say whether this was a drug or fluid given for volume. {PURPOSE.id}: "
        f"{PURPOSE.says} Reasons for volume: {offered_reasons(on)}."
    )
