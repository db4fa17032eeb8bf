"""Progress of one partition: which record is next, and up to where everything is done. Pure."""

from typing import NamedTuple

import pytest
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams.engine.batches import PartitionBatch
from streams.engine.progress import Progress


class At(NamedTuple):
    """A record of which only the offset counts."""

    offset: int

    @property
    def timestamp(self) -> int:
        """Return a second an offset, in milliseconds."""
        return 1_000 * self.offset


def batch(first: int, last: int) -> PartitionBatch:
    """Return consecutive records from the first offset to the last, both included."""
    return PartitionBatch(TP("in", 0), [At(offset) for offset in range(first, last + 1)])


def handed(progress: Progress, *batches: PartitionBatch) -> None:
    """Hand out batches in this order."""
    for one in batches:
        progress.hand_out(one)


def test_at_the_start_nothing_is_to_be_committed() -> None:
    """The position sought is the one the broker knows."""
    progress = Progress(5)
    assert (progress.next, progress.committed, progress.position()) == (5, 5, None)


def test_what_is_handed_out_and_not_finished_moves_no_position() -> None:
    """An agent may hang for ever on it."""
    progress = Progress(0)
    handed(progress, batch(0, 9))
    assert (progress.next, progress.position()) == (10, None)


def test_the_position_is_the_first_record_not_finished() -> None:
    """Batches are finished in any order."""
    progress = Progress(0)
    first, second, third = batch(0, 0), batch(1, 3), batch(4, 9)
    handed(progress, first, second, third)
    third.finish()
    first.finish()
    assert progress.position() == 1
    second.finish()
    assert progress.position() == 10


def test_a_position_is_offered_until_the_broker_has_it() -> None:
    """A commit that was refused is tried again."""
    progress = Progress(0)
    one = batch(0, 4)
    handed(progress, one)
    one.finish()
    assert [progress.position(), progress.position()] == [5, 5]
    progress.note_committed(5)
    assert (progress.position(), progress.committed) == (None, 5)


def test_what_is_finished_during_a_commit_is_left_for_the_next() -> None:
    """The broker was told the position as it was when the checkpoint began."""
    progress = Progress(0)
    one, other = batch(0, 4), batch(5, 6)
    handed(progress, one, other)
    one.finish()
    told = progress.position()
    other.finish()
    assert told == 5
    progress.note_committed(told)
    assert progress.position() == 7


@pytest.mark.parametrize(("first", "goes_on"), [(3, True), (5, True), (6, False), (100, False)])
def test_only_records_beyond_the_next_one_are_doubted(first: int, *, goes_on: bool) -> None:
    """Those before it are known, and dropped by whoever asks."""
    assert Progress(5).continues(first) is goes_on


def test_a_hole_is_believed_when_it_is_found_twice() -> None:
    """Once may be a fetch from before a seek; after another seek it is compaction."""
    progress = Progress(5)
    assert [progress.continues(9), progress.continues(9)] == [False, True]


def test_a_fetch_from_before_a_seek_is_not_believed_after_the_right_one_came() -> None:
    """The doubt of the first hole does not count for the second."""
    progress = Progress(5)
    assert not progress.continues(9)
    assert progress.continues(5)
    handed(progress, batch(5, 7))
    assert [progress.continues(20), progress.continues(20)] == [False, True]


def test_a_batch_that_never_reached_its_agent_is_fetched_again() -> None:
    """Flow stopped while it waited at a full queue."""
    progress = Progress(0)
    first, second = batch(0, 4), batch(5, 9)
    handed(progress, first, second)
    progress.take_back(second)
    assert progress.next == 5
    first.finish()
    assert progress.position() == 5


def test_only_the_newest_batch_is_taken_back() -> None:
    """Anything else would leave a hole between what is handed out."""
    progress = Progress(0)
    first, second = batch(0, 4), batch(5, 9)
    handed(progress, first, second)
    progress.take_back(first)
    assert progress.next == 10


@st.composite
def logs(draw: st.DrawFn) -> tuple[int, list[PartitionBatch]]:
    """Draw a position and the batches that a log with holes is fetched in."""
    at = start = draw(st.integers(0, 3))
    batches = []
    for hole, length in draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), max_size=8)):
        batches.append(batch(at + hole, at + hole + length - 1))
        at += hole + length
    return start, batches


@given(log=logs(), data=st.data())
def test_nothing_unfinished_is_ever_before_the_position(
    log: tuple[int, list[PartitionBatch]], data: st.DataObject
) -> None:
    """However batches are finished and whenever positions are committed; and in the end all is committed."""
    start, batches = log
    progress = Progress(start)
    last = start
    waiting = []
    for one in batches:
        if not progress.continues(one.first):
            assert progress.continues(one.first)
        progress.hand_out(one)
        waiting.append(one)
        for done in data.draw(st.sets(st.sampled_from(waiting))):
            done.finish()
        waiting = [left for left in waiting if not left.finished]
        position = progress.position()
        if position is not None:
            assert position > last
            assert all(left.first >= position for left in waiting)
            assert all(
                done.next <= position for done in batches if done.finished and not _after(done, waiting)
            )
            if data.draw(st.booleans()):
                progress.note_committed(position)
                last = position
    for left in waiting:
        left.finish()
    if batches:
        assert progress.position() in {None, batches[-1].next}
        assert progress.next == batches[-1].next
        progress.note_committed(batches[-1].next)
    assert progress.position() is None


def _after(one: PartitionBatch, waiting: list[PartitionBatch]) -> bool:
    return any(left.first < one.first for left in waiting)


def test_the_oldest_record_not_committed_tells_how_late_a_partition_is() -> None:
    """Being with an agent, or done and not committed yet, is not enough: a crash now would have it read again."""
    progress = Progress(0, never_read=True)
    assert (progress.never_read, progress.oldest_uncommitted()) == (True, (0, None))
    first, second = batch(0, 3), batch(4, 9)
    handed(progress, first, second)
    first.finish()
    assert progress.position() == 4
    assert (progress.never_read, progress.oldest_uncommitted()) == (False, (0, 0))
    progress.note_committed(4)
    assert progress.oldest_uncommitted() == (4, 4_000)
    progress.take_back(second)
    assert progress.oldest_uncommitted() == (4, None), "it lies in Kafka, and nobody here has it"
