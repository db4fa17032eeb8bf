"""Below the timeline: each line with its reasons, what was not billed and why, and the sources of both."""

from typing import Final

from streams.explain.labels import TIMES, plain
from streams.explain.picture import Picture
from streams.explain.svg.fonts import BODY, SMALL
from streams.explain.svg.sheet import EDGE, GREY, LINE, Sheet

_COLUMNS: Final = (EDGE, 150.0, 250.0, 365.0, 455.0, 590.0)
_HEADS: Final = ("Code and units", "Modifiers", "Service date", "Minutes", "Evidence", "Administrations")


def charges(sheet: Sheet, picture: Picture) -> None:
    """Write the charge lines as a table, under each its reasons."""
    charge_set = picture.charge_set
    sheet.heading("Charges" if charge_set.status != "held" else "Charges, held: none is released")
    if charge_set.lines:
        sheet.y += 20
        for x, name in zip(_COLUMNS, _HEADS, strict=True):
            sheet.text(x, sheet.y, name, SMALL, fill=GREY)
    else:
        sheet.paragraph(EDGE, "No charge line.")
    for line in charge_set.lines:
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
            _reason(sheet, reason.rule, f"{reason.says} {picture.citation_numbers(reason.cites)}")


def not_billed(sheet: Sheet, picture: Picture) -> None:
    """Write what earned no line, and which minutes of what did earn one do not count."""
    lost = list(picture.lost)
    if not (picture.refused or picture.voided or lost):
        return
    sheet.heading("Not billed")
    for refused in picture.refused:
        _reason(sheet, refused.rule, f"{refused.names}: {refused.says} {refused.cited}")
    for tag, words in lost:
        _reason(sheet, "minutes", f"{tag}: {words}")
    if picture.voided:
        _reason(sheet, "not given", f"entered in error, refused or not given: {', '.join(picture.voided)}")


def sources(sheet: Sheet, picture: Picture) -> None:
    """Write what the numbers in brackets cite, and which administration a number in the drawing is."""
    if picture.sources:
        sheet.heading("Sources")
    for number, source in enumerate(picture.sources, 1):
        sheet.text(EDGE, sheet.y + LINE, f"[{number}]", SMALL)
        sheet.paragraph(EDGE + 36, source)
    if any(tag != administration_id for administration_id, tag in picture.tags.items()):
        sheet.heading("Administrations")
        for administration_id, tag in picture.tags.items():
            sheet.text(EDGE, sheet.y + LINE, tag, SMALL)
            sheet.paragraph(EDGE + 48, plain(administration_id))


def _reason(sheet: Sheet, rule: str, words: str) -> None:
    sheet.text(EDGE + 14, sheet.y + LINE, rule, SMALL, fill=GREY)
    sheet.paragraph(_COLUMNS[1], words)
