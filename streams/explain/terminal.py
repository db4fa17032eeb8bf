"""
The picture as text: bars of blocks over a clock, then every line, refusal and flag in words.

Colour only repeats what a glyph or a word already says. Where a terminal has no UTF-8 the same drawing is
made of ASCII. No line is wider than asked.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple
from unicodedata import normalize

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.text import Text

from models.charge import ChargeLine, ExpectedPayment
from streams.explain.picture import TIMES, Picture, Row, lanes, plain

NARROWEST: Final = 60
_NARROW: Final = 70
_WIDE: Final = 100
_BREAK: Final = 9
_TICK: Final = 7
_LONG: Final = 12
_OVER: Final = ("unknown", "running", "unbilled", "billed")
"""Which piece wins a column that several share, the last one."""
_SPELLED: Final = str.maketrans(
    {TIMES: "x", "·": "-", "≥": ">=", "≤": "<=", "\N{MINUS SIGN}": "-", "§": "section ", "→": "->"}
    | {"\N{RIGHT SINGLE QUOTATION MARK}": "'", "\N{EN DASH}": "-", "\N{EM DASH}": "-", "“": '"', "”": '"'},
)


class Glyphs(NamedTuple):
    """What the drawing is made of, one cell each but the last two."""

    billed: str = "█"
    unbilled: str = "░"
    pause: str = "·"
    unknown: str = "┄"
    given: str = "◆"
    unpaid: str = "◇"
    running: str = "▶"
    pump: str = "━"
    band: str = "═"
    mark: str = "▼"
    window: str = "│"
    midnight: str = "┊"
    axis: str = "─"
    tick: str = "┬"
    cut: str = "\N{BOX DRAWINGS LIGHT DIAGONAL UPPER RIGHT TO LOWER LEFT}"
    elbow: str = "└"
    arrow: str = "→"
    more: str = "…"


UNICODE: Final = Glyphs()
ASCII: Final = Glyphs(
    "#", "-", ".", "~", "*", "o", ">", "=", "=", "v", "|", ":", "-", "+", "/", "`", "->", "..."
)

_STYLES: Final = {"billed": "cyan", "unknown": "yellow"}
_STATUS: Final = {
    "final": ("FINAL", "bold green"),
    "preview": ("PREVIEW: not final", "bold yellow"),
    "held": ("HELD: nothing is released", "bold red"),
    "cancelled": ("CANCELLED", "bold"),
}
_SEVERITY: Final = {"block": ("BLOCK", "bold red"), "warn": ("warn", "yellow"), "info": ("info", "")}
Cells = list[tuple[str, str]]
"""One character and its style per column; an empty character lets the lines behind shine through."""


def render(picture: Picture, width: int, *, ascii_only: bool = False) -> Text:
    """Return the encounter as styled text of at most ``width`` columns, which is held at 60 or more."""
    page = _Page(max(width, NARROWEST), ASCII if ascii_only else UNICODE)
    _header(page, picture)
    if picture.rows or picture.bands:
        _Timeline(page, picture).draw()
    _charges(page, picture)
    _flags(page, picture)
    _not_billed(page, picture)
    _sources(page, picture)
    return Text("\n").join(page.lines)


class _Page:
    """Lines of text that never grow wider than the page."""

    def __init__(self, width: int, glyphs: Glyphs) -> None:
        self.width = width
        self.glyphs = glyphs
        self.lines: list[Text] = []

    def spell(self, words: str) -> str:
        """Return words in the letters the terminal has."""
        if self.glyphs is UNICODE:
            return words
        return normalize("NFKD", words.translate(_SPELLED)).encode("ascii", "replace").decode()

    def cut(self, words: str, room: int) -> str:
        """Return words in at most ``room`` cells, with a mark where something was left out."""
        words = self.spell(words)
        if cell_len(words) <= room:
            return words
        return set_cell_size(words, max(0, room - len(self.glyphs.more))).rstrip() + self.glyphs.more

    def heading(self, words: str) -> None:
        """Write a heading after an empty line."""
        self.lines.append(Text())
        self.lines.append(Text(self.spell(words), "bold"))

    def add(self, *parts: tuple[str, str]) -> None:
        """Write one line of (words, style), which the caller has made fit."""
        line = Text()
        for style, run in groupby(parts, key=itemgetter(1)):
            line.append(self.spell("".join(words for words, _ in run)), style)
        line.rstrip()
        self.lines.append(line)

    def write(self, lead: str, words: str, *, style: str = "") -> None:
        """Write ``lead`` and then words, folded under themselves; ``style`` is for the lead."""
        if cell_len(lead) > self.width - 20:
            self.add((self.cut(lead, self.width), style))
            lead = "    "
        hang = cell_len(lead)
        for number, part in enumerate(_folded(self.spell(plain(words)), self.width - hang) or [""]):
            self.add((lead if not number else " " * hang, style if not number else ""), (part, ""))


def _folded(words: str, room: int) -> list[str]:
    """Return words in lines of at most ``room`` cells, a word that is longer cut where it must be."""
    lines: list[str] = []
    for word in words.split():
        for piece in chop_cells(word, room):
            if lines and cell_len(lines[-1]) + 1 + cell_len(piece) <= room:
                lines[-1] += " " + piece
            else:
                lines.append(piece)
    return lines


def _header(page: _Page, picture: Picture) -> None:
    charge_set = picture.charge_set
    status, style = _STATUS[charge_set.status]
    status = f"{status} · revision {charge_set.revision}"
    name = page.cut(f"Encounter {plain(charge_set.encounter_id)}", page.width - cell_len(status) - 2)
    page.add(
        (name, "bold"),
        (" " * (page.width - cell_len(name) - cell_len(page.spell(status))), ""),
        (status, style),
    )
    payer = f"payer {plain(charge_set.payer)}" if charge_set.payer else "no payer given"
    setting = charge_set.setting.replace("_", " ")
    page.write("", f"{setting} · {payer} · policy {charge_set.policy} · rulebook {charge_set.rulebook}")
    page.write("", f"{picture.dates} · clock {picture.clock}")


class _Timeline:
    """The drawing itself: a label, the bar and the times of each administration, all over one clock."""

    def __init__(self, page: _Page, picture: Picture) -> None:
        self.page = page
        self.picture = picture
        self.glyphs = page.glyphs
        self.used: set[str] = set()
        self.days = page.width >= _WIDE and " to " in picture.dates
        facts = [words for row in picture.rows for words in (row.minutes, row.pump_minutes * bool(row.pump))]
        self.minutes = max((len(self._short(words)) for words in facts), default=0)
        right = cell_len(self._facts("", "", ""))
        labels = [f"! {row.tag} {row.name} {row.route}" for row in picture.rows]
        label = max((cell_len(page.spell(words)) for words in labels), default=0)
        self.left = max(16, min(label, page.width * 3 // 10))
        self.plot = page.width - self.left - right - 2
        self.scale = picture.scale(self.plot, _BREAK)
        self.ticks = self.scale.ticks(_TICK)
        self.behind = {self._column(tick.x): self.glyphs.midnight for tick in self.ticks if tick.midnight}
        self.behind |= {self._at(mark.minute): self.glyphs.window for mark in picture.marks}

    def draw(self) -> None:
        """Write the marks, the clock, every row and the legend."""
        self.page.lines.append(Text())
        self._marks()
        self._clock()
        for group in self.picture.groups:
            self.page.add((self.page.cut(group.label, self.page.width), "bold"))
            for row in group.rows:
                self._row(row)
        if self.picture.bands:
            self.page.add(("other services", "bold"))
        for band in self.picture.bands:
            cells = self._empty()
            self._fill(cells, band.start, band.stop, (self.glyphs.band, "magenta"))
            self._line(f"  {band.label}", cells, self._facts("", band.times, ""))
        if len(self.picture.rows) > _LONG:
            self._clock()
        self._legend()

    def _short(self, minutes: str) -> str:
        return (
            minutes if self.page.width >= _WIDE else minutes.replace(" min", "m").replace("injection", "inj.")
        )

    def _facts(self, day: str, times: str, minutes: str) -> str:
        """Return the right-hand column: as much of date, clock and minutes as the page has room for."""
        words = f"{self._short(minutes):>{self.minutes}}"
        if self.page.width >= _NARROW:
            words = f"{self.page.spell(times):<11}  {words}"
        return f"{day:>6} {words}" if self.days else words

    def _empty(self) -> Cells:
        return [("", "")] * self.plot

    def _column(self, x: float) -> int:
        return max(0, min(self.plot - 1, round(x)))

    def _at(self, minute: int) -> int:
        return self._column(self.scale.at(minute))

    def _fill(self, cells: Cells, start: int, stop: int, cell: tuple[str, str]) -> range:
        """Fill the columns of a stretch, one at least, so that nothing is too short to be seen."""
        left = self._at(start)
        columns = range(left, max(left + 1, min(self.plot, round(self.scale.at(stop)))))
        for column in columns:
            cells[column] = cell
        return columns

    def _line(self, label: str, cells: Cells, facts: str, *, behind: bool = True) -> None:
        label = set_cell_size(self.page.cut(label, self.left), self.left) + " "
        parts = [(label[0], "bold red" if label[0] == "!" else ""), (label[1:], "")]
        for column, cell in enumerate(cells):
            through = self.behind.get(column, "") if behind else ""
            parts.append(cell if cell[0] else (through or " ", "dim" if through else ""))
        self.page.add(*parts, (" " + facts, ""))

    def _marks(self) -> None:
        columns = [self._at(mark.minute) for mark in self.picture.marks]
        labels = [self.page.spell(mark.label) for mark in self.picture.marks]
        sizes = [(x, len(label) + 2) for x, label in zip(columns, labels, strict=True)]
        places = lanes(sizes, self.plot, 2)
        rows = [self._empty() for _ in range(max((lane + 1 for lane, _ in places), default=0))]
        for label, column, (lane, left) in zip(labels, columns, places, strict=True):
            rows[lane][column] = (self.glyphs.mark, "bold")
            _put(rows[lane], int(left) + (2 if left >= column else 1), label)
        for cells in rows:
            self._line("", cells, "", behind=False)

    def _clock(self) -> None:
        dates, hours = self._empty(), self._empty()
        axis = [(self.glyphs.axis, "dim")] * self.plot
        free = 0
        for tick in self.ticks:
            column = self._column(tick.x)
            axis[column] = (self.glyphs.tick, "dim")
            _put(hours, min(column, self.plot - len(tick.label)), tick.label)
            if tick.date and column >= free:
                _put(dates, min(column, self.plot - len(tick.date)), tick.date, "bold")
                free = column + len(tick.date) + 1
        for gap in self.scale.breaks:
            left, right = self._column(gap.left), self._column(gap.right)
            axis[left:right] = [(" ", "")] * (right - left)
            words = f"{self.glyphs.cut}{gap.label.replace(' min', 'm')}{self.glyphs.cut}"
            _put(axis, left + (right - left - len(words) + 1) // 2, words)
            self.used.add("cut")
        day = self.scale.first_day
        label = "" if self.ticks and self.ticks[0].date == day else f"{day:>{self.left}}"
        for words, cells in ((label, dates), ("", hours), ("", axis)):
            self._line(words, cells, "", behind=False)

    def _row(self, row: Row) -> None:
        route = f" {row.route}" if row.route else ""
        tag = f"{'!' if row.blocked else ' '} {row.tag} "
        name = self.page.cut(row.name, max(4, self.left - cell_len(tag + route)))
        cells = self._empty()
        words = self._bar(cells, row)
        if row.point is not None:
            glyph = "given" if row.codes else "unpaid"
            cells[self._at(row.point)] = (getattr(self.glyphs, glyph), _STYLES["billed"])
            self.used.add(glyph)
            words = list(row.codes)
        _beside(cells, self.page.spell(" ".join(filter(None, ("+".join(words), row.note)))))
        if row.blocked:
            self.used.add("blocked")
        self._line(tag + name + route, cells, self._facts(row.day, row.times, row.minutes))
        if row.pump:
            cells = self._empty()
            for piece in row.pump:
                if piece.fill != "pause":
                    self._fill(cells, piece.start, piece.stop, (self.glyphs.pump, ""))
            self.used.add("pump")
            self._line(
                f"    {self.glyphs.elbow} pump", cells, self._facts("", row.pump_times, row.pump_minutes)
            )

    def _bar(self, cells: Cells, row: Row) -> list[str]:
        """Draw the pieces of a row and the codes inside them; return the codes that found no room."""
        owner: dict[int, int] = {}
        pieces = sorted(
            (piece for piece in row.pieces if piece.fill != "pause"), key=lambda one: _OVER.index(one.fill)
        )
        for number, piece in enumerate(pieces):
            glyph = "unbilled" if piece.fill == "running" else piece.fill
            cell = (getattr(self.glyphs, glyph), _STYLES.get(piece.fill, ""))
            columns = self._fill(cells, piece.start, piece.stop, cell)
            owner |= dict.fromkeys(columns, number)
            self.used.add(glyph)
            if piece.fill in {"unknown", "running"}:
                cells[columns[-1]] = ("?" if piece.fill == "unknown" else self.glyphs.running, "bold")
                self.used.add("?" if piece.fill == "unknown" else "running")
        size = Counter(owner.values())
        for pause in (piece for piece in row.pieces if piece.fill == "pause"):
            for column in range(self._at(pause.start), max(self._at(pause.start) + 1, self._at(pause.stop))):
                if column not in owner or size[owner[column]] > 1:
                    size[owner.pop(column, -1)] -= 1
                    cells[column] = (self.glyphs.pause, "")
                    self.used.add("pause")
        outside: list[str] = []
        extra = [code for code in row.codes if code not in {piece.code for piece in pieces}]
        for code in dict.fromkeys(piece.code for piece in pieces if piece.code):
            names = [code, *extra]
            extra = []
            homes = [
                _run(column for column, number in owner.items() if pieces[number] == piece)
                for piece in pieces
                if piece.code == code
            ]
            home = max(homes, key=len)
            while names and len("+".join(names)) + 2 > len(home):
                outside.insert(0, names.pop())
            _put(cells, home.start + 1, "+".join(names), "bold")
        return outside + extra

    def _legend(self) -> None:
        glyphs = self.glyphs
        words = {
            "billed": f"{glyphs.billed * 2} billed",
            "unbilled": f"{glyphs.unbilled * 2} flowed, not billed",
            "pause": f"{glyphs.pause * 2} paused",
            "unknown": f"{glyphs.unknown * 2} perhaps flowing",
            "?": "? stop not charted",
            "running": f"{glyphs.running} still running",
            "given": f"{glyphs.given} given and billed",
            "unpaid": f"{glyphs.unpaid} given, not billed",
            "pump": f"{glyphs.pump * 2} what the pump recorded",
            "cut": f"{glyphs.cut}2 h{glyphs.cut} idle time left out",
            "blocked": "! holds the charges",
            "part": "31/91 min: billed of flowed",
        }
        if any("/" in row.minutes for row in self.picture.rows):
            self.used.add("part")
        line = " "
        for entry in [*(words[key] for key in words if key in self.used), None]:
            if entry is None or len(line) + 3 + len(entry) > self.page.width:
                self.page.add((line, "dim"))
                line = " "
            line += f" {entry}  "


def _run(columns: Iterable[int]) -> range:
    """Return the first unbroken run of columns."""
    taken = sorted(columns)
    length = next((step for step, column in enumerate(taken) if column != taken[0] + step), len(taken))
    return range(taken[0], taken[0] + length) if taken else range(0)


def _put(cells: Cells, at: int, words: str, style: str = "") -> None:
    for column, letter in enumerate(words, at):
        if 0 <= column < len(cells):
            cells[column] = (letter, style)


def _beside(cells: Cells, words: str) -> None:
    """Write words right of what is drawn, else left of it, else not at all."""
    drawn = [column for column, cell in enumerate(cells) if cell[0]]
    after = drawn[-1] + 2 if drawn else 0
    if after + len(words) <= len(cells):
        _put(cells, after, words)
    elif drawn and drawn[0] - 1 >= len(words):
        _put(cells, drawn[0] - 1 - len(words), words)


def _charges(page: _Page, picture: Picture) -> None:
    charge_set = picture.charge_set
    page.heading("Charges" if charge_set.status != "held" else "Charges, held: none is released")
    if not charge_set.lines:
        page.write("  ", "No charge line.")
    modifiers = max((len(" ".join(line.modifiers)) for line in charge_set.lines), default=0)
    for line in charge_set.lines:
        lead = f"{line.code} {TIMES}{line.units:<3}"
        if modifiers:
            lead += f"{' '.join(line.modifiers):<{modifiers + 2}}"
        minutes = "" if line.minutes is None else f"{line.minutes} min"
        evidence = line.evidence.replace("_", " ")
        lead += f"{line.service_date.isoformat()}  {minutes:>8}  {evidence}  "
        given = [*line.administration_ids, *line.procedure_ids]
        page.write(lead, picture.named(given), style="bold")
        for reason in line.reasons:
            page.write(f"  {reason.rule:<10} ", f"{reason.says} {picture.cited(reason.cites)}")
        if line.expected_payment is not None:
            page.write("  national OPPS amount: ", _payment(line.expected_payment))
    if any(line.expected_payment for line in charge_set.lines):
        page.write("", _worth(charge_set.lines, held=charge_set.status == "held"))


def _dollars(cents: int) -> str:
    return f"${cents // 100:,}.{cents % 100:02d}"


def _payment(expected: ExpectedPayment) -> str:
    amount = _dollars(expected.cents) if expected.cents else "none"
    words = f"{amount}, {expected.packaging.replace('_', ' ')} (status {expected.status_indicator}"
    words += f", APC {expected.apc})" if expected.apc else ")"
    plainly = expected.packaging in {"paid", "packaged"} or not expected.note
    return words if plainly else f"{words}: {expected.note}"


def _worth(lines: Iterable[ChargeLine], *, held: bool) -> str:
    """Return what the lines add up to, how much of it is conditional, and what the figure leaves out."""
    payments = [line.expected_payment for line in lines if line.expected_payment is not None]
    total = sum(one.cents or 0 for one in payments)
    conditional = sum(one.cents or 0 for one in payments if one.packaging == "conditional")
    words = "The held lines are worth" if held else "Together"
    part = f", {_dollars(conditional)} of it conditional" if conditional else ""
    schedules = ", ".join(sorted({one.schedule for one in payments}))
    return (
        f"{words} {_dollars(total)} at national amounts ({schedules}){part}; area and contract not counted."
    )


def _not_billed(page: _Page, picture: Picture) -> None:
    if picture.refused or picture.voided:
        page.heading("Not billed")
    for refused in picture.refused:
        page.write(f"  {refused.rule:<10} ", f"{refused.names}: {refused.says} {refused.cited}")
    if picture.voided:
        page.write("  entered in error or not given: ", ", ".join(picture.voided))
    partly = [(row.tag, words) for row in picture.rows for words in picture.lost(row)]
    if partly:
        page.heading("Minutes that do not count")
    for tag, words in partly:
        page.write(f"  {tag}  ", words)


def _flags(page: _Page, picture: Picture) -> None:
    if picture.flags:
        page.heading("Flags")
    for flag in picture.flags:
        severity, style = _SEVERITY[flag.severity]
        about = picture.named(flag.administration_ids)
        page.write(f"{severity:<6}{flag.flag}  ", about, style=style)
        page.write("      ", flag.says)
        if flag.suggestion:
            page.write(f"    {page.glyphs.arrow} ", flag.suggestion)


def _sources(page: _Page, picture: Picture) -> None:
    if picture.sources:
        page.heading("Sources")
    for number, source in enumerate(picture.sources, 1):
        page.write(f"  [{number}] ", source)
    if any(tag != one for one, tag in picture.tags.items()):
        page.heading("Administrations")
        for one, tag in picture.tags.items():
            page.write(f"  {tag:<5}", plain(one))
