"""A batch that is small on the wire and huge unpacked is told by its place, and takes no memory to speak of."""

import gzip
import os
import zlib
from collections.abc import Callable
from typing import Any

import cramjam
import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.structs import TopicPartition

from streams.fetching import unpacking
from streams.fetching.records import CheckedRecords, DamagedBatchError, KeptRecords
from streams.fetching.unpacking import TooLargeUnpackedError, gunzip, unlz4, unzstd

BOUND = 1 << 20
PACKERS: dict[str, tuple[Callable[[bytes], Any], Callable[[Any], bytes]]] = {
    "gzip": (gzip.compress, gunzip),
    "lz4": (cramjam.lz4.compress, unlz4),
    "zstd": (cramjam.zstd.compress, unzstd),
}


@pytest.fixture(autouse=True)
def bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound at a megabyte: a test needs no gigabytes."""
    unpacking.install()  # as the first client that is made does
    monkeypatch.setattr(unpacking, "MOST", BOUND)


@pytest.mark.parametrize("name", PACKERS)
@pytest.mark.parametrize(
    "content", [b"", b"x", os.urandom(70_000), b"0" * BOUND], ids=["none", "one", "noise", "zeros"]
)
def test_what_is_within_the_bound_comes_out_as_it_went_in(name: str, content: bytes) -> None:
    """To the last byte of the bound."""
    pack, unpack = PACKERS[name]
    assert unpack(bytes(pack(content))) == content


@pytest.mark.parametrize("name", PACKERS)
def test_what_is_beyond_the_bound_is_not_unpacked(name: str) -> None:
    """By one byte, or by a thousand times."""
    pack, unpack = PACKERS[name]
    for size in (BOUND + 1, 60 * BOUND):
        with pytest.raises(TooLargeUnpackedError):
            unpack(bytes(pack(b"0" * size)))


@pytest.mark.parametrize("name", PACKERS)
def test_what_is_no_such_form_is_an_error(name: str) -> None:
    """Cut, or noise."""
    pack, unpack = PACKERS[name]
    for broken in (bytes(pack(b"0123456789" * 900))[:-9], b"noise" * 20):
        with pytest.raises((TooLargeUnpackedError, zlib.error)):
            unpack(broken)


@pytest.mark.parametrize("codec", [1, 3, 4], ids=["gzip", "lz4", "zstd"])
def test_the_client_unpacks_within_the_bound(codec: int) -> None:
    """The compiled part of it too; the batch is told like one that is damaged."""
    maker = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, -1, 64 << 20)
    maker.append(0, 1_000, b"k", b"0" * (2 * BOUND), [])
    content = bytes(maker.build())
    with pytest.raises(DamagedBatchError, match="record 0 of wards, partition 2: damaged in Kafka"):
        list(CheckedRecords(TopicPartition("wards", 2), KeptRecords(content), None, 0, None, None, 1, 1))
