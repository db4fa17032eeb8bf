"""
What a message tells that is no event yet: a pump's word, an order, where a patient is, a resource that others refer to.

An adapter reads these from one message alone. ``association`` joins them to one another, and makes the events.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

PumpAction = Literal["start", "stop", "complete", "end", "clock", "off", "on", "refused"]
"""
``stop`` may go on; ``complete`` ran through; ``end`` says that the program is gone. ``on`` and ``off`` are states seen in a
report, not events. ``clock`` says that the pump's clock was set. ``refused`` is a word that cannot be used, for ``reason``.
"""

PumpStatus = Literal["delivering", "transitioning", "kvo", "not_delivering", ""]
PumpSource = Literal["primary", "secondary", "pca"]


class PumpTold(NamedTuple):
    """One word of a pump about one source of one of its channels."""

    device: str
    channel: str
    source: PumpSource
    program: str
    """What the pump calls what it runs, OBR-3; empty where it has no name."""
    order: str
    """The placer order that the pump echoes, OBR-2; empty where it has none, and perhaps its own number where both are one."""
    action: PumpAction
    status: PumpStatus
    reason: str
    """Why it does not deliver, as the standard spells it; empty where it is not told."""
    bolus: bool
    """Whether the source is a bolus or a loading dose out of the same bag."""
    at: str
    """When, as RFC 3339 with the offset it was sent in."""
    recorded_at: str | None
    rate: float | None = None
    """In mL/h."""
    segment_ml: float | None = None
    """Delivered since the segment began."""
    total_ml: float | None = None
    """Delivered of the program so far."""
    to_infuse_ml: float | None = None
    drug: Mapping[str, Any] = {}
    place: str = ""
    """Where the pump says it is, as a key of beds."""
    encounter_id: str = ""
    """The stay the pump itself was told."""
    patient: str = ""
    """The key of the patient the pump itself was told."""
    sender: str = ""
    period_s: int = 0
    """Seconds between two reports of states; 0 for an event."""
    source_name: str = "pump"


class OrderTold(NamedTuple):
    """A word about an order: whose it is, what it is for, which pump it was sent to. An intent, nothing given."""

    order: str
    at: float
    encounter_id: str
    patient: str = ""
    by: Literal["pump", "chart"] = "pump"
    """``pump`` is an order sent to a pump; ``chart`` one that a chart entry names."""
    device: str = ""
    drug: Mapping[str, Any] = {}
    fields: Mapping[str, Any] = {}
    """Route and technique."""
    cancelled: bool = False


class StayTold(NamedTuple):
    """A word about where a patient is."""

    encounter_id: str
    at: float
    state: Literal["here", "left", "never", "into"]
    """``here`` is in care; ``left`` departed; ``never`` withdrawn; ``into`` merged into ``place``'s stay."""
    place: str = ""
    """A key of beds, empty where none is told; of a merge the surviving stay."""
    patient: str = ""


class ResourceTold(NamedTuple):
    """A resource that others may refer to."""

    name: str
    """``Type/id``."""
    resource: Mapping[str, Any]


Fact = PumpTold | OrderTold | StayTold | ResourceTold


def told(fact: Fact) -> str:
    """Return in words what a fact is, for a person who connects a feed."""
    if isinstance(fact, PumpTold):
        return f"pump {fact.device} {fact.source}: {fact.action} {fact.status} at {fact.at}".replace(
            "  ", " "
        )
    if isinstance(fact, OrderTold):
        sent = f", sent to pump {fact.device}" if fact.device else ""
        return f"order {fact.order} is of stay {fact.encounter_id or 'unknown'}{sent}"
    if isinstance(fact, StayTold):
        return f"stay {fact.encounter_id}: {fact.state}{f', {fact.place}' if fact.place else ''}"
    return f"resource {fact.name}"
