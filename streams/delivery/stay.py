"""
The changes of one stay on their way, one after the other, and where they wait when one of them was refused. Pure.

What is refused for good holds back every later change of its stay: to credit a line whose charge was never taken, say,
would be wrong twice. Other stays do not wait for it.
"""

from collections import deque
from typing import Any, Final, NamedTuple

from orjson import dumps, loads
from pydantic import ValidationError

from models.line_change import LINE_CHANGE, LineChange
from streams.delivery.retry import Patience
from streams.feeds.control_id import control_id


class Item:
    """One change of one line as its topic holds it; ``offset`` is None for one that was parked before."""

    __slots__ = ("answers", "at_ms", "change", "control_id", "offset", "patience", "value")

    def __init__(self, value: bytes, at_ms: int, offset: int | None) -> None:
        self.value, self.at_ms, self.offset = value, at_ms, offset
        self.answers = 0
        self.change: Final = _change(value)
        self.control_id: Final = "" if self.change is None else control_id(self.change)
        self.patience: Final = Patience()


def _change(value: bytes) -> LineChange | None:
    """Return the change a value holds; None when a newer release wrote it, or nobody of ours."""
    try:
        return LINE_CHANGE.validate_json(value)
    except ValidationError:
        return None


class Refusal(NamedTuple):
    """Why a stay's changes wait for a person."""

    answer: str
    reason: str | None


class Stay:
    """One stay of a partition: what is to be sent, in order, and once something was refused, what is parked."""

    __slots__ = ("encounter_id", "items", "kept", "partition", "refusal", "scheduled")

    def __init__(self, encounter_id: str, partition: int) -> None:
        self.encounter_id, self.partition = encounter_id, partition
        self.items: deque[Item] = deque()
        self.kept = 0
        """How many of the first items are kept in the table of parked stays."""
        self.refusal: Refusal | None = None
        self.scheduled = False
        """Whether a turn of it is to come, or is under way."""

    @property
    def parked(self) -> bool:
        """Whether nothing of it is sent until it is tried again."""
        return self.refusal is not None

    def to_do(self) -> bool:
        """Tell whether there is something to send, or, of a parked one, to keep."""
        return len(self.items) > (self.kept if self.parked else 0)


def kept_bytes(destination: str, refusal: Refusal, items: list[Item]) -> bytes:
    """Return what the table of parked stays keeps of one."""
    return dumps(
        {
            "destination": destination,
            "answer": refusal.answer,
            "reason": refusal.reason,
            "changes": [
                {"at_ms": item.at_ms, "value": item.value.decode(errors="backslashreplace")} for item in items
            ],
        }
    )


class Kept(NamedTuple):
    """A parked stay as the table keeps it."""

    destination: str
    refusal: Refusal
    items: list[Item]


def kept_of(value: bytes) -> Kept:
    """Return what a value of the table of parked stays says."""
    held: dict[str, Any] = loads(value)
    items = [Item(one["value"].encode(), one["at_ms"], None) for one in held["changes"]]
    return Kept(held["destination"], Refusal(held["answer"], held["reason"]), items)
