"""
The stays that are not final yet, as figures need them: what is open, what runs, what is due and what is overdue. Pure.

A few hundred at a hospital: those open, and those that departed within the confirm window. What is final waits for
nothing but to be forgotten, and is not in here.
"""

from typing import Final, NamedTuple

from streams.lifecycle.instants import Instants
from streams.lifecycle.state import EncounterState

_WITHDRAWN: Final = frozenset({"cancelled", "merged"})


class LiveStay(NamedTuple):
    """One stay that is not final; instants in epoch seconds."""

    departed: bool
    due_at: int | None
    """When it is to be coded; None where it waits for nothing but to be forgotten."""
    running: tuple[int, ...]
    """Since when each of its infusions runs."""


class StayFigures(NamedTuple):
    """What the stays of a worker come to at an instant; spans in seconds, instants in epoch seconds."""

    open_encounters: int = 0
    departed_encounters: int = 0
    open_infusions: int = 0
    oldest_open_infusion_s: float = 0
    missing_stops: int = 0
    next_due_at: int = 0
    due: int = 0
    overdue: int = 0
    oldest_overdue_s: float = 0


def live_stay(state: EncounterState) -> LiveStay | None:
    """Return a stay as it is now, None for one that is final, withdrawn, closed without a departure, or forgotten."""
    if state.phase in {"final", "forgotten"} or state.standing in _WITHDRAWN:
        return None
    departed = state.standing == "discharged"
    if state.phase == "closed" and not departed:
        return None
    due_at = None if state.due_for in {None, "forget"} else state.due_at
    return LiveStay(departed, due_at, tuple(state.running.since(state.events)))


class LiveStays:
    """
    The live stays of one worker, summed up: what each comes to is taken out again by whoever took it in.

    No stay is kept here, so that a million of them take a few bytes each.
    """

    def __init__(self) -> None:
        self._open = self._departed = self._missing_stops = 0
        self._running, self._due = Instants(), Instants()

    def __len__(self) -> int:
        return self._open + self._departed

    def clear(self) -> None:
        """Forget all of them."""
        self._open = self._departed = self._missing_stops = 0
        self._running.clear()
        self._due.clear()

    def change(self, before: LiveStay | None, after: LiveStay | None) -> None:
        """Take in how a stay is now, instead of how it was counted before; None where it is not live, or was not."""
        if before == after:
            return
        if before is not None:
            self._count(before, -1)
        if after is not None:
            self._count(after, 1)

    def _count(self, stay: LiveStay, by: int) -> None:
        if stay.departed:
            self._departed += by
            self._missing_stops += by * len(stay.running)
        else:
            self._open += by
            for since in stay.running:
                _moved(self._running, since, by)
        if stay.due_at is not None:
            _moved(self._due, stay.due_at, by)

    def figures(self, at: float) -> StayFigures:
        """Return what they come to at an instant."""
        first_due, first_running, overdue = self._due.first(), self._running.first(), self._due.before(at)
        return StayFigures(
            self._open,
            self._departed,
            len(self._running),
            max(0.0, at - (at if first_running is None else first_running)),
            self._missing_stops,
            first_due or 0,
            len(self._due) - overdue,
            overdue,
            max(0.0, at - (at if first_due is None else first_due)),
        )


def _moved(instants: Instants, at: int, by: int) -> None:
    if by > 0:
        instants.add(at)
    else:
        instants.discard(at)
