"""What became of a reject, in headers: first origin and count on what goes back, and a mark beside what was refused."""

import pytest

from streams.wire.message import Headers
from streams.wire.reject_headers import reject_headers
from streams.wire.reject_marks import (
    Mark,
    first_origin,
    mark_headers,
    mark_of,
    replay_count,
    replay_headers,
    replay_of,
)

OWN: Headers = (("ce_id", b"1"), ("x", b"\xff"), ("x", b"twice"))


def replayed(place: bytes, count: bytes) -> Headers:
    """Return the headers of a replay of the message that first lay at t:0:7."""
    said = (("infusion-replay", place), ("infusion-replay-first", b"t:0:7"), ("infusion-replay-count", count))
    return (*OWN, *said)


def test_the_first_origin_stays_and_replays_are_counted() -> None:
    """Refused again and sent again, it names the newest reject, the oldest place, and how many times that was."""
    first = replay_headers(reject_headers(OWN, "why", "t", 0, 7), 1, 5)
    assert first == replayed(b"1:5", b"1")
    again = reject_headers(first, "why", "t", 0, 8)
    assert (first_origin(again), replay_count(again), replay_of(again)) == ("t:0:7", 1, (1, 5))
    assert replay_headers(again, 1, 6) == replayed(b"1:6", b"2")


def test_headers_do_not_grow_with_replays() -> None:
    """Fifty times is as long as once."""
    headers = reject_headers(OWN, "why", "t", 0, 7)
    for number in range(50):
        headers = reject_headers(replay_headers(headers, 0, number), "why", "t", 0, number)
    assert len(headers) == len(reject_headers(OWN, "why", "t", 0, 7)) + 3
    assert replay_count(headers) == 50


@pytest.mark.parametrize("count", [b"", b"-1", b"x", b"9" * 5000, "\u0663".encode(), b"1.0"])
def test_a_count_that_is_none_is_nought(count: bytes) -> None:
    """Anybody may write headers."""
    assert replay_count((("infusion-replay-count", count),)) == 0


def test_a_mark_is_read_back_and_nothing_else_is_one() -> None:
    """A reject is no mark; a mark is no reject."""
    for mark in (
        Mark((3, 42), "replayed", "infusion.events.v1:3:50"),
        Mark((0, 0), "dismissed", "not ours é"),
    ):
        assert mark_of(mark_headers(mark)) == mark
    assert mark_of(reject_headers(OWN, "why", "t", 0, 7)) is None
    assert mark_of((("infusion-reject-about", b"x:y"), ("infusion-reject-state", b"replayed"))) is None
    assert mark_of((("infusion-reject-about", b"1:2"), ("infusion-reject-state", b"eaten"))) is None
