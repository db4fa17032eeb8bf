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


class MisroutedRecord(NamedTuple):
    """Where an event that went astray lay, under which key and with which headers."""

    partition: int
    offset: int
    key: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class Command(NamedTuple):
    """One request about one stay; ``stays`` are lines of events by encounter, ``came`` is an ``event``'s."""

    kind: str
    encounter_id: str
    stays: Mapping[str, tuple[bytes, ...]] = {}
    came: MisroutedRecord | None = None


class NotACommandError(ValueError):
    """The record is no command of ours. Only the worker writes this topic."""

    def __init__(self) -> None:
        super().__init__("line: not a command; only the worker may write to this topic")


def to_bytes(command: Command) -> bytes:
    """Return the value of the record."""
    stays = {name: [line.decode() for line in lines] for name, lines in command.stays.items()}
    said: dict[str, Any] = {"command": command.kind, "encounter_id": command.encounter_id, "stays": stays}
    if command.came is not None:
        partition, offset, key, headers = command.came
        named = [(name, _text(value)) for name, value in headers]
        said["came"] = [partition, offset, None if key is None else _text(key), named]
    return dumps(said)


def _text(raw: bytes) -> str:
    # Keys and headers are any bytes; as Latin-1 each byte is one character, and JSON holds it.
    return (raw or b"").decode("latin-1")


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
        came = _came(said.get("came"))
    except (JSONDecodeError, AttributeError, KeyError, TypeError, ValueError):
        raise NotACommandError from None
    if kind not in KINDS or not isinstance(encounter_id, str):
        raise NotACommandError
    return Command(kind, encounter_id, stays, came)


def _came(said: Any) -> MisroutedRecord | None:
    if said is None:
        return None
    partition, offset, key, headers = said
    named = tuple((str(name), value.encode("latin-1")) for name, value in headers)
    return MisroutedRecord(int(partition), int(offset), None if key is None else key.encode("latin-1"), named)
