"""
Events of a stay that change nothing though they could be read: stored after it was cancelled, or merged in a circle.

``infusion code`` names them at their lines. Here each is refused once, with the same words, and kept all the same:
what is reopened, or voided, later may make them count.
"""

from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple

from streams.encounter.event_problems import SourcedEvent, after_cancellation, circling
from streams.lifecycle.merged_view import encounter_of, events_with_lines
from streams.lifecycle.state import EncounterState
from streams.wire.rejects import Reject


class IneffectiveEvent(NamedTuple):
    """A line of an event, its encounter id, and the reject that says why it has no effect."""

    encounter_id: str
    line: bytes
    reject: Reject

    def name(self) -> str:
        """Return the name under which a stay remembers that it refused this line for this reason."""
        return blake2b(self.reject.field.encode() + self.line, digest_size=8).hexdigest()


def ineffective_events(state: EncounterState) -> Iterator[IneffectiveEvent]:
    """Yield the events of a stay, and of those merged into it, that have no effect as things stand."""
    own, absorbed = events_with_lines(state)
    if own is None:
        return
    events = [
        SourcedEvent(event, (0, number, line)) for number, (event, line) in enumerate([*own, *absorbed])
    ]
    rejects = [*circling(events[: len(own)])] if state.has_merges else []
    if state.standing == "cancelled" and (encounter := encounter_of(state)) is not None:
        rejects += after_cancellation(encounter, events)
    for reject in rejects:
        event, (_, _, line) = events[reject.line]
        yield IneffectiveEvent(event.encounter_id, line, reject)
