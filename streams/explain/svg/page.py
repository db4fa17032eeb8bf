"""
The picture as SVG pages fit for an appeal letter: timeline, charges, refusals, the events behind each time, sources.

What is only the house's business, flags that hold nothing and expected payment, stays on the terminal. The same
picture gives the same bytes.
"""

from collections.abc import Iterator

from streams.explain.labels import plain
from streams.explain.letter import letter
from streams.explain.picture import Picture
from streams.explain.svg.charges import charges, drugs, held, not_billed, sources
from streams.explain.svg.fonts import BODY, HEADING, TITLE, cut, measure
from streams.explain.svg.sheet import EDGE, GREY, RIGHT, Sheet
from streams.explain.svg.timeline import timeline
from streams.explain.svg.times import times


def render(drawn: Picture) -> str:
    """Return the pages as one SVG document, 1000 units wide; one page alone is as long as the encounter needs."""
    picture = letter(drawn)
    sheet = Sheet()
    _header(sheet, picture)
    held(sheet, picture)
    if picture.rows or picture.bands:
        timeline(sheet, picture)
    charges(sheet, picture)
    not_billed(sheet, picture)
    drugs(sheet, picture)
    times(sheet, picture)
    sources(sheet, picture)
    name = plain(picture.charge_set.encounter_id)
    foot = f"Encounter {cut(name, BODY, RIGHT / 2)} · {picture.verdict.title}, revision {picture.charge_set.revision}"
    return sheet.document(f"Infusion charges of encounter {name}", "; ".join(description(picture)), foot)


def _header(sheet: Sheet, picture: Picture) -> None:
    charge_set = picture.charge_set
    sheet.y += 16
    status = f"{picture.verdict.title}, revision {charge_set.revision}"
    room = RIGHT - EDGE - measure(status, HEADING, bold=True) - 20
    name = cut(f"Encounter {plain(charge_set.encounter_id)}", TITLE, room, bold=True)
    sheet.text(EDGE, sheet.y, name, TITLE, bold=True)
    sheet.text(RIGHT, sheet.y, status, HEADING, bold=True, anchor="end")
    sheet.y += 4
    for facts in (picture.facts.whose, picture.facts.rules):
        sheet.paragraph(
            EDGE, " · ".join(f"{label.lower()} {words}" for label, words in facts), BODY, fill=GREY
        )
    sheet.paragraph(EDGE, f"{picture.dates} · clock {picture.clock}", BODY, fill=GREY)
    sheet.y += 18


def description(picture: Picture) -> Iterator[str]:
    """Yield the drawing in words, for those who cannot see it."""
    yield f"{picture.verdict.title}, {picture.dates}, clock {picture.clock}"
    yield from (mark.label for mark in picture.marks)
    for group in picture.groups:
        for row in group.rows:
            when = f"{row.day} {row.times}".strip()
            under, refused = picture.verdict.under, picture.verdict.refused.lower()
            codes = f"{under} {', '.join(row.codes)}" if row.codes else refused
            facts = (f"{row.tag} {row.name}", row.amount, row.route, when, row.minutes, row.note, codes)
            yield f"{group.label}: " + ", ".join(filter(None, facts))
