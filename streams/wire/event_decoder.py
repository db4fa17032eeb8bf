"""
The quick way from lines to their events: structs for msgspec, made from the event models when they are first needed.

It takes plain lines, which are nearly all. A struct has every field of the event that pydantic would make, each the same
value; the stay is folded from structs, and ``as_model`` makes the very event of one where somebody asks for it. What this
does not take, pydantic reads, and every refusal has pydantic's words (``event_json``).
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple, Union, cast, get_args

from msgspec import MsgspecError
from msgspec.json import Decoder, Encoder
from msgspec.structs import asdict
from pydantic import BaseModel

from models.event import Event
from streams.wire.decoded_model import Shape, complete, made, shape_of, struct_of
from streams.wire.decoded_value import NotTakenError

_UNUSUAL: Final = (b"\\", b"\x7f", b"\t", b"\r")
"""What no plain line holds: an escape or one of these characters could be what a text may not hold."""

_FINE: Final = re.compile(rb"\.\d{7}").search
"""Perhaps an instant finer than a microsecond: pydantic cuts it off, msgspec rounds it."""

_BETWEEN: Final = b",0,\n"
"""
Between two lines that are decoded together. A text cannot go on over it, for it has a line feed, nor an object, for it
has no name, nor any list of ours, for none holds numbers: so it ends what stands before it.
"""


_encode: Final = Encoder().encode


class _Decoders(NamedTuple):
    many: Decoder[list[Any]]
    shapes: dict[type, Shape]


_made: Final[list[_Decoders]] = []
"""The first counts, should two threads have made some: a struct of another making would be no event to ``as_model``."""


def _decoders() -> _Decoders:
    """Return what decodes events; a type of event with a check that only pydantic knows has no struct."""
    if not _made:
        _made.append(_make())
    return _made[0]


def _make() -> _Decoders:
    classes: tuple[type[BaseModel], ...] = get_args(get_args(Event)[0])
    shapes = {}
    for cls in classes:
        shape = shape_of(dict(cls.__pydantic_core_schema__))
        if shape is not None:
            shapes[struct_of(shape)] = shape
    any_event: Any = Union[tuple(shapes)]  # noqa: UP007 -- of as many as there are
    return _Decoders(Decoder(list[any_event | int]), shapes)


def decode_plain(lines: Sequence[bytes]) -> list[Event] | None:
    """
    Return the events of lines as structs, which ``as_model`` makes models of; None where ``EVENT`` has to read a line.

    A struct has the fields of what ``EVENT`` reads from its line, and equals another as the events do. A line that has a
    name twice in one object, or one that is not ours, is never taken. For one line alone it is no quicker than pydantic:
    what is asked of a text is asked of all lines at once.
    """
    text = _BETWEEN.join(lines)
    if not _plain(text):
        return None
    try:
        found = _decoders().many.decode(b"[" + text + b"]")
        # Every second one is what stands between, so no line held more than one event, and none less.
        if len(found) != 2 * len(lines) - 1 or any(found[1::2]):
            return None
        structs = found[::2]
        # In a plain text two of these stand about each name and each text, and nowhere else. Written again without what
        # was left out, the events have as many: none stood twice. Where one was null, or an empty list, they have fewer.
        if text.count(b'"') != _encode(structs).count(b'"'):
            return None
        _complete(structs)
    except (MsgspecError, ValueError, RecursionError):  # a UnicodeDecodeError is a ValueError
        return None
    return cast("list[Event]", structs)


def as_model(event: Event) -> Event:
    """Return an event as its model has it, whether a struct or that already."""
    shape = _decoders().shapes.get(type(event))
    if shape is None:
        return event
    model: Event = made(shape, asdict(cast("Any", event)))
    return model


def _plain(text: bytes) -> bool:
    for mark in _UNUSUAL:
        if mark in text:
            return False
    return b"." not in text or _FINE(text) is None


def _complete(structs: Iterable[Any]) -> None:
    """
    Put the model's values in the place of what was decoded.

    Raises:
        ValueError: pydantic has to read one of them.
    """
    shapes = _decoders().shapes
    for struct in structs:
        shape = shapes.get(type(struct))
        if shape is None:  # the line holds a number
            raise NotTakenError
        complete(shape, struct)
