"""
The golden cases beside the package, for readers: which of them speak of a code, a rule, a flag or a switch.

They are in a checkout and not in a wheel. Running them is the tests' business; here they are only found, by their
text, so that no YAML reader has to be installed.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from re import DOTALL, MULTILINE, escape, search
from re import compile as pattern
from typing import Final, NamedTuple

PLACE: Final = Path(__file__).resolve().parents[2] / "tests" / "cases"

_BEGINS: Final = pattern(r"^- case:\s*(.+?)\s*$", MULTILINE)
_CHARGES: Final = pattern(r"^\s+charges:(.*?)(?=^\s+\w+:|\Z)", MULTILINE | DOTALL)


class Case(NamedTuple):
    """One golden case: its sentence, where it stands, and its text."""

    name: str
    file: str
    line: int
    text: str

    def charges(self, code: str) -> bool:
        """Tell whether the case wants this code charged."""
        wanted = _CHARGES.search(self.text)
        return wanted is not None and search(rf"\b{escape(code)}\b", wanted[1]) is not None

    def names(self, name: str) -> bool:
        """Tell whether the case speaks of a rule, a flag or a switch."""
        return search(rf"(?<![\w-]){escape(name)}(?![\w-])", self.text) is not None


def files(place: Path = PLACE) -> tuple[Path, ...] | None:
    """Return the files of cases, by name; None where this installation has none."""
    return tuple(sorted(place.rglob("*.yaml"))) if place.is_dir() else None


@cache
def cases(place: Path = PLACE) -> tuple[Case, ...] | None:
    """Return every golden case, file by file; None where this installation has none."""
    paths = files(place)
    if paths is None:
        return None
    return tuple(case for path in paths for case in _cases_in(path, path.relative_to(place).as_posix()))


def _cases_in(path: Path, name: str) -> Iterator[Case]:
    text = path.read_text(encoding="utf-8")
    begins = list(_BEGINS.finditer(text))
    ends = [begin.start() for begin in begins[1:]] + [len(text)]
    for begin, end in zip(begins, ends, strict=False):
        line = text.count("\n", 0, begin.start()) + 1
        yield Case(begin[1].strip("\"'"), name, line, text[begin.start() : end])
