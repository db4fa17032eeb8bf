"""What may be committed: never past a change that is not done with."""

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from streams.delivery.positions import Positions


def test_a_gap_holds_the_position() -> None:
    """What was acknowledged beyond it is not committed, and nothing is counted twice."""
    positions = Positions(10)
    for offset in (10, 11, 14):
        positions.read(offset, offset * 1000)
    positions.finish(11)
    assert (positions.committable(), positions.unfinished(), positions.oldest_ms()) == (10, 2, 10_000)
    positions.finish(10)
    assert (positions.committable(), positions.oldest_ms()) == (12, 14_000)
    positions.finish(14)
    assert (positions.committable(), positions.unfinished(), positions.oldest_ms()) == (15, 0, None)


def test_what_is_nothing_to_deliver_is_passed_once_all_before_it_is_done() -> None:
    """A tombstone, which no charge line should be."""
    positions = Positions(0)
    positions.read(0, 1)
    positions.skip(1)
    assert positions.committable() == 0
    positions.finish(0)
    assert positions.committable() in {1, 2}
    positions.skip(2)
    assert positions.committable() == 3


@given(st.lists(st.tuples(st.integers(1, 3), st.integers()), min_size=1, max_size=30))
def test_in_any_order_of_answers_the_position_is_the_first_unfinished(drawn: list[tuple[int, int]]) -> None:
    """Offsets have holes; the position never goes back."""
    offsets = [*accumulate(step for step, _ in drawn)]
    positions = Positions(0)
    for one in offsets:
        positions.read(one, one)
    left, before = {*offsets}, 0
    for _, one in sorted(zip((turn for _, turn in drawn), offsets, strict=True)):
        positions.finish(one)
        left.discard(one)
        now = positions.committable()
        assert before <= now <= min(left, default=offsets[-1] + 1)
        assert not any(each < now for each in left)
        assert positions.unfinished() == len(left)
        before = now
    assert positions.committable() == offsets[-1] + 1
