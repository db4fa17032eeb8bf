"""
The quick way from lines to their events: structs for msgspec, made from the event models when they are first needed.

It takes plain lines, which are nearly all, and makes of each the very event that pydantic would. What it does not
take, pydantic reads, and every refusal has pydantic's words (``event_json``).
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final, NamedTuple, Union, get_args

from msgspec import MsgspecError
from msgspec.json import Decoder
from msgspec.structs import asdict, astuple
from pydantic import BaseModel

from models.event import Event
from streams.wire.decoded_model import Shape, made, names_in, shape_of, struct_of
from streams.wire.decoded_value import NotTakenError

_UNUSUAL: Final = (b"\\", b"\x7f", b"\t", b"\r", b" :")
"""
What no plain line holds: an escape or the delete character could be what a text may not hold, and a blank before a colon
could hide a name from being counted.
"""

_FINE: Final = re.compile(rb"\.\d{7}").search
"""Perhaps an instant finer than a microsecond: pydantic cuts it off, msgspec rounds it."""

_BETWEEN: Final = b",0,\n"
"""
Between two lines that are decoded together. A text cannot go on over it, for it has a line feed, nor an object, for it
has no name, nor any list of ours, for none holds numbers: so it ends what stands before it.
"""


class _Decoders(NamedTuple):
    many: Decoder[list[Any]]
    shapes: dict[type, Shape]


@cache
def _decoders() -> _Decoders:
    """Return what decodes events; a type of event with a check that only pydantic knows has no struct."""
    classes: tuple[type[BaseModel], ...] = get_args(get_args(Event)[0])
    shapes = {}
    for cls in classes:
        shape = shape_of(dict(cls.__pydantic_core_schema__))
        if shape is not None:
            shapes[struct_of(shape)] = shape
    any_event: Any = Union[tuple(shapes)]  # noqa: UP007 -- of as many as there are
    return _Decoders(Decoder(list[any_event | int]), shapes)


def decode_all(lines: Sequence[bytes]) -> list[Event] | None:
    """
    Return the events of lines, equal to what ``EVENT`` reads from them; None where ``EVENT`` has to read one of them.

    A line that has a name twice in one object, or one that is not ours, is never taken. For one line alone it is no
    quicker than pydantic: what is asked of a text is asked of all lines at once.
    """
    text = _BETWEEN.join(lines)
    if not _plain(text):
        return None
    try:
        found = _decoders().many.decode(b"[" + text + b"]")
        # Every second one is what stands between, so no line held more than one event, and none less.
        if len(found) != 2 * len(lines) - 1 or any(found[1::2]):
            return None
        return _events(found[::2], text)
    except (MsgspecError, ValueError, RecursionError):  # a UnicodeDecodeError is a ValueError
        return None


def _plain(text: bytes) -> bool:
    for mark in _UNUSUAL:
        if mark in text:
            return False
    return b"." not in text or _FINE(text) is None


def _events(structs: Iterable[Any], text: bytes) -> list[Event]:
    """
    Return the events of what was decoded from a text.

    Raises:
        ValueError: pydantic has to read one of them.
    """
    shapes = _decoders().shapes
    events: list[Event] = []
    names = 0
    for struct in structs:
        shape = shapes.get(type(struct))
        if shape is None:  # the line holds a number
            raise NotTakenError
        values = astuple(struct)
        names += len(values) - values.count(None)
        if shape.lists:
            names -= values.count(())
        fields = asdict(struct)
        for name in shape.objects:
            if fields[name] is not None:
                names += names_in(fields[name])
        events.append(made(shape, fields))
    # Every name ends in these two bytes, and in a plain text nothing else does: none stands twice, none is unknown. What
    # is null, or an empty list, was not counted among the names, and so is not taken either.
    if text.count(b'":') != names:
        raise NotTakenError
    return events
