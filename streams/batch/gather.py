"""The first pass of a run: every line of every input to its stay, without parsing it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from models.event import EncounterMerged
from streams.batch.line_reader import Lines, Readable, lines_of, overlong
from streams.batch.spill_buckets import Buckets
from streams.encounter.merge_groups import MergeGroups
from streams.wire.encounter_key import find_id, parsed_id
from streams.wire.event_json import MERGE_MARKS, PATIENT_MARKS, read
from streams.wire.rejects import Reject


class Gatherer:
    """Fills buckets from inputs, notes which stays merges link, and counts lines."""

    def __init__(self, buckets: Buckets, limit: int, refuse: Callable[[Reject], None]) -> None:
        self.links: Final = MergeGroups()
        self.lines = 0
        """Lines seen, blank ones left out."""
        self.bytes = 0
        """Bytes read."""
        self.patients = False
        """Whether any line may name a patient's key, so that one stay may matter to another."""
        self._buckets = buckets
        self._limit = limit
        self._refuse = refuse

    def gather(self, file: int, stream: Readable, passed: Callable[[int], None]) -> None:
        """Read one open input; call ``passed`` with the bytes read so far since the last call."""
        for batch in lines_of(stream, self._limit):
            if isinstance(batch, Reject):
                self.lines += 1
                self._refuse(batch.at(file, 1))
            else:
                self._sort(file, batch)
                self.bytes += batch.size
                self._buckets.grew(batch.size)
                passed(batch.size)

    def _sort(self, file: int, batch: Lines) -> None:
        # Its loop runs once a line: this is all that happens to one before it is coded.
        in_memory, find = self._buckets.in_memory, find_id
        blank = 0
        for number, raw in enumerate(batch.lines, batch.first):
            if raw is not None and (match := find(raw)):
                in_memory[match[1]].append((file, number, raw))
            elif raw is None:
                self._refuse(overlong(self._limit).at(file, number))
            elif raw.isspace() or not raw:
                blank += 1
            elif (key := parsed_id(raw)) is not None:
                in_memory[key].append((file, number, raw))
            else:
                self._refuse(_reject_of(raw).at(file, number))
        self.lines += len(batch.lines) - blank
        self.patients = self.patients or any(
            mark in batch.text for mark in _begun_in(batch.text, PATIENT_MARKS)
        )
        for raw in _possible_merges(batch.text):
            self._link(raw)

    def _link(self, raw: bytes) -> None:
        event = read(raw)
        if isinstance(event, EncounterMerged):
            self.links.link(event.encounter_id.encode(), event.into_encounter_id.encode())


def _possible_merges(text: bytes) -> Iterator[bytes]:
    """
    Yield the lines that may be merges, as ``may_be_merge`` tells.

    It searches many lines at once, in a fiftieth of the time that testing each line takes. A line still incomplete
    at the end of the text is no event yet, and comes again.
    """
    for mark in _begun_in(text, MERGE_MARKS):
        found = text.find(mark)
        while found >= 0:
            start, end = text.rfind(b"\n", 0, found) + 1, text.find(b"\n", found)
            yield text[start:end] if end >= 0 else text[start:]
            found = text.find(mark, end) if end >= 0 else -1


def _begun_in(text: bytes, marks: Sequence[bytes]) -> list[bytes]:
    """
    Return the marks whose first byte stands in a text.

    Most texts have no backslash; to find that out takes a hundredth of the time that searching for an escape does.
    """
    return [mark for mark in marks if mark[:1] in text]


def _reject_of(raw: bytes) -> Reject:
    event = read(raw)
    if isinstance(event, Reject):
        return event
    # A line without an encounter id that reads as an event would be a fault of ours; it must not vanish.
    return Reject("encounter_id", "could not be found in the line", "report it as a fault of infusion")
