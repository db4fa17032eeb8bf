"""
Which product of the formulary a concept of RxNorm means, followed along the relations to its ingredients.

A concept leads to the identifier of its ingredient, which may stand for several products, or to one product where its
salt, brand, name or strength says which. A drug of several ingredients is the product that has exactly those. Nothing
is taken by likeness: a concept one of whose ingredients is unknown leads nowhere, and so does one whose name reads as
another drug than its relations say. Clinical drugs count only in forms that are injected or infused.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from re import IGNORECASE
from re import compile as pattern
from typing import Final, NamedTuple

from rules.formulary.charted_name import key
from rules.formulary.products import CARRIERS, Catalogue, Product
from streams.cms.rxnorm_release import RxNormRelease

GIVEN: Final = pattern(r"inject|syringe|cartridge|intravenous|infusion|intravesical", IGNORECASE)
"""Words in the name of a dose form, or of its group, that is not swallowed, inhaled or applied."""


PER_ML: Final = pattern(r"(\d+(?:\.\d+)?)\s*MG/ML\b", IGNORECASE)
"""Ten milligrams in a millilitre are one per cent of weight by volume."""


class Target(NamedTuple):
    """What a concept leads to: a product's key, or the identifier of an ingredient of ``products.csv``."""

    product: str = ""
    ingredient: str = ""


class RxNormProducts:
    """The concepts of one release laid against one edition of the formulary."""

    def __init__(self, release: RxNormRelease, catalogue: Catalogue) -> None:
        self._release = release
        self._catalogue = catalogue
        self._known: dict[int, Target | None] = {}
        self.conflicts: set[int] = set()
        """Concepts whose name reads as another drug than their relations say, by identifier."""

    def targets(self) -> Iterator[tuple[int, str, Target]]:
        """Yield each concept that leads to the formulary and is not in ``products.csv`` itself."""
        for rxcui, concept in sorted(self._release.concepts.items()):
            if concept.tty in {"DF", "DFG"} or self._listed(rxcui):
                continue
            target = self.target(rxcui)
            if target is not None and self._counts(rxcui, concept.tty):
                yield rxcui, concept.tty, target

    def target(self, rxcui: int) -> Target | None:
        """Return what a concept leads to, or None where any of it is unknown."""
        if rxcui not in self._known:
            self._known[rxcui] = None  # a relation that leads back leads nowhere
            self._known[rxcui] = self._found(rxcui)
        return self._known[rxcui]

    def _found(self, rxcui: int) -> Target | None:
        if self._listed(rxcui):
            return Target(ingredient=str(rxcui))
        tty = self._release.concepts[rxcui].tty
        if tty in {"IN", "PIN", "MIN", "BN"}:
            found = self._substance(rxcui, tty)
        elif tty in {"GPCK", "BPCK"}:
            found = self._one(self._release.to("contains", rxcui, "SCD", "SBD"))
        elif tty in {"SCDC", "SCDF", "SCDG", "SCD"}:
            found = self._narrowed(rxcui, self._clinical(rxcui))
        else:
            found = self._branded(rxcui)
        return None if rxcui in self.conflicts else found

    def _substance(self, rxcui: int, tty: str) -> Target | None:
        """Return a salt's or brand's own product where there is one by name, else its base's."""
        to = self._release.to
        base: Target | None = None
        if tty == "PIN":
            base = self._one(to("form_of", rxcui, "IN"))
        elif tty == "BN":
            base = self._one(to("tradename_of", rxcui, "IN", "MIN"))
            base = base or self._mixed(to("tradename_of", rxcui, "IN"), rxcui)
        elif tty == "MIN":
            base = self._mixed(to("has_part", rxcui, "IN"), rxcui)
        return self._named(rxcui, base) or base

    def _listed(self, rxcui: int) -> bool:
        return ("rxnorm", str(rxcui)) in self._catalogue.by_code

    def products(self, target: Target | None) -> tuple[Product, ...]:
        """Return the products a target stands for, none for none."""
        if target is None:
            return ()
        if target.product:
            return (self._catalogue.by_key[target.product],)
        return self._catalogue.by_code.get(("rxnorm", target.ingredient), ())

    def _substances(self, target: Target | None) -> frozenset[str]:
        return frozenset(product.ingredient for product in self.products(target))

    def _named(self, rxcui: int, base: Target | None) -> Target | None:
        """Return the product whose name the concept's is to the letter; none when ``base`` is another drug's."""
        product = self._catalogue.by_words.get(key(self._release.concepts[rxcui].name))
        if product is None:
            return None
        if base is not None and product.ingredient not in self._substances(base):
            self.conflicts.add(rxcui)
            return None
        return Target(product=product.key)

    def _one(self, leading: tuple[int, ...]) -> Target | None:
        """Return what all of several concepts lead to, None where they differ or one leads nowhere."""
        found = {self.target(one) for one in leading}
        return found.pop() if len(found) == 1 else None

    def _mixed(self, ingredients: tuple[int, ...], rxcui: int) -> Target | None:
        """Return the product that has exactly these ingredients; of several, the one the concept's name tells."""
        names: set[str] = set()
        for one in ingredients:
            substances = self._substances(self.target(one))
            if len(substances) != 1:
                return None
            names |= substances
        of_mixture = self._by_mixture.get(frozenset(names), ()) if len(ingredients) > 1 else ()
        if len(of_mixture) > 1 and (read := self._read(rxcui)) is not None and read.key in of_mixture:
            return Target(product=read.key)
        return Target(product=of_mixture[0]) if len(of_mixture) == 1 else None

    def _read(self, rxcui: int) -> Product | None:
        """Return the one product a concept's name means when a pharmacist's strengths are written as percentages."""
        name = PER_ML.sub(lambda match: f"{float(match[1]) / 10:g}%", self._release.concepts[rxcui].name)
        meant = self._catalogue.means(name)
        return meant.products[0] if len(meant.products) == 1 and not meant.shared else None

    @cached_property
    def _by_mixture(self) -> dict[frozenset[str], tuple[str, ...]]:
        found: dict[frozenset[str], list[str]] = defaultdict(list)
        for product in self._catalogue.by_key.values():
            if "+" in product.ingredient:
                found[frozenset(product.ingredient.split("+"))].append(product.key)
        return {names: tuple(keys) for names, keys in found.items()}

    def _clinical(self, rxcui: int) -> Target | None:
        to = self._release.to
        if together := to("has_ingredients", rxcui, "MIN"):
            parts = {part for one in together for part in to("has_part", one, "IN")}
            return self._one(together) or self._mixed(tuple(sorted(parts)), rxcui)
        components = to("consists_of", rxcui, "SCDC")
        holders = components or (rxcui,)
        ingredients = tuple(sorted({one for part in holders for one in to("has_ingredient", part, "IN")}))
        if len(ingredients) > 1:
            return self._mixed(ingredients, rxcui)
        if components:
            return self._one(components) or self._one(ingredients)
        return self._one(to("has_precise_ingredient", rxcui, "PIN")) or self._one(ingredients)

    def _branded(self, rxcui: int) -> Target | None:
        to = self._release.to
        base = self._one(to("tradename_of", rxcui, "SCD", "SCDC", "SCDF", "SCDG")) or self._clinical(rxcui)
        brand = self._one(to("has_ingredient", rxcui, "BN"))
        if brand is None or base is None:
            return self._narrowed(rxcui, base)
        if self._substances(brand) != self._substances(base):
            return self._narrowed(rxcui, base)
        return brand if brand.product else self._narrowed(rxcui, base)

    def _narrowed(self, rxcui: int, target: Target | None) -> Target | None:
        """Return the product a concept's name tells among those of its ingredient; None when it tells another drug."""
        among = self.products(target)
        if target is None or target.product:
            return target
        if any(product.vehicle for product in among):
            return self._fluid(rxcui, target, among)
        meant = self._catalogue.means(self._release.concepts[rxcui].name)
        if {product.ingredient for product in meant.products} - {product.ingredient for product in among}:
            self.conflicts.add(rxcui)
            return None
        one = len(meant.products) == 1 and not meant.shared and len(among) > 1
        return Target(product=meant.products[0].key) if one else target

    def _fluid(self, rxcui: int, target: Target, among: tuple[Product, ...]) -> Target | None:
        """
        Return what a fluid is by its strength: 0.9% and 3% of one ingredient are two products.

        What may be a bag or a flush stays its ingredient's, for the charted intent to decide.
        """
        if self._release.concepts[rxcui].tty in {"SCDF", "SCDG", "SBDF", "SBDG"}:
            return target
        read = self._read(rxcui)
        if read is not None and read not in among:
            named = any(read.key.startswith(f"{product.ingredient}-") for product in among)
            if not named and read.ingredient not in {product.ingredient for product in among}:
                self.conflicts.add(rxcui)
                return None
            return Target(product=read.key)
        if read is not None and len(among) == 1:
            return Target(product=read.key)
        strengths = any(
            product.billing_class == "hydration" or product.ingredient in CARRIERS for product in among
        )
        return target if read is not None or not strengths else None

    def _counts(self, rxcui: int, tty: str) -> bool:
        """Tell whether a concept is given by needle, or says nothing of its form."""
        to = self._release.to
        if tty in {"SCD", "SBD", "SCDF", "SBDF"}:
            return self._given(to("has_dose_form", rxcui, "DF"))
        if tty in {"SCDG", "SBDG"}:
            return self._given(to("has_doseformgroup", rxcui, "DFG"))
        if tty in {"SCDC", "SBDC"}:
            return rxcui in self._in_given_drugs
        if tty in {"GPCK", "BPCK"}:
            return all(
                self._given(to("has_dose_form", one, "DF")) for one in to("contains", rxcui, "SCD", "SBD")
            )
        return True

    def _given(self, forms: tuple[int, ...]) -> bool:
        groups = (group for form in forms for group in self._release.to("isa", form, "DFG"))
        return any(GIVEN.search(self._release.concepts[one].name) for one in (*forms, *groups))

    @cached_property
    def _in_given_drugs(self) -> frozenset[int]:
        """The components of drugs that are given by needle."""
        of_drug = self._release.leads.get("consists_of", {})
        return frozenset(
            part
            for drug, parts in of_drug.items()
            if self._given(self._release.to("has_dose_form", drug, "DF"))
            for part in parts
        )
