"""
Drugs as the chart gives them against drugs as somebody charged them: what only one of the two has, and other units.

Pure, and it knows no message: who holds an incumbent's charges against a charge set turns them into ``ChargedDrug``.
A drug whose code the chart leaves open agrees with a charge under one of the codes it may have.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, Literal, NamedTuple

from models.charge import DrugLine
from rules.drug_lines.unit_table import billing_unit_table

Difference = Literal["given_not_charged", "charged_not_given", "other_units", "other_waste", "not_counted"]

_WASTED: Final = "JW"


class ChargedDrug(NamedTuple):
    """A drug as it was charged: one line of a claim or a DFT."""

    code: str
    units: int
    service_date: date
    modifiers: tuple[str, ...] = ()


class Disagreement(NamedTuple):
    """
    A code on a date on which chart and charges differ; ``given`` and ``charged`` are billing units, None where none are known.

    ``not_counted`` is charged and given, and the chart does not say how much.
    """

    difference: Difference
    code: str | None
    ingredient: str
    service_date: date
    administration_ids: tuple[str, ...]
    given: int | None
    charged: int | None


def is_drug_code(code: str) -> bool:
    """Tell whether a code is one that a drug is billed with; others are no business of a comparison of drugs."""
    return code in billing_unit_table()


def disagreements(lines: Iterable[DrugLine], charged: Iterable[ChargedDrug]) -> tuple[Disagreement, ...]:
    """Return where the drug lines of a stay and the drugs charged for it differ, by date and code; none where they agree."""
    by_code: dict[tuple[date, str], list[DrugLine]] = {}
    open_lines: list[DrugLine] = []
    for line in lines:
        if line.status == "not_billed":
            continue
        if line.code is None:
            open_lines.append(line)
        else:
            by_code.setdefault((line.service_date, line.code), []).append(line)
    billed: dict[tuple[date, str], list[ChargedDrug]] = {}
    for one in charged:
        if is_drug_code(one.code):
            billed.setdefault((one.service_date, one.code), []).append(one)
    found: list[Disagreement] = []
    for key in sorted(billed.keys() - by_code.keys()):
        on, code = key
        may_be = [line for line in open_lines if line.service_date == on and code in _open_codes(line)]
        if may_be:
            open_lines = [line for line in open_lines if line not in may_be]
            by_code[key] = may_be
            continue
        units = _units(billed[key], wasted=False) + _units(billed[key], wasted=True)
        found.append(Disagreement("charged_not_given", code, "", on, (), None, units))
    for (on, code), given in by_code.items():
        found += _of_code(on, code, given, billed.get((on, code), ()))
    found += [
        Disagreement(
            "given_not_charged",
            None,
            line.ingredient,
            line.service_date,
            (line.administration_id,),
            None,
            None,
        )
        for line in open_lines
    ]
    return tuple(
        sorted(found, key=lambda one: (one.service_date, one.code or "", one.ingredient, one.difference))
    )


def _open_codes(line: DrugLine) -> frozenset[str]:
    return frozenset(code for flag in line.flags for code in str(flag.facts.get("codes", "")).split())


def _units(charged: Iterable[ChargedDrug], *, wasted: bool) -> int:
    return sum(one.units for one in charged if (_WASTED in one.modifiers) == wasted)


def _of_code(
    on: date, code: str, given: Sequence[DrugLine], charged: Sequence[ChargedDrug]
) -> Iterable[Disagreement]:
    ids = tuple(dict.fromkeys(line.administration_id for line in given))
    name = ", ".join(dict.fromkeys(line.ingredient for line in given))
    counted = [line.units for line in given if line.units is not None]
    units = sum(counted) if len(counted) == len(given) else None
    if not charged:
        yield Disagreement("given_not_charged", code, name, on, ids, units, None)
        return
    billed = _units(charged, wasted=False)
    if units is None:
        yield Disagreement("not_counted", code, name, on, ids, None, billed)
        return
    if units != billed:
        yield Disagreement("other_units", code, name, on, ids, units, billed)
    waste, billed_waste = sum(line.waste_units or 0 for line in given), _units(charged, wasted=True)
    if waste != billed_waste:
        yield Disagreement("other_waste", code, name, on, ids, waste, billed_waste)
