"""Why a worker stops: in words with what to do, and without a word of a record."""

import errno
from pathlib import Path

import pytest
from engine_bench import CHANGELOG, OURS, Bench, Log
from faust.exceptions import ConsistencyError

from streams.engine.stop_reasons import (
    PartFailedError,
    StoreAheadError,
    StoreError,
    UnreadableStateError,
    in_words,
)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "see that its disk has room"),
        (ConsistencyError("persisted offset is higher"), "delete the data folder and start again"),
        (ValueError("Wilhelmina-4711"), "a part of the worker failed: ValueError"),
        (StoreAheadError(), "a store on disk is ahead"),
    ],
)
def test_whosever_error_it_is_its_words_are_ours(error: Exception, words: str) -> None:
    """What to do stands in it, and nothing that could be a patient's."""
    said = str(in_words(error))
    assert words in said
    assert "Wilhelmina" not in said


@pytest.mark.parametrize("cause", ["IO error: No space left on device: /d/x.sst", "IO error: File too large"])
def test_a_full_disk_is_not_a_damaged_store(cause: str) -> None:
    """Deleting the folder would cost a recovery, and mend nothing."""
    said = str(StoreError("encounters", Path("/d"), Exception(cause)))
    assert "disk has room" in said
    assert "delete" not in said
    assert "delete the folder /d " in str(
        StoreError("encounters", Path("/d"), Exception("Corruption: bad block"))
    )


def test_a_part_that_fails_stops_the_worker_in_words() -> None:
    """Stock Faust ends with status 1 and a traceback, whatever it was."""
    bench = Bench(OURS, Log({CHANGELOG: []}))
    bench.app._crash(ConsistencyError("x"))  # noqa: SLF001 - what Faust does when a part of it fails
    bench.app._crash(KeyError("Wilhelmina"))  # noqa: SLF001 - as above
    assert [type(error) for error in bench.errors] == [StoreAheadError, PartFailedError]


@pytest.mark.parametrize(
    "error", [ValueError("secret"), IndexError(), UnicodeDecodeError("utf-8", b"x", 0, 1, "y")]
)
def test_a_state_nobody_can_read_stops_the_worker_before_its_streams_run(error: Exception) -> None:
    """The partitions are named: it lies in one of them."""
    bench = Bench(OURS, Log({CHANGELOG: []}))

    def restore(_: set[int]) -> None:
        raise error

    bench.app.when_recovered(restore)
    with pytest.raises(type(error)):
        bench.app.on_recovered({2, 0})
    assert [type(one) for one in bench.errors] == [UnreadableStateError]
    assert "one of the partitions 0, 2" in str(bench.errors[0])
    assert "secret" not in str(bench.errors[0])
