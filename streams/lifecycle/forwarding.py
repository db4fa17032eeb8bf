"""An event that lies in the partition of another stay, on its way home: as a command, with where it lay. Pure."""

from streams.lifecycle.commands import Command, MisroutedRecord
from streams.lifecycle.processed_records import OutboundCommand, outbound
from streams.wire.message import Record
from streams.wire.message_size import HEAD, bounded_headers


def forwarded(encounter_id: str, line: bytes, partition: int, record: Record) -> tuple[OutboundCommand, int]:
    """Return the command that brings an event home, and how many of its headers it has no room for."""
    headers, dropped = bounded_headers(record.headers)
    key = None if record.key is None else record.key[:HEAD]
    came = MisroutedRecord(partition, record.offset, key, headers)
    return outbound(Command("event", encounter_id, {encounter_id: (line,)}, came)), dropped
