"""
An instant that an event states about an administration, with the event, its source and who charted it.

Beside the stay and not in it: the rules decide on the facts, and only whoever reads a letter asks which event said so.
"""

from collections.abc import Mapping
from typing import NamedTuple

from models.field import ChartedByRole


class ChartedTime(NamedTuple):
    """One instant as one event states it; ``at`` and ``recorded_at`` are epoch seconds."""

    at: int
    what: str
    """What happened then: start, stop, pause, resumed, push, injection, next bag, rate 125 mL/h."""
    event_id: str
    source: str | None
    role: ChartedByRole | None
    recorded_at: int
    """When the event was stored; when it happened, where nothing else is said."""
    whole: bool
    """Whether an entry states it afterwards, for the whole administration; else it was told as it went."""


ChartedTimes = Mapping[str, tuple[ChartedTime, ...]]
"""By administration, in time order."""
