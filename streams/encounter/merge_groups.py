"""Which stay each one went into, and which must be coded together: all that merges connect, however long the chain."""

from collections.abc import Iterable, Mapping

from streams.encounter.dated_event import DatedEvent

LastMerge = tuple[DatedEvent, str]
"""The last merge of an encounter that was not voided, and the encounter it names."""


def survivor(encounter_id: str, into: Mapping[str, str]) -> str:
    """Return the encounter that an encounter was finally merged into, its own id when it was not; no circles allowed."""
    while encounter_id in into:
        encounter_id = into[encounter_id]
    return encounter_id


def settled(last_merges: Iterable[LastMerge]) -> dict[str, str]:
    """Return which encounter went into which, no circles in it, from the last merge of each."""
    into_of: dict[str, str] = {}
    for entry, into in sorted(last_merges, key=lambda pair: pair[0]):
        into_of[entry.encounter_id] = into
        end = into
        while end in into_of and end != entry.encounter_id:
            end = into_of[end]
        if end == entry.encounter_id:
            del into_of[into]
    return into_of


class MergeGroups:
    """Groups of encounter ids, grown link by link."""

    def __init__(self) -> None:
        self._above: dict[bytes, bytes] = {}

    def link(self, encounter_id: bytes, other: bytes) -> None:
        """Put two ids, and all that are with them, into one group."""
        low, high = sorted((self._top(encounter_id), self._top(other)))
        self._above[high] = low
        self._above.setdefault(low, low)

    def group(self, encounter_id: bytes) -> bytes:
        """Return the name of an id's group: the lowest id in it, its own when nothing is linked to it."""
        return self._top(encounter_id)

    def ids(self) -> list[bytes]:
        """Return every linked id."""
        return list(self._above)

    def _top(self, encounter_id: bytes) -> bytes:
        top = encounter_id
        while (above := self._above.get(top, top)) != top:
            top = above
        while encounter_id != top:  # the next search is one step
            encounter_id, self._above[encounter_id] = self._above.get(encounter_id, top), top
        return top
