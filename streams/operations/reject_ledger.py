"""
Which of the messages on the rejects topic is open, and what became of the others. Pure.

One message that was refused may lie there several times: after a crash, and once more each time it was sent back and
refused again. Those are one chain, and its newest reject stands for all of it; so sending back twice leaves one open.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Literal, NamedTuple

from streams.wire.message import Headers
from streams.wire.reject_headers import Origin, origin
from streams.wire.reject_marks import Mark, Place, mark_of, replay_count, replay_of

State = Literal["open", "parked", "replayed", "mended", "dismissed", "repeated"]

STATES: Final[tuple[State, ...]] = ("open", "parked", "replayed", "mended", "dismissed", "repeated")

Standing = tuple[State, str]
"""The state of a reject, and by what: where it was sent back to, why it was dismissed, which one stands for it."""


class RejectedMessage(NamedTuple):
    """One message on the rejects topic."""

    partition: int
    offset: int
    rejected_at: int
    """Milliseconds since 1970, by the broker's clock."""
    key: bytes | None
    value: bytes | None
    headers: Headers
    origin: Origin | None
    """None for what somebody else put there."""

    @property
    def place(self) -> Place:
        """Partition and offset."""
        return self.partition, self.offset


@dataclass(slots=True)
class _Entry:
    place: Place
    at: int
    digest: bytes
    parents: tuple[Place, ...]
    """The reject it is a replay of, by its headers, and an earlier one about the same record."""
    count: int


@dataclass
class RejectLedger:
    """
    What is known of every reject, without its content; filled by ``add`` in the order of each partition.

    ``read_up_to`` has the positions the workers have committed, taken before the rejects were read: what lies before
    them and was not refused again is mended.
    """

    park_after: int
    read_up_to: Mapping[tuple[str, int], int] = field(default_factory=dict)
    _entries: dict[Place, _Entry] = field(default_factory=dict)
    _first_of: dict[tuple[object, ...], Place] = field(default_factory=dict)
    _marks: dict[Place, Mark] = field(default_factory=dict)
    _heads: dict[Place, Place] = field(default_factory=dict)

    def add(self, partition: int, offset: int, at: int, content: tuple[bytes | None, bytes | None], headers: Headers) -> bool:  # fmt: skip
        """Take one message in, its key and value as ``content``; return False for a mark, which is no reject."""
        mark = mark_of(headers)
        if mark is not None:
            self._marks[mark.about] = mark
            return False
        place, came = (partition, offset), origin(headers)
        digest = sha256(b"\0".join(part or b"" for part in content)).digest()[:16]
        parents = [] if (replayed := replay_of(headers)) is None else [replayed]
        if came is not None:
            parents.append(
                self._first_of.setdefault((came.topic, came.partition, came.offset, digest), place)
            )
        self._entries[place] = _Entry(place, at, digest, tuple(parents), replay_count(headers))
        self._heads.clear()
        return True

    def standing(self, place: Place) -> Standing | None:
        """Return the state of a reject, and by what; None for a mark, and for what came after it was filled."""
        if place not in self._entries:
            return None
        if not self._heads:
            self._find_heads()
        head = self._heads[self._root(place)]
        if head != place:
            return "repeated", f"{head[0]}:{head[1]}"
        mark = self._marks.get(place)
        if mark is None:
            return ("parked" if self._entries[place].count >= self.park_after else "open"), ""
        if mark.state == "dismissed":
            return "dismissed", mark.by
        topic, _, where = mark.by.partition(":")
        partition, _, offset = where.partition(":")
        if partition.isdecimal() and offset.isdecimal():
            read = self.read_up_to.get((topic, int(partition)), -1) > int(offset)
            return ("mended" if read else "replayed"), mark.by
        return "replayed", mark.by

    def _find_heads(self) -> None:
        for entry in sorted(self._entries.values(), key=lambda one: (one.at, one.place)):
            self._heads[self._root(entry.place)] = entry.place

    def _root(self, place: Place) -> Place:
        """Return the oldest reject of a chain; a header that names another message's reject joins nothing."""
        entry = self._entries[place]
        while (older := next(self._older(entry), None)) is not None:
            entry = older
        return entry.place

    def _older(self, entry: _Entry) -> Iterator[_Entry]:
        for place in entry.parents:
            older = self._entries.get(place)
            # Anybody may write headers: they count where the message is the same and came earlier.
            if (
                older is not None
                and older.digest == entry.digest
                and (older.at, older.place) < (entry.at, entry.place)
            ):
                yield older
