"""
Questions about a stay while the patient is still there: what could be charted now and will be missing later.

Field names and their order are the wire's. A later value of a stay replaces the one before; a tombstone says that nothing
is asked any more.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from pydantic import TypeAdapter

from models.deferred import deferred

NudgeKind = Literal["planned_end", "open_pause", "missing_stop", "second_site", "key_reason"]

NUDGE_KINDS: Final[tuple[NudgeKind, ...]] = get_args(NudgeKind)


@dataclass(frozen=True)
class Nudge:
    """
    One question. ``nudge_id`` is the same for as long as the same is asked about the same administrations.

    Instants are RFC 3339 in UTC: ``since`` is when what it asks about came to be, ``asked_at`` when it was asked.
    """

    nudge_id: str
    kind: NudgeKind
    administration_ids: tuple[str, ...]
    asks: str
    answered_by: str
    since: str
    asked_at: str

    @property
    def asked_epoch(self) -> int:
        """When it was asked, in epoch seconds."""
        return int(datetime.fromisoformat(self.asked_at).timestamp())


@deferred
@dataclass(frozen=True)
class NudgeSet:
    """What is asked about one stay now, in the order in which it was asked."""

    encounter_id: str
    facility: str | None
    department: str | None
    nudges: tuple[Nudge, ...]


NUDGE_SET: Final[TypeAdapter[NudgeSet]] = TypeAdapter(NudgeSet)
"""Reads and describes what is asked: ``NUDGE_SET.validate_json(value)``."""
