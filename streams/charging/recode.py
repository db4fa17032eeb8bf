"""
Closed encounters coded again, under newer rules or another policy, beside what was charged. Pure.

The newest closing of each stay counts, and nothing is sent: what comes out is for a person or a script to compare.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import NamedTuple

from models.charge import ChargeSet
from models.line_change import LineChange
from rules.engine import Profile
from streams.charging.line_changes import charged, line_changes
from streams.charging.release import at_revision, charge_set_of
from streams.wire.charge_json import value_of
from streams.wire.closed_encounter_json import ClosedEncounter, NotAClosedEncounterError, from_bytes

Refused = Callable[[NotAClosedEncounterError], None]
"""Told of a record that is no closed encounter; the others are coded all the same."""


class Recoded(NamedTuple):
    """
    A stay coded again, beside the charge set that was sent of it.

    Unchanged, the set has the revision it was sent with; changed, the next one. ``changes`` are the lines that
    would be credited and charged: none when only words, a flag or the rulebook's version differ elsewhere in the set.
    """

    charge_set: ChargeSet
    changed: bool
    changes: tuple[LineChange, ...]


def recode(
    closed: Iterable[bytes], profile: Profile, since: date | None = None, refused: Refused | None = None
) -> Iterator[ChargeSet]:
    """
    Yield the charge set of each stay closed since a day (in UTC), at revision 1, in order of encounter ids.

    As ``infusion code`` gives them, the empty sets of cancelled and merged stays included.

    Raises:
        NotAClosedEncounterError: a record is none, and nobody is there to be told.
        PolicyError: the profile names a policy, switch or value that does not exist.
    """
    for one in newest(closed, since, refused):
        yield charge_set_of(one, profile)


def compare(
    closed: Iterable[bytes],
    charges: Mapping[str, bytes | None],
    profile: Profile,
    since: date | None = None,
    refused: Refused | None = None,
) -> Iterator[Recoded]:
    """
    Yield each stay closed since a day (in UTC), coded again, beside what was sent of it, in order of encounter ids.

    ``charges`` is the newest value on the charges topic by encounter id; None, or no entry, where nothing is charged.

    Raises:
        NotAClosedEncounterError: a record is none, and nobody is there to be told.
        PolicyError: the profile names a policy, switch or value that does not exist.
        UnreadableReleaseError: a charge set is a newer release's.
    """
    for one in newest(closed, since, refused):
        yield _beside(one, charges.get(one.encounter_id), profile)


def newest(
    closed: Iterable[bytes], since: date | None = None, refused: Refused | None = None
) -> Iterator[ClosedEncounter]:
    """
    Yield the newest closing of each stay, in order of encounter ids; only stays closed since a day in UTC.

    By version, then by the instant of the decision, then by place. Holds one record a stay in memory.

    Raises:
        NotAClosedEncounterError: a record is none, and nobody is there to be told.
    """
    found: dict[str, tuple[tuple[int, int], bytes]] = {}
    for value in closed:
        try:
            one = from_bytes(value)
        except NotAClosedEncounterError as error:
            if refused is None:
                raise
            refused(error)
            continue
        rank = (one.version, one.closed_at)
        held = found.get(one.encounter_id)
        if held is None or rank >= held[0]:
            found[one.encounter_id] = rank, value
    first = None if since is None else datetime(since.year, since.month, since.day, tzinfo=UTC).timestamp()
    for _, ((_, decided), value) in sorted(found.items()):
        if first is None or decided >= first:
            yield from_bytes(value)


def _beside(closed: ClosedEncounter, sent: bytes | None, profile: Profile) -> Recoded:
    if sent is None:
        again = charge_set_of(closed, profile)
        return Recoded(again, again.status != "cancelled", tuple(line_changes((), again)))
    before = charged(sent)
    again = charge_set_of(closed, profile, before.revision)
    if value_of(again) == sent:
        return Recoded(again, changed=False, changes=())
    again = at_revision(again, before.revision + 1)
    return Recoded(again, changed=True, changes=tuple(line_changes(before.lines, again)))
