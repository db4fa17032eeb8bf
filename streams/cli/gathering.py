"""The first pass of a run: every line of every input to its stay, without parsing it."""

from collections.abc import Callable
from typing import Final

from models.event import EncounterMerged
from streams.buckets import Buckets, find_id, parsed_id
from streams.cli.files import Lines, lines_of, opened, overlong
from streams.linking import Links
from streams.reading import read
from streams.rejects import Reject

_MERGED: Final = b"encounter_merged"


class Gatherer:
    """Fills buckets from inputs, notes which stays merges link, and counts lines."""

    def __init__(self, buckets: Buckets, limit: int, refuse: Callable[[Reject], None]) -> None:
        self.links: Final = Links()
        self.lines = 0
        """Lines seen, blank ones left out."""
        self._buckets = buckets
        self._limit = limit
        self._refuse = refuse

    def gather(self, file: int, name: str, passed: Callable[[int], None]) -> None:
        """Read one input; ``passed`` is told of every so many bytes."""
        with opened(name) as stream:
            for batch in lines_of(stream, self._limit):
                if isinstance(batch, Reject):
                    self.lines += 1
                    self._refuse(batch.at(file, 1))
                else:
                    self._sort(file, batch)
                    self._buckets.grew(batch.size)
                    passed(batch.size)

    def _sort(self, file: int, batch: Lines) -> None:
        # Its loop runs once a line: this is all that happens to one before it is coded. Searching a whole chunk
        # for merges is a fiftieth of searching its lines; a type written with escapes is still a merge.
        held, find, links = self._buckets.held, find_id, _MERGED in batch.text or b"\\u" in batch.text
        blank = 0
        for number, raw in enumerate(batch.lines, batch.first):
            if raw is not None and (found := find(raw)):
                held[found[1]].append((file, number, raw))
                if links:
                    self._link(raw)
            elif raw is None:
                self._refuse(overlong(self._limit).at(file, number))
            elif raw.isspace() or not raw:
                blank += 1
            elif (key := parsed_id(raw)) is not None:
                held[key].append((file, number, raw))
                self._link(raw)
            else:
                self._refuse(_refused(raw).at(file, number))
        self.lines += len(batch.lines) - blank

    def _link(self, raw: bytes) -> None:
        if _MERGED not in raw and b"\\u" not in raw:
            return
        event = read(raw)
        if isinstance(event, EncounterMerged):
            self.links.link(event.encounter_id.encode(), event.into_encounter_id.encode())


def _refused(raw: bytes) -> Reject:
    found = read(raw)
    if isinstance(found, Reject):
        return found
    # A line without an encounter id that reads as an event would be a fault of ours; it must not vanish.
    return Reject("encounter_id", "could not be found in the line", "report it as a fault of infusion")
