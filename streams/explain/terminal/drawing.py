"""
The picture as text: bars of blocks over a clock, then every line, refusal and flag in words.

Colour only repeats what a glyph or a word already says. Where a terminal has no UTF-8 the same drawing is
made of ASCII. No line is wider than asked.
"""

from typing import Final

from rich.cells import cell_len
from rich.text import Text

from models.charge import ChargeSet
from streams.explain.labels import plain
from streams.explain.picture import Picture, Row
from streams.explain.terminal.axis import clock, marks
from streams.explain.terminal.bars import Bars
from streams.explain.terminal.chart import chart
from streams.explain.terminal.frame import Frame
from streams.explain.terminal.glyphs import ASCII, NARROWEST, UNICODE
from streams.explain.terminal.legend import legend
from streams.explain.terminal.page import Page
from streams.explain.terminal.questions import answers
from streams.explain.terminal.words import charges, drugs, flags, not_billed, sources

_LONG: Final = 12
"""Rows from which on the clock is repeated below them."""

_STATUS: Final = {
    "final": ("FINAL", "bold green"),
    "preview": ("PREVIEW: not final", "bold yellow"),
    "held": ("HELD: nothing is released", "bold red"),
    "cancelled": ("CANCELLED", "bold"),
}


def render(picture: Picture, width: int, *, ascii_only: bool = False) -> Text:
    """Return the encounter as styled text of at most ``width`` columns, which is held at 60 or more."""
    page = Page(max(width, NARROWEST), ASCII if ascii_only else UNICODE)
    _header(page, picture)
    clipped = _timeline(page, picture) if picture.rows or picture.bands else []
    charges(page, picture)
    flags(page, picture)
    answers(page, picture)
    not_billed(page, picture)
    chart(page, picture)
    drugs(page, picture)
    sources(page, picture, clipped)
    return page.text()


def _header(page: Page, picture: Picture) -> None:
    charge_set = picture.charge_set
    status, style = _STATUS[charge_set.status]
    status = f"{status} · revision {charge_set.revision}"
    name = page.cut(f"Encounter {plain(charge_set.encounter_id)}", page.width - cell_len(status) - 2)
    gap = " " * (page.width - cell_len(name) - cell_len(page.spell(status)))
    page.add((name, "bold"), (gap, ""), (status, style))
    payer = f"payer {plain(charge_set.payer)}" if charge_set.payer else "no payer given"
    setting = charge_set.setting.replace("_", " ")
    page.write("", f"{setting} · {payer} · policy {charge_set.policy} · rulebook {charge_set.rulebook}")
    if decided_by := _decided_by(charge_set):
        page.write("", decided_by)
    page.write("", f"{picture.dates} · clock {picture.clock}")


def _decided_by(charge_set: ChargeSet) -> str:
    """Return the policy layers that answered, each with its version, and what was answered by hand."""
    layers = ", ".join(f"{plain(layer.name)} {layer.version}" for layer in charge_set.policy_layers)
    by_hand = ", ".join(f"{key}={value}" for key, value in charge_set.overrides.items())
    parts = (f"policy layers {layers}" if layers else "", f"by hand {by_hand}" if by_hand else "")
    return " · ".join(part for part in parts if part)


def _timeline(page: Page, picture: Picture) -> list[Row]:
    """Draw the timeline; return the rows whose names it had no room for."""
    frame = Frame(page, picture)
    bars = Bars(frame)
    page.add()
    marks(frame, picture)
    clock(frame)
    for group in picture.groups:
        page.add((page.cut(group.label, page.width), "bold"))
        for row in group.rows:
            bars.row(row)
    if picture.bands:
        page.add(("other services", "bold"))
    for band in picture.bands:
        bars.band(band)
    if len(picture.rows) > _LONG:
        clock(frame)
    legend(frame, bars.used, picture)
    return [row for row in picture.rows if frame.clipped(row)]
