"""
Many lines to their events at once: the quick way where it takes them, else each by itself. Pure.

What a topic brings is read like this, and what a file has of a stay in the coder. An event is a struct or a model, which
the fold does not ask (``event_decoder``), and is refused in the same words whichever way its neighbours went.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

from models.event import Event
from streams.wire.event_decoder import decode_plain
from streams.wire.event_json import read, validate
from streams.wire.rejects import Reject

_TOGETHER: Final = (32, 4)
"""Lines that are decoded at once, and how few of those that are not taken so are tried again without the others."""

_Read = TypeVar("_Read", Event, Event | Reject)


def read_lines(lines: Sequence[bytes]) -> list[Event | Reject]:
    """Return what each line holds, as ``read`` does: an event, or why it holds none."""
    return list(_events(lines, read, *_TOGETHER))


def validate_lines(lines: Sequence[bytes]) -> list[Event]:
    """
    Return the event of each line; for lines that were read as events before.

    Raises:
        ValidationError: a line holds none.
    """
    return list(_events(lines, validate, *_TOGETHER))


def _events(
    lines: Sequence[bytes], one: Callable[[bytes], _Read], together: int, *fewer: int
) -> Iterator[_Read]:
    for start in range(0, len(lines), together):
        some = lines[start : start + together]
        plain = decode_plain(some)
        if plain is not None:
            yield from plain
        elif fewer and len(some) > fewer[0]:
            yield from _events(some, one, *fewer)
        else:
            yield from map(one, some)
