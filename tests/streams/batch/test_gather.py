"""Lines go to their stays, and merges link them wherever a merge stands."""

import gc
from pathlib import Path
from typing import NoReturn

import pytest

from streams.batch import line_reader
from streams.batch.garbage_collection import paused
from streams.batch.gather import Gatherer
from streams.batch.spill_buckets import Buckets
from streams.wire.rejects import Reject

PUSH = (
    b'{"type":"push_given","event_id":"%d","encounter_id":"E%d","occurred_at":"2026-03-02T08:00:00-05:00",'
    b'"administration_id":"encounter_merge","drug":{"name":"d"}}\n'
)
MERGE = (
    b'{"type":"encounter_merged","event_id":"m","encounter_id":"E1","occurred_at":"2026-03-02T09:00:00-05:00",'
    b'"into_encounter_id":"E2"}'
)
LINES = b"".join(PUSH % (number, number % 3) for number in range(40))


def refused(reject: Reject) -> NoReturn:
    """Fail: these lines are all good."""
    pytest.fail(reject.text(("lines",)))


@pytest.mark.parametrize("chunk", [1, 7, 200, 1 << 18])
@pytest.mark.parametrize("merge", [MERGE, MERGE.replace(b"r_m", rb"r\u005fm")], ids=["plain", "escaped"])
@pytest.mark.parametrize("place", ["first", "amid", "last"])
def test_a_merge_is_seen_wherever_it_stands_and_however_the_input_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, merge: bytes, chunk: int
) -> None:
    """Cut anywhere, at either end, with or without its line feed."""
    monkeypatch.setattr(line_reader, "_CHUNK", chunk)
    told = {"first": merge + b"\n" + LINES, "amid": LINES + merge + b"\n" + LINES, "last": LINES + merge}
    path = tmp_path / "events.jsonl"
    path.write_bytes(told[place])
    with Buckets() as buckets:
        sizes: list[int] = []
        gatherer = Gatherer(buckets, 1 << 20, refused)
        with path.open("rb", buffering=0) as stream:
            gatherer.gather(0, stream, sizes.append)
        assert sum(sizes) == len(told[place])
        assert sorted(gatherer.links.ids()) == [b"E1", b"E2"]
        assert gatherer.lines == told[place].count(b'"event_id"')
        assert len(buckets.in_memory[b"E1"]) == LINES.count(b'"E1"') * (1 + (place == "amid")) + 1


def test_the_collector_is_as_before_once_all_is_coded() -> None:
    """Whoever calls the command line as a function keeps their own settings."""
    before = gc.get_threshold()
    with paused():
        assert gc.get_threshold()[0] > before[0]
        assert gc.get_freeze_count()
    assert gc.get_threshold() == before
    assert not gc.get_freeze_count()
