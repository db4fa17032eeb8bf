"""
The records of a fetch, read so that one nobody can use does not stop what lies beside it, or is told by its place.

A record with a header whose name is not UTF-8 is handed out, marked. A batch whose checksum is wrong, or that cannot be
unpacked, stops the reader with the batch's place; where an operator says so, its records are handed out, marked: none of
them can be trusted, since nobody knows which byte is the wrong one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import ConsumerRecord

from streams.fetching import unpacking
from streams.fetching.record_batch import Batch, RawRecord, UnreadableBatchError, batch_at, records_of

Fault = Literal["header_name", "damaged"]
Place = tuple[str, int, int]
"""A topic, a partition, and an offset."""

SKIP: Final = "INFUSION_SKIP_RECORDS"

_CHANGELOG: Final = "-changelog"
"""What Faust calls the topics of its tables."""


class DamagedBatchError(CorruptRecordException):  # type: ignore[misc] # aiokafka is annotated in part
    """A batch cannot be read; the message names its place, and what to do. Nothing of a record is in it."""

    def __init__(self, topic: str, partition: int, first: int, last: int) -> None:
        self.topic, self.partition, self.first, self.last = topic, partition, first, last
        records = f"record {first}" if first == last else f"records {first} to {last}, one batch,"
        remedy = f"{SKIP}={topic}:{partition}:{first} moves past it and leaves a reject"
        if topic.endswith(_CHANGELOG):
            remedy = "state cannot be left out: begin anew from the events, as streams/README.md says"
        super().__init__(
            f"{records} of {topic}, partition {partition}: damaged in Kafka, the checksum is wrong or it cannot be unpacked; "
            f"have the broker's disk looked at; {remedy}"
        )

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass
class MarkedRecord(ConsumerRecord[bytes, bytes]):  # type: ignore[misc] # as above
    """A record that is handed out though something is wrong with it."""

    fault: Fault = "damaged"


class KeptRecords(MemoryRecords):  # type: ignore[misc] # as above
    """The client's reader of a fetch, which also keeps the bytes."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.content = content


class CheckedRecords(fetcher.PartitionRecords):  # type: ignore[misc] # as above
    """The client's records of one partition in one fetch; what it stumbles over is looked at by itself."""

    next_fetch_offset: int
    _records: Any

    skipped: ClassVar[frozenset[Place]] = frozenset()
    """Which damaged records are moved past."""

    def _unpack_records(self) -> Iterator[Any]:
        began_at = self.next_fetch_offset
        while True:
            try:
                yield from super()._unpack_records()
            except Exception:  # noqa: BLE001 - codecs and parsers raise what they like
                batch = batch_at(self._records.content, self.next_fetch_offset)
                marked = self._marked(batch) if batch is not None else None
                if batch is None or marked is None:
                    if self.next_fetch_offset > began_at:
                        return  # what came before is handed out first; the next fetch begins here
                    place = self.next_fetch_offset
                    span = (place, place) if batch is None else (max(batch.first, place), batch.next - 1)
                    raise DamagedBatchError(self._tp.topic, self._tp.partition, *span) from None
                for record in marked:
                    if record.offset >= self.next_fetch_offset:
                        self.next_fetch_offset = record.offset + 1
                        yield record
                self.next_fetch_offset = batch.next
                self._records = KeptRecords(batch.rest)
            else:
                return

    def _marked(self, batch: Batch) -> list[Any] | None:
        """Return the records of a batch the client cannot read; None where it is damaged and nobody said to skip it."""
        try:
            raw = records_of(batch)
        except UnreadableBatchError:
            raw = []
        if batch.whole and raw:
            return [self._record(one, "header_name") for one in raw]
        topic, partition = self._tp
        if not any(
            place[:2] == (topic, partition) and batch.first <= place[2] < batch.next for place in self.skipped
        ):
            return None
        last = batch.next - 1
        return [
            self._record(one, "damaged") for one in raw if batch.first <= one.offset <= last
        ] or [self._record(RawRecord(last, 0, 0, None, batch.content, ()), "damaged")]  # fmt: skip

    def _record(self, raw: RawRecord, fault: Fault) -> Any:
        """Return a record, marked; where only names of headers are the fault, the others are as they should be."""
        legible = all(_is_utf8(name) for name, _ in raw.headers)
        headers = tuple((name.decode(errors="backslashreplace"), value) for name, value in raw.headers)
        place = (*self._tp, raw.offset, raw.timestamp, raw.timestamp_type)
        sizes = (
            -1 if raw.key is None else len(raw.key),
            -1 if raw.value is None else len(raw.value),
        )
        if fault == "header_name" and legible:
            return ConsumerRecord(*place, raw.key, raw.value, None, *sizes, headers)
        return MarkedRecord(*place, raw.key, raw.value, None, *sizes, headers, fault)


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


def install() -> None:
    """Have every client of this process read records so."""
    fetcher.PartitionRecords = CheckedRecords
    fetcher.MemoryRecords = KeptRecords
    unpacking.install()


def move_past(places: Iterable[Place]) -> None:
    """Have every client of this process move past damaged batches that hold one of these."""
    CheckedRecords.skipped = frozenset(places)
