"""
A reject: what could not be used, in one line a person can act on.

A reject names the place, the field, the fault and the remedy. It never repeats what stood in the field:
event content is patient data, and these lines end in logs.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from models.printable import printable

WHOLE_LINE = "line"
"""The field of a reject that is about the line itself: its bytes, its length, its JSON."""


class Reject(NamedTuple):
    """
    One thing refused, and what to do about it.

    ``file`` counts the inputs from 0 in the order of the command line, ``line`` its lines from 1. Both are
    -1 where the input is not a file: a message of a topic has its own address.
    """

    field: str
    says: str
    remedy: str
    file: int = -1
    line: int = -1

    @property
    def reason(self) -> str:
        """Return field, fault and remedy, without the place: what a reject topic carries in its headers."""
        return f"{self.field}: {self.says}; {self.remedy}"

    def place(self) -> tuple[int, int, str]:
        """Return what rejects are sorted by: input, line, then the reason."""
        return self.file, self.line, self.reason

    def at(self, file: int, line: int) -> "Reject":
        """Return the same reject, found at a line of a file."""
        return self._replace(file=file, line=line)

    def text(self, names: Sequence[str]) -> str:
        """Return ``FILE:LINE: field: what is wrong; what to do``; ``names`` are those of the inputs."""
        place = names[self.file] if self.file >= 0 else "input"
        if self.line > 0:
            place = f"{place}:{self.line}"
        return printable(f"{place}: {self.reason}")


TWICE: Final = "stands twice in the line"
"""Says of a field that its object has it more than once, with one value or with two."""


def fault_of_ours(
    doing: str, field: str = WHOLE_LINE, remedy: str = "report it; replay it after the fix"
) -> Reject:
    """Return the reject of input that met a fault of this program; ``doing`` ends "a fault of ours while"."""
    return Reject(field, f"a fault of ours while {doing}", remedy)
