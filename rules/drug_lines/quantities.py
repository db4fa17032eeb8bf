"""
Charted amounts in decimal: a unit in its spellings, and what it is counted in.

Exact on purpose: a binary fraction turns 0.3 mg of a 0.1 mg unit into four units. A spelling that is not known has no
amount, and a unit of one kind is never read as one of another: a milligram is no milliequivalent.
"""

from decimal import Decimal
from re import compile as pattern
from typing import Final, Literal, NamedTuple

Kind = Literal["mass", "unit", "meq", "mmol", "volume", "activity", "vial", "dose"]
"""What a unit measures; amounts compare within one kind only."""


class Measure(NamedTuple):
    """A unit: its kind, and how many of the kind's own it is (mg, unit, mEq, mmol, mL, mCi, vial, dose)."""

    kind: Kind
    factor: Decimal


class Amount(NamedTuple):
    """A quantity in its kind's own unit, and what it is per: a volume in mL, or ``kg`` or ``m2`` of the patient."""

    value: Decimal
    kind: Kind
    per_ml: Decimal | None = None


OWN_UNIT: Final[dict[Kind, str]] = {
    "mass": "mg",
    "unit": "units",
    "meq": "mEq",
    "mmol": "mmol",
    "volume": "mL",
    "activity": "mCi",
    "vial": "vials",
    "dose": "doses",
}
"""The unit that each kind is counted in, as a sentence writes it."""


def _all(kind: Kind, factor: str, *spellings: str) -> dict[str, Measure]:
    return dict.fromkeys(spellings, Measure(kind, Decimal(factor)))


MEASURES: Final = {
    **_all("mass", "1", "mg", "mgs", "milligram", "milligrams"),
    **_all("mass", "1000", "g", "gm", "gms", "gram", "grams"),
    **_all("mass", "0.001", "mcg", "mcgs", "ug", "\u03bcg", "microgram", "micrograms"),
    **_all("mass", "0.000001", "ng", "nanogram", "nanograms"),
    **_all("unit", "1", "unit", "units", "u", "iu", "[iu]", "[usp'u]", "[arb'u]", "int'l unit"),
    **_all("unit", "1", "international unit", "international units", "usp unit", "usp units", "unt", "unts"),
    **_all("unit", "1000", "k units", "thousand units"),
    **_all("unit", "1000000", "munit", "million units", "million unit", "mu", "10*6.[iu]"),
    **_all("meq", "1", "meq", "meqs", "milliequivalent", "milliequivalents"),
    **_all("mmol", "1", "mmol", "mmols", "millimole", "millimoles"),
    **_all("volume", "1", "ml", "mls", "cc", "milliliter", "milliliters", "millilitre", "millilitres"),
    **_all("volume", "1000", "l", "liter", "liters", "litre", "litres"),
    **_all("activity", "1", "mci", "millicurie", "millicuries"),
    **_all("activity", "0.001", "uci", "\u03bcci", "microcurie", "microcuries"),
    **_all("vial", "1", "vial", "vials"),
    **_all("dose", "1", "dose", "doses", "treatment", "treatments", "instillation", "instillations"),
}
"""Units as charts, orders and UCUM spell them, folded."""

_NUMBER: Final = r"(?:\d+(?:\.\d+)?|\.\d+)"
_SPELT: Final = "|".join(
    sorted((one.replace("[", r"\[").replace("]", r"\]") for one in MEASURES if "*" not in one), key=len)[::-1]
)
_THOUSANDS: Final = pattern(r"(?<=\d),(?=\d{3}(?!\d))")
_AMOUNT: Final = pattern(
    rf"(?<![\w.])({_NUMBER})\s*-?\s*({_SPELT})(?![a-z0-9])"
    rf"(?:\s*/\s*({_NUMBER})?\s*(ml|cc|l|kg|m2|h|hr|hour|min|day)(?![a-z0-9]))?"
)


def folded(text: str) -> str:
    """Return a unit or a name in one case, with one micro sign and no commas between thousands."""
    lower = text.strip().casefold().replace("\u00b5", "\u03bc").replace("m\u00b2", "m2")
    return _THOUSANDS.sub("", lower)


def measure(spelling: str) -> Measure | None:
    """Return the unit that a spelling means, None where it means none we know."""
    return MEASURES.get(" ".join(folded(spelling).split()))


def amount(value: Decimal, spelling: str) -> Amount | None:
    """Return a value in its kind's own unit, None where the unit is not known."""
    unit = measure(spelling)
    return None if unit is None else Amount(value * unit.factor, unit.kind)


def amounts_in(text: str) -> tuple[Amount, ...]:
    """
    Return the amounts that a charted name holds: doses, and strengths with the millilitres they are in.

    What is per hour, per kilogram or per square metre is none of them: how fast and how much of whom, not how much.
    """
    found = []
    for number, spelt, per, per_unit in _AMOUNT.findall(folded(text)):
        unit = MEASURES[spelt]
        per_ml = None
        if per_unit:
            volume = MEASURES.get(per_unit)
            if volume is None or volume.kind != "volume":
                continue
            per_ml = Decimal(per or 1) * volume.factor
        found.append(Amount(Decimal(number) * unit.factor, unit.kind, per_ml))
    return tuple(found)


def plain(value: Decimal) -> str:
    """Return a number as a person writes it: no exponent, no zeros at the end."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
