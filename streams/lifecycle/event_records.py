"""Records of the events topic, each with its event or with why it is refused. Pure."""

from collections.abc import Iterable

from models.event import Event
from streams.lifecycle.reject_reasons import EMPTY, LONGEST, TOO_LONG
from streams.wire.event_reader import read_lines
from streams.wire.marked_records import refusal_of
from streams.wire.message import Record
from streams.wire.rejects import Reject


def read_records(records: Iterable[Record]) -> list[tuple[Record, Event | Reject]]:
    """Return each record with what stands in it; those that can be read are read together."""
    given = list(records)
    refusals = [_unread(record) for record in given]
    values = [record.value or b"" for record in given]
    to_read = [value for value, refusal in zip(values, refusals, strict=True) if refusal is None]
    events = iter(read_lines(to_read))
    return [(record, refusal or next(events)) for record, refusal in zip(given, refusals, strict=True)]


def _unread(record: Record) -> Reject | None:
    """Return why a record is refused without being read; None for one that is read."""
    refusal = refusal_of(record)
    if refusal is not None:
        return refusal
    if record.value is None:
        return EMPTY
    return TOO_LONG if len(record.value) > LONGEST else None
