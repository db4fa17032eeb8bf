"""Lines of styled text that never grow wider than the page."""

from itertools import groupby
from operator import itemgetter

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.text import Text

from models.printable import replaced
from streams.explain.labels import plain
from streams.explain.terminal.glyphs import Glyphs


class Page:
    """What is written so far, ``width`` columns wide at most."""

    def __init__(self, width: int, glyphs: Glyphs) -> None:
        self.width = width
        self.glyphs = glyphs
        self.spell = glyphs.spell
        self._lines: list[Text] = []

    def text(self) -> Text:
        """Return the page."""
        return Text("\n").join(self._lines)

    def cut(self, words: str, room: int) -> str:
        """Return words in at most ``room`` cells, with a mark where something was left out."""
        words = self.spell(replaced(words))
        if cell_len(words) <= room:
            return words
        return set_cell_size(words, max(0, room - len(self.glyphs.more))).rstrip() + self.glyphs.more

    def heading(self, words: str) -> None:
        """Write a heading after an empty line."""
        self.add()
        self.add((words, "bold"))

    def add(self, *parts: tuple[str, str]) -> None:
        """Write one line of (words, style), which the caller has made fit; an empty one for none."""
        line = Text()
        for style, run in groupby(parts, key=itemgetter(1)):
            line.append(self.spell(replaced("".join(words for words, _ in run))), style)
        line.rstrip()
        self._lines.append(line)

    def write(self, lead: str, words: str, *, style: str = "") -> None:
        """Write ``lead`` and then words, folded under themselves; ``style`` is for the lead."""
        if cell_len(lead) > self.width - 20:
            self.add((self.cut(lead, self.width), style))
            lead = "    "
        hang = cell_len(lead)
        for number, part in enumerate(_wrapped(self.spell(plain(words)), self.width - hang) or [""]):
            self.add((lead if not number else " " * hang, style if not number else ""), (part, ""))


def _wrapped(words: str, room: int) -> list[str]:
    """Return words in lines of at most ``room`` cells, a word that is longer cut where it must be."""
    lines: list[str] = []
    for word in words.split():
        for piece in chop_cells(word, room):
            if lines and cell_len(lines[-1]) + 1 + cell_len(piece) <= room:
                lines[-1] += " " + piece
            else:
                lines.append(piece)
    return lines
