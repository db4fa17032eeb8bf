"""The results of a batch of events or commands: what is kept, and what is sent. Pure."""

from collections.abc import Callable
from typing import NamedTuple

from streams.lifecycle.commands import Command, to_bytes
from streams.lifecycle.state import EncounterState
from streams.wire.message import OutboundMessage

LoadState = Callable[[str], EncounterState | None]
"""Returns the state kept of an encounter id."""

IsHome = Callable[[str], bool]
"""Tells whether an encounter id belongs to this partition."""


class OutboundCommand(NamedTuple):
    """A command for another stay, wherever it lives."""

    encounter_id: str
    value: bytes


def outbound(command: Command) -> OutboundCommand:
    """Return a command as it is sent, to whom it is about."""
    return OutboundCommand(command.encounter_id, to_bytes(command))


class ProcessedRecords(NamedTuple):
    """The results of a batch: states to keep, messages for this partition, commands for any, and a count of faults."""

    states: list[EncounterState]
    messages: list[OutboundMessage]
    commands: list[OutboundCommand]
    faults: int
