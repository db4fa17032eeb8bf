"""
The picture as an SVG page fit for an appeal letter: timeline, charges, refusals and their sources.

Greys, hatching and one dark accent survive a copier; every word is text; nothing is fetched and nothing
runs. What is only the house's business, flags and expected payment, stays on the terminal. The same picture
gives the same bytes.
"""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from streams.explain.picture import TIMES, Picture, Piece, Row, lanes, plain

WIDTH: Final = 1000
_EDGE: Final = 36.0
_RIGHT: Final = WIDTH - _EDGE
_LEFT: Final = 332.0
_PLOT: Final = _RIGHT - _LEFT
_BREAK: Final = 64.0
_TICK: Final = 62.0
_BAR: Final = 20.0
_ROW: Final = 42.0
_PUMP: Final = 18.0
_LINE: Final = 19.0

_ACCENT: Final = "#1f4e79"
_INK: Final = "#111111"
_GREY: Final = "#555555"
_PALE: Final = "#d9d9d9"
_WASH: Final = "#f0f0f0"

_FONTS: Final = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"
)
_TITLE, _BODY, _SMALL = 22, 14, 13
"""Sizes in units of which 1000 make the page's width: 13 prints as six and a half points on A4."""

_DASHED: Final = ' stroke-width="1.2" stroke-dasharray="5 3"'

_STATUS: Final = {
    "final": "Final charges",
    "preview": "Preview: not final",
    "held": "Held: not released",
    "cancelled": "Cancelled",
}


def render(picture: Picture) -> str:
    """Return the page as one SVG document, 1000 units wide and as long as the encounter needs."""
    sheet = _Sheet()
    _header(sheet, picture)
    if picture.rows or picture.bands:
        _Timeline(sheet, picture).draw()
    _charges(sheet, picture)
    _not_billed(sheet, picture)
    _sources(sheet, picture)
    return sheet.document(_title(picture), "; ".join(_described(picture)))


def measure(words: str, size: float) -> float:
    """Return how wide words are at most, whichever of the sans-serif fonts the reader has."""
    em = 0.0
    for letter in words:
        if letter in "iljtf.,:;'|!()[] ·":
            em += 0.38
        elif letter in "mwMW%@—":
            em += 0.98
        elif letter.isupper():
            em += 0.74
        else:
            em += 0.64 if letter.isascii() or letter.islower() else 1.0
    return em * size


class _Sheet:
    """Elements in drawing order and how far down the page they reach."""

    def __init__(self) -> None:
        self.elements: list[str] = []
        self.y = _EDGE

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float = _BODY,
        *,
        fill: str = _INK,
        bold: bool = False,
        anchor: str = "start",
    ) -> None:
        """Write one line with its baseline at ``y``."""
        weight = ' font-weight="700"' if bold else ""
        place = f' text-anchor="{anchor}"' if anchor != "start" else ""
        self.elements.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{fill}"{weight}{place}>{escape(words)}</text>',
        )

    def label(self, x: float, y: float, words: str, size: float, *, after: bool, bold: bool = False) -> None:
        """Write words after or before a place, on white, so that no line runs through them."""
        wide = measure(words, size) * 0.9
        self.rect(x - 2 if after else x - wide, y - size, wide + 2, size + 4, "#ffffff")
        self.text(x, y, words, size, bold=bold, anchor="start" if after else "end")

    def rect(self, x: float, y: float, width: float, height: float, fill: str, extra: str = "") -> None:
        """Draw a rectangle."""
        self.elements.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" fill="{fill}"{extra}/>',
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, stroke: str = _INK, extra: str = "") -> None:
        """Draw a straight line."""
        self.elements.append(
            f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" stroke="{stroke}"{extra}/>',
        )

    def polygon(self, points: Iterable[tuple[float, float]], fill: str, stroke: str) -> None:
        """Draw a closed shape."""
        places = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self.elements.append(
            f'<polygon points="{places}" fill="{fill}" stroke="{stroke}" stroke-width="1.4"/>'
        )

    def paragraph(
        self, x: float, words: str, size: float = _SMALL, *, fill: str = _INK, bold: bool = False
    ) -> None:
        """Write words from ``x`` to the right edge, as many lines down as they take."""
        for line in folded(plain(words), size, _RIGHT - x):
            self.y += _LINE
            self.text(x, self.y, line, size, fill=fill, bold=bold)

    def heading(self, words: str) -> None:
        """Write a heading over a thin rule."""
        self.y += 38
        self.text(_EDGE, self.y, words, 16, bold=True)
        self.y += 7
        self.line(_EDGE, self.y, _RIGHT, self.y, _INK, ' stroke-width="0.8"')

    def document(self, title: str, description: str) -> str:
        """Return everything drawn as one document."""
        height = int(self.y + _EDGE)
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
            f' role="img" aria-labelledby="title description" font-family="{_FONTS}">\n'
            f'<title id="title">{escape(title)}</title>\n'
            f'<desc id="description">{escape(description)}</desc>\n'
            '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse">'
            f'<path d="M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2" stroke="{_GREY}" stroke-width="1"/></pattern></defs>\n'
            f'<rect x="0" y="0" width="{WIDTH}" height="{height}" fill="#ffffff"/>'
        )
        return "\n".join([head, *self.elements, "</svg>", ""])


def _n(number: float) -> str:
    """Return a coordinate to a tenth, without a useless nought."""
    return f"{number:.1f}".removesuffix(".0")


def cut(words: str, size: float, room: float) -> str:
    """Return words in at most ``room``, ending in an ellipsis where something was left out."""
    if measure(words, size) <= room:
        return words
    while words and measure(words + "…", size) > room:
        words = words[:-1]
    return words.rstrip() + "…"


def folded(words: str, size: float, room: float) -> list[str]:
    """Return words in lines of at most ``room``; a word wider than that is cut into pieces."""
    lines: list[str] = []
    for word in words.split():
        if lines and measure(f"{lines[-1]} {word}", size) <= room:
            lines[-1] += f" {word}"
            continue
        lines.append("")
        for letter in word:
            if measure(lines[-1] + letter, size) > room:
                lines.append("")
            lines[-1] += letter
    return lines


def _title(picture: Picture) -> str:
    return f"Infusion charges of encounter {plain(picture.charge_set.encounter_id)}"


def _described(picture: Picture) -> Iterator[str]:
    """Yield the drawing in words, for those who cannot see it."""
    yield f"{_STATUS[picture.charge_set.status]}, {picture.dates}, clock {picture.clock}"
    yield from (mark.label for mark in picture.marks)
    for group in picture.groups:
        for row in group.rows:
            codes = "billed under " + ", ".join(row.codes) if row.codes else "not billed"
            facts = (
                f"{row.tag} {row.name}",
                row.route,
                f"{row.day} {row.times}".strip(),
                row.minutes,
                row.note,
                codes,
            )
            yield f"{group.label}: " + ", ".join(filter(None, facts))


def _header(sheet: _Sheet, picture: Picture) -> None:
    charge_set = picture.charge_set
    sheet.y += 16
    status = f"{_STATUS[charge_set.status]}, revision {charge_set.revision}"
    room = _RIGHT - _EDGE - measure(status, 16) - 20
    sheet.text(
        _EDGE, sheet.y, cut(f"Encounter {plain(charge_set.encounter_id)}", _TITLE, room), _TITLE, bold=True
    )
    sheet.text(_RIGHT, sheet.y, status, 16, bold=True, anchor="end")
    sheet.y += 4
    payer = f"payer {plain(charge_set.payer)}" if charge_set.payer else "no payer given"
    setting = charge_set.setting.replace("_", " ")
    facts = f"{setting} · {payer} · policy {charge_set.policy} · rulebook {charge_set.rulebook}"
    sheet.paragraph(_EDGE, facts, _BODY, fill=_GREY)
    sheet.paragraph(_EDGE, f"{picture.dates} · clock {picture.clock}", _BODY, fill=_GREY)
    sheet.y += 18


class _Timeline:
    """The drawing itself: labels on the left, bars over one clock on the right."""

    def __init__(self, sheet: _Sheet, picture: Picture) -> None:
        self.sheet = sheet
        self.picture = picture
        self.scale = picture.scale(_PLOT, _BREAK)
        self.ticks = self.scale.ticks(_TICK)
        self.used: set[str] = set()

    def draw(self) -> None:
        """Draw the marks, the clock, the rows and the legend."""
        self._marks()
        top = self.sheet.y
        self._clock()
        ground = len(self.sheet.elements)
        for group in self.picture.groups:
            self._group(group.label)
            for row in group.rows:
                self._row(row)
        if self.picture.bands:
            self._group("other services")
        for band in self.picture.bands:
            y = self.sheet.y
            left, right = self._at(band.start), max(self._at(band.stop), self._at(band.start) + 3)
            self.sheet.text(_EDGE + 8, y + 18, cut(band.label, _BODY, _LEFT - _EDGE - 24), _BODY)
            self.sheet.text(_EDGE + 8, y + 34, band.times, _SMALL, fill=_GREY)
            self.sheet.line(left, y + 17, right, y + 17, _GREY, ' stroke-width="2"')
            for x in (left, right):
                self.sheet.line(x, y + 11, x, y + 23, _GREY, ' stroke-width="2"')
            self.sheet.y += _ROW
        rows, self.sheet.elements[ground:] = self.sheet.elements[ground:], []
        self._ground(top)
        self.sheet.elements += rows
        self.sheet.line(_EDGE, self.sheet.y, _RIGHT, self.sheet.y, _INK, ' stroke-width="0.8"')
        self._legend()

    def _at(self, minute: int) -> float:
        return _LEFT + self.scale.at(minute)

    def _marks(self) -> None:
        labels = [mark.label for mark in self.picture.marks]
        places = [self.scale.at(mark.minute) for mark in self.picture.marks]
        sizes = [(x, measure(label, _SMALL) + 10) for x, label in zip(places, labels, strict=True)]
        spots = lanes(sizes, _PLOT, 14)
        top = self.sheet.y
        self.sheet.y += max((lane + 1 for lane, _ in spots), default=0) * _LINE + 4
        for x, (lane, _) in zip(places, spots, strict=True):
            self.sheet.line(_LEFT + x, top + lane * _LINE + 3, _LEFT + x, self.sheet.y, _INK, _DASHED)
        for label, x, (lane, left) in zip(labels, places, spots, strict=True):
            beside = left >= x
            self.sheet.label(
                _LEFT + x + (6 if beside else -6), top + lane * _LINE + 13, label, _SMALL, after=beside
            )

    def _clock(self) -> None:
        sheet, y = self.sheet, self.sheet.y
        axis = y + 40
        day = self.scale.first_day
        if not self.ticks or self.ticks[0].date != day:
            sheet.text(_LEFT - 10, y + 14, day, _SMALL, bold=True, anchor="end")
        for tick in self.ticks:
            x = _LEFT + tick.x
            if tick.date:
                sheet.text(x, y + 14, tick.date, _SMALL, bold=True, anchor="middle")
            sheet.text(x, y + 31, tick.label, _SMALL, anchor="middle")
            sheet.line(x, axis - 5, x, axis, _INK, ' stroke-width="1.2"')
        edges = [_LEFT, *(_LEFT + x for gap in self.scale.breaks for x in (gap.left, gap.right)), _RIGHT]
        for left, right in zip(edges[::2], edges[1::2], strict=True):
            sheet.line(left, axis, right, axis, _INK, ' stroke-width="1.2"')
        for gap in self.scale.breaks:
            for x in (_LEFT + gap.left, _LEFT + gap.right):
                sheet.line(x - 4, axis + 6, x + 4, axis - 6, _INK, ' stroke-width="1.2"')
            sheet.text(
                _LEFT + (gap.left + gap.right) / 2, axis + 4, gap.label, 12, fill=_GREY, anchor="middle"
            )
            self.used.add("cut")
        sheet.y = axis + 10

    def _ground(self, top: float) -> None:
        """Draw what lies behind the rows: the clock's lines, the stay's window, the time left out."""
        sheet, axis = self.sheet, top + 50
        for gap in self.scale.breaks:
            sheet.rect(_LEFT + gap.left, axis, gap.right - gap.left, sheet.y - axis, _WASH)
        for tick in self.ticks:
            extra = ' stroke-width="1.2"' if tick.midnight else ' stroke-width="0.8"'
            sheet.line(
                _LEFT + tick.x, axis, _LEFT + tick.x, sheet.y, _GREY if tick.midnight else _PALE, extra
            )
        for mark in self.picture.marks:
            x = self._at(mark.minute)
            sheet.line(x, axis - 10, x, sheet.y, _INK, _DASHED)

    def _group(self, label: str) -> None:
        sheet = self.sheet
        sheet.rect(_EDGE, sheet.y, _RIGHT - _EDGE, 24, _WASH)
        sheet.text(_EDGE + 8, sheet.y + 17, cut(label, _SMALL, _RIGHT - _EDGE - 16), _SMALL, bold=True)
        sheet.y += 30

    def _row(self, row: Row) -> None:
        sheet, y = self.sheet, self.sheet.y
        room = _LEFT - _EDGE - 24
        sheet.text(_EDGE + 8, y + 16, cut(f"{row.tag}  {row.name}", _BODY, room * 0.96), _BODY, bold=True)
        day = row.day if " to " in self.picture.dates else ""
        facts = " · ".join(filter(None, (row.route, f"{day} {row.times}".strip(), row.minutes)))
        sheet.text(_EDGE + 8, y + 33, cut(facts, _SMALL, room), _SMALL, fill=_GREY)
        if "/" in row.minutes:
            self.used.add("part")
        ends: list[float] = []
        outside = list(row.codes)
        for piece in row.pieces:
            self._piece(piece, y + 8)
            ends += [self._at(piece.start), self._at(piece.stop)]
            home = self._home(piece, row, outside)
            if home:
                sheet.text(
                    self._at(piece.start) + 6, y + 23, " + ".join(home), _BODY, fill="#ffffff", bold=True
                )
                outside = [code for code in outside if code not in home]
        if row.point is not None:
            self._diamond(self._at(row.point), y + 18, billed=bool(row.codes))
            ends += [self._at(row.point) - 9, self._at(row.point) + 9]
        self._beside(" ".join(filter(None, (" + ".join(outside), row.note))), ends, y + 23)
        sheet.y += _ROW
        if row.pump:
            sheet.text(
                _EDGE + 20, sheet.y + 9, f"pump: {row.pump_times} · {row.pump_minutes}", _SMALL, fill=_GREY
            )
            for piece in row.pump:
                if piece.fill != "pause":
                    left, right = self._at(piece.start), self._at(piece.stop)
                    sheet.rect(left, sheet.y + 2, max(2.0, right - left), 5, _GREY)
            sheet.y += _PUMP
            self.used.add("pump")

    def _home(self, piece: Piece, row: Row, wanted: list[str]) -> list[str]:
        """Return the codes still to be written that this piece has room for."""
        if piece.code not in wanted:
            return []
        own = [piece.code, *(code for code in wanted if code not in {one.code for one in row.pieces})]
        room = self._at(piece.stop) - self._at(piece.start) - 12
        while own and measure(" + ".join(own), _BODY) > room:
            own.pop()
        return own

    def _piece(self, piece: Piece, y: float) -> None:
        sheet = self.sheet
        left, right = self._at(piece.start), self._at(piece.stop)
        width = max(2.0, right - left)
        fill = "unbilled" if piece.fill == "running" else piece.fill
        self.used.add(fill)
        if fill == "billed":
            sheet.rect(left, y, width, _BAR, _ACCENT)
        elif fill == "unbilled":
            sheet.rect(left, y, width, _BAR, "#ffffff")
            sheet.rect(left, y, width, _BAR, "url(#hatch)", f' stroke="{_GREY}" stroke-width="1"')
        elif fill == "pause":
            sheet.line(
                left, y + _BAR / 2, right, y + _BAR / 2, _INK, ' stroke-width="1.6" stroke-dasharray="2 3"'
            )
        else:
            sheet.rect(
                left, y, width, _BAR, "#ffffff", f' stroke="{_INK}" stroke-width="1.2" stroke-dasharray="5 4"'
            )
            sheet.text((left + right) / 2, y + 15, "?", _BODY, bold=True, anchor="middle")
        if piece.fill == "running":
            self.used.add("running")
            sheet.polygon([(right, y - 2), (right + 12, y + _BAR / 2), (right, y + _BAR + 2)], _GREY, _GREY)

    def _diamond(self, x: float, y: float, *, billed: bool) -> None:
        self.used.add("given" if billed else "unpaid")
        points = [(x, y - 9), (x + 7, y), (x, y + 9), (x - 7, y)]
        self.sheet.polygon(points, _ACCENT if billed else "#ffffff", _ACCENT if billed else _INK)

    def _beside(self, words: str, ends: list[float], y: float) -> None:
        """Write words right of what is drawn where they fit, else left of it."""
        if not words:
            return
        right = max(ends) + 6 if ends else _LEFT
        after = not ends or right + measure(words, _BODY) <= _RIGHT
        self.sheet.label(right if after else min(ends) - 6, y, words, _BODY, after=after, bold=True)

    def _legend(self) -> None:
        words = {
            "billed": "billed",
            "unbilled": "flowed, not billed",
            "pause": "paused",
            "unknown": "stop not charted",
            "running": "still running",
            "given": "given and billed",
            "unpaid": "given, not billed",
            "pump": "what the pump recorded",
            "cut": "idle time left out",
            "part": "31/91 min: billed of flowed",
        }
        sheet = self.sheet
        x, sheet.y = _EDGE, sheet.y + 24
        for key in (key for key in words if key in self.used):
            size = 32 if key != "part" else 0
            wide = size + measure(words[key], _SMALL) + 18
            if x + wide > _RIGHT:
                x, sheet.y = _EDGE, sheet.y + 22
            self._key(key, x, sheet.y - 10)
            sheet.text(x + size, sheet.y, words[key], _SMALL)
            x += wide

    def _key(self, key: str, x: float, y: float) -> None:
        sheet = self.sheet
        match key:
            case "billed":
                sheet.rect(x, y, 26, 11, _ACCENT)
            case "unbilled":
                sheet.rect(x, y, 26, 11, "url(#hatch)", f' stroke="{_GREY}" stroke-width="1"')
            case "pause":
                sheet.line(x, y + 5, x + 26, y + 5, _INK, ' stroke-width="1.6" stroke-dasharray="2 3"')
            case "unknown":
                sheet.rect(
                    x, y, 26, 11, "#ffffff", f' stroke="{_INK}" stroke-width="1.2" stroke-dasharray="5 4"'
                )
            case "running":
                sheet.polygon([(x + 8, y), (x + 20, y + 5.5), (x + 8, y + 11)], _GREY, _GREY)
            case "given" | "unpaid":
                self._diamond(x + 13, y + 5.5, billed=key == "given")
            case "pump":
                sheet.rect(x, y + 3, 26, 5, _GREY)
            case "cut":
                sheet.rect(x, y, 26, 11, _WASH, f' stroke="{_PALE}"')


def _charges(sheet: _Sheet, picture: Picture) -> None:
    charge_set = picture.charge_set
    sheet.heading("Charges" if charge_set.status != "held" else "Charges, held: none is released")
    columns = (_EDGE, 150.0, 250.0, 365.0, 455.0, 590.0)
    if charge_set.lines:
        sheet.y += 20
        names = ("Code and units", "Modifiers", "Service date", "Minutes", "Evidence", "Administrations")
        for x, name in zip(columns, names, strict=True):
            sheet.text(x, sheet.y, name, _SMALL, fill=_GREY)
    else:
        sheet.paragraph(_EDGE, "No charge line.")
    for line in charge_set.lines:
        sheet.y += 26
        minutes = "" if line.minutes is None else str(line.minutes)
        facts = (
            " ".join(line.modifiers),
            line.service_date.isoformat(),
            minutes,
            line.evidence.replace("_", " "),
        )
        sheet.text(_EDGE, sheet.y, f"{line.code} {TIMES} {line.units}", 15, bold=True)
        for x, words in zip(columns[1:], facts, strict=False):
            sheet.text(x, sheet.y, words, _BODY)
        sheet.y -= _LINE
        sheet.paragraph(columns[-1], picture.named([*line.administration_ids, *line.procedure_ids]), _BODY)
        for reason in line.reasons:
            sheet.text(_EDGE + 14, sheet.y + _LINE, reason.rule, _SMALL, fill=_GREY)
            sheet.paragraph(columns[1], f"{reason.says} {picture.cited(reason.cites)}")


def _not_billed(sheet: _Sheet, picture: Picture) -> None:
    partly = [(row.tag, words) for row in picture.rows for words in picture.lost(row)]
    if not (picture.refused or picture.voided or partly):
        return
    sheet.heading("Not billed")
    for refused in picture.refused:
        sheet.text(_EDGE + 14, sheet.y + _LINE, refused.rule, _SMALL, fill=_GREY)
        sheet.paragraph(150, f"{refused.names}: {refused.says} {refused.cited}")
    for tag, words in partly:
        sheet.text(_EDGE + 14, sheet.y + _LINE, "minutes", _SMALL, fill=_GREY)
        sheet.paragraph(150, f"{tag}: {words}")
    if picture.voided:
        sheet.text(_EDGE + 14, sheet.y + _LINE, "not given", _SMALL, fill=_GREY)
        sheet.paragraph(150, f"entered in error, refused or not given: {', '.join(picture.voided)}")


def _sources(sheet: _Sheet, picture: Picture) -> None:
    if picture.sources:
        sheet.heading("Sources")
    for number, source in enumerate(picture.sources, 1):
        sheet.text(_EDGE, sheet.y + _LINE, f"[{number}]", _SMALL)
        sheet.paragraph(_EDGE + 36, source)
    if any(tag != one for one, tag in picture.tags.items()):
        sheet.heading("Administrations")
        for one, tag in picture.tags.items():
            sheet.text(_EDGE, sheet.y + _LINE, tag, _SMALL)
            sheet.paragraph(_EDGE + 48, plain(one))
