"""
CMS's quarterly alpha-numeric HCPCS file: every Level II code with its first and last day.

The text file has records of up to 320 characters: the code in 1-5 (a modifier in 4-5 after three blanks), the sequence
in 6-10, the kind of record in 11, the description in 12-91, the days it was added and ended in 269-276 and 285-292. A
description that is longer runs on in records of kind 4. The sheet beside it has the same under 48 headings, and is read
when it is saved as CSV. Modifiers share the file and are passed over.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from itertools import chain
from pathlib import Path
from re import compile as pattern
from typing import Final, NamedTuple

from rules.tables.edition_files import looks_like_a_code
from streams.cms.published_day import day, hcpcs_quarter
from streams.cms.published_file import Line, Publication, PublishedFile, published
from streams.cms.refusal import RefreshRefusedError
from streams.cms.sheet import ENCODINGS, Headings, sheet
from streams.cms.taken import Faults

HEADINGS: Final[Headings] = {
    "HCPC": pattern(r"hcpcs?"),
    "SEQNUM": pattern(r"seqnum"),
    "RECID": pattern(r"recid"),
    "LONG DESCRIPTION": pattern(r"longdescription"),
    "ADD DT": pattern(r"adddt"),
    "TERM DT": pattern(r"termdt"),
}

RECORD: Final = pattern(r"(?:[A-Z]\d{4}|   [A-Z0-9]{2})\d{5}[3478]")
FIRST_OF_CODE, MORE_OF_CODE, OF_MODIFIER = "3", "4", frozenset("78")
ENDED_ENDS: Final = 292
"""A first record is at least this long; the filler after its last field may be gone."""

_LIST: Final = pattern(r"(?i)hcpc.*\.(?:txt|csv)")
_OTHERS: Final = pattern(r"(?i)trans|correct|layout|readme|noc|proc_?notes|changes")


class HcpcsRecord(NamedTuple):
    """One code of the list; ``words`` is CMS's long description, ``line`` where its first record stands."""

    code: str
    words: str
    added: date | None
    ended: date | None
    line: int


class HcpcsList(NamedTuple):
    """The codes of one quarter's list by code, and the first day of that quarter."""

    codes: dict[str, HcpcsRecord]
    released: date
    name: str


class _Cells(NamedTuple):
    """One record of either layout, with what messages call its two days."""

    line: int
    code: str
    kind: str
    words: str
    days: tuple[tuple[str, str], tuple[str, str]]


def read_hcpcs(path: Path, on: date) -> HcpcsList:
    """
    Return every code of one quarter's list.

    Raises:
        RefreshRefusedError: the file is another one, of another quarter, cut off, or has cells that cannot be read.

    """
    with ExitStack() as stack:
        publication = stack.enter_context(published(path))
        member = _member(publication)
        named = hcpcs_quarter(member.rpartition("/")[2]) or hcpcs_quarter(path.name)
        if named is not None and named != on:
            raise RefreshRefusedError([f"{path.name}: is named for the quarter of {named}, not of {on}."])
        file = stack.enter_context(publication.open(member))
        return HcpcsList(_codes(file), on, file.name)


def _member(publication: Publication) -> str:
    if publication.single:
        return publication.members[0]
    names = [name for name in publication.members if _LIST.search(name.rpartition("/")[2])]
    lists = [name for name in names if not _OTHERS.search(name.rpartition("/")[2])]
    texts = [name for name in lists if name.lower().endswith(".txt")] or lists
    if len(texts) != 1:
        found = ", ".join(sorted(lists)) or "none"
        message = f"{publication.name}: needs one HCPCS list as text, has {found}; give that file itself."
        raise RefreshRefusedError([message])
    return texts[0]


def _codes(file: PublishedFile) -> dict[str, HcpcsRecord]:
    codes: dict[str, HcpcsRecord] = {}
    faults = Faults()
    for record in _records(file):
        if record.kind in OF_MODIFIER:
            continue
        if record.kind == MORE_OF_CODE:
            if (begun := codes.get(record.code)) is None:
                faults.add(f"{file.name} line {record.line}: goes on with {record.code}, which never began.")
            else:
                codes[record.code] = begun._replace(words=f"{begun.words} {record.words}".strip())
            continue
        if not looks_like_a_code(record.code) or record.kind != FIRST_OF_CODE:
            faults.add(f"{file.name} line {record.line}, field 'HCPC': must be a Level II code.")
            continue
        if record.code in codes:
            faults.add(f"{file.name} line {record.line}: {record.code} begins a second time.")
        days = [day(text) for _, text in record.days]
        for (name, text), read in zip(record.days, days, strict=True):
            if text and read is None:
                faults.add(
                    f"{file.name} line {record.line}, {name}: must be a day such as 20260331, or blank."
                )
        codes[record.code] = HcpcsRecord(record.code, record.words, days[0], days[1], record.line)
    faults.settle()
    return codes


def _records(file: PublishedFile) -> Iterator[_Cells]:
    lines = file.lines(*ENCODINGS)
    first = next(lines, Line(1, ""))
    if RECORD.match(first.text):
        yield from _fixed(file, chain([first], lines))
        return
    file.stream.seek(0)
    for cells in sheet(file, HEADINGS).rows():
        added, ended = (f"field {name!r}" for name in ("ADD DT", "TERM DT"))
        days = ((added, cells["ADD DT"]), (ended, cells["TERM DT"]))
        code, kind = cells["HCPC"].upper(), cells["RECID"]
        yield _Cells(cells.line, code, kind, cells["LONG DESCRIPTION"], days)


def _fixed(file: PublishedFile, lines: Iterator[Line]) -> Iterator[_Cells]:
    for number, text in lines:
        if not text.strip():
            continue
        if not RECORD.match(text):
            raise file.fault(number, "columns 1-11: must be a code, its sequence and the kind of record.")
        kind = text[10]
        if kind == FIRST_OF_CODE and len(text) < ENDED_ENDS:
            raise file.fault(number, f"is {len(text)} characters long, a first record is 320; is it cut off?")
        days = (
            ("columns 269-276", text[268:276].strip()),
            ("columns 285-292", text[284:292].strip()),
        )
        yield _Cells(number, text[:5].strip(), kind, text[11:91].strip(), days)
