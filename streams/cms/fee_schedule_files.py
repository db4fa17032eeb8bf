"""
The physician fee schedule's own files as CMS lays them out: relative values (PPRRVU), localities (GPCI) and classes (RBCS).

The relative value file heads its columns in rows above one another and gains a column now and then, so a column is known by
all the words above it, joined. Only rows without a modifier are taken, and descriptors are never read: they are the AMA's.
What cannot be read comes back as a sentence naming file, line and field.
"""

from collections.abc import Iterator, Mapping, Sequence
from csv import reader
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from io import StringIO
from re import IGNORECASE, search
from re import compile as pattern
from typing import Final, NamedTuple

from rules.tables.edition_files import Families
from rules.tables.table_columns import COLUMNS
from streams.cms.files import HEADER_WITHIN, WORKBOOK, Reading

HEADINGS: Final[Mapping[str, str]] = {
    "code": "HCPCS",
    "status": "STATUS CODE",
    "not_used": "NOT USED FOR MEDICARE PAYMENT",
    "global_days": "GLOB DAYS",
    "pctc": "PCTC IND",
    "multiple": "MULT PROC",
    "bilateral": "BILAT SURG",
    "assistant": "ASST SURG",
    "co_surgeon": "CO- SURG",
    "team": "TEAM SURG",
    "supervision": "PHYSICIAN SUPERVISION OF DIAGNOSTIC PROCEDURES",
    "imaging_family": "DIAGNOSTIC IMAGING FAMILY INDICATOR",
    "work_rvu": "WORK RVU",
    "pe_nonfacility": "NON-FAC PE RVU",
    "nonfacility_na": "NON-FAC NA INDICATOR",
    "pe_facility": "FACILITY PE RVU",
    "facility_na": "FACILITY NA INDICATOR",
    "mp_rvu": "MP RVU",
    "total_nonfacility": "NON-FACILITY TOTAL",
    "total_facility": "FACILITY TOTAL",
    "factor": "CONV FACTOR",
}
"""What stands above each column that is taken, its rows joined; in the order of the file these words never repeat."""

_MODIFIER: Final = "MOD"
_FIRST: Final = "RELEASED"
"""Begins the last line above the headings."""

PLACES: Final[Mapping[str, tuple[int, int]]] = {
    "code": (1, 5), "modifier": (6, 7), "status": (58, 58), "not_used": (59, 59), "work_rvu": (60, 65),
    "pe_nonfacility": (67, 72), "nonfacility_na": (73, 74), "pe_facility": (76, 81), "facility_na": (82, 83),
    "mp_rvu": (85, 89), "total_nonfacility": (91, 96), "total_facility": (97, 102), "pctc": (103, 103),
    "global_days": (104, 106), "multiple": (116, 116), "bilateral": (117, 117), "assistant": (118, 118),
    "co_surgeon": (119, 119), "team": (120, 120), "factor": (133, 140), "supervision": (142, 143),
    "imaging_family": (146, 147),
}  # fmt: skip
"""Where the text file has each field, both ends counted from 1, until 2025."""

_LAST_TEXT_YEAR: Final = 2025
_RELEASE: Final = pattern(
    r"(\d{4}) National Physician Fee Schedule.*?(January|April|July|October)", IGNORECASE
)
_MONTHS: Final = {"january": 1, "april": 4, "july": 7, "october": 10}
_NUMBERS: Final = (
    "work_rvu", "pe_nonfacility", "pe_facility", "mp_rvu", "total_nonfacility", "total_facility", "factor",
)  # fmt: skip

_LOCALITY_HEAD: Final = "locality number"
_LOCALITY: Final = pattern(r"(?:(?P<facility>.+)=)?(?P<contractor>\d{5})-(?P<number>\d{1,2})")


class LocalityChoice(NamedTuple):
    """Which row of the locality file is whose: a facility's, or every facility's where ``facility`` is empty."""

    facility: str
    contractor: str
    number: str


def locality_choice(text: str) -> LocalityChoice:
    """
    Return the choice written ``01112-05``, or ``GH=01112-05`` for one facility.

    Raises:
        ValueError: it is neither; the message says how to write it.

    """
    found = _LOCALITY.fullmatch(text.strip())
    if found is None:
        message = "a locality is written CONTRACTOR-NUMBER, 01112-05, or FACILITY=CONTRACTOR-NUMBER"
        raise ValueError(message)
    return LocalityChoice(found["facility"] or "", found["contractor"], f"{int(found['number']):02d}")


def read_pfs(file: str, raw: bytes, on: date, families: Families) -> Reading:
    """Return our codes' rows of a relative value file, CSV or text, of the release of a quarter's first day."""
    reading = Reading()
    text = _text(file, raw, reading)
    release = _RELEASE.search(text[:4000])
    if text and release is None:
        reading.faults.append(f"{file}: does not say which release it is; is it CMS's PPRRVU file?")
    elif release is not None and (int(release[1]), _MONTHS[release[2].lower()]) != (on.year, on.month):
        reading.faults.append(f"{file}: is the {release[2]} {release[1]} release, not the one of {on}.")
    if reading.faults or not text:
        return reading
    rows = _fixed(file, text, on, reading) if text.startswith("HDR") else _stacked(file, text, reading)
    for line, row in rows:
        if row["code"] not in families.charged or row["modifier"]:
            continue
        if wrong := [name for name in _NUMBERS if row[name] and not _is_number(row[name])]:
            reading.faults.append(f"{file} line {line}, field {wrong[0]!r}: must be a number.")
        else:
            reading.rows.append(tuple(row[name] for name in COLUMNS["pfs"]))
    return reading


def read_gpci(file: str, raw: bytes, on: date, chosen: Sequence[LocalityChoice]) -> Reading:
    """Return the rows of the chosen localities of a GPCI file of the quarter's year."""
    reading = Reading()
    head: list[str] = []
    known: dict[tuple[str, str], tuple[str, str, str]] = {}
    for line, row in enumerate(reader(StringIO(_text(file, raw, reading), newline="")), 1):
        cells = [" ".join(cell.split()) for cell in row]
        if not head:
            head = cells if any(_LOCALITY_HEAD in cell.lower() for cell in cells) else []
            continue
        if len(cells) >= len(head) and cells[0].isdecimal():
            places = _gpci_places(head)
            if places is None or str(on.year) not in head[places[2]]:
                break
            contractor, number, *values = (cells[place].rstrip("*").strip() for place in places)
            if not all(map(_is_number, values)):
                reading.faults.append(f"{file} line {line}: the three GPCI must be numbers.")
                continue
            known[f"{int(contractor):05d}", f"{int(number):02d}"] = (values[0], values[1], values[2])
    if not reading.faults and not known:
        reading.faults.append(
            f"{file}: no row with GPCI of {on.year}; is it CMS's GPCI file of that year, as CSV?"
        )
    if not chosen:
        reading.faults.append(f"{file}: say which locality is the site's: --locality CONTRACTOR-NUMBER.")
    for one in chosen if known else ():
        values_of = known.get((one.contractor, one.number))
        if values_of is None:
            reading.faults.append(f"{file}: holds no locality {one.number} of contractor {one.contractor}.")
        else:
            reading.rows.append((*one, *values_of))
    return reading


def _gpci_places(head: Sequence[str]) -> tuple[int, ...] | None:
    wanted = ("administrative contractor", _LOCALITY_HEAD, "pw gpci", "pe gpci", "mp gpci")
    lower = [cell.lower() for cell in head]
    places = [next((place for place, cell in enumerate(lower) if words in cell), None) for words in wanted]
    found = tuple(place for place in places if place is not None)
    return found if len(found) == len(wanted) else None


def read_rbcs(file: str, raw: bytes, families: Families) -> Reading:
    """Return the latest class of each of our codes in a file of RBCS, of any year's columns."""
    reading = Reading()
    rows = reader(StringIO(_text(file, raw, reading), newline=""))
    head = [cell.strip() for cell in next(rows, [])]
    since = next(
        (name for name in ("RBCS_Assignment_Eff_Dt", "RBCS_Analysis_Start_Dt") if name in head), None
    )
    needed = ("HCPCS_Cd", "RBCS_ID", "RBCS_Cat_Desc", "RBCS_Subcat_Desc", "RBCS_Family_Desc")
    if missing := [name for name in needed if name not in head] + (
        [] if since else ["RBCS_Assignment_Eff_Dt"]
    ):
        reading.faults.append(f"{file}: no column {', '.join(missing)}; is it CMS's RBCS taxonomy, as CSV?")
        return reading
    latest: dict[str, tuple[date, str]] = {}
    for line, cells in enumerate(rows, 2):
        row = dict(zip(head, (cell.strip() for cell in cells), strict=False))
        if row.get("HCPCS_Cd") not in families.charged:
            continue
        day = _day(row.get(since or "", ""))
        if day is None:
            reading.faults.append(f"{file} line {line}, field {since!r}: must be a date as 01/31/2026.")
            continue
        text = f"{row['RBCS_ID']} " + " / ".join(row[name] for name in needed[2:])
        code = row["HCPCS_Cd"]
        if code not in latest or latest[code][0] < day:
            latest[code] = (day, text)
    reading.rows += [(code, day.isoformat(), text) for code, (day, text) in sorted(latest.items())]
    return reading


def _text(file: str, raw: bytes, reading: Reading) -> str:
    if raw.startswith(WORKBOOK):
        reading.faults.append(f"{file}: is a workbook or an archive; give the CSV in it.")
        return ""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _stacked(file: str, text: str, reading: Reading) -> Iterator[tuple[int, dict[str, str]]]:
    above: list[list[str]] = []
    places: dict[str, int] = {}
    modifier = 1
    lines = reader(StringIO(text, newline=""))
    for row in lines:
        if places:
            cells = {
                name: row[place].strip() if place < len(row) else ""
                for name, place in (*places.items(), ("modifier", modifier))
            }
            yield lines.line_num, cells
            continue
        above.append([cell.strip() for cell in row])
        if any(cell.startswith(_FIRST) for cell in above[-1]):
            above.clear()
        elif above[-1][:2] == ["HCPCS", _MODIFIER]:
            heads = _joined(above)
            places = {name: heads.index(words) for name, words in HEADINGS.items() if words in heads}
            if missing := [repr(words) for words in HEADINGS.values() if words not in heads]:
                reading.faults.append(
                    f"{file}: no column headed {', '.join(missing)}; is its layout a new one?"
                )
                return
        elif lines.line_num > HEADER_WITHIN:
            break
    if not places:
        reading.faults.append(f"{file}: no row that begins with HCPCS and MOD; is it CMS's PPRRVU file?")


def _joined(above: Sequence[Sequence[str]]) -> list[str]:
    """Return each column's words from the stacked headings, from top to bottom."""
    width = max(map(len, above))
    return [
        " ".join(row[place] for row in above if place < len(row) and row[place]) for place in range(width)
    ]


def _fixed(file: str, text: str, on: date, reading: Reading) -> Iterator[tuple[int, dict[str, str]]]:
    if on.year > _LAST_TEXT_YEAR:
        reading.faults.append(
            f"{file}: the text file changed after {_LAST_TEXT_YEAR}; give the CSV beside it."
        )
        return
    for line, row in enumerate(text.splitlines(), 1):
        if not row.startswith("HDR"):
            yield line, {name: row[first - 1 : last].strip() for name, (first, last) in PLACES.items()}


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite() and Decimal(text) >= 0
    except InvalidOperation:
        return False


def _day(text: str) -> date | None:
    try:
        if search(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text[: len("2026-01-01")])
        return datetime.strptime(text, "%m/%d/%Y").date()  # noqa: DTZ007 -- a date, in no zone
    except ValueError:
        return None
