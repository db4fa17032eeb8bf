"""
The release of a closed encounter: its charge set, credits and charges line by line, and its review item.

A stay whose charges did not change is not sent again. One whose charges changed gets a new revision, which credits
every line charged before that is not in it as it was. Pure: no clock, no random, so a message that is sent again
after a crash has the same bytes and the same id.
"""

from dataclasses import replace
from typing import Final, NamedTuple

from models.charge import ChargeSet, weakest_evidence
from models.review_item import ReviewItem
from rules.catalogue.chart_checklist import checked_chart, gaps
from rules.claim.set_identity import at_revision, identity_in_26_11
from rules.engine import Profile, code_encounter
from rules.outcomes import outcomes
from streams.charging.line_changes import charged_revision, line_changes, replaced_by, sent_change
from streams.charging.release_state import PendingRevision, ReleaseState
from streams.wire.charge_json import value_of
from streams.wire.closed_encounter_json import ClosedEncounter
from streams.wire.cloud_events import event_id, headers
from streams.wire.message import OutboundMessage
from streams.wire.topics import CHARGE_LINES, CHARGES, REVIEW


class Release(NamedTuple):
    """The state of a stay from now on, None while nothing was ever sent of it; and the messages to send now."""

    state: ReleaseState | None
    messages: tuple[OutboundMessage, ...]


def release(
    previous: ReleaseState | None, closed: ClosedEncounter, profile: Profile, offset: int,
    *, committed: int = 0, traceparent: bytes | None = None,
) -> Release:  # fmt: skip
    """
    Return the messages that a closed encounter causes after the ones sent before, and the state from then on.

    ``offset`` is the record's place in its topic. Every message that answers a record before ``committed``, the
    committed offset of the consumer group, is known to have been sent. The answers to later records are kept, and
    sent again when one of these records is delivered again. With 0 every answer is kept: safe, and states grow.

    A version older than one answered before changes nothing, and neither does one that was answered before. Versions
    begin at 1 again where states were begun anew: a low one that was decided later, and lies behind, is newer.

    Raises:
        PolicyError: the profile names a policy, switch or value that does not exist.
    """
    if previous is not None:
        if _already_answered(previous, closed, offset):
            # Any pending record, not the newest alone: once this one is committed, its answer counts as sent.
            again = offset == previous.offset or any(
                pending.offset == offset for pending in previous.pending_revisions
            )
            return Release(
                previous, messages_of(previous, closed.encounter_id, committed, traceparent) if again else ()
            )
    elif closed.status == "withdrawn":
        return Release(None, ())
    state = _next_state(previous, closed, profile, offset, committed)
    fresh = previous is None or state.revision != previous.revision
    messages = messages_of(state, closed.encounter_id, offset, traceparent) if fresh else ()
    return Release(state, messages)


def charge_set_of(closed: ClosedEncounter, profile: Profile) -> ChargeSet:
    """
    Return the charge set of a closed encounter, as ``infusion code`` gives it: at revision 1.

    Before the confirm window has passed a set that would be final is a preview; a withdrawn stay has a cancelled
    set without lines.

    Raises:
        PolicyError: the profile names a policy, switch or value that does not exist.
    """
    encounter = closed.encounter
    if closed.status == "withdrawn" and encounter.standing not in {"cancelled", "merged"}:
        encounter = encounter._replace(standing="merged" if closed.merged_into else "cancelled")
    charge_set = code_encounter(encounter, profile).charge_set
    if closed.status == "preview" and charge_set.status == "final":
        return replace(charge_set, status="preview")
    return charge_set


def messages_of(
    state: ReleaseState, encounter_id: str, committed: int = 0, traceparent: bytes | None = None
) -> tuple[OutboundMessage, ...]:
    """
    Return the messages that answer records from ``committed`` on: a function of the state alone.

    They are the line changes of each revision in order, then the newest charge set or its tombstone, then the
    review item or its tombstone. There are none when everything is known to have been sent.
    """
    unconfirmed = [pending for pending in state.pending_revisions if pending.offset >= committed]
    if not unconfirmed:
        return ()
    key, last = encounter_id.encode(), unconfirmed[-1]
    messages = [
        OutboundMessage(
            CHARGE_LINES, key, value, _headers("charge_line", encounter_id, pending, traceparent, *name)
        )
        for pending in unconfirmed
        for value in pending.changes
        for name in (_line_and_change(value),)
    ]
    kind = "charges_withdrawn" if state.charge_set is None else "charge_set"
    messages.append(
        OutboundMessage(CHARGES, key, state.charge_set, _headers(kind, encounter_id, last, traceparent))
    )
    if state.review is not None or state.review_sent:
        kind = "review_done" if state.review is None else "review"
        messages.append(
            OutboundMessage(REVIEW, key, state.review, _headers(kind, encounter_id, last, traceparent))
        )
    return tuple(messages)


def _already_answered(previous: ReleaseState, closed: ClosedEncounter, offset: int) -> bool:
    """
    Tell whether this record, or one decided later, was answered before.

    Not by the offset alone: a topic made anew counts from 0 again, and what comes then is new all the same.
    """
    if closed.version > previous.version:
        return False
    if closed.version < previous.version:
        return offset <= previous.offset or closed.closed_at <= previous.closed_at
    if (closed.closed_at, closed.status) == (previous.closed_at, previous.status):
        return True
    return offset <= previous.offset and closed.closed_at <= previous.closed_at


def _next_state(
    previous: ReleaseState | None, closed: ClosedEncounter, profile: Profile, offset: int, committed: int
) -> ReleaseState:
    """Return the state after a closed encounter that was not answered yet."""
    before = None if previous is None else previous.charge_set
    charge_set = charge_set_of(closed, profile)
    if previous is not None:
        charge_set = at_revision(
            charge_set, previous.revision, None if before is None else replaced_by(before)
        )
    withdrawn = charge_set.status == "cancelled"
    value = None if withdrawn else value_of(charge_set)
    unconfirmed = (
        ()
        if previous is None
        else tuple(pending for pending in previous.pending_revisions if pending.offset >= committed)
    )
    # The highest: else what lies before a state begun anew would count again when it is delivered again.
    version = closed.version if previous is None else max(closed.version, previous.version)
    about = (version, closed.status, closed.closed_at, offset)
    if previous is not None and value == before:
        return previous._replace(
            version=version,
            status=closed.status,
            closed_at=closed.closed_at,
            offset=offset,
            pending_revisions=unconfirmed,
        )
    if previous is not None:
        charge_set = at_revision(charge_set, previous.revision + 1, _newest_id(previous, closed.encounter_id))
        value = None if withdrawn else value_of(charge_set)
    standing = before if previous is None or previous.charged is None else previous.charged
    lines = () if standing is None else charged_revision(standing).lines
    keeps_charges = bool(lines) and _held_by_refusals_alone(charge_set)
    changes = () if keeps_charges else tuple([value_of(change) for change in line_changes(lines, charge_set)])
    item = None if withdrawn else _review_item(charge_set, closed, profile)
    return ReleaseState(
        *about,
        charge_set.revision,
        value,
        None if item is None else value_of(item),
        previous is not None
        and (previous.review is not None or (previous.review_sent and bool(unconfirmed))),
        (*unconfirmed, PendingRevision(offset, charge_set.revision, closed.closed_at, changes)),
        standing if keeps_charges else None,
        charge_set.charge_set_id,
    )


def _newest_id(previous: ReleaseState, encounter_id: str) -> str:
    """Return the id of the newest revision of a stay, also where an older release made it or withdrew it."""
    if previous.charge_set_id is not None:
        return previous.charge_set_id
    if previous.charge_set is not None:
        return charged_revision(previous.charge_set).charge_set_id
    return identity_in_26_11(encounter_id, previous.revision)


def _held_by_refusals_alone(charge_set: ChargeSet) -> bool:
    """Tell whether nothing but refused events holds a set: they never credit what is charged already (R-DOC-9)."""
    blocking = {flag.flag for flag in charge_set.flags if flag.severity == "block"}
    return charge_set.status == "held" and blocking == {"F-REFUSED_EVENT"}


_SEVERITIES_FOR_REVIEW: Final = {"block": 0, "warn": 1}


def _review_item(charge_set: ChargeSet, closed: ClosedEncounter, profile: Profile) -> ReviewItem | None:
    """Return what a person must look at, with what each answer would give; None when no flag blocks or warns."""
    flags = tuple(flag for flag in charge_set.flags if flag.severity in _SEVERITIES_FOR_REVIEW)
    if not flags:
        return None
    evidence = [line.evidence for line in charge_set.lines]
    answers = outcomes(closed.encounter, profile, charge_set)
    return ReviewItem(
        charge_set.encounter_id,
        charge_set.charge_set_id,
        charge_set.revision,
        charge_set.status,
        flags,
        charge_set.not_billed,
        len(charge_set.lines),
        weakest_evidence(evidence) if evidence else None,
        min(flags, key=lambda flag: _SEVERITIES_FOR_REVIEW[flag.severity]).suggestion,
        answers,
        gaps(checked_chart(closed.encounter, charge_set, answers)),
    )


def _line_and_change(change: bytes) -> tuple[str, str]:
    """Return the line id of a line change, and whether it is a charge or a credit."""
    fields = sent_change(change)
    return fields["line"]["line_id"], fields["change"]


_TOPIC_OF: Final = {
    "charge_line": CHARGE_LINES,
    "charge_set": CHARGES,
    "charges_withdrawn": CHARGES,
    "review": REVIEW,
    "review_done": REVIEW,
}


def _headers(
    kind: str, encounter_id: str, pending: PendingRevision, traceparent: bytes | None, *about: str
) -> tuple[tuple[str, bytes], ...]:
    name = event_id(_TOPIC_OF[kind], encounter_id, str(pending.revision), *about)
    return headers(kind, name, encounter_id, pending.closed_at, traceparent)
