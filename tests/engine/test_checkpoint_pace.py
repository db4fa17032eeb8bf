"""A checkpoint waits for more where more waits."""

from streams.engine.checkpoint_pace import LONGEST_S, gathering_s


def test_it_grows_with_what_waits_and_never_beyond_a_bound() -> None:
    """At once with nothing unread; as long as the last one took with some hundred; a quarter of a second on a backlog."""
    assert gathering_s(0, 2_000, 0.01) == 0
    waits = [gathering_s(behind, 2_000, 0.01) for behind in range(0, 3_000, 50)]
    assert waits == sorted(waits)
    assert gathering_s(5, 2_000, 0.01) < 0.001
    assert gathering_s(1_000, 2_000, 0.01) == 0.01
    assert gathering_s(2_001, 2_000, 0.01) == LONGEST_S
    assert gathering_s(1_000, 2_000, 30.0) == LONGEST_S
