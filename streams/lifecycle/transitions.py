"""
Whether a stay is to be coded now, or when: the decision, taken whenever something became known or due.

    open ──discharge + grace, inactivity, overdue──▶ closed ──confirm window──▶ final ──horizon──▶ forgotten
      ◀──────────── departure taken back ────────────┴───────────────────────────┘

Whatever becomes known of a stay that was coded has it coded again at once.
"""

from collections.abc import Callable
from typing import Final

from models.closed_encounter import ClosedStatus, ClosingReason
from models.encounter import Encounter, Standing
from rules.emission import Emission
from streams.lifecycle.merged_view import encounter_of, merged_into, nothing_of
from streams.lifecycle.state import Due, Kept
from streams.lifecycle.timeouts import Closing
from streams.wire.closed_encounter_json import Closed

_GONE: Final[dict[Standing, ClosingReason]] = {"cancelled": "cancelled", "merged": "merged"}
_REASONS: Final[dict[Due, ClosingReason]] = {
    "close": "discharged",
    "inactive": "inactive",
    "overdue": "overdue",
    "preview": "provisional",
    "confirm": "confirmed",
}


Asked = Callable[[Encounter], Emission]
"""What the policy of a stay says of when its charges are sent."""


def settle(kept: Kept, at: int, closing: Closing, asked: Asked) -> Closed | None:
    """
    Bring a stay's phase and deadline up to an instant, and return its closed encounter if that is to be sent now.

    ``at`` is the worker's clock in epoch seconds. The stay is changed in place; called again with the same
    instant and nothing new, it changes nothing and returns nothing.
    """
    if kept.phase == "forgotten":
        return None
    encounter: Encounter | None = None
    # A stay that is gone is cheap to look at anew, and whatever comes of it may have displaced what took it away.
    if kept.registered or kept.standing in _GONE:
        encounter = _encounter(kept)
        _look(kept, encounter, asked)
    if kept.phase == "closed" and kept.standing == "open" and kept.known() > kept.said:
        kept.phase = "open"  # given up as inactive, and heard of again
    kept.due_at, kept.due_for = _deadline(kept, closing)
    reason = _why_now(kept, at)
    if reason is not None:
        closed = _close(kept, at, reason, asked, encounter)
        kept.due_at, kept.due_for = _deadline(kept, closing)
        return closed
    if kept.due_for == "forget" and kept.due_at <= at:
        _forget(kept)
    return None


def _encounter(kept: Kept) -> Encounter:
    # A stay known only from a merge that was taken back: what was said of it must be taken back too.
    return encounter_of(kept) or nothing_of(kept.encounter_id)


def _look(kept: Kept, encounter: Encounter, asked: Asked) -> None:
    kept.standing, kept.departed_at = encounter.standing, encounter.departed_at
    if encounter.standing not in _GONE:
        kept.confirm_s, kept.while_open = asked(encounter)
    kept.registered = False


def _deadline(kept: Kept, closing: Closing) -> tuple[int, Due]:
    forget = kept.heard_at + closing.horizon
    if kept.phase == "final" or kept.standing in _GONE:
        return forget, "forget"
    quiet = kept.heard_at + closing.quiet
    if kept.standing == "discharged" and kept.departed_at is not None:
        if kept.phase == "closed":
            return max(kept.departed_at + kept.confirm_s, kept.closed_at), "confirm"
        # A departure typed into the next century must not keep the stay from ever being coded.
        return min(max(kept.departed_at + closing.grace, quiet), kept.heard_at + closing.overdue), "close"
    if kept.known() <= kept.said:
        return forget, "forget"
    if kept.while_open:
        return quiet, "preview"
    inactive, overdue = kept.heard_at + closing.inactive, kept.first_heard_at + closing.overdue
    return (inactive, "inactive") if inactive <= overdue else (overdue, "overdue")


def _why_now(kept: Kept, at: int) -> ClosingReason | None:
    """Return why the stay is to be coded at this instant, or None when it is not."""
    if kept.version and kept.known() > kept.said:
        if kept.standing in _GONE:
            return _GONE[kept.standing]
        if kept.standing == "open" and kept.status != "preview":
            return "reopened"
        if kept.standing == "discharged" and kept.phase != "open":
            return "late_event"
    if kept.due_at is None or kept.due_at > at or kept.due_for is None:
        return None
    return _REASONS.get(kept.due_for)


def _close(kept: Kept, at: int, reason: ClosingReason, asked: Asked, encounter: Encounter | None) -> Closed:
    if encounter is None:
        encounter = _encounter(kept)
        _look(kept, encounter, asked)
    kept.version += 1
    kept.closed_at, kept.reason, kept.said = at, reason, kept.known()
    kept.status = _status(kept, at)
    if kept.standing == "open":
        kept.phase = "closed" if reason in {"inactive", "overdue"} else "open"
    else:
        kept.phase = "closed" if kept.status == "preview" else "final"
    closed = _written(kept, encounter)
    kept.parsed = {}  # seldom asked for again, and ten times the size of what they were read from
    return closed


def _status(kept: Kept, at: int) -> ClosedStatus:
    if kept.standing in _GONE:
        return "withdrawn"
    if kept.standing == "open" or kept.departed_at is None:
        return "preview"
    return "preview" if at < kept.departed_at + kept.confirm_s else "final"


def last_closed(kept: Kept) -> Closed | None:
    """Return the closed encounter last sent, as the stay is known now; None when there is none to tell again."""
    if not kept.version or kept.phase == "forgotten":
        return None
    return _written(kept, _encounter(kept))


def _written(kept: Kept, encounter: Encounter) -> Closed:
    return Closed(
        encounter_id=kept.encounter_id,
        version=kept.version,
        status=kept.status,
        closed_at=kept.closed_at,
        reason=kept.reason,
        merged_into=merged_into(kept) if kept.standing == "merged" else None,
        events=kept.known(),
        encounter=encounter,
    )


def _forget(kept: Kept) -> None:
    """Leave only that it was there: enough to know that a later event is not the first."""
    kept.phase = "forgotten"
    kept.own, kept.linked, kept.parsed = {}, {}, {}
    kept.said = kept.told = 0
    kept.due_at, kept.due_for = None, None
    kept.weight = 0
