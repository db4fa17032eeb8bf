"""The results of a batch of events or commands: what is kept, and what is sent. Pure."""

from typing import NamedTuple

from streams.lifecycle.state import EncounterState
from streams.wire.message import OutboundMessage


class OutboundCommand(NamedTuple):
    """A command for another stay, wherever it lives."""

    encounter_id: str
    value: bytes


class ProcessedRecords(NamedTuple):
    """The results of a batch: states to keep, messages for this partition, commands for any, and a count of faults."""

    states: list[EncounterState]
    messages: list[OutboundMessage]
    commands: list[OutboundCommand]
    faults: int
