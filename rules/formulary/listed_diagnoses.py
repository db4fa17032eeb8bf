"""
What is written of a diagnosis, from ``parameters/catalogue/diagnoses.csv``, and what a charted code that proves nothing is told.

Whether a code decides a fluid or a class is the word of ``volume_reasons.toml`` and ``indications.toml``; ``infusion
check`` holds the three to each other.
"""

from collections.abc import Mapping
from csv import DictReader
from datetime import date
from functools import cache
from types import MappingProxyType

from rules.data_files import CATALOGUE
from rules.formulary.coded_reasons import codes_in
from rules.formulary.volume_reasons import reason_for_volume

Diagnosis = Mapping[str, str]


@cache
def diagnoses() -> tuple[Diagnosis, ...]:
    """Return every row of the table."""
    with (CATALOGUE / "diagnoses.csv").open(encoding="utf-8", newline="") as file:
        return tuple(MappingProxyType(row) for row in DictReader(file))


def listed(diagnosis: str) -> Diagnosis | None:
    """Return the row that covers a diagnosis, the longest first; None where none does: it proves nothing."""
    plain = diagnosis.upper().replace(".", "")
    found = [row for row in diagnoses() if _covers(row["code"].replace(".", ""), plain)]
    return max(found, key=lambda row: len(row["code"]), default=None)


def unproven(indication: str | None, wanted: str, on: date) -> str:
    """Return a sentence on each ICD-10-CM code of a charted reason that is not ``wanted``; empty where it has none."""
    return "".join(f" {code} {_says(code, wanted, on)}" for code in codes_in(indication or ""))


def _says(code: str, wanted: str, on: date) -> str:
    row = listed(code)
    means = row["means"] if row is not None else reason_for_volume(code, on)
    return f"({means}) is not {wanted}." if means else "is on no list here: it proves nothing."


def _covers(row: str, plain: str) -> bool:
    return plain.startswith(row.removesuffix("-")) if row.endswith("-") else plain == row
