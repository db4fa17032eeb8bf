"""Rejects shown in the order of the lines they are about, though a run finds them in another."""

from collections.abc import Callable, Sequence
from typing import Final

from streams.wire.rejects import Reject

MOST_KEPT: Final = 20_000
"""Rejects kept to be sorted; an input with more of them is shown as it is found, for nobody reads so many in order."""


class RejectOrder:
    """Keeps rejects until the run ends, then shows them by file and line; those of a pipe are shown as they are found."""

    def __init__(self, names: Sequence[str], say: Callable[[str], None], *, piped: bool) -> None:
        self._names = names
        self._say = say
        self._kept: list[Reject] = []
        self._at_once = piped
        """Whoever feeds a pipe is waiting: it may go on for hours."""

    def add(self, reject: Reject) -> None:
        """Take a reject in."""
        if self._at_once:
            self._say(reject.text(self._names))
            return
        self._kept.append(reject)
        if len(self._kept) > MOST_KEPT:
            self.show()
            self._at_once = True

    def show(self) -> None:
        """Show what is kept."""
        for reject in sorted(self._kept, key=Reject.place):
            self._say(reject.text(self._names))
        self._kept.clear()
