"""What people entered by hand, as the audit and an encounter show it: who, when, what and why. Pure."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from orjson import loads

_LONGEST: Final = 120
_NOT_SAID: Final = frozenset(
    {
        "type", "event_id", "encounter_id", "source", "recorded_at", "entered_by", "decided_by", "change_reason", "reason",
        "administration_ids", "administration_id", "flag", "voids_event_id", "refusal_ids",
    }
)  # fmt: skip
"""Fields that have a column of their own, or say nothing to a person."""


class ByHand(NamedTuple):
    """One event that a person entered."""

    at_ms: int
    encounter_id: str
    event_id: str
    type: str
    who: str
    why: str
    about: str
    """The administrations, or the event that it takes back."""
    what: str
    flag: str
    voided: bool
    """Whether it was taken back since."""


def entered_by_hand(rows: Iterable[Any], newest_first: Iterable[Any] = ()) -> list[ByHand]:
    """Return rows of events as people read them; ``newest_first`` are further rows that may take one back."""
    listed = list(rows)
    read = [(row, _object(row["value"])) for row in listed]
    others = [_object(row["value"]) for row in newest_first]
    voided = {said.get("voids_event_id") for said in (*(said for _, said in read), *others)}
    return [_one(row, said, voided=row["event_id"] in voided) for row, said in read]


def _one(row: Any, said: dict[str, Any], *, voided: bool) -> ByHand:
    about = (
        said.get("voids_event_id") or said.get("administration_ids") or said.get("administration_id") or ""
    )
    what = {
        name: value for name, value in said.items() if name not in _NOT_SAID and value not in (None, "", [])
    }
    return ByHand(
        row["at_ms"],
        row["encounter_id"],
        row["event_id"],
        row["type"],
        str(said.get("entered_by") or said.get("decided_by") or ""),
        str(said.get("change_reason") or said.get("reason") or ""),
        _text(about),
        "; ".join(f"{name.replace('_', ' ')} {_text(value)}" for name, value in what.items()),
        str(said.get("flag") or ""),
        voided,
    )


def _object(value: bytes) -> dict[str, Any]:
    said = loads(value)
    return said if isinstance(said, dict) else {}


def _text(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
