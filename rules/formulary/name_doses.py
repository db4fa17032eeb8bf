"""
What the amounts in a charted name say: whether each has a drug, and whether an electrolyte is one (R-INF-6).

An electrolyte ordered with a dose of its own is a drug with a fluid to carry it; an additive of a volume fluid, at
most 40 mEq in a litre, leaves the bag a fluid.
"""

from typing import Final, Generic, NamedTuple, Protocol, TypeVar

from rules.formulary.name_tokens import Amount

FLUID: Final = "hydration"

ADDITIVE_MEQ_PER_L: Final = 40.0
"""The most electrolyte in a litre of fluid that is still an additive of the fluid (R-INF-6)."""

VOLUME_FLUID_ML: Final = 500.0
"""The smallest bag that is given for its volume (R-INF-6)."""


class Known(Protocol):
    """What the reader has to know of a product."""

    @property
    def key(self) -> str:
        """The product's own name."""

    @property
    def ingredient(self) -> str:
        """What makes it the same drug twice."""

    @property
    def billing_class(self) -> str:
        """How it is billed."""

    @property
    def vehicle(self) -> bool:
        """Tell whether it is mere fluid beside any drug."""


P = TypeVar("P", bound=Known)


class Found(NamedTuple, Generic[P]):
    """A product and the amounts charted beside it; no product for a carrier whose strength is not written."""

    product: P | None
    amounts: tuple[Amount, ...]
    joint: str


def is_fluid(product: Known | None) -> bool:
    """Tell whether it only carries a drug; a carrier whose strength is not written is no product."""
    return product is None or product.vehicle


def _weighs(amount: Amount) -> bool:
    return amount.unit != "ml" and not amount.rate


def sound(found: tuple[Found[P], ...]) -> bool:
    """
    Tell whether every carrier has a drug and every dose one it can be of.

    20 mEq of plain saline is something else, and so is what is written "in NS" with nothing before it.
    """
    drugs = [one for one in found if not is_fluid(one.product)]
    units = {amount.unit for one in drugs for amount in one.amounts}
    over = [
        one
        for one in found
        if is_fluid(one.product) and any(_weighs(a) and a.unit not in units for a in one.amounts)
    ]
    if drugs:
        return not over or any(not any(map(_weighs, one.amounts)) for one in drugs)
    return (
        all(one.product is not None for one in found)
        and not any(one.joint for one in found[:1])
        and not any(one.product is not None and one.product.billing_class == FLUID for one in over)
    )


def dosed(found: tuple[Found[P], ...]) -> bool:
    """
    Tell whether electrolytes in a fluid were ordered as drugs: by the gram, or stronger than an additive.

    Where no dose is written the name leaves it open, and the charted volume and reason decide.
    """
    salts = [one for one in found if one.product is not None and one.product.billing_class == "electrolyte"]
    fluids = [one for one in found if is_fluid(one.product)]
    if not salts or not fluids:
        return bool(salts)
    amounts = [amount for one in found for amount in one.amounts if not amount.rate]
    bag = max((amount.value for amount in amounts if amount.unit == "ml"), default=0.0)
    first = is_fluid(found[0].product)
    return not all(_additive(amount, bag, fluid_first=first) for amount in amounts if _weighs(amount))


def _additive(dose: Amount, bag_ml: float, *, fluid_first: bool) -> bool:
    """Tell whether a dose is an additive: at most 40 mEq a litre, in a bag of half a litre or more."""
    if dose.unit not in {"meq", "mmol"}:
        return False
    volume = max(
        dose.per_ml or 0.0, bag_ml
    )  # 20 mEq/10 mL is the vial's strength, the bag is what it goes into
    if not volume:
        return fluid_first and dose.value <= ADDITIVE_MEQ_PER_L
    return volume >= VOLUME_FLUID_ML and dose.value / volume * 1000 <= ADDITIVE_MEQ_PER_L
