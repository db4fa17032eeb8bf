"""
Which drugs a charted name means: its parts laid over the catalogue's names, whole words and nothing left over.

A part is read strictest first: as written, then without who it is for, then without the salt, then without bare
numbers. A reading that has lost a number is loose: it may find a drug, never a plain fluid, because 23.4% sodium
chloride is not normal saline. Two parts make one drug where the catalogue has such a name (``daratumumab and
hyaluronidase``); one part makes two where a fluid or a hyphen stands between them. Anything else is unknown.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import product as choices
from typing import Final, Generic, NamedTuple

from rules.formulary.charted_name import Key, Part, Word, charted, keyed
from rules.formulary.name_doses import FLUID, Found, Known, P, dosed, is_fluid, sound
from rules.formulary.name_tokens import Amount
from rules.formulary.name_words import Vocabulary, vocabulary

BAGS: Final = frozenset({"50", "100", "150", "250", "500", "1000", "2000"})
"""Bare numbers that are the volume of a bag when they follow a fluid: ``NS 1000``."""

ASIDES: Final = 4
"""More bracketed remarks than this are not tried in every combination: the name is then unknown."""


_PLANS: Final = 2048
"""Ways to lay out names that are remembered, those of any dose as one: more than a pharmacy has entries."""

_OF_PART: Final = tuple(Amount(float(place), "part") for place in range(8))
"""Stand for the amounts of a part, by its place. A name of more parts is laid out with its own."""


class Meaning(NamedTuple, Generic[P]):
    """
    What a name means: its products in their order, none when any of it is not understood.

    ``dosed`` tells that an electrolyte was ordered as a drug with a fluid to carry it, not as an additive of a fluid
    given for its volume. ``masses`` are the charted doses in mg; ``purposes`` what the order says it is for; ``shared``
    tells that the strength belongs to two products of different classes (``name_strengths``).
    """

    products: tuple[P, ...] = ()
    dosed: bool = False
    masses: tuple[float, ...] = ()
    purposes: frozenset[str] = frozenset()
    shared: bool = False


class Reader(Generic[P]):
    """Reads names against the products of one edition of the formulary."""

    def __init__(self, by_words: Mapping[Key, P]) -> None:
        self._by_words = by_words
        self._words: Vocabulary = vocabulary()
        carriers = (charted(name).parts for name in self._words.carriers)
        self._carriers = {keyed(parts[0].words) for parts in carriers if parts}
        self._plan = lru_cache(_PLANS)(self._cover)

    def read(self, name: str) -> Meaning[P]:
        """Return what a charted name means."""
        parts, purposes = charted(name)
        found = self._found(parts)
        if found is None or not sound(found):
            return Meaning(purposes=purposes)
        products = tuple(one.product for one in found if one.product is not None)
        masses = tuple(
            amount.value for one in found for amount in one.amounts if amount.unit == "mg" and not amount.rate
        )
        return Meaning(products, dosed(found), masses, purposes)

    def pieces(self, name: str) -> tuple[tuple[str, tuple[P, ...]], ...]:
        """Return each part of a name in words, with the products it means on its own."""
        split: list[tuple[str, tuple[P, ...]]] = []
        for part in charted(name).parts:
            found = self._part(part._replace(joint="") if split else part) or ()
            found = found if sound(found) else ()
            spelt = " ".join(word.text for words in (part.words, *part.asides) for word in words)
            carried = bool(split) and not part.asides and keyed(part.words) in self._carriers
            if spelt and not (carried and not found):
                split.append((spelt, tuple(one.product for one in found if one.product is not None)))
        return tuple(split)

    def _found(self, parts: tuple[Part, ...]) -> tuple[Found[P], ...] | None:
        """Return the drugs that use every part; amounts decide nothing of it, so the words are laid out once for all doses."""
        apart = [
            part._replace(amounts=(_OF_PART[place],)) for place, part in enumerate(parts[: len(_OF_PART)])
        ]
        if len(apart) < len(parts):
            return self._cover(parts)
        plan = self._plan(tuple(apart))
        return plan and tuple(
            [
                one._replace(
                    amounts=tuple([own for of in one.amounts for own in parts[int(of.value)].amounts])
                )
                for one in plan
            ]
        )

    def _cover(self, parts: tuple[Part, ...]) -> tuple[Found[P], ...] | None:
        """Return the fewest drugs that use every part; a run of parts may be one drug's name."""
        best: list[tuple[Found[P], ...] | None] = [()]
        for end in range(1, len(parts) + 1):
            ways: list[tuple[Found[P], ...]] = []
            for start in range(end):
                before = best[start]
                if before is None:
                    continue
                found = self._part(parts[start]) if end - start == 1 else self._joined(parts[start:end])
                if found is not None:
                    ways.append(before + found)
            best.append(min(ways, key=len) if ways else None)
        return best[-1] or None

    def _joined(self, parts: tuple[Part, ...]) -> tuple[Found[P]] | None:
        *before, last = parts
        inner = (word for part in before for said in (part.words, *part.asides) for word in said)
        words = (*inner, *last.words)
        amounts = tuple(amount for part in parts for amount in part.amounts)
        product = self._named(words, last.asides)
        return None if product is None else (Found(product, amounts, parts[0].joint),)

    def _part(self, part: Part) -> tuple[Found[P], ...] | None:
        """Return what one part means: one drug, a carrier, or drugs that only a hyphen or a fluid parts."""
        if (product := self._named(part.words, part.asides)) is not None:
            return (Found(product, part.amounts, part.joint),)
        if part.joint and keyed(part.words) in self._carriers and not part.asides:
            return (Found(None, part.amounts, part.joint),)
        split = self._split(part.words)
        if split is None or not all(self._repeats(aside, split) for aside in part.asides):
            return None
        drug = next((place for place, one in enumerate(split) if one is not None and not one.vehicle), 0)
        return tuple(
            Found(one, part.amounts if place == drug else (), part.joint if not place else "")
            for place, one in enumerate(split)
        )

    def _split(self, words: tuple[Word, ...]) -> tuple[P | None, ...] | None:
        """Return the fewest products whose names follow one another and use every word; None among them is a carrier."""
        best: list[tuple[P | None, ...] | None] = [()]
        for end in range(1, len(words) + 1):
            ways: list[tuple[P | None, ...]] = []
            for start in range(end):
                before, run = best[start], words[start:end]
                if before is None:
                    continue
                product = self._one(run)
                if product is None and not (start and keyed(run) in self._carriers):
                    continue
                if not start or words[start].edge == "soft" or _may_touch(before[-1], product):
                    ways.append((*before, product))
            best.append(min(ways, key=len) if ways else None)
        return best[-1] if best[-1] and len(best[-1]) > 1 else None

    def _repeats(self, aside: tuple[Word, ...], split: tuple[P | None, ...]) -> bool:
        """Tell whether a bracketed remark only says again what stands before it."""
        product = self._one(aside)
        return product is not None and any(
            one is not None and one.ingredient == product.ingredient for one in split
        )

    def _named(self, words: tuple[Word, ...], asides: tuple[tuple[Word, ...], ...]) -> P | None:
        """Return the one product that words and their bracketed asides name together."""
        if not asides:
            return self._one(words)
        if len(asides) > ASIDES:
            return None
        for inline in choices((True, False), repeat=len(asides)):
            taken = tuple(word for aside, part in zip(asides, inline, strict=True) if part for word in aside)
            apart = [aside for aside, part in zip(asides, inline, strict=True) if not part]
            if (product := self._agreed((*words, *taken), apart)) is not None:
                return product
        return None

    def _agreed(self, words: tuple[Word, ...], asides: list[tuple[Word, ...]]) -> P | None:
        """Return the product that a name and its brands agree on, the most particular one."""
        named = [self._one(words)] if words else []
        brands = [self._one(aside) for aside in asides]
        if not all(brands):
            return None
        if named == [None]:
            named = []
            if not brands or not self._contains(words, [brand for brand in brands if brand is not None]):
                return None
        found = [one for one in (*named, *brands) if one is not None]
        if len({one.ingredient for one in found}) != 1:
            return None
        particular = {one.key: one for one in found if one.key != one.ingredient}
        return (
            found[0] if not particular else next(iter(particular.values())) if len(particular) == 1 else None
        )

    def _contains(self, words: tuple[Word, ...], brands: list[P]) -> bool:
        """Tell whether words hold the brand's ingredient and nothing that speaks against a drug given by needle."""
        said = {word.text for word in words}
        return not said & self._words.contrary and all(
            said >= {part for one in brand.ingredient.split("+") for part in one.split("-")}
            for brand in brands
        )

    def _one(self, words: tuple[Word, ...]) -> P | None:
        for said, loose in _readings(words, self._words):
            found = self._by_words.get(said)
            if found is not None and not (loose and found.billing_class == FLUID):
                return found
        return None


def _readings(words: tuple[Word, ...], known: Vocabulary) -> Iterator[tuple[Key, bool]]:
    """Yield the ways to read words, strictest first, with whether one has lost a number that tells fluids apart."""
    yield keyed(words), False
    numbered = any(word.numeric for word in words)
    if numbered:
        yield keyed(word for word in words if word.text not in BAGS), False
    said = [words]
    named = tuple(word for word in words if word.text not in known.qualifiers)
    if len(named) < len(words):
        said.append(named)
    bare = _without_salts(words, known)
    if len(bare) < len(words):
        said.append(bare)
        if len(named) < len(words):
            said.append(tuple(word for word in bare if word.text not in known.qualifiers))
    for less in said[1:]:
        yield keyed(less), False
    if numbered:
        for less in said:
            yield keyed(word for word in less if not word.numeric), True


def _without_salts(words: tuple[Word, ...], known: Vocabulary) -> tuple[Word, ...]:
    """Return words without the salts that follow an ingredient; potassium chloride is no salt of anything."""
    kept: list[Word] = []
    follows = False
    for word in words:
        follows = follows and word.edge != "joint"
        if word.text in known.salts and follows:
            continue
        follows = follows or not (word.numeric or word.text in known.salts)
        kept.append(word)
    return tuple(kept)


def _may_touch(one: Known | None, other: Known | None) -> bool:
    """Tell whether two names may follow one another with nothing between them: only a drug and its fluid."""
    return is_fluid(one) != is_fluid(other)
