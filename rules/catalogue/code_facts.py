"""
Everything the tables say of one code on one date, gathered for a reader.

``infusion rules show CODE`` prints this. Coding never uses it; it asks ``rules.tables.lookup`` for single facts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from models.field import Setting
from rules.parameter import NotInForceError
from rules.site_folder import cached_by_site
from rules.tables.edition_files import Edition
from rules.tables.in_force import in_force
from rules.tables.lookup import (
    BOOK_TABLE,
    MUE_TABLE,
    PTP_TABLE,
    Book,
    Mue,
    OppsRate,
    addon_primaries,
    mue,
    opps,
    ptp,
)
from rules.tables.table_columns import OF_SITES, TABLES, Table

Pairs = tuple[tuple[str, int], ...]

SETTINGS: Final[tuple[Setting, ...]] = ("facility", "office")
"""The two sets of tables CMS publishes; a professional in a facility is under the office's."""


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """
    What every table says of one code.

    Pairs are (other code, modifier indicator): ``bundles`` where this code is column 1 and the other is denied
    beside it, ``bundled_into`` where this code is column 2. Primaries are empty for a code that is no add-on.
    ``cites`` are source keys of what is shown, ``notes`` what to know about it, ``not_in_force`` the tables
    with no edition yet on the date.
    """

    code: str
    on: date
    mue: Mapping[Setting, Mue | None]
    bundles: Mapping[Setting, Pairs]
    bundled_into: Mapping[Setting, Pairs]
    primaries: Mapping[Book, tuple[str, ...]]
    opps: OppsRate | None
    cites: tuple[str, ...]
    notes: tuple[str, ...]
    not_in_force: tuple[str, ...]

    @property
    def known(self) -> bool:
        """Tell whether any table holds the code at all."""
        return bool(self.cites)


@cached_by_site(maxsize=256)
def code_facts(code: str, on: date) -> CodeFacts:
    """Return everything the tables say of one code on a date; a code nobody lists has empty facts."""
    standing = {table: layers for table in TABLES if (layers := _standing(table, on))}
    used: dict[Edition, None] = {}
    limits: dict[Setting, Mue | None] = dict.fromkeys(SETTINGS)
    bundles: dict[Setting, Pairs] = dict.fromkeys(SETTINGS, ())
    bundled_into: dict[Setting, Pairs] = dict.fromkeys(SETTINGS, ())
    primaries: dict[Book, tuple[str, ...]] = dict.fromkeys(BOOK_TABLE, ())
    for setting in SETTINGS:
        if (table := MUE_TABLE[setting]) in standing and (limit := mue(code, setting, on)):
            limits[setting] = limit
            used.update(
                dict.fromkeys(edition for edition in standing[table] if edition.effective == limit.effective)
            )
        if (table := PTP_TABLE[setting]) in standing:
            pairs = ptp(setting, on)
            bundles[setting] = tuple(
                (column2, indicator) for (column1, column2), indicator in pairs.items() if column1 == code
            )
            bundled_into[setting] = tuple(
                (column1, indicator) for (column1, column2), indicator in pairs.items() if column2 == code
            )
            if bundles[setting] or bundled_into[setting]:
                used.update(dict.fromkeys(standing[table]))
    for book, table in BOOK_TABLE.items():
        if table in standing and (known := addon_primaries(book, on).get(code)):
            primaries[book] = tuple(sorted(known))
            used.update(dict.fromkeys(standing[table]))
    rate = opps(code, on) if "opps" in standing else None
    if rate is not None:
        used.update(
            dict.fromkeys(edition for edition in standing["opps"] if edition.effective == rate.effective)
        )
    return CodeFacts(
        code=code,
        on=on,
        mue=limits,
        bundles=bundles,
        bundled_into=bundled_into,
        primaries=primaries,
        opps=rate,
        cites=tuple(dict.fromkeys(edition.cite for edition in used)),
        notes=tuple(dict.fromkeys(edition.note for edition in used if edition.note)),
        not_in_force=tuple(table for table in TABLES if table not in standing and table not in OF_SITES),
    )


def _standing(table: Table, on: date) -> tuple[Edition, ...]:
    try:
        return in_force(table, on)
    except NotInForceError:
        return ()
