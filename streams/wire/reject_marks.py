"""
What became of a reject, as headers: first origin and count on the message that went back, and marks beside the reject.

A mark is a message on the rejects topic that says of the reject at another place that it was sent back or dismissed, and
by what. The reject itself stays as it is: a topic is not written over. Pure.
"""

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from streams.wire.message import Headers
from streams.wire.reject_headers import REPLAY, origin, original_headers_of

REPLAY_FIRST: Final = "infusion-replay-first"
"""Where the message lay when it was first refused, ``topic:partition:offset``; its second refusal does not change it."""

REPLAY_COUNT: Final = "infusion-replay-count"
"""How many times it was sent back."""

ABOUT: Final = "infusion-reject-about"
STATE: Final = "infusion-reject-state"
BY: Final = "infusion-reject-by"

Place = tuple[int, int]
"""Partition and offset on the rejects topic."""

Marked = Literal["replayed", "dismissed"]

_OURS: Final = frozenset({REPLAY, REPLAY_FIRST, REPLAY_COUNT})
_MOST_DIGITS: Final = 9


class Mark(NamedTuple):
    """What a mark says of a reject."""

    about: Place
    state: Marked
    by: str
    """Where it was sent back to, ``topic:partition:offset``; or why it was dismissed, in the operator's words."""


def replay_headers(headers: Iterable[tuple[str, bytes]], partition: int, offset: int) -> Headers:
    """
    Return the headers with which the reject at this place goes back.

    They are the message's own, that it is a replay of the reject at this place, where it was first refused, and how many
    times it was sent back with this one. Whatever such headers it had are replaced.
    """
    had = tuple(headers)
    own = (header for header in original_headers_of(had) if header[0] not in _OURS)
    said = (
        (REPLAY, b"%d:%d" % (partition, offset)),
        (REPLAY_FIRST, first_origin(had).encode()),
        (REPLAY_COUNT, b"%d" % (replay_count(had) + 1)),
    )
    return (*own, *said)


def first_origin(headers: Iterable[tuple[str, bytes]]) -> str:
    """Return where a refused message was refused first, ``topic:partition:offset``; empty where nothing tells."""
    had = tuple(headers)
    if first := _text(had, REPLAY_FIRST):
        return first
    came = origin(had)
    return f"{came.topic}:{came.partition}:{came.offset}" if came else ""


def replay_count(headers: Iterable[tuple[str, bytes]]) -> int:
    """Return how many times a message was sent back; 0 where nothing readable tells."""
    count = _text(headers, REPLAY_COUNT)
    return int(count) if count.isascii() and count.isdecimal() and len(count) <= _MOST_DIGITS else 0


def replay_of(headers: Iterable[tuple[str, bytes]]) -> Place | None:
    """Return the place of the reject that a message is a replay of; None for none."""
    return _place(_text(headers, REPLAY))


def mark_headers(mark: Mark) -> Headers:
    """Return the headers of a mark."""
    about = b"%d:%d" % mark.about
    return (ABOUT, about), (STATE, mark.state.encode()), (BY, mark.by.encode())


def mark_of(headers: Iterable[tuple[str, bytes]]) -> Mark | None:
    """Return the mark that headers hold; None when they are those of no mark."""
    had = tuple(headers)
    about, state = _place(_text(had, ABOUT)), _text(had, STATE)
    if about is None:
        return None
    if state == "replayed":
        return Mark(about, "replayed", _text(had, BY))
    return Mark(about, "dismissed", _text(had, BY)) if state == "dismissed" else None


def _place(text: str) -> Place | None:
    numbers = text.split(":")
    if len(numbers) != 2 or not all(n.isascii() and n.isdecimal() and len(n) < 20 for n in numbers):  # noqa: PLR2004 - partition and offset
        return None
    return int(numbers[0]), int(numbers[1])


def _text(headers: Iterable[tuple[str, bytes]], name: str) -> str:
    return next(((value or b"").decode(errors="replace") for found, value in headers if found == name), "")
