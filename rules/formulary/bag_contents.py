"""
What is in one charted bag or syringe: the products known, the words nobody knows, and whether name and code agree.

A product code decides before a name, which decides before a concept of RxNorm; what is not known is kept in its own
words, so that the same unknown drug is itself twice (R-DEF-7, R-CLS-7).
"""

from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

from models.drug import Ingredient
from rules.formulary.charted_name import spoken
from rules.formulary.products import Product, catalogue, meaning

UNNAMED: Final = "unnamed"
"""Identity of a drug charted with neither name nor code."""

Part = tuple[str | None, str | None, str | None]
"""Name, code and code system of one thing in the bag."""


class Contents(NamedTuple):
    """The products in the bag, the identities of what is unknown in it, and whether code and name differ."""

    known: tuple[Product, ...]
    unknown: tuple[str, ...]
    disagreement: bool


def flat(inside: Iterable[str | Ingredient]) -> tuple[Part, ...]:
    """Return listed ingredients as hashable parts."""
    return tuple(
        (part, None, None) if isinstance(part, str) else (part.name, part.code, part.system)
        for part in inside
    )


def contents(
    name: str | None, code: str | None, system: str | None, inside: tuple[Part, ...], since: date
) -> Contents:
    """Return what one charted drug holds, ``inside`` being its listed ingredients."""
    if not inside:
        known, disagreement = _resolve((name, code, system), since)
        if known:
            return Contents(known, (), disagreement)
        pieces = catalogue(since).reader.pieces(name or "")
        known = tuple(product for _, meant in pieces for product in meant)
        unknown = tuple(piece for piece, meant in pieces if not meant)
        return Contents(known, unknown if known else (_own_words(name, code, system),), disagreement=False)
    found = [(part, *_resolve(part, since)) for part in inside]
    known = tuple(product for _, meant, _ in found for product in meant)
    unknown = tuple(_own_words(*part) for part, meant, _ in found if not meant)
    coded = catalogue(since).coded(system, code) if code is not None else ()
    foreign = bool(coded) and not {product.ingredient for product in coded} & {
        part.ingredient for part in known
    }
    return Contents(known, unknown, foreign or any(differs for _, _, differs in found))


def _resolve(part: Part, since: date) -> tuple[tuple[Product, ...], bool]:
    """Return the products one charted drug means, and whether its code and its name mean different drugs."""
    name, code, system = part
    in_force = catalogue(since)
    by_name = meaning(name, since).products if name is not None else ()
    by_code = in_force.coded(system, code) if code is not None else ()
    if not by_code or not by_name:
        return by_name or by_code[:1], False
    if any(product in by_name for product in by_code):
        return by_name, False
    alike = [product for product in by_code if product.ingredient in {named.ingredient for named in by_name}]
    if not alike:
        return by_code[:1], True
    # An RxNorm ingredient cannot tell a flush from a dose; a HCPCS code can.
    return (by_name if system == "rxnorm" or len(by_name) > 1 else tuple(alike[:1])), False


def _own_words(name: str | None, code: str | None, system: str | None) -> str:
    if name is not None and (words := spoken(name)):
        return words
    return f"{system or 'code'}:{code.strip().casefold()}" if code is not None else UNNAMED


def drugs(known: Iterable[Product]) -> tuple[Product, ...]:
    """Return what is more than vehicle."""
    return tuple(product for product in known if not product.vehicle)


def identity(known: tuple[Product, ...], unknown: tuple[str, ...]) -> str:
    """Return the identity of an infusate: ingredients and unknown words, sorted and joined by ``+``."""
    counted = drugs(known) or (() if unknown else known)
    ingredients = {part for product in counted for part in product.ingredient.split("+")}
    return "+".join(sorted({*ingredients, *unknown}))
