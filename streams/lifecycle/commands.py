"""
The messages of the internal command topic: what one partition asks of another, or of itself at a later time.

``due``: look at a stay whose deadline has passed. ``told``: events of stays that merges connect with it.
``event``: an event of it that lay in a partition of another stay. ``account``: to the directory of a patient, what one
of the patient's stays is; ``beside``: to a stay, what another stay of its patient is. ``restored``: every event the events topic has of
it, and of those merged with it, to bring a forgotten stay back.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from orjson import JSONDecodeError, dumps, loads

from streams.lifecycle.account_notice import AccountNotice, notice_of, plain

KINDS: Final = frozenset({"due", "told", "event", "restored", "account", "beside"})
_OF_ACCOUNTS: Final = frozenset({"account", "beside"})


class MisroutedRecord(NamedTuple):
    """Where an event in the partition of another stay lay, with its key and its headers."""

    partition: int
    offset: int
    key: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class Command(NamedTuple):
    """
    One request about one stay, or about one patient.

    ``stays`` holds lines of events by encounter; ``misrouted`` is where the event of an ``event`` command lay;
    ``notice`` is what an ``account`` or a ``beside`` says.
    """

    kind: str
    encounter_id: str
    stays: Mapping[str, tuple[bytes, ...]] = {}
    misrouted: MisroutedRecord | None = None
    notice: AccountNotice | None = None


class NotACommandError(ValueError):
    """The record is no command of ours. Only the worker writes this topic."""

    def __init__(self) -> None:
        super().__init__("line: not a command; only the worker may write to this topic")


def to_bytes(command: Command) -> bytes:
    """Return the value of the record."""
    stays = {name: [line.decode() for line in lines] for name, lines in command.stays.items()}
    fields: dict[str, Any] = {"command": command.kind, "encounter_id": command.encounter_id, "stays": stays}
    if command.misrouted is not None:
        partition, offset, key, headers = command.misrouted
        texts = [(name, _text(value)) for name, value in headers]
        fields["came"] = [partition, offset, None if key is None else _text(key), texts]
    if command.notice is not None:
        fields["account"] = plain(command.notice)
    return dumps(fields)


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
        fields: dict[str, Any] = loads(raw)
        kind, encounter_id = fields["command"], fields["encounter_id"]
        stays = {
            str(name): tuple(line.encode() for line in lines)
            for name, lines in fields.get("stays", {}).items()
        }
        misrouted = _misrouted_record(fields.get("came"))
        notice = notice_of(fields["account"]) if kind in _OF_ACCOUNTS else None
    except (JSONDecodeError, AttributeError, KeyError, TypeError, ValueError):
        raise NotACommandError from None
    if kind not in KINDS or not isinstance(encounter_id, str):
        raise NotACommandError
    return Command(kind, encounter_id, stays, misrouted, notice)


def _misrouted_record(listed: Any) -> MisroutedRecord | None:
    if listed is None:
        return None
    partition, offset, key, headers = listed
    own_headers = tuple((str(name), value.encode("latin-1")) for name, value in headers)
    return MisroutedRecord(
        int(partition), int(offset), None if key is None else key.encode("latin-1"), own_headers
    )
