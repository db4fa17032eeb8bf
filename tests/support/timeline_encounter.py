"""Stays told in timeline lines, for tests that look at what becomes of them."""

from timeline import events_of

from models.encounter import Administration, Encounter
from models.event import Event
from streams.encounter.fold import fold

NOON = 1772470800
"""2026-03-02 12:00 in New York, in epoch seconds."""


def at(clock: str) -> int:
    """Return the epoch second of a time of day on 2026-03-02 in New York."""
    hours, minutes = clock.split(":")
    return NOON + (int(hours) - 12) * 3600 + int(minutes) * 60


def stay(*lines: str, **case: object) -> Encounter:
    """Return the stay these timeline lines tell."""
    return fold(told(*lines, **case))


def told(*lines: str, **case: object) -> list[Event]:
    """Return the events of these timeline lines."""
    return events_of({"case": "a stay", "timeline": lines, **case})


def only(*lines: str) -> Administration:
    """Return the one administration these timeline lines tell."""
    (given,) = stay(*lines).administrations
    return given
