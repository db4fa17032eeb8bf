"""Elements of a resource, whatever its sender put there: what is not of the expected kind counts as not there."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

Element = Mapping[str, Any]

NOTHING: Final[Element] = {}
_MOST: Final = 10_000_000
_DIGITS: Final = 15
"""Significant digits of an amount: no scale at a bedside shows more."""


def element(parent: Element, *names: str) -> Element:
    """Return the object under the first of these names that holds one; an empty one where none does."""
    for name in names:
        value = parent.get(name)
        if isinstance(value, dict):
            return value
    return NOTHING


def elements(parent: Element, name: str) -> list[Element]:
    """Return the objects of a list, or the one object where a sender wrote no list; null items are left out."""
    value = parent.get(name)
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(parent: Element, *names: str) -> str:
    """Return the text under the first of these names that holds one, without blanks around it; else an empty one."""
    for name in names:
        value = parent.get(name)
        if isinstance(value, str) and (stripped := value.strip()):
            return stripped
    return ""


class Coding(NamedTuple):
    """One coding of a concept."""

    system: str
    code: str
    display: str


def codings(concept: Element) -> list[Coding]:
    """Return the codings of a CodeableConcept, or of a bare Coding."""
    listed = elements(concept, "coding") or (
        [concept] if "code" in concept and "coding" not in concept else []
    )
    return [Coding(text(one, "system"), text(one, "code"), text(one, "display")) for one in listed]


def concept_words(concept: Element) -> Iterator[str]:
    """Iterate over what a concept says in words: its text first, then the displays."""
    if said := text(concept, "text"):
        yield said
    yield from (coding.display for coding in codings(concept) if coding.display)


def concept_of(parent: Element, *names: str) -> Element:
    """Return a CodeableConcept under one of these names, or R5's ``concept`` of a CodeableReference."""
    found = element(parent, *names)
    return element(found, "concept") or found


class AmountError(ValueError):
    """A number that is none a bedside knows."""


def amount(value: object) -> float | int | None:
    """
    Return a number as JSON would hold it; None where there is none.

    Raises:
        AmountError: it is negative, beyond ten million, or has more digits than can be kept exactly.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if isinstance(value, Decimal):
        digits = len("".join(map(str, value.as_tuple().digits)).strip("0"))
        if digits > _DIGITS:
            message = f"has {digits} digits where {_DIGITS} are more than any scale shows"
            raise AmountError(message)
    number = float(value)
    if not 0 <= number <= _MOST:
        message = "is negative" if number < 0 else "is beyond what can be given"
        raise AmountError(message)
    return int(number) if number.is_integer() else number
