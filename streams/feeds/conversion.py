"""What one wire message came to: events, refusals, or a kind that is none of ours."""

from collections.abc import Mapping
from typing import NamedTuple

from streams.feeds.facts import Fact
from streams.wire.rejects import Reject


class Note(NamedTuple):
    """Something a person who connects a feed wants to know of a message; it changes no charge."""

    place: str
    """Segment and field, for example ``RXA-9``; or a path of FHIR's, for example ``dosage.rate``."""
    says: str


class Conversion(NamedTuple):
    """
    What a message came to; a message without events, rejects, facts and an ignored kind does not exist.

    A message may give events and rejects at once: one administration of it is unusable, the others are not.
    """

    events: tuple[Mapping[str, object], ...] = ()
    """Events of the contract as JSON would hold them, instants as RFC 3339 text; not yet validated."""
    rejects: tuple[Reject, ...] = ()
    """What is refused; ``field`` names segment and field, or a path. Nothing of the message is quoted."""
    ignored: str | None = None
    """The kind of a message that is acknowledged, counted and used for nothing, for example ``VXU^V04``."""
    notes: tuple[Note, ...] = ()
    facts: tuple[Fact, ...] = ()
    """What later or earlier messages are joined by; a pump's message is nothing else."""
