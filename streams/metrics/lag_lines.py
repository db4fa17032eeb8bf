"""
The lines of the page about partitions, for a worker's own lag and for that of its group seen from outside.

They are most of a page, nine a partition, and are made at each reading: the lag of a burst is another a moment later. So
all of a line but its number is kept.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from streams.metrics.lag import Lag, Place, headroom_s
from streams.metrics.series_text import labelled
from streams.metrics.table import BY_NAME, STATES

_MOST_SPOTS: Final = 5_000
"""Partitions whose texts are kept; those that went to others leave theirs behind."""


class _Texts(NamedTuple):
    """The lines of one partition, each up to its number; of its state whole, by the state."""

    states: Mapping[str, str]
    seconds: str
    records: str
    position: str
    end: str
    headroom: str


class LagLines:
    """Writes the figures of partitions under names that begin with ``prefix``: ``infusion_`` or ``infusion_group_``."""

    def __init__(self, prefix: str) -> None:
        figures = (
            "lag_seconds",
            "lag_records",
            "position_offset",
            "end_offset",
            "retention_headroom_seconds",
        )
        self._state = f"{prefix}partition_state"
        self._figures = [f"{prefix}{name}" for name in figures]
        self._texts: dict[tuple[str, int], _Texts] = {}

    def lines(
        self, lags: Iterable[tuple[tuple[str, int], Place, Lag]], retention_ms: Mapping[str, int]
    ) -> dict[str, list[str]]:
        """Return the lines of partitions, each a topic and a number, by metric; ``retention_ms`` is by topic."""
        states: list[str] = []
        columns: list[list[str]] = [[] for _ in self._figures]
        seconds, records, positions, ends, headrooms = columns
        for spot, place, lag in lags:
            texts = self._texts.get(spot) or self._made(spot)
            states.append(texts.states[lag.state])
            if lag.seconds is not None:
                seconds.append(f"{texts.seconds}{lag.seconds}\n")
                headroom = headroom_s(lag, retention_ms.get(spot[0]))
                if headroom is not None:
                    headrooms.append(f"{texts.headroom}{headroom}\n")
            if lag.records is not None:
                records.append(f"{texts.records}{lag.records}\n")
            if place.committed is not None:
                positions.append(f"{texts.position}{place.committed}\n")
            if place.end is not None:
                ends.append(f"{texts.end}{place.end}\n")
        return {self._state: states, **dict(zip(self._figures, columns, strict=True))}

    def _made(self, spot: tuple[str, int]) -> _Texts:
        if len(self._texts) > _MOST_SPOTS:
            self._texts.clear()
        place = (spot[0], str(spot[1]))
        metric = BY_NAME[self._state]
        begins = {state: f"{self._state}{labelled(metric, (*place, state))}" for state in STATES}
        states = {
            state: "".join(f"{begins[other]} {float(other == state)}\n" for other in STATES)
            for state in STATES
        }
        figures = [f"{name}{labelled(BY_NAME[name], place)} " for name in self._figures]
        made = self._texts[spot] = _Texts(states, *figures)
        return made
