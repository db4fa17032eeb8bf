"""What a charted name says of a bag: its volume, how strong an electrolyte in it is, whether fluid comes first."""

import re
import tomllib
from datetime import date
from functools import cache, lru_cache
from typing import Final, NamedTuple

from models.drug import Drug
from rules.data_files import ELECTROLYTES
from rules.formulary.lookup import lookup
from rules.site_folder import cached_by_site

_NUMBER: Final = r"(\d+(?:,\d{3})*(?:\.\d+)?)"
_VOLUME_UNIT: Final = r"(ml|cc|l|liters?|litres?)"
_AMOUNT: Final = re.compile(
    rf"{_NUMBER}\s*(meq|mmol|mg|gm|grams?|g)\b(\s*/\s*{_NUMBER}?\s*{_VOLUME_UNIT}\b)?", re.IGNORECASE
)
_VOLUME: Final = re.compile(
    rf"(?<![\d.,]){_NUMBER}\s*{_VOLUME_UNIT}\b(?!\s*/\s*(?:h|hr|hour|min|kg)\b)", re.IGNORECASE
)
_JOINT: Final = re.compile(r"\s+(?:in|with|and)\s+|\s*\bw/\s*|[,;]\s+|\s*[+&]\s*", re.IGNORECASE)
_DEXTROSE: Final = re.compile(
    r"\b(?:dextrose|glucose)\s*\(?(\d+(?:\.\d+)?)\s*%|\b(\d+(?:\.\d+)?)\s*%\s*(?:dextrose|glucose)"
    r"|\bd\s?-?(1[0-9](?:\.5)?|[2-7]0|25)(?=w|ns|lr|\b)",
    re.IGNORECASE,
)
"""Dextrose by its percentage, or as feeds abbreviate the strong solutions: D10W, D12.5, D20."""

MOLES: Final = frozenset({"meq", "mmol"})
GRAMS: Final = {"g": 1.0, "gm": 1.0, "gram": 1.0, "grams": 1.0, "mg": 0.001}


class Bag(NamedTuple):
    """
    What a name says of a bag; electrolytes are in milliequivalents, of which a millimole is taken for one.

    ``volume_ml`` is the largest volume in it. ``per_litre`` is a strength that is written as one, such as 20 mEq/L,
    ``dose`` one written without its volume. ``fluid`` tells that a part of the name is a plain fluid, ``fluid_first``
    that it is the first part.
    """

    volume_ml: float | None
    per_litre: float | None
    dose: float | None
    fluid: bool
    fluid_first: bool


@cache
def _per_gram() -> dict[str, float]:
    return {
        name: float(meq) for name, meq in tomllib.loads(ELECTROLYTES.read_text("utf-8"))["per_gram"].items()
    }


def milliequivalents(value: float, unit: str, ingredient: str) -> float | None:
    """Return a dose of an electrolyte in milliequivalents, None for a unit or an ingredient that has none."""
    unit = unit.strip().casefold()
    if unit in MOLES:
        return value
    known = [_per_gram()[part] for part in ingredient.split("+") if part in _per_gram()]
    return value * GRAMS[unit] * max(known) if unit in GRAMS and known else None


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _millilitres(value: str, unit: str) -> float:
    return (_number(value) if value else 1.0) * (1 if unit.casefold() in {"ml", "cc"} else 1000)


def _is_fluid(part: str, on: date) -> bool:
    entry = lookup(Drug(name=part.strip()[:200]), on)
    return entry is not None and entry.billing_class == "hydration"


@cached_by_site(maxsize=4096)
def read_bag(names: tuple[str, ...], ingredient: str, large_ml: int, on: date) -> Bag:
    """
    Return what names of one bag say, its own first and then those of its ingredients.

    A strength such as 20 mEq/10 mL is that of the vial the dose was drawn from; one in ``large_ml`` or more is the
    bag's.
    """
    volumes: list[float] = []
    strengths: list[float] = []
    doses: list[float] = []
    for name in names:
        volumes += [_millilitres(value, unit) for value, unit in _VOLUME.findall(name)]
        for value, unit, per, per_value, per_unit in _AMOUNT.findall(name):
            dose = milliequivalents(_number(value), unit, ingredient)
            held = _millilitres(per_value, per_unit) if per else 0.0
            if dose is not None and held >= large_ml:
                strengths.append(dose * 1000 / held)
            elif dose is not None:
                doses.append(dose)
    parts = [part for name in names for part in _JOINT.split(name) if part.strip()]
    fluids = [_is_fluid(part, on) for part in parts]
    return Bag(
        max(volumes, default=None),
        max(strengths, default=None),
        max(doses, default=None),
        any(fluids),
        fluids[:1] == [True],
    )


@lru_cache(maxsize=4096)
def dextrose_percent(name: str) -> float:
    """Return the percentage of dextrose a charted name gives, 0 where it gives none."""
    return max((_number("".join(found)) for found in _DEXTROSE.findall(name)), default=0.0)
