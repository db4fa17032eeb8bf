"""
The stays that are not final yet, as figures need them: what is open, what runs, what is due and what is overdue. Pure.

A few hundred at a hospital: those open, and those that departed within the confirm window. What is final waits for
nothing but to be forgotten, and is not in here.
"""

from typing import Final, NamedTuple

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
    """The live stays of the partitions of one worker, by partition and key."""

    def __init__(self) -> None:
        self._by_partition: dict[int, dict[bytes, LiveStay]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._by_partition.values()))

    def clear(self) -> None:
        """Forget all of them."""
        self._by_partition.clear()

    def keys(self, partition: int) -> list[bytes]:
        """Return the keys of the live stays of a partition."""
        return list(self._by_partition.get(partition, ()))

    def note(self, partition: int, key: bytes, stay: LiveStay | None) -> None:
        """Take in how a stay is now."""
        stays = self._by_partition.setdefault(partition, {})
        if stay is None:
            stays.pop(key, None)
        else:
            stays[key] = stay

    def figures(self, at: float) -> StayFigures:
        """Return what they come to at an instant."""
        stays = [stay for by_key in list(self._by_partition.values()) for stay in list(by_key.values())]
        departed = sum(stay.departed for stay in stays)
        running = [since for stay in stays if not stay.departed for since in stay.running]
        waiting = [stay.due_at for stay in stays if stay.due_at is not None]
        overdue = [due_at for due_at in waiting if due_at < at]
        to_come = [due_at for due_at in waiting if due_at >= at]
        return StayFigures(
            len(stays) - departed,
            departed,
            len(running),
            max(0.0, at - min(running, default=at)),
            sum(len(stay.running) for stay in stays if stay.departed),
            min(waiting, default=0),
            len(to_come),
            len(overdue),
            max(0.0, at - min(overdue, default=at)),
        )
