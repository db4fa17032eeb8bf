"""
What one partition asks of another, or of itself at a later time: the messages of the internal command topic.

``due``: look at a stay whose deadline has passed. ``told``: events of stays that merges connect with it.
``event``: an event of it that lay in a partition of another stay. ``restored``: every event the events topic has of
it, and of those merged with it, to bring a forgotten stay back.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from orjson import JSONDecodeError, dumps, loads

KINDS: Final = frozenset({"due", "told", "event", "restored"})


class Command(NamedTuple):
    """One request about one stay; ``stays`` are lines of events by encounter."""

    kind: str
    encounter_id: str
    stays: Mapping[str, tuple[bytes, ...]] = {}


class NotACommandError(ValueError):
    """The record is no command of ours. Only the worker writes this topic."""

    def __init__(self) -> None:
        super().__init__("line: not a command; only the worker may write to this topic")


def to_bytes(command: Command) -> bytes:
    """Return the value of the record."""
    stays = {name: [line.decode() for line in lines] for name, lines in command.stays.items()}
    return dumps({"command": command.kind, "encounter_id": command.encounter_id, "stays": stays})


def from_bytes(raw: bytes) -> Command:
    """
    Return the command a record holds.

    Raises:
        NotACommandError: it holds none.
    """
    try:
        said: dict[str, Any] = loads(raw)
        kind, encounter_id = said["command"], said["encounter_id"]
        stays = {
            str(name): tuple(line.encode() for line in lines) for name, lines in said.get("stays", {}).items()
        }
    except (JSONDecodeError, AttributeError, KeyError, TypeError):
        raise NotACommandError from None
    if kind not in KINDS or not isinstance(encounter_id, str):
        raise NotACommandError
    return Command(kind, encounter_id, stays)
