"""What comes through the door, as figures: by sender where that can be told, and never by anything of a patient."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from streams.listener.hl7_header import Hl7Header
from streams.metrics.figures import Figures, Sample

_ODD: Final = re.compile(r"[^A-Za-z0-9 ._-]")
_LONGEST: Final = 24
UNNAMED: Final = "unnamed"
MOST_SENDERS: Final = 100
"""Senders whose last message is kept: more than the page tells apart."""


def sender_of(header: Hl7Header) -> str:
    """Return the name of a sender for figures: application and facility, letters and digits, cut short."""
    return _named(header.component(3), header.component(4))


@lru_cache(maxsize=1024)
def _named(*parts: bytes) -> str:
    names = (_ODD.sub("_", part[:_LONGEST].decode("latin-1")) for part in parts)
    return " at ".join(filter(None, names)) or UNNAMED


class DoorFigures:
    """Counts what comes through the doors of one process; ``clock`` returns epoch seconds."""

    def __init__(self, figures: Figures, clock: Callable[[], float]) -> None:
        self.figures, self._clock = figures, clock
        self._last: dict[str, float] = {}
        self._open = 0
        figures.provide(self.samples)

    def connected(self, change: int) -> None:
        """Count a connection that came, or one that went."""
        self._open += change

    def turned_away(self, why: str) -> None:
        """Count a connection or a request that was not let in."""
        self.figures.add("infusion_listen_turned_away_total", 1, why)

    def received(self, door: str, sender: str, size: int) -> None:
        """Count a message that came whole."""
        self.figures.add("infusion_listen_messages_total", 1, sender)
        self.figures.add("infusion_listen_received_bytes_total", size, door)
        if sender in self._last or len(self._last) < MOST_SENDERS:
            self._last[sender] = self._clock()

    def answered(self, code: str, sender: str, seconds: float) -> None:
        """Count an answer, and how long the sender waited for it."""
        self.figures.add("infusion_listen_answers_total", 1, sender, code)
        self.figures.observe("infusion_listen_answer_seconds", (seconds,))

    def noise(self, size: int) -> None:
        """Count bytes outside a frame."""
        self.figures.add("infusion_listen_noise_bytes_total", size)

    def broken(self, why: str) -> None:
        """Count a frame that did not end, or was too large."""
        self.figures.add("infusion_listen_broken_frames_total", 1, why)

    def samples(self) -> Iterator[Sample]:
        """Yield the figures that are a state."""
        now = self._clock()
        yield "infusion_listen_open", (), self._open
        for sender, at in list(self._last.items()):
            yield "infusion_listen_silence_seconds", (sender,), max(0.0, now - at)
