"""
The diagnoses that go with a code and those that contradict it, from ``parameters/catalogue/diagnoses.csv``. For readers.

Whether a charted reason decides a class or a fluid is asked of ``rules.formulary``; a row here says only what is written
of a diagnosis. A diagnosis that no row covers proves nothing.
"""

from collections.abc import Iterator
from datetime import date
from re import findall, fullmatch
from typing import Final

from rules.catalogue.code_history import covers
from rules.catalogue.fact_rows import Row, rows
from rules.formulary.charted_terms import means
from rules.formulary.listed_diagnoses import listed
from rules.formulary.volume_reasons import reason_for_volume

_CODES: Final = r"\d{5}(?:-\d{5})?"
_ANY: Final = "any"
_NO_ELECTROLYTE: Final = frozenset({"deficiency:Fe", "deficiency:B12", "deficiency:Na"})
"""Deficiencies no electrolyte bag is given for here: iron and vitamins are drugs, and low sodium is contested."""
_HCPCS: Final = 5
_ICD: Final = r"[A-Z]\d[0-9A-Z](?:\.?[0-9A-Z]{1,4})?"


def is_diagnosis(name: str) -> bool:
    """Tell whether a name is shaped as an ICD-10-CM code; five letters without a dot are a drug's or a service's."""
    return fullmatch(_ICD, name.upper()) is not None and ("." in name or len(name) != _HCPCS)


def row_of(diagnosis: str) -> Row | None:
    """Return the row that covers a diagnosis, the longest first; None where none does: it proves nothing."""
    return listed(diagnosis)


def going_with(code: str) -> tuple[Row, ...]:
    """Return the rows whose diagnosis goes with a code."""
    return tuple(row for row in rows("diagnoses") if _names(row["goes_with"], code))


def contradicting(code: str) -> tuple[Row, ...]:
    """Return the rows whose diagnosis contradicts a code, alone or under the condition the row gives."""
    return tuple(row for row in rows("diagnoses") if _names(row["contradicts"], code))


def problems(on: date) -> Iterator[str]:
    """Yield each row that nobody contests and that a list coding reads decides otherwise, with the list."""
    for row in rows("diagnoses"):
        code = row["code"].removesuffix("-").removesuffix(".")
        decided = {
            "volume_reasons.toml": ("volume", reason_for_volume(code, on) is not None),
            "indications.toml [deficiency]": ("deficiency", means(code, "deficiency")),
            "indications.toml [cancer]": ("cancer-hormonal", means(code, "cancer")),
        }
        for place, (proves, counts) in decided.items():
            of_row = row["proves"].partition(":")[0] == proves and row["proves"] not in _NO_ELECTROLYTE
            undenied = of_row and not counts and row["contested"] == "partly" and proves != "volume"
            if undenied or (row["contested"] == "no" and of_row != counts):
                yield f"diagnoses.csv {row['code']}: proves {row['proves']}, but {place} says otherwise; mend one of them."


def _names(text: str, code: str) -> bool:
    return text.split(" ", 1)[0] == _ANY or any(covers(listed, code) for listed in findall(_CODES, text))
