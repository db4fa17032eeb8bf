"""
CMS's own quarterly files, read as CMS lays them out: MUE, NCCI pairs, add-on codes, OPPS Addendum B.

Comma or tab separated text with copyright lines above the header, UTF-8 or Latin-1. Only rows of our families
are looked at, only the columns an edit needs are taken: descriptors belong to the AMA and are never read.
What cannot be read comes back as a sentence naming file, line and field.
"""

from collections.abc import Callable, Iterator, Mapping
from csv import Error as CsvError
from csv import reader
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from io import StringIO
from typing import Final

from rules.tables.edition_files import Families, Row, looks_like_a_code
from rules.tables.table_columns import Table

HEADER_WITHIN: Final = 60
"""CMS puts at most a dozen lines above its header; further down there is none."""

OPEN_ENDED: Final = frozenset({"", "*"})
"""How CMS writes that an edit has not been deleted."""

NO_RATE: Final = frozenset({"", ".", "NA", "N/A"})

WORKBOOK: Final = b"PK\x03\x04"

NAMES: Final[Mapping[Table, Mapping[str, tuple[str, ...]]]] = {
    "mue_practitioner": {
        "HCPCS/CPT Code": ("hcpcscptcode",),
        "Practitioner Services MUE Values": ("practitionerservicesmuevalues",),
        "MUE Adjudication Indicator": ("mueadjudicationindicator",),
    },
    "mue_outpatient": {
        "HCPCS/CPT Code": ("hcpcscptcode",),
        "Outpatient Hospital Services MUE Values": ("outpatienthospitalservicesmuevalues",),
        "MUE Adjudication Indicator": ("mueadjudicationindicator",),
    },
    "ptp_practitioner": (
        pair := {
            "Column 1": ("column1",),
            "Column 2": ("column2",),
            "Effective Date": ("effective*",),
            "Deletion Date": ("deletion*",),
            "Modifier": ("modifier*",),
        }
    ),
    "ptp_outpatient": pair,
    "add_on": {
        "AOC_Edit_Type": ("aocedittype", "typeofaddoncode", "type"),
        "Add-On_Code": ("addoncode",),
        "Primary_Code": ("primarycode", "primarycodes"),
        "AOC_Edit_EffDT": ("aocediteffdt*", "effective*"),
        "AOC_Edit_DelDT": ("aoceditdeldt*", "deletion*"),
    },
    "opps": {
        "HCPCS Code": ("hcpcscode",),
        "SI": ("si", "statusindicator"),
        "APC": ("apc",),
        "Payment Rate": ("paymentrate",),
    },
}
"""Each column we need as CMS heads it, and how its heading reads with everything but letters and digits gone."""

OPTIONAL: Final[Mapping[Table, Mapping[str, tuple[str, ...]]]] = {
    "add_on": {"AOC_DelDT": ("aocdeldt*",), "Primary_Code_DelDT": ("primarycodedeldt*",)},
}
"""Columns some editions have."""


@dataclass(slots=True)
class Reading:
    """What one file gave: rows for our tables, and a sentence for each cell that could not be read."""

    rows: list[Row] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Cells:
    """One row of a CMS file, asked by CMS's own column names."""

    file: str
    line: int
    columns: Mapping[str, int]
    row: list[str]

    def __getitem__(self, name: str) -> str:
        place = self.columns.get(name, len(self.row))
        return self.row[place].strip() if place < len(self.row) else ""

    def fault(self, name: str, wanted: str) -> str:
        """Return the sentence for a cell that does not hold what it should."""
        return f"{self.file} line {self.line}, field {name!r}: must be {wanted}."


def read(table: Table, file: str, raw: bytes, on: date, families: Families) -> Reading:
    """
    Return the rows of one official file that are in force on the quarter's first day and of our families.

    ``file`` is the name to use in faults. The rows are in the order of ``rules.tables.edition_files.COLUMNS``.
    """
    reading = Reading()
    if raw.startswith(WORKBOOK):
        reading.faults.append(f"{file}: is a workbook; save the sheet as CSV and give that file.")
        return reading
    take = TAKE[table]
    try:
        for cells in _rows(table, file, _text(raw), reading.faults):
            take(cells, on, families, reading)
    except CsvError:
        reading.faults.append(f"{file}: is not comma or tab separated text; unpack or save it again as CSV.")
    return reading


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _rows(table: Table, file: str, text: str, faults: list[str]) -> Iterator[Cells]:
    lines = reader(StringIO(text, newline=""), delimiter="\t" if "\t" in text[:20_000] else ",")
    needed = NAMES[table]
    columns: dict[str, int] = {}
    nearest: list[str] = list(needed)
    for number, row in enumerate(lines, 1):
        if columns:
            yield Cells(file, lines.line_num, columns, row)
            continue
        heads = ["".join(filter(str.isalnum, cell.lower())) for cell in row]
        places = {
            name: place
            for name, spellings in needed.items()
            if (place := _place(heads, spellings)) is not None
        }
        if len(places) == len(needed):
            optional = OPTIONAL.get(table, {})
            extra = {
                name: place
                for name, spellings in optional.items()
                if (place := _place(heads, spellings)) is not None
            }
            columns = places | extra
        else:
            nearest = min(nearest, [name for name in needed if name not in places], key=len)
        if number == HEADER_WITHIN and not columns:
            break
    if not columns:
        missing = ", ".join(repr(name) for name in nearest)
        faults.append(
            f"{file}: no header row with the column {missing}; is it another table, or another setting's?"
        )


def _place(heads: list[str], spellings: tuple[str, ...]) -> int | None:
    for name in spellings:
        for place, head in enumerate(heads):
            if head == name or (name.endswith("*") and head.startswith(name[:-1])):
                return place
    return None


def _day(text: str) -> date | None:
    """Read 20260101 or, as in the add-on file, 2026001; None when it is neither."""
    try:
        if len(text) == len("YYYYDDD") and text.isdecimal():
            first = date(int(text[:4]), 1, 1)
            day = first + timedelta(days=int(text[4:]) - 1)
            return day if day.year == first.year else None
        if len(text) == len("YYYYMMDD") and text.isdecimal():
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
    return None


def _stands(cells: Cells, on: date, begins: str, ends: tuple[str, ...], faults: list[str]) -> bool:
    """Tell whether an edit is in force on a day; CMS's deletion date is its last day."""
    since = _day(cells[begins])
    if since is None:
        faults.append(cells.fault(begins, "a date as CMS writes it"))
        return False
    for name in ends:
        if cells[name] in OPEN_ENDED:
            continue
        last = _day(cells[name])
        if last is None:
            faults.append(cells.fault(name, "a date as CMS writes it, or * for none"))
            return False
        if last < on:
            return False
    return since <= on


def _take_mue(cells: Cells, value: str, families: Families, reading: Reading) -> None:
    code = cells["HCPCS/CPT Code"]
    if not families.keeps_code(code):
        return
    mai = cells["MUE Adjudication Indicator"][:1]
    if not (cells[value].isascii() and cells[value].isdecimal()):
        reading.faults.append(cells.fault(value, "a whole number"))
    elif mai not in {"1", "2", "3"}:
        reading.faults.append(
            cells.fault("MUE Adjudication Indicator", "1, 2 or 3 with CMS's words after it")
        )
    else:
        reading.rows.append((code, str(int(cells[value])), mai))


def _take_pair(cells: Cells, on: date, families: Families, reading: Reading) -> None:
    column_1, column_2 = cells["Column 1"], cells["Column 2"]
    if not families.keeps_pair(column_1, column_2):
        return
    modifier = cells["Modifier"][:1]
    if modifier not in {"0", "1", "9"}:
        reading.faults.append(cells.fault("Modifier", "0, 1 or 9"))
    elif modifier != "9" and _stands(cells, on, "Effective Date", ("Deletion Date",), reading.faults):
        reading.rows.append((column_1, column_2, modifier))


def _take_add_on(cells: Cells, on: date, families: Families, reading: Reading) -> None:
    add_on = cells["Add-On_Code"]
    if add_on not in families.charged:
        return
    kind = cells["AOC_Edit_Type"][:1]
    if kind not in {"1", "2", "3"}:
        reading.faults.append(cells.fault("AOC_Edit_Type", "1, 2 or 3"))
        return
    if kind != "1":
        return  # types 2 and 3 leave the list to the contractor: nothing an edit could hold a line for
    ends = ("AOC_Edit_DelDT", "AOC_DelDT", "Primary_Code_DelDT")
    if not _stands(cells, on, "AOC_Edit_EffDT", ends, reading.faults):
        return
    primaries = cells["Primary_Code"].replace(",", " ").replace(";", " ").split()
    if not primaries or not all(looks_like_a_code(primary) for primary in primaries):
        reading.faults.append(cells.fault("Primary_Code", "a code"))
        return
    reading.rows.extend((add_on, primary) for primary in primaries)


def _take_rate(cells: Cells, families: Families, reading: Reading) -> None:
    code, status, apc = cells["HCPCS Code"], cells["SI"], cells["APC"]
    if code not in families.charged:
        return
    rate = cells["Payment Rate"].replace("$", "").replace(",", "").strip()
    cents = ""
    if rate not in NO_RATE:
        try:
            exact = Decimal(rate) * 100
        except InvalidOperation:
            exact = Decimal("NaN")
        if not exact.is_finite() or exact != exact.to_integral_value():
            reading.faults.append(cells.fault("Payment Rate", "dollars and whole cents"))
            return
        cents = str(int(exact)) if exact else ""
    if not status:
        reading.faults.append(cells.fault("SI", "a status indicator"))
    else:
        reading.rows.append((code, status, apc.zfill(4) if apc.isdecimal() else "", cents))


TAKE: Final[Mapping[Table, Callable[[Cells, date, Families, Reading], None]]] = {
    "mue_practitioner": lambda cells, _, families, reading: _take_mue(
        cells, "Practitioner Services MUE Values", families, reading
    ),
    "mue_outpatient": lambda cells, _, families, reading: _take_mue(
        cells, "Outpatient Hospital Services MUE Values", families, reading
    ),
    "ptp_practitioner": _take_pair,
    "ptp_outpatient": _take_pair,
    "add_on": _take_add_on,
    "opps": lambda cells, _, families, reading: _take_rate(cells, families, reading),
}
