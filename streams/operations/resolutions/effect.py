"""What an answer does: the stay coded again with its events, beside the stay as it is."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from orjson import dumps

from models.charge import ChargeSet, Status, expected_cents
from models.event import EVENT, Event
from rules.engine import Profile, code_encounter
from streams.operations.resolutions.stay_context import folded

Key = tuple[date, str, tuple[str, ...]]
"""What makes a line on a claim: its date, its code and its modifiers."""


class LineEffect(NamedTuple):
    """One line before and after: units and US cents, nought where it does not stand."""

    service_date: date
    code: str
    modifiers: tuple[str, ...]
    units_before: int
    units_after: int
    cents_before: int
    cents_after: int

    @property
    def changed(self) -> bool:
        """Tell whether the answer changes the line."""
        return (self.units_before, self.cents_before) != (self.units_after, self.cents_after)


class Side(NamedTuple):
    """
    A stay on one side of an answer.

    ``cents`` are the expected payment of its lines in US cents; of those ``released_cents`` may be billed, none while a
    flag holds the set.
    """

    status: Status
    held_by: tuple[str, ...]
    cents: int
    released_cents: int


class Effect(NamedTuple):
    """What an answer does to a stay: both sides, and every line of either in claim order."""

    before: Side
    after: Side
    lines: tuple[LineEffect, ...]
    flags_gone: tuple[str, ...]
    flags_new: tuple[str, ...]

    @property
    def changes(self) -> tuple[LineEffect, ...]:
        """The lines that the answer changes."""
        return tuple([line for line in self.lines if line.changed])

    @property
    def net_cents(self) -> int:
        """What is released more than before, in US cents; less when it is negative."""
        return self.after.released_cents - self.before.released_cents


def effect_of(
    events: Sequence[Event],
    answer_events: Iterable[Mapping[str, Any] | Event],
    profile: Profile = Profile(),  # noqa: B008 - a named tuple is immutable
    encounter_id: str | None = None,
) -> Effect:
    """
    Return what answers do to a stay, found by coding it with and without them.

    ``events`` are those of the stay and of stays merged with it; ``encounter_id`` names the stay where they are of
    several. Nothing is sent.

    Raises:
        NoEventsError: nothing is known of the stay.
        PolicyError: the profile names a policy, switch or value that does not exist.
    """
    more = [
        EVENT.validate_json(dumps(event)) if isinstance(event, Mapping) else event for event in answer_events
    ]
    name = encounter_id or events[0].encounter_id
    before = coded(name, events, profile)
    return difference(before, coded(name, [*events, *more], profile))


def coded(encounter_id: str, events: Sequence[Event], profile: Profile) -> ChargeSet:
    """
    Return the charge set of a stay, as ``infusion code`` gives it.

    Raises:
        NoEventsError: nothing is known of the stay.
        PolicyError: the profile names a policy, switch or value that does not exist.
    """
    return code_encounter(folded(encounter_id, events), profile).charge_set


def difference(before: ChargeSet, after: ChargeSet) -> Effect:
    """Return two charge sets of one stay side by side."""
    old, new = _lines(before), _lines(after)
    lines = [
        LineEffect(
            *key,
            *(part for pair in zip(old.get(key, (0, 0)), new.get(key, (0, 0)), strict=True) for part in pair),
        )
        for key in [*old, *(key for key in new if key not in old)]
    ]
    asked, now = _open(before), _open(after)
    return Effect(
        _side(before),
        _side(after),
        tuple(sorted(lines, key=lambda line: line[:3])),
        tuple([flag for flag in asked if flag not in now]),
        tuple([flag for flag in now if flag not in asked]),
    )


def _lines(charge_set: ChargeSet) -> dict[Key, tuple[int, int]]:
    found: dict[Key, tuple[int, int]] = {}
    for line in charge_set.lines:
        key = (line.service_date, line.code, line.modifiers)
        units, cents = found.get(key, (0, 0))
        paid = line.expected_payment.cents or 0 if line.expected_payment is not None else 0
        found[key] = (units + line.units, cents + paid)
    return found


def _side(charge_set: ChargeSet) -> Side:
    cents = expected_cents(charge_set)
    held_by = tuple(dict.fromkeys(flag.flag for flag in charge_set.flags if flag.severity == "block"))
    return Side(charge_set.status, held_by, cents, 0 if charge_set.status in {"held", "cancelled"} else cents)


def _open(charge_set: ChargeSet) -> list[str]:
    return list(dict.fromkeys(flag.flag for flag in charge_set.flags if flag.severity in {"block", "warn"}))
