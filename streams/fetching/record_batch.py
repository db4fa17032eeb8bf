"""
Kafka's record batches (message format 2) read by themselves, where the client stumbles over one.

The client takes a whole fetch for unreadable where one header's name is not UTF-8, and says of a wrong checksum no more
than the partition. Pure.
"""

import struct
from collections.abc import Callable
from typing import Final, NamedTuple

from aiokafka.codec import snappy_decode
from aiokafka.record.util import calc_crc32c, decode_varint

from streams.fetching.unpacking import gunzip, unlz4, unzstd

_PREFIX: Final = struct.Struct(">qi")
"""The offset of the first record, and how many bytes follow."""
_HEAD: Final = struct.Struct(">qiibIhiqqqhii")
_CHECKED_FROM: Final = struct.calcsize(">qiibI")
_FORMAT: Final = 2
_CODEC: Final = 0x07
_APPEND_TIME: Final = 0x08

_UNPACK: Final[dict[int, Callable[[bytes], bytes]]] = {
    0: bytes,
    1: gunzip,
    2: snappy_decode,
    3: unlz4,
    4: unzstd,
}


class UnreadableBatchError(Exception):
    """A batch is not what the format says."""


class Batch(NamedTuple):
    """One batch of a fetch."""

    first: int
    """The offset of its first record."""
    next: int
    """The offset after its last."""
    content: bytes
    rest: bytes
    """What follows on it in the fetch."""

    @property
    def whole(self) -> bool:
        """Whether its checksum is right."""
        stored: int = _HEAD.unpack_from(self.content)[4]
        return bool(calc_crc32c(self.content[_CHECKED_FROM:]) == stored)


class RawRecord(NamedTuple):
    """One record as it lies in a batch; names of headers as bytes."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[bytes, bytes | None], ...]


def batch_at(fetched: bytes, offset: int) -> Batch | None:
    """Return the batch of a fetch that holds an offset, or the first after it; None where there is none to be read."""
    place = 0
    while place + _HEAD.size <= len(fetched):
        first, length = _PREFIX.unpack_from(fetched, place)
        end = place + _PREFIX.size + length
        head = _HEAD.unpack_from(fetched, place)
        if end > len(fetched) or length < _HEAD.size - _PREFIX.size or head[3] != _FORMAT:
            return None
        if (following := first + head[6] + 1) > offset:
            return Batch(first, following, fetched[place:end], fetched[end:])
        place = end
    return None


def records_of(batch: Batch) -> list[RawRecord]:
    """
    Return the records of a batch, whatever its checksum says.

    Raises:
        UnreadableBatchError: there are none to be made out.
    """
    head = _HEAD.unpack_from(batch.content)
    attributes, first_at, latest_at, count = head[5], head[7], head[8], head[12]
    stamped = bool(attributes & _APPEND_TIME)
    records: list[RawRecord] = []
    try:
        body = bytearray(_UNPACK[attributes & _CODEC](batch.content[_HEAD.size :]))
        place = 0
        for _ in range(count):
            length, place = decode_varint(body, place)
            records.append(_record(body[place : place + length], length, head[0], first_at))
            place += length
    except Exception as error:
        raise UnreadableBatchError(type(error).__name__) from error
    if place != len(body):
        raise UnreadableBatchError
    if stamped:
        records = [record._replace(timestamp=latest_at, timestamp_type=1) for record in records]
    return records


def _record(content: bytearray, length: int, base: int, first_at: int) -> RawRecord:
    if len(content) != length:
        raise UnreadableBatchError
    reading = _Reading(content, 1)  # the first byte means nothing yet
    at, offset = first_at + reading.number(), base + reading.number()
    key, value = reading.content(), reading.content()
    count = reading.number()
    headers = tuple((reading.content() or b"", reading.content()) for _ in range(count))
    if reading.place != length:
        raise UnreadableBatchError
    return RawRecord(offset, at, 0, key, value, headers)


class _Reading:
    """Reads one record's numbers and strings in order."""

    def __init__(self, content: bytearray, place: int) -> None:
        self._content, self.place = content, place

    def number(self) -> int:
        value, self.place = decode_varint(self._content, self.place)
        return int(value)

    def content(self) -> bytes | None:
        length = self.number()
        if length < 0:
            return None
        start, self.place = self.place, self.place + length
        if self.place > len(self._content):
            raise UnreadableBatchError
        return bytes(self._content[start : self.place])
