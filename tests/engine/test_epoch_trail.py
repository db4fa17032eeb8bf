"""Which leader wrote what was read, and what that tells of a log that was cut."""

import pytest
from stored_batch import stored

from streams.engine.epoch_trail import Batch, EpochTrail, RewrittenError, batches_in


def test_whole_batches_are_told_and_a_torn_one_is_not() -> None:
    """A fetch ends where its bytes end; older formats have no epoch."""
    both = stored(5, 3, 1) + stored(8, 1, 2)
    assert list(batches_in(both)) == [Batch(5, 8, 1), Batch(8, 9, 2)]
    assert list(batches_in(both[:-1])) == [Batch(5, 8, 1)]
    assert not list(batches_in(stored(5, 3, 1, form=1)))
    assert not list(batches_in(stored(5, 3, -1))), "of a broker that keeps none"
    assert not list(batches_in(b""))


def test_an_epoch_that_begins_where_reading_stands_is_doubtful() -> None:
    """The one before may have been cut, and what lies there now is not what was read."""
    trail = EpochTrail(10, 4)
    assert not trail.begins_another(Batch(8, 12, 4))
    trail.take(Batch(8, 12, 4))
    assert trail.last == (4, 12)
    assert trail.begins_another(Batch(12, 13, 6))
    assert trail.begins_another(Batch(20, 21, 6)), "with a hole before it"
    trail.take(Batch(12, 13, 6))
    assert trail.last == (6, 13)
    assert (trail.epoch_before(13), trail.epoch_before(12), trail.epoch_before(10)) == (6, 4, 4)
    assert trail.epoch_before(9) is None


def test_a_record_that_comes_again_under_another_leader_is_another_record() -> None:
    """Read again after a seek, it must be what it was."""
    trail = EpochTrail(0)
    for batch in (Batch(0, 10, 1), Batch(10, 20, 3)):
        trail.take(batch)
    assert not trail.begins_another(Batch(5, 10, 1))
    assert not trail.begins_another(Batch(12, 20, 3))
    with pytest.raises(RewrittenError):
        trail.begins_another(Batch(5, 10, 3))
    with pytest.raises(RewrittenError):
        trail.begins_another(Batch(15, 25, 5))
    trail.take(Batch(5, 10, 1))
    assert trail.last == (3, 20), "reading again takes nothing back"


def test_where_nothing_is_known_nothing_is_doubtful() -> None:
    """A position without a note is followed from its first record on."""
    trail = EpochTrail(7)
    assert trail.last is None
    assert not trail.begins_another(Batch(7, 8, 9))
    trail.take(Batch(7, 8, 9))
    assert trail.last == (9, 8)
