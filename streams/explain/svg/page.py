"""
The picture as an SVG page fit for an appeal letter: timeline, charges, refusals and their sources.

What is only the house's business, flags and expected payment, stays on the terminal. The same picture gives
the same bytes.
"""

from collections.abc import Iterator
from typing import Final

from streams.explain.labels import plain
from streams.explain.picture import Picture
from streams.explain.svg.axis import Axis
from streams.explain.svg.bars import Bars
from streams.explain.svg.charges import charges, not_billed, sources
from streams.explain.svg.fonts import BODY, HEADING, TITLE, cut, measure
from streams.explain.svg.legend import legend
from streams.explain.svg.sheet import EDGE, GREY, RIGHT, Sheet

_STATUS: Final = {
    "final": "Final charges",
    "preview": "Preview: not final",
    "held": "Held: not released",
    "cancelled": "Cancelled",
}


def render(picture: Picture) -> str:
    """Return the page as one SVG document, 1000 units wide and as long as the encounter needs."""
    sheet = Sheet()
    _header(sheet, picture)
    if picture.rows or picture.bands:
        _timeline(sheet, picture)
    charges(sheet, picture)
    not_billed(sheet, picture)
    sources(sheet, picture)
    title = f"Infusion charges of encounter {plain(picture.charge_set.encounter_id)}"
    return sheet.document(title, "; ".join(_description(picture)))


def _header(sheet: Sheet, picture: Picture) -> None:
    charge_set = picture.charge_set
    sheet.y += 16
    status = f"{_STATUS[charge_set.status]}, revision {charge_set.revision}"
    room = RIGHT - EDGE - measure(status, HEADING, bold=True) - 20
    name = cut(f"Encounter {plain(charge_set.encounter_id)}", TITLE, room, bold=True)
    sheet.text(EDGE, sheet.y, name, TITLE, bold=True)
    sheet.text(RIGHT, sheet.y, status, HEADING, bold=True, anchor="end")
    sheet.y += 4
    payer = f"payer {plain(charge_set.payer)}" if charge_set.payer else "no payer given"
    setting = charge_set.setting.replace("_", " ")
    facts = f"{setting} · {payer} · policy {charge_set.policy} · rulebook {charge_set.rulebook}"
    sheet.paragraph(EDGE, facts, BODY, fill=GREY)
    sheet.paragraph(EDGE, f"{picture.dates} · clock {picture.clock}", BODY, fill=GREY)
    sheet.y += 18


def _timeline(sheet: Sheet, picture: Picture) -> None:
    axis = Axis(sheet, picture)
    axis.draw()
    bars = Bars(sheet, axis)
    ground = len(sheet.elements)
    for group in picture.groups:
        bars.group(group.label)
        for row in group.rows:
            bars.row(row, dated=picture.over_midnight)
    if picture.bands:
        bars.group("other services")
    for band in picture.bands:
        bars.band(band)
    rows, sheet.elements[ground:] = sheet.elements[ground:], []
    axis.ground()  # known only now how far down it reaches, and yet behind the rows
    sheet.elements += rows
    axis.closed()
    legend(sheet, bars.used | ({"cut"} if axis.scale.breaks else set()), picture.partly_billed)


def _description(picture: Picture) -> Iterator[str]:
    """Yield the drawing in words, for those who cannot see it."""
    yield f"{_STATUS[picture.charge_set.status]}, {picture.dates}, clock {picture.clock}"
    yield from (mark.label for mark in picture.marks)
    for group in picture.groups:
        for row in group.rows:
            when = f"{row.day} {row.times}".strip()
            codes = "billed under " + ", ".join(row.codes) if row.codes else "not billed"
            facts = (f"{row.tag} {row.name}", row.route, when, row.minutes, row.note, codes)
            yield f"{group.label}: " + ", ".join(filter(None, facts))
