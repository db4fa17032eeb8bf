"""
What a worker has asked about the stays of its partitions, and when it looks at each again.

It lies in memory alone. What is asked follows from a stay's state and the instant, and is sent in the checkpoint that
writes the state; after a restart or a deal of partitions every live stay is looked at once, and what is asked is said
again in the same bytes, or taken back.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from models.nudge import NUDGE_KINDS, NudgeSet
from rules.engine import Profile
from rules.policy.resolve import PolicyError
from streams.lifecycle.deadline_index import DeadlineIndex
from streams.lifecycle.merged_view import encounter_of, events_of
from streams.lifecycle.messages import nudge_message
from streams.lifecycle.nudges import NOTHING, Asked, NudgePolicy, asked_of
from streams.lifecycle.state import EncounterState
from streams.metrics.figures import Figures
from streams.wire.message import OutboundMessage

RETRY_S: Final = 30
"""Seconds until a stay that is due is asked for again: the command may have been lost with a worker."""

_LONG_PAST_S: Final = 2 * 24 * 3600
"""Nobody is there any more of whom the newest word is so old: a backlog or a history is read, and nothing asked."""

_MAX_DUE: Final = 1_000

_log = logging.getLogger(__name__)

Place = tuple[int, bytes]
"""A partition, and the key of a stay in it."""


class NudgeBoard:
    """What is asked of the stays of one worker; deadlines are epoch seconds."""

    def __init__(self, policy: NudgePolicy, profile: Profile, figures: Figures) -> None:
        self._policy, self._profile, self._figures = policy, profile, figures
        self._said: dict[Place, NudgeSet] = {}
        self._unsure: set[Place] = set()
        """Stays of which a worker before this one may have asked something."""
        self._next: dict[Place, int] = {}
        self._due: dict[int, DeadlineIndex] = {}
        self._open: Counter[str] = Counter()
        self._show()

    def clear(self) -> None:
        """Drop everything: these partitions may be another worker's now."""
        self._said.clear()
        self._unsure.clear()
        self._next.clear()
        self._due.clear()
        self._open.clear()
        self._show()

    def restore(self, partition: int, keys: Iterable[bytes]) -> None:
        """Have every live stay of a partition looked at once."""
        for key in keys:
            self._unsure.add((partition, key))
            self._look_at((partition, key), 0)

    def partitions_due(self, at: int) -> list[int]:
        """Return the partitions in which a stay may have to be looked at."""
        return [partition for partition, index in self._due.items() if index.has_due(at)]

    def due(self, partition: int, at: int) -> Iterator[bytes]:
        """Yield the keys of stays that have to be looked at, and look at them again later should that come to nothing."""
        index = self._due.get(partition)
        if index is None:
            return
        for key in list(index.due(at, partial(self._deadline, partition), _MAX_DUE)):
            self._next[partition, key] = at + RETRY_S
            index.add(key, at + RETRY_S)
            yield key

    def review(self, partition: int, state: EncounterState, at: int) -> OutboundMessage | None:
        """
        Return the message that a stay's questions now need; None where they are as they were.

        Raises:
            PolicyError: the profile names a policy, switch or value that does not exist.
        """
        place = (partition, state.encounter_id.encode())
        before, unsure = self._said.get(place), place in self._unsure
        asked = self._asked(state, at, known=before is not None or unsure)
        self._look_at(place, asked.next_at)
        self._unsure.discard(place)
        if asked.nudges == before and not (unsure and before is None):
            return None
        coded = state.phase != "open"
        self._count(before, asked.nudges, at, coded=coded)
        if asked.nudges is None:
            self._said.pop(place, None)
        else:
            self._said[place] = asked.nudges
        return nudge_message(state.encounter_id, asked.nudges, state.last_event_at, coded=coded)

    def _asked(self, state: EncounterState, at: int, *, known: bool) -> Asked:
        if state.phase != "open":
            return NOTHING
        newest = next(reversed(state.parsed.values()), None)
        if not known and newest is not None and newest.occurred_at.timestamp() < at - _LONG_PAST_S:
            return NOTHING
        try:
            encounter = encounter_of(state)
            return (
                NOTHING
                if encounter is None
                else asked_of(encounter, events_of(state), at, self._policy, self._profile)
            )
        except PolicyError:
            raise
        except Exception:  # noqa: BLE001 - a stay that cannot be asked about must not stop the coding of any
            _log.error("a stay could not be asked about: a fault of ours")
            return NOTHING

    def _look_at(self, place: Place, at: int | None) -> None:
        known = self._next.get(place)
        if at is None:
            self._next.pop(place, None)
            return
        if known is None or at < known:
            self._due.setdefault(place[0], DeadlineIndex()).add(place[1], at)
        self._next[place] = at

    def _deadline(self, partition: int, key: bytes) -> int | None:
        return self._next.get((partition, key))

    def _count(self, before: NudgeSet | None, now: NudgeSet | None, at: int, *, coded: bool) -> None:
        old = {one.nudge_id: one for one in before.nudges} if before is not None else {}
        new = {one.nudge_id: one for one in now.nudges} if now is not None else {}
        for name in new.keys() - old.keys():
            self._open[new[name].kind] += 1
            self._figures.add("infusion_nudges_total", 1, new[name].kind, "asked")
        for name in old.keys() - new.keys():
            gone = old[name]
            self._open[gone.kind] -= 1
            self._figures.add("infusion_nudges_total", 1, gone.kind, "coded" if coded else "answered")
            if not coded:
                self._figures.observe("infusion_nudge_answered_seconds", (at - gone.asked_epoch,), gone.kind)
        self._show()

    def _show(self) -> None:
        for kind in NUDGE_KINDS:
            self._figures.set("infusion_nudges_open", self._open[kind], kind)
