"""How a drug list moves: each row that comes, goes or changes against what is installed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rules.formulary.drug_editions import COLUMNS, DrugTable, editions, laid_over, rows
from streams.cms.refresh import Change
from streams.cms.taken import Note, Row, Taken

NAMING: Final[Mapping[DrugTable, tuple[str, ...]]] = {
    "hcpcs": ("code", "product"),
    "ndc": ("ndc", "hcpcs"),
    "package_units": ("ndc", "hcpcs"),
    "opps_drugs": ("code",),
    "rxnorm": ("rxcui",),
    "ndc_rxnorm": ("ndc",),
    "self_administered": ("ingredient", "hcpcs", "routes"),
}
"""The columns that name a row of a list; the others are what it says."""

UNSAID: Final = frozenset({"cite", "as_of", "tty"})
"""Columns that change with every release and say nothing of the drug."""

KEPT: Final = Note("what went is kept: a code that was ever listed still says which drug it is")


def list_change(table: DrugTable, taken: Taken, folder: Path) -> Change:
    """
    Return how a list would move against what is installed in a folder.

    Raises:
        DrugListError: an installed edition cannot be read.

    """
    now = _named(table, taken.rows)
    before = _named(table, _installed(table, folder))
    went = tuple(
        _words(*name, *said)
        for name, said in sorted(before.items())
        if name not in now and _should_be_there(table, name, said)
    )
    return Change(
        table,
        len(taken.rows),
        tuple(_words(*name, *said) for name, said in now.items() if name not in before),
        went,
        tuple(
            f"{_words(*name)}: {_words(*before[name]) or 'nothing'} -> {_words(*said) or 'nothing'}"
            for name, said in now.items()
            if name in before and before[name] != said
        ),
        (*taken.notes, *((KEPT,) if went and table != "self_administered" else ())),
    )


def _installed(table: DrugTable, folder: Path) -> list[Row]:
    columns = COLUMNS[table]
    if table == "self_administered":
        found = [row for edition in editions(folder)[table][-1:] for _, row in rows(edition)]
    else:
        found = [row for of_code in laid_over(table, columns[0], folder).values() for row in of_code]
    return [tuple(row[name] for name in columns) for row in found]


def _should_be_there(table: DrugTable, name: Row, said: Row) -> bool:
    """Tell whether an official list should hold a row: CMS's has codes of Level II, ended ones for a while."""
    return table != "hcpcs" or (name[0][0].isalpha() and not said[-1])


def _named(table: DrugTable, of_table: tuple[Row, ...] | list[Row]) -> dict[Row, Row]:
    columns = COLUMNS[table]
    naming = NAMING[table]
    return {
        tuple(cell for name, cell in zip(columns, row, strict=True) if name in naming): tuple(
            cell for name, cell in zip(columns, row, strict=True) if name not in naming and name not in UNSAID
        )
        for row in of_table
    }


def _words(*cells: str) -> str:
    return " ".join(cell for cell in cells if cell)
