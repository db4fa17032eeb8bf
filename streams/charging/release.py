"""
A closed encounter to what is said of it: the charge set, what changed line by line, what a person must look at.

What was said before decides what is said now. A stay whose charges did not change is not mentioned again; one that
did is a new revision, and every line charged before that is not in it as it was is credited. Pure: no clock, no
random, so what is said again after a crash is the same bytes under the same ids.
"""

from dataclasses import replace
from typing import Final, NamedTuple

from orjson import loads

from models.charge import ChargeSet, weakest_evidence
from models.review_item import ReviewItem
from rules.engine import Profile, charge_set_id, code_encounter
from streams.charging.line_changes import charged, line_changes
from streams.charging.release_state import PendingRevision, ReleaseState
from streams.wire.charge_json import value_of
from streams.wire.closed_encounter_json import ClosedEncounter
from streams.wire.cloud_events import event_id, headers
from streams.wire.message import OutboundMessage
from streams.wire.topics import CHARGE_LINES, CHARGES, REVIEW


class Release(NamedTuple):
    """What is known of a stay from now on, None while nothing was ever said of it; and what to say now."""

    released: ReleaseState | None
    messages: tuple[OutboundMessage, ...]


def release(
    previous: ReleaseState | None, closed: ClosedEncounter, profile: Profile, offset: int,
    *, committed: int = 0, traceparent: bytes | None = None,
) -> Release:  # fmt: skip
    """
    Return what to say of a closed encounter after what was said before, and the state from then on.

    ``offset`` is the record's place in its topic. Everything said in answer to records before ``committed`` is known
    to be out, usually because that is where the consumer's group stands; what answers later ones is kept, and said
    again when one of them comes again. With 0 nothing is ever known to be out: safe, and states grow.

    An older version than one answered before, and one that was answered before, change nothing.

    Raises:
        PolicyError: the profile names a policy, switch or value that does not exist.
    """
    if previous is not None:
        if closed.version < previous.version or _already_answered(previous, closed, offset):
            # Every record that was said something about, not the newest alone: once this one is committed, what
            # answers it counts as out.
            again = offset == previous.offset or any(step.offset == offset for step in previous.steps)
            return Release(
                previous, messages_of(previous, closed.encounter_id, committed, traceparent) if again else ()
            )
    elif closed.status == "withdrawn":
        return Release(None, ())
    released = _next(previous, closed, profile, offset, committed)
    fresh = previous is None or released.revision != previous.revision
    messages = messages_of(released, closed.encounter_id, offset, traceparent) if fresh else ()
    return Release(released, messages)


def charge_set_of(closed: ClosedEncounter, profile: Profile, revision: int = 1) -> ChargeSet:
    """
    Return the charge set of a closed encounter, as ``infusion code`` gives it.

    Before the confirm window has passed a set that would be final is a preview; a withdrawn stay has a cancelled
    set without lines.

    Raises:
        PolicyError: the profile names a policy, switch or value that does not exist.
    """
    encounter = closed.encounter
    if closed.status == "withdrawn" and encounter.standing not in {"cancelled", "merged"}:
        encounter = encounter._replace(standing="merged" if closed.merged_into else "cancelled")
    found = code_encounter(encounter, profile, revision=revision).charge_set
    if closed.status == "preview" and found.status == "final":
        return replace(found, status="preview")
    return found


def messages_of(
    released: ReleaseState, encounter_id: str, committed: int = 0, traceparent: bytes | None = None
) -> tuple[OutboundMessage, ...]:
    """
    Return what was said in answer to records from ``committed`` on: a function of the state alone.

    The line changes of each revision in order, then the newest charge set or its tombstone, then what waits for a
    person, or that nothing does any more. Nothing, when everything is known to be out.
    """
    steps = [step for step in released.steps if step.offset >= committed]
    if not steps:
        return ()
    key, last = encounter_id.encode(), steps[-1]
    messages = [
        OutboundMessage(
            CHARGE_LINES, key, value, _headers("charge_line", encounter_id, step, traceparent, *name)
        )
        for step in steps
        for value in step.changes
        for name in (_line_named(value),)
    ]
    kind = "charges_withdrawn" if released.charge_set is None else "charge_set"
    messages.append(
        OutboundMessage(CHARGES, key, released.charge_set, _headers(kind, encounter_id, last, traceparent))
    )
    if released.review is not None or released.review_said:
        kind = "review_done" if released.review is None else "review"
        messages.append(
            OutboundMessage(REVIEW, key, released.review, _headers(kind, encounter_id, last, traceparent))
        )
    return tuple(messages)


def _already_answered(previous: ReleaseState, closed: ClosedEncounter, offset: int) -> bool:
    """
    Tell whether this record, or one decided later, was answered before.

    Not by the offset alone: a topic made anew counts from 0 again, and what comes then is new all the same.
    """
    if closed.version > previous.version:
        return False
    if (closed.closed_at, closed.status) == (previous.closed_at, previous.status):
        return True
    return offset <= previous.offset and closed.closed_at <= previous.closed_at


def _next(
    previous: ReleaseState | None, closed: ClosedEncounter, profile: Profile, offset: int, committed: int
) -> ReleaseState:
    """Return the state after a closed encounter that was not answered yet."""
    revision, before = (1, None) if previous is None else (previous.revision, previous.charge_set)
    charge_set = charge_set_of(closed, profile, revision)
    withdrawn = charge_set.status == "cancelled"
    value = None if withdrawn else value_of(charge_set)
    pending = () if previous is None else tuple(step for step in previous.steps if step.offset >= committed)
    about = (closed.version, closed.status, closed.closed_at, offset)
    if previous is not None and value == before:
        return ReleaseState(*about, revision, value, previous.review, previous.review_said, pending)
    if previous is not None:
        revision += 1
        charge_set = at_revision(charge_set, revision)
        value = None if withdrawn else value_of(charge_set)
    lines = () if before is None else charged(before).lines
    changes = tuple([value_of(one) for one in line_changes(lines, charge_set)])
    item = None if withdrawn else _review_item(charge_set)
    return ReleaseState(
        *about,
        revision,
        value,
        None if item is None else value_of(item),
        previous is not None and (previous.review is not None or (previous.review_said and bool(pending))),
        (*pending, PendingRevision(offset, revision, closed.closed_at, changes)),
    )


def at_revision(charge_set: ChargeSet, revision: int) -> ChargeSet:
    """Return the set as coding at a revision above 1 gives it: nothing else in it depends on the revision."""
    return replace(
        charge_set,
        charge_set_id=charge_set_id(charge_set.encounter_id, revision),
        revision=revision,
        replaces=charge_set_id(charge_set.encounter_id, revision - 1),
    )


_ASKS: Final = {"block": 0, "warn": 1}


def _review_item(charge_set: ChargeSet) -> ReviewItem | None:
    """Return what a person must look at; None when no flag blocks or warns."""
    flags = tuple(flag for flag in charge_set.flags if flag.severity in _ASKS)
    if not flags:
        return None
    evidence = [line.evidence for line in charge_set.lines]
    return ReviewItem(
        charge_set.encounter_id,
        charge_set.charge_set_id,
        charge_set.revision,
        charge_set.status,
        flags,
        charge_set.not_billed,
        len(charge_set.lines),
        weakest_evidence(evidence) if evidence else None,
        min(flags, key=lambda flag: _ASKS[flag.severity]).suggestion,
    )


def _line_named(change: bytes) -> tuple[str, str]:
    said = loads(change)
    return said["line"]["line_id"], said["change"]


_TOPIC_OF: Final = {
    "charge_line": CHARGE_LINES,
    "charge_set": CHARGES,
    "charges_withdrawn": CHARGES,
    "review": REVIEW,
    "review_done": REVIEW,
}


def _headers(
    kind: str, encounter_id: str, step: PendingRevision, traceparent: bytes | None, *about: str
) -> tuple[tuple[str, bytes], ...]:
    name = event_id(_TOPIC_OF[kind], encounter_id, str(step.revision), *about)
    return headers(kind, name, encounter_id, step.closed_at, traceparent)
