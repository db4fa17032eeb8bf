"""A fetch with a record nobody can use: it is handed out marked, or told by its place, and the others are read."""

from typing import Any

import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.structs import TopicPartition

from streams.fetching.record_batch import UnreadableBatchError, batch_at, records_of
from streams.fetching.records import CheckedRecords, DamagedBatchError, KeptRecords, MarkedRecord, move_past

PLACE = TopicPartition("wards", 2)
CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}


def batch(base: int, *values: bytes, codec: int = 0, header: bytes = b"trace", legible: bool = True) -> bytes:
    """Return a batch as a broker keeps it, one record a value; ``legible`` False puts a name that is not UTF-8 in each."""
    maker = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, -1, 1 << 20)
    for number, value in enumerate(values):
        maker.append(number, 1_000 + number, b"k", value, [(header.decode(), b"x"), ("none", None)])
    made = bytearray(maker.build())
    made[:8] = base.to_bytes(8, "big")
    if not legible:
        from aiokafka.record.util import calc_crc32c  # noqa: PLC0415 -- as the client reckons it

        at = made.index(header)
        made[at : at + 1] = b"\xff"
        made[17:21] = calc_crc32c(bytes(made[21:])).to_bytes(4, "big")
    return bytes(made)


def damaged(content: bytes) -> bytes:
    """Return a batch with its last byte but one turned over."""
    return content[:-2] + bytes([content[-2] ^ 0x55]) + content[-1:]


def read(fetched: bytes, at: int) -> Any:
    """Return a reader of a fetch from an offset on."""
    return CheckedRecords(PLACE, KeptRecords(fetched), None, at, None, None, 1, 1)


@pytest.fixture(autouse=True)
def nothing_skipped() -> Any:
    """Move past nothing, before and after."""
    yield
    move_past([])


def test_a_name_that_is_not_utf8_marks_its_record_and_no_other() -> None:
    """In the middle of a fetch; the batch behind it is read as ever."""
    fetched = (
        batch(10, b"a", b"b") + batch(12, b"c", b"d", header=b"wardtrace", legible=False) + batch(14, b"e")
    )
    records = list(read(fetched, 11))
    assert [(one.offset, one.value) for one in records] == [(11, b"b"), (12, b"c"), (13, b"d"), (14, b"e")]
    assert [getattr(one, "fault", None) for one in records] == [None, "header_name", None, None]
    assert records[1].headers == (("\\xffardtrace", b"x"), ("none", None))
    assert (records[1].topic, records[1].partition, records[1].timestamp) == ("wards", 2, 1_000)


def test_a_wrong_checksum_is_told_by_its_place_and_what_lies_before_is_handed_out() -> None:
    """The next fetch begins with it, and says so."""
    broken = damaged(batch(12, b"c", b"d"))
    reader = read(batch(10, b"a", b"b") + broken + batch(14, b"e"), 10)
    assert [one.offset for one in reader] == [10, 11]
    assert reader.next_fetch_offset == 12
    with pytest.raises(DamagedBatchError) as told:
        list(read(broken, 12))
    assert str(told.value) == (
        "records 12 to 13, one batch, of wards, partition 2: damaged in Kafka, the checksum is wrong or it cannot be unpacked; "
        "have the broker's disk looked at; INFUSION_SKIP_RECORDS=wards:2:12 moves past it and leaves a reject"
    )


@pytest.mark.parametrize("offset", [12, 13])
def test_the_batch_that_is_named_is_moved_past_and_no_other(offset: int) -> None:
    """By any of its records; each of them is handed out marked, with what can be made out of it."""
    move_past([("wards", 2, offset), ("wards", 1, 14), ("beds", 2, 14)])
    fetched = damaged(batch(12, b"cc", b"dd")) + batch(14, b"e") + damaged(batch(15, b"f"))
    reader = read(fetched, 12)
    records = list(reader)
    assert [(one.offset, type(one) is MarkedRecord) for one in records] == [
        (12, True),
        (13, True),
        (14, False),
    ]
    assert records[0].value == b"cc"
    with pytest.raises(DamagedBatchError, match="record 15 of wards"):
        list(read(fetched, 15))


def test_a_batch_that_cannot_be_unpacked_is_damaged_too() -> None:
    """Its checksum may be right: then it was written so. Its bytes are the reject."""
    from aiokafka.record.util import calc_crc32c  # noqa: PLC0415 -- as the client reckons it

    broken = bytearray(batch(12, b"c" * 500, codec=CODECS["lz4"]))
    broken[70:74] = b"\xff\xff\xff\xff"
    broken[17:21] = calc_crc32c(bytes(broken[21:])).to_bytes(4, "big")
    with pytest.raises(DamagedBatchError):
        list(read(bytes(broken), 12))
    move_past([("wards", 2, 12)])
    (record,) = read(bytes(broken), 12)
    assert (record.fault, record.key, record.value) == ("damaged", None, bytes(broken))


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
def test_our_reading_of_a_batch_is_the_clients(codec: int) -> None:
    """Whatever packed it."""
    content = batch(100, b"one", b"", b"three" * 1_000, codec=codec)
    found = batch_at(content, 101)
    assert found is not None
    assert (found.first, found.next, found.whole, found.rest) == (100, 103, True, b"")
    ours = [(one.offset, one.timestamp, one.key, one.value) for one in records_of(found)]
    assert ours == [(one.offset, one.timestamp, one.key, one.value) for one in read(content, 100)]


def test_no_cut_or_turned_byte_is_more_than_an_unreadable_batch() -> None:
    """Numbers that lead outside, lengths below nothing, a count of millions."""
    content = batch(0, b"one", b"two")
    for place in range(len(content)):
        for turned in (0x00, 0x7F, 0xFF):
            broken = content[:place] + bytes([turned]) + content[place + 1 :]
            found = batch_at(broken, 0)
            if found is not None:
                try:
                    records_of(found)
                except UnreadableBatchError:
                    continue
    assert batch_at(content[:40], 0) is None
    assert batch_at(content, 2) is None
