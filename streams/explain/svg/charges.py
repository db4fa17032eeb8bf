"""Below the timeline: each line with its reasons, what was not billed and why, and the sources of both."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from models.charge import ChargeLine
from streams.explain.beside import beside
from streams.explain.labels import TIMES, plain
from streams.explain.picture import Picture
from streams.explain.svg.fonts import BODY, HEADING, SMALL
from streams.explain.svg.sheet import EDGE, GREY, INK, LINE, RIGHT, WASH, Sheet

_COLUMNS: Final = (EDGE, 150.0, 250.0, 365.0, 455.0, 590.0)
_HEADS: Final = ("Code and units", "Modifiers", "Service date", "Minutes", "Evidence", "Administrations")


def held(sheet: Sheet, picture: Picture) -> None:
    """Write, over everything else, that a stay is held and why: nothing of it may be taken for a bill."""
    if picture.charge_set.status != "held":
        return
    sheet.keep(partial(_held, sheet, picture))
    sheet.y += 22


def _held(sheet: Sheet, picture: Picture) -> None:
    page, top, mark = sheet.elements, sheet.y, len(sheet.elements)
    sheet.y += 26
    sheet.text(EDGE + 14, sheet.y, "Held: nothing below is billed", HEADING, bold=True)
    for flag in picture.held_by:
        about = picture.names_of(flag.administration_ids)
        sheet.y += 4
        sheet.paragraph(
            EDGE + 14, f"{flag.flag}{': ' if about else ''}{about}", SMALL, fill=GREY, right=RIGHT - 14
        )
        sheet.paragraph(EDGE + 14, flag.says, BODY, right=RIGHT - 14)
        if flag.suggestion:
            sheet.paragraph(EDGE + 14, f"To release it: {flag.suggestion}", BODY, right=RIGHT - 14)
    sheet.y += 12
    if page is sheet.elements:  # a box that runs over the page would be drawn on the wrong one
        words = page[mark:]
        del page[mark:]
        sheet.rect(EDGE, top, RIGHT - EDGE, sheet.y - top, WASH, f' stroke="{INK}" stroke-width="1.6"')
        page += words


def charges(sheet: Sheet, picture: Picture) -> None:
    """Write the charge lines as a table, under each its reasons; none is broken over two pages."""
    lines = picture.charge_set.lines
    if not lines:
        sheet.keep(partial(_head, sheet, picture))
    for number, line in enumerate(lines):
        sheet.keep(partial(_line, sheet, picture, line, first=not number))


def _head(sheet: Sheet, picture: Picture) -> None:
    sheet.heading(picture.verdict.lines)
    if not picture.charge_set.lines:
        sheet.paragraph(EDGE, "No charge line.")
        return
    sheet.y += 20
    for x, name in zip(_COLUMNS, _HEADS, strict=True):
        sheet.text(x, sheet.y, name, SMALL, fill=GREY)


def _line(sheet: Sheet, picture: Picture, line: ChargeLine, *, first: bool) -> None:
    if first:
        _head(sheet, picture)
    sheet.y += 26
    minutes = "" if line.minutes is None else str(line.minutes)
    modifiers, evidence = " ".join(line.modifiers), line.evidence.replace("_", " ")
    facts = (modifiers, line.service_date.isoformat(), minutes, evidence)
    sheet.text(EDGE, sheet.y, f"{line.code} {TIMES} {line.units}", 15, bold=True)
    for x, words in zip(_COLUMNS[1:], facts, strict=False):
        sheet.text(x, sheet.y, words, BODY)
    sheet.y -= LINE
    sheet.paragraph(_COLUMNS[-1], picture.names_of([*line.administration_ids, *line.procedure_ids]), BODY)
    for reason in line.reasons:
        _reason(
            sheet, reason.rule, f"{picture.reason_words(reason)} {picture.citation_numbers(reason.cites)}"
        )


def not_billed(sheet: Sheet, picture: Picture) -> None:
    """Write what earned no line, and which minutes of what did earn one do not count."""
    entries = [(one.rule, f"{one.names}: {one.says} {one.cited}") for one in picture.refused]
    entries += [("minutes", f"{tag}: {words}") for tag, words in picture.lost]
    if picture.voided:
        entries.append(("not given", f"entered in error, refused or not given: {', '.join(picture.voided)}"))
    _entries(sheet, picture.verdict.refused, entries, _COLUMNS[1])


def drugs(sheet: Sheet, picture: Picture) -> None:
    """Write each drug that is not among the charges, its units and why; what it is worth stays in the house."""
    entries = [
        (drug.lead, drug.about, *(f"{rule}: {says}" for rule, says in drug.reasons))
        for drug in beside(picture)
    ]
    _entries(sheet, "Drugs beside the charges", entries, _COLUMNS[1])


def sources(sheet: Sheet, picture: Picture) -> None:
    """Write what the numbers in brackets cite, with its address, and which administration a number is."""
    cited = [
        (f"[{number}]", source.cite, source.address or "") for number, source in enumerate(picture.sources, 1)
    ]
    _entries(sheet, "Sources", cited, EDGE + 50)
    if any(tag != administration_id for administration_id, tag in picture.tags.items()):
        numbered = [(tag, plain(administration_id)) for administration_id, tag in picture.tags.items()]
        _entries(sheet, "Administrations", numbered, EDGE + 62)


def _entries(sheet: Sheet, heading: str, entries: Sequence[tuple[str, ...]], left: float) -> None:
    """Write entries under a heading that stays with the first of them, each whole on one page."""
    for number, entry in enumerate(entries):
        sheet.keep(partial(_entry, sheet, "" if number else heading, entry, left))


def _entry(sheet: Sheet, heading: str, entry: tuple[str, ...], left: float) -> None:
    if heading:
        sheet.heading(heading)
    lead, *paragraphs = entry
    sheet.lead(EDGE + 14, lead)
    for number, words in enumerate(paragraphs):
        if words:
            sheet.paragraph(left, words, SMALL, fill=GREY if number else INK)


def _reason(sheet: Sheet, rule: str, words: str) -> None:
    sheet.lead(EDGE + 14, rule)
    sheet.paragraph(_COLUMNS[1], words)
