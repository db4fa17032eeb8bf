"""
Our lines beside those a billing system has: which of them are one and the same. Pure.

Pairs are made by the nearest likeness first: the line's id, then code with date and modifiers, then code and date, then
the code alone. Each line is in one pair at most, in the order the lines stand, so the result has no chance in it.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final, NamedTuple

from models.charge import ChargeLine, DrugLine
from streams.feeds.posted import PostedLine


class Wanted(NamedTuple):
    """A line as we have it, charge or drug."""

    line_id: str
    code: str
    units: int
    modifiers: tuple[str, ...]
    service_date: date


def wanted_line(line: ChargeLine) -> Wanted:
    """Return a charge line as it is compared."""
    return Wanted(line.line_id, line.code, line.units, tuple(sorted(line.modifiers)), line.service_date)


def wanted_drug(line: DrugLine) -> Wanted | None:
    """Return a drug line as it is compared; None for one that has no code or no units."""
    if line.code is None or not line.units:
        return None
    modifiers = tuple(sorted(line.modifiers))
    return Wanted(line.drug_line_id, line.code, line.units, modifiers, line.service_date)


Key = tuple[object, ...]

_LIKENESSES: Final[tuple[Callable[[Wanted | PostedLine], Key], ...]] = (
    lambda one: (one.line_id,),
    lambda one: (one.code, one.service_date, one.modifiers),
    lambda one: (one.code, one.service_date),
    lambda one: (one.code,),
)


def pairs(ours: Sequence[Wanted], posted: Sequence[PostedLine]) -> dict[int, int]:
    """Return which posted line goes with which of ours, by their places; what has no partner is not in it."""
    found: dict[int, int] = {}
    left = dict.fromkeys(range(len(posted)))
    for likeness in _LIKENESSES:
        waiting: dict[Key, list[int]] = {}
        for place in left:
            key = likeness(posted[place])
            if None not in key:
                waiting.setdefault(key, []).append(place)
        for place, line in enumerate(ours):
            if place not in found and (partners := waiting.get(likeness(line))):
                found[place] = partners.pop(0)
        for taken in found.values():
            left.pop(taken, None)
    return found


def differing(ours: Wanted, posted: PostedLine) -> tuple[str, ...]:
    """Return in which fields a pair differs; none where the posted line is known by its id alone."""
    if posted.code is None:
        return ()
    fields = (
        ("code", ours.code, posted.code),
        ("units", ours.units, posted.units),
        ("modifiers", ours.modifiers, tuple(sorted(posted.modifiers))),
        ("date", ours.service_date, posted.service_date or ours.service_date),
    )
    return tuple(name for name, mine, theirs in fields if mine != theirs)
