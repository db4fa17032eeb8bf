"""
CMS's ASP NDC-HCPCS crosswalk: which code each package is billed with.

A title, "Effective January 1, 2026 through March 31, 2026", a page of words and a header on line 9 whose first name
carries a year (``_2026_CODE``). The archive holds workbooks, a CSV "section 508 version" and the crosswalks of other
payment bases; the ASP one is read. Descriptions belong to the AMA where the code is a vaccine's: never read.
"""

from collections.abc import Collection
from contextlib import ExitStack
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from re import compile as pattern
from typing import Final

from rules.formulary.crosswalks import eleven_digits
from rules.tables.edition_files import looks_like_a_code
from streams.cms.published_day import effective
from streams.cms.published_file import Publication, PublishedFile, published
from streams.cms.refusal import RefreshRefusedError
from streams.cms.sheet import Headings, Sheet, sheet
from streams.cms.taken import Faults, Row, Taken, left_out

NEEDED: Final[Headings] = {
    "HCPCS code": pattern(r"\d{4}code|hcpcs(?:levelii)?code.*"),
    "NDC2": pattern(r"ndc2?"),
    "BILLUNITS": pattern(r"billunits"),
}
_CROSSWALK: Final = pattern(r"(?i)ndc.*hcpcs.*cross\s*walk")


def read_crosswalk(path: Path, on: date, known: Collection[str]) -> Taken:
    """
    Return the package and code of every row whose code is known, sorted.

    Raises:
        RefreshRefusedError: the file is another one, of another quarter, cut off, or has cells that cannot be read.

    """
    with ExitStack() as stack:
        return _read(*_opened(stack, path, on), known)


def read_package_units(path: Path, on: date, known: Collection[str]) -> Taken:
    """
    Return the package, the code and the billing units of one item of it, of every row ``read_crosswalk`` takes, sorted.

    A row without units, or with several for one package and code, is left out and named.

    Raises:
        RefreshRefusedError: the file is another one, of another quarter, cut off, or has cells that cannot be read.

    """
    with ExitStack() as stack:
        table, released = _opened(stack, path, on)
        units: dict[Row, set[str]] = {}
        for cells in table.rows():
            digits, code = eleven_digits(cells["NDC2"]), cells["HCPCS code"].upper()
            if len(digits) == 1 and code in known:
                units.setdefault((digits[0], code), set()).add(_number(cells["BILLUNITS"]))
    clear = {package: found.pop() for package, found in units.items() if len(found) == 1}
    doubtful = sorted(" ".join(package) for package in units if not clear.get(package))
    rows = tuple((*package, count) for package, count in sorted(clear.items()) if count)
    return Taken(rows, released, left_out("packages without one number of BILLUNITS", doubtful))


def _number(text: str) -> str:
    """Return billing units as they are written in the table; empty where the cell is no number above 0."""
    try:
        value = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return ""
    if not value.is_finite() or value <= 0:
        return ""
    plain = format(value, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _opened(stack: ExitStack, path: Path, on: date) -> tuple[Sheet, date]:
    publication = stack.enter_context(published(path))
    file = stack.enter_context(publication.open(_member(publication)))
    table = sheet(file, NEEDED)
    return table, _effective(file, table, on)


def _member(publication: Publication) -> str:
    if publication.single:
        return publication.members[0]
    crosswalks = [name for name in publication.members if _CROSSWALK.search(name.rpartition("/")[2])]
    texts = [name for name in crosswalks if name.lower().endswith((".csv", ".txt"))]
    asp = [name for name in texts if "asp" in name.rpartition("/")[2].lower()]
    if len(asp or texts) != 1:
        found = ", ".join(sorted(crosswalks)) or "no crosswalk"
        message = (
            f"{publication.name}: needs one ASP NDC-HCPCS crosswalk as CSV, has {found}; give the CSV itself."
        )
        raise RefreshRefusedError([message])
    return (asp or texts)[0]


def _effective(file: PublishedFile, table: Sheet, on: date) -> date:
    for line, title in table.preamble:
        if (first := effective(title)) is not None:
            if first != on:
                raise file.fault(line, f"is the crosswalk of {first}, not of {on}.")
            return first
    return on


def _read(table: Sheet, released: date, known: Collection[str]) -> Taken:
    faults, pairs = Faults(), set[Row]()
    unknown: dict[str, None] = {}
    no_ndc: list[str] = []
    for cells in table.rows():
        code, ndc = cells["HCPCS code"].upper(), cells["NDC2"]
        if not ndc and not cells["BILLUNITS"]:
            continue  # a remark below the table
        if not looks_like_a_code(code):
            faults.add(cells.fault("HCPCS code", "a code of five characters"))
            continue
        digits = eleven_digits(ndc)
        if not ndc:
            faults.add(cells.fault("NDC2", "a National Drug Code"))
        elif len(digits) != 1:
            no_ndc.append(f"line {cells.line}")
        elif code not in known:
            unknown[code] = None
        else:
            pairs.add((digits[0], code))
    faults.settle()
    if 2 * len(no_ndc) > len(pairs):
        message = f"{table.file.name}: {no_ndc[0]}, field 'NDC2': holds no National Drug Code in most rows; is it another column?"
        raise RefreshRefusedError([message])
    notes = (
        *left_out("packages whose NDC2 is no National Drug Code", no_ndc),
        *left_out("codes that hcpcs.csv does not hold", sorted(unknown)),
    )
    return Taken(tuple(sorted(pairs)), released, notes)
