"""
Closed encounters coded again, under newer rules or another policy, beside what was charged. Pure.

The newest closed encounter of each stay counts. Nothing is sent: a person or a script compares the results.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from math import inf
from typing import Final, NamedTuple

from models.charge import ChargeSet
from models.encounter import Encounter
from models.line_change import LineChange
from rules.claim.set_identity import at_revision
from rules.engine import Profile, code_encounter
from streams.charging.line_changes import charged_revision, line_changes, restated_cents
from streams.charging.release import charge_set_of
from streams.wire.charge_json import value_of
from streams.wire.closed_encounter_json import ClosedEncounter, NotAClosedEncounterError, from_bytes

_DAY: Final = 86_400

OnUnreadable = Callable[[NotAClosedEncounterError], None]
"""Called with the error of a record that is no closed encounter; the others are coded all the same."""


class Recoded(NamedTuple):
    """
    A stay coded again, beside the charge set that was sent of it.

    Unchanged, the set has the revision it was sent with; changed, the next one. ``changes`` are the lines that
    would be credited and charged: none when only words, a flag or the rulebook's version differ elsewhere in the set.
    """

    charge_set: ChargeSet
    changed: bool
    changes: tuple[LineChange, ...]
    restated_cents: int = 0
    """By how much the expected payment of lines that stay as they were charged moved, in whole US cents."""


def recode(
    records: Iterable[bytes],
    profile: Profile,
    since: date | None = None,
    on_unreadable: OnUnreadable | None = None,
    until: date | None = None,
) -> Iterator[ChargeSet]:
    """
    Yield the charge set of each stay closed since a day (in UTC), at revision 1, in order of encounter ids.

    ``until`` is the last day that counts.

    As ``infusion code`` gives them, the empty sets of cancelled and merged stays included.

    Raises:
        NotAClosedEncounterError: a record is none, and there is no ``on_unreadable``.
        PolicyError: the profile names a policy, switch or value that does not exist.
    """
    for closed in newest(records, since, on_unreadable, until):
        yield charge_set_of(closed, profile)


def compare(
    records: Iterable[bytes],
    charges: Mapping[str, bytes | None],
    profile: Profile,
    since: date | None = None,
    on_unreadable: OnUnreadable | None = None,
    until: date | None = None,
) -> Iterator[Recoded]:
    """
    Yield each stay closed since a day (in UTC), coded again, beside what was sent of it, in order of encounter ids.

    ``charges`` is the newest value on the charges topic by encounter id; None, or no entry, where nothing is charged.
    ``until`` is the last day that counts.

    Raises:
        NotAClosedEncounterError: a record is none, and there is no ``on_unreadable``.
        PolicyError: the profile names a policy, switch or value that does not exist.
        UnreadableReleaseError: a charge set is a newer release's.
    """
    for closed in newest(records, since, on_unreadable, until):
        yield _compared(closed, charges.get(closed.encounter_id), profile)


def newest(
    records: Iterable[bytes], since: date | None = None, on_unreadable: OnUnreadable | None = None,
    until: date | None = None,
) -> Iterator[ClosedEncounter]:  # fmt: skip
    """
    Yield the newest closed encounter of each stay, in order of encounter ids; only of days in UTC from ``since`` to ``until``.

    By version, then by the instant of the decision, then by place; a lower version that was decided later and lies
    behind is of a state begun anew, and newer. Records are in the order of their topic. Holds one a stay in memory.

    Raises:
        NotAClosedEncounterError: a record is none, and there is no ``on_unreadable``.
    """
    newest_by_id: dict[str, tuple[tuple[int, int], bytes]] = {}
    for value in records:
        try:
            closed = from_bytes(value)
        except NotAClosedEncounterError as error:
            if on_unreadable is None:
                raise
            on_unreadable(error)
            continue
        rank = (closed.version, closed.closed_at)
        known = newest_by_id.get(closed.encounter_id)
        if known is None or rank >= known[0]:
            newest_by_id[closed.encounter_id] = rank, value
        elif closed.closed_at > known[0][1]:
            newest_by_id[closed.encounter_id] = (known[0][0], closed.closed_at), value
    first = -inf if since is None else _midnight(since)
    last = inf if until is None else _midnight(until) + _DAY
    for _, ((_, decided), value) in sorted(newest_by_id.items()):
        if first <= decided < last:
            yield from_bytes(value)


def beside(before: ChargeSet, again: ChargeSet) -> Recoded:
    """
    Return a stay coded under other rules beside the set that stands, as ``compare`` does with one that was sent.

    It counts as changed when a line or the status is another, not for the name of the policy it was coded under.
    """
    again = at_revision(again, before.revision, before.replaces)
    if (before.status, before.lines) == (again.status, again.lines):
        return Recoded(again, changed=False, changes=())
    again = at_revision(again, before.revision + 1, before.charge_set_id)
    charged = before.lines if before.status == "final" else ()
    return Recoded(again, changed=True, changes=tuple(line_changes(charged, again)))


def what_if(
    encounter: Encounter, standing: ChargeSet, profile: Profile, since: date | None = None, until: date | None = None
) -> Recoded | None:  # fmt: skip
    """
    Return a stay under another policy beside the set that stands; None where neither has a line on the days asked for.

    Raises:
        PolicyError: the profile names a policy, switch or value that does not exist.
    """
    again = code_encounter(encounter, profile).charge_set
    days = [line.service_date for one in (standing, again) for line in one.lines]
    # A stay without a line is in no month but the whole.
    wanted = (since is None and until is None) or any(
        (since is None or since <= day) and (until is None or day <= until) for day in days
    )
    return beside(standing, again) if wanted else None


def what_if_title(profile: Profile, stands: str) -> str:
    """Return what is compared with what, in words."""
    asked = [profile.policy] if profile.policy else []
    asked += [f"{key}={answer}" for key, answer in profile.overrides]
    return f"{', '.join(asked) or 'The rules of this release'} beside {stands}"


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def _compared(closed: ClosedEncounter, sent: bytes | None, profile: Profile) -> Recoded:
    if sent is None:
        again = charge_set_of(closed, profile)
        return Recoded(again, again.status != "cancelled", tuple(line_changes((), again)))
    before = charged_revision(sent)
    again = at_revision(charge_set_of(closed, profile), before.revision, before.replaces)
    if value_of(again) == sent:
        return Recoded(again, changed=False, changes=())
    again = at_revision(again, before.revision + 1, before.charge_set_id)
    return Recoded(
        again,
        changed=True,
        changes=tuple(line_changes(before.lines, again)),
        restated_cents=restated_cents(before.lines, again),
    )
