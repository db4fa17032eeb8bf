"""
The drugs of one administration, each with what the chart says of its amount: a mixed bag has one for each ingredient.

A bag has one charted dose. It is a single drug's; of several drugs each needs its own amount beside its name, as in
``ondansetron 8 mg + dexamethasone 10 mg``. Fluid that only carries a drug is no drug here (R-DEF-10).
"""

from collections.abc import Iterator
from datetime import date
from re import compile as pattern
from typing import Final, NamedTuple

from models.drug import Drug
from rules.drug_lines.conversion import Given
from rules.drug_lines.quantities import Amount, amounts_in
from rules.formulary.bag_contents import Part, contents, flat
from rules.formulary.products import Product, edition
from rules.site_folder import cached_by_site

_BETWEEN: Final = pattern(r"\s*(?:[+;&]|\band\b|\bwith\b|\bplus\b|\bin\b|(?<=[a-z])/(?=[a-z])|,(?!\d))\s*")
_FLUID: Final = "hydration"


class Ingredient(NamedTuple):
    """One drug: its products, how it is charted, and its dose as far as it is charted."""

    name: str
    """The ingredient, or the charted words where nobody knows the drug."""
    products: tuple[str, ...]
    charted: str
    code: str | None
    system: str | None
    given: Given
    fluid: bool


UNCHARTED: Final = Ingredient("unnamed", (), "", None, None, Given(None, None), fluid=False)
"""What was given where nobody charted a drug."""


def drugs_of(drug: Drug, on: date) -> tuple[Ingredient, ...]:
    """
    Return the drugs that a charted one is or holds, one at least; a single one without its dose.

    Raises:
        NotInForceError: the date lies before the formulary's first day.
    """
    return drugs_of_parts((drug.name, drug.code, drug.system), flat(drug.ingredients), on)


def drugs_of_parts(whole: Part, inside: tuple[Part, ...], on: date) -> tuple[Ingredient, ...]:
    """Return the same for a drug's name, code and system, and what is listed in it."""
    return _drugs(whole, inside, edition(on))


@cached_by_site(maxsize=8192)
def _drugs(whole: Part, inside: tuple[Part, ...], since: date) -> tuple[Ingredient, ...]:
    known = list(_known(whole, inside, since))
    drugs = [entry for entry in known if not entry[1] or not entry[1][0].vehicle] or known[:1]
    if len(drugs) == 1:
        part, products = drugs[0]
        return (_single(part, products, whole),)
    return tuple(_of_several(part, products) for part, products in drugs)


def _known(whole: Part, inside: tuple[Part, ...], since: date) -> Iterator[tuple[Part, tuple[Product, ...]]]:
    """Yield each thing in the bag with the products it may be; a name that is one product's stays whole."""
    if inside:
        for part in inside:
            yield part, contents(*part, (), since).known
        return
    found = contents(*whole, (), since)
    counted = [product for product in found.known if not product.vehicle]
    if len(counted) <= 1:
        yield whole, tuple(counted) or found.known
        return
    parts = [(part, contents(part, None, None, (), since).known) for part in _parts(whole[0] or "")]
    split = [(part, [one for one in known if not one.vehicle]) for part, known in parts]
    named = [(part, products[0]) for part, products in split if len(products) == 1]
    by_product = {product.key: part for part, product in named}
    for product in counted:
        yield (by_product.get(product.key, product.key), None, None), (product,)


def _parts(name: str) -> list[str]:
    return [part for part in _BETWEEN.split(name.casefold()) if part]


def _single(part: Part, products: tuple[Product, ...], whole: Part) -> Ingredient:
    name, code, system = part
    charted = name or whole[0] or ""
    return Ingredient(
        _called(part, products),
        tuple(product.key for product in products),
        charted,
        code or whole[1],
        system if code else whole[2],
        Given(None, None, _strength(charted)),
        bool(products) and products[0].billing_class == _FLUID,
    )


def _of_several(part: Part, products: tuple[Product, ...]) -> Ingredient:
    """Return one of several drugs, its dose being the one amount written beside its name."""
    name, code, system = part
    amounts = [one for one in amounts_in(name or "") if one.per_ml is None and one.kind != "volume"]
    own = amounts[0] if len(amounts) == 1 else None
    fluid = bool(products) and products[0].billing_class == _FLUID
    given = Given(None, None) if own is None else Given(own.value, _UNITS[own.kind], _strength(name or ""))
    return Ingredient(
        _called(part, products), tuple(one.key for one in products), name or "", code, system, given, fluid
    )


_UNITS: Final = {
    "mass": "mg", "unit": "units", "meq": "mEq", "mmol": "mmol", "activity": "mCi", "vial": "vial", "dose": "dose",
}  # fmt: skip


def _strength(name: str) -> Amount | None:
    """Return what a millilitre holds, where the name says it of one strength alone."""
    strengths = {one for one in amounts_in(name) if one.per_ml is not None and one.kind != "volume"}
    return strengths.pop() if len(strengths) == 1 else None


def _called(part: Part, products: tuple[Product, ...]) -> str:
    if products:
        return products[0].ingredient
    name, code, system = part
    return name or (f"{system or 'code'}:{code}" if code else "unnamed")
