"""Amounts of RXA: a dose, a volume, a rate, each by its unit. What is none of them is left out, never guessed."""

import re
from typing import Final, NamedTuple

from streams.feeds.hl7v2.segments import Segment
from streams.feeds.site_mapping import Words

_ML: Final = frozenset({"ml", "milliliter", "milliliters", "millilitre", "mls", "cc", "[ml]"})
_L: Final = frozenset({"l", "liter", "litre", "liters"})
_PER_HOUR: Final = re.compile(r"(?:ml|mls|cc|milliliters?)(?:/|per)(?:h|hr|hrs|hour|hours)")
_PER_MINUTE: Final = re.compile(r"(?:ml|mls|cc|milliliters?)(?:/|per)(?:min|minute|minutes|m)")
_WITH_UNIT: Final = re.compile(r"(\d+(?:\.\d+)?)([a-z/\[\]._]*)")
_NUMBER: Final = re.compile(r"\d{1,9}(?:\.\d{1,9})?")
_MOST: Final = 10_000_000
_UNKNOWN: Final = "999"
"""What RXA-6 holds by the standard where nobody knows the amount."""


class Amounts(NamedTuple):
    """The contract's amounts as numbers or digits; None where nothing was sent that is one."""

    dose: float | None = None
    dose_unit: str | None = None
    volume_ml: float | None = None
    rate_ml_per_h: float | None = None


_NONE: Final = Amounts()


def amounts_of(rxa: Segment, words: Words) -> Amounts:
    """Return what an RXA says of amounts: RXA-6 with RXA-7, RXA-12 with its unit, RXA-23 with RXA-24."""
    key = (
        "amounts",
        rxa.raw(6),
        rxa.raw(7),
        rxa.raw(12),
        rxa.raw(23),
        rxa.raw(24),
        rxa.delimiters,
        rxa.charset,
    )
    known: Amounts | None = words.memory.get(key)
    if known is None:
        known = _read(rxa)
        words.remember(key, known)
    return known


def _read(rxa: Segment) -> Amounts:
    if not (rxa.raw(6) or rxa.raw(12) or rxa.raw(23)):
        return _NONE
    dose = _number(rxa.text(6))
    unit = rxa.text(7) or rxa.text(7, 2)
    volume = rate = None
    spelled = "".join(unit.casefold().split())
    if dose is not None and spelled:
        if spelled in _ML or spelled in _L:
            volume, dose = dose * (1000 if spelled in _L else 1), None
        elif (per_hour := _per_hour(dose, spelled)) is not None:
            rate, dose = per_hour, None
    if rxa.text(6) == _UNKNOWN and dose is not None:
        dose = None
    stated = _with_unit(rxa.text(12))
    rate = stated if stated is not None else rate
    filled = _volume(rxa.text(23), rxa.text(24) or rxa.text(24, 2))
    return Amounts(
        dose,
        unit[:200] if dose is not None and unit else None,
        filled if filled is not None else volume,
        rate,
    )


def _number(text: str) -> float | None:
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return (int(value) if value.is_integer() else value) if value <= _MOST else None


def _per_hour(value: float, unit: str) -> float | None:
    if _PER_HOUR.fullmatch(unit):
        return value
    return value * 60 if _PER_MINUTE.fullmatch(unit) else None


def _with_unit(text: str) -> float | None:
    """Return the rate of a text such as ``125 mL/hr``; a bare number has no unit and is no rate."""
    match = _WITH_UNIT.fullmatch("".join(text.casefold().split()))
    value = _number(match[1]) if match else None
    return _per_hour(value, match[2]) if match and value is not None else None


def _volume(text: str, unit: str) -> float | None:
    value = _number(text)
    spelled = "".join(unit.casefold().split())
    if value is None or spelled not in _ML | _L:
        return None
    return value * 1000 if spelled in _L else value
