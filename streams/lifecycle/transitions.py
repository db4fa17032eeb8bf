"""
The transitions of a stay: whether it is coded now, and when it is due next.

    open ──discharge + grace, inactivity, overdue──▶ closed ──confirm window──▶ final ─retention──▶ forgotten
      ◀──────────── departure taken back ────────────┴───────────────────────────┘

Whatever becomes known of a stay that was coded has it coded again at once.
"""

from collections.abc import Callable
from typing import Final

from models.closed_encounter import ClosedStatus, ClosingReason
from models.encounter import Encounter, Standing, empty_encounter
from rules.emission import Emission, in_confirm_window
from streams.lifecycle.merged_view import encounter_of, merged_into
from streams.lifecycle.state import Due, EncounterState, Told
from streams.lifecycle.stay_accounts import noted
from streams.lifecycle.timeouts import Timeouts
from streams.wire.closed_encounter_json import ClosedEncounter

_WITHDRAWN: Final[dict[Standing, ClosingReason]] = {"cancelled": "cancelled", "merged": "merged"}
_REASONS: Final[dict[Due, ClosingReason]] = {
    "close": "discharged",
    "inactive": "inactive",
    "overdue": "overdue",
    "preview": "provisional",
    "confirm": "confirmed",
}


EmissionPolicy = Callable[[Encounter], Emission]
"""Returns when the policy of an encounter lets its charges be sent."""


def advance(
    state: EncounterState, at: int, timeouts: Timeouts, emission_of: EmissionPolicy
) -> ClosedEncounter | None:
    """
    Bring a stay's phase and deadline up to an instant, and return its closed encounter if that is to be sent now.

    ``at`` is the worker's clock in epoch seconds. The stay is changed in place; called again with the same
    instant and nothing new, it changes nothing and returns nothing.
    """
    if state.phase == "forgotten":
        return None
    encounter: Encounter | None = None
    # A withdrawn stay is cheap to fold again, and a new event may have displaced the one that withdrew it.
    if state.standing_stale or state.standing in _WITHDRAWN:
        encounter = _encounter(state)
        _note_standing(state, encounter, emission_of)
    if (
        state.phase == "closed"
        and state.standing == "open"
        and state.event_count() > state.events_when_closed
    ):
        state.phase = "open"  # closed as inactive, and now there is another event
    state.due_at, state.due_for = _deadline(state, timeouts)
    reason = _reason_to_close(state, at)
    if reason is not None:
        closed = _close(state, at, reason, emission_of, encounter)
        state.due_at, state.due_for = _deadline(state, timeouts)
        return closed
    if state.due_for == "forget" and state.due_at <= at:
        _forget(state)
        return None
    if _never_coded(state) and state.event_count() > state.events_when_closed:
        state.events_when_closed = state.event_count()
        return _withdrawal(state, encounter)
    return None


def _encounter(state: EncounterState) -> Encounter:
    # A stay known only from a merge that was taken back: its charges are withdrawn too.
    encounter = encounter_of(state) or empty_encounter(state.encounter_id, "cancelled")
    state.accounts = noted(state.accounts, encounter)
    if state.accounts is None:
        return encounter
    return encounter._replace(other_accounts=state.accounts.others())


def _note_standing(state: EncounterState, encounter: Encounter, emission_of: EmissionPolicy) -> None:
    state.standing, state.departed_at = encounter.standing, encounter.departed_at
    if encounter.standing not in _WITHDRAWN:
        state.confirm_window_s, state.preview_while_open = emission_of(encounter)
    state.standing_stale = False


def _deadline(state: EncounterState, timeouts: Timeouts) -> tuple[int, Due]:
    forget = state.last_event_at + timeouts.retention
    if state.phase == "final" or state.standing in _WITHDRAWN:
        return forget, "forget"
    quiet = state.last_event_at + timeouts.quiet_period
    if state.standing == "discharged" and state.departed_at is not None:
        if state.phase == "closed":
            return max(state.departed_at + state.confirm_window_s, state.closed_at), "confirm"
        # A departure typed into the next century must not keep the stay from ever being coded.
        return min(
            max(state.departed_at + timeouts.grace, quiet), state.last_event_at + timeouts.max_open
        ), "close"
    if state.event_count() <= state.events_when_closed:
        return forget, "forget"
    if state.preview_while_open:
        return quiet, "preview"
    inactive, overdue = (
        state.last_event_at + timeouts.inactivity_gap,
        state.first_event_at + timeouts.max_open,
    )
    return (inactive, "inactive") if inactive <= overdue else (overdue, "overdue")


def _reason_to_close(state: EncounterState, at: int) -> ClosingReason | None:
    """Return why the stay is coded at this instant, or None when it is not."""
    if state.version and state.event_count() > state.events_when_closed:
        if state.standing in _WITHDRAWN:
            return _WITHDRAWN[state.standing]
        if state.standing == "open" and state.status != "preview":
            return "reopened"
        if state.standing == "discharged" and state.phase != "open":
            return "late_event"
    if _meets_others(state):
        return "other_account"
    if state.due_at is None or state.due_at > at or state.due_for is None:
        return None
    return _REASONS.get(state.due_for)


def _meets_others(state: EncounterState) -> bool:
    """Tell whether a coded stay meets other accounts of its patient than when it was coded (R-ENC-2)."""
    if not state.version or state.accounts is None or state.standing in _WITHDRAWN:
        return False
    if state.standing == "discharged" and state.phase == "open":
        return False  # it is coded anew when its grace is over
    return state.accounts.others() != state.accounts.others_when_closed


def _close(
    state: EncounterState,
    at: int,
    reason: ClosingReason,
    emission_of: EmissionPolicy,
    encounter: Encounter | None,
) -> ClosedEncounter:
    if encounter is None:
        encounter = _encounter(state)
        _note_standing(state, encounter, emission_of)
    state.version += 1
    state.closed_at, state.reason, state.events_when_closed = at, reason, state.event_count()
    state.status = _status(state, at)
    if state.accounts is not None:
        state.accounts.others_when_closed = encounter.other_accounts
    if state.standing == "open":
        state.phase = "closed" if reason in {"inactive", "overdue"} else "open"
    else:
        state.phase = "closed" if state.status == "preview" else "final"
    closed = _closed_encounter(state, encounter)
    state.parsed = {}  # seldom asked for again, and ten times the size of what they were read from
    return closed


def _status(state: EncounterState, at: int) -> ClosedStatus:
    if state.standing in _WITHDRAWN:
        return "withdrawn"
    if state.standing == "open" or state.departed_at is None:
        return "preview"
    return "preview" if in_confirm_window(state.departed_at, state.confirm_window_s, at) else "final"


def last_closed(state: EncounterState) -> ClosedEncounter | None:
    """Return the closed encounter last sent, folded from the events known now; None when none was sent."""
    if state.phase != "forgotten" and _never_coded(state):
        return _withdrawal(state, None)
    if not state.version or state.phase == "forgotten":
        return None
    return _closed_encounter(state, _encounter(state))


def _never_coded(state: EncounterState) -> bool:
    """
    Tell whether a stay was withdrawn before it was ever coded, as far as its state knows.

    Where states were begun anew it may stand charged from before.
    """
    return state.standing in _WITHDRAWN and not state.version and bool(state.events)


def _withdrawal(state: EncounterState, encounter: Encounter | None) -> ClosedEncounter:
    """Return what withdraws a stay should it stand charged, and says nothing where it does not; of the state alone."""
    withdrawn = _closed_encounter(state, encounter or _encounter(state))
    reason = _WITHDRAWN[state.standing]
    return withdrawn._replace(version=1, status="withdrawn", closed_at=state.last_event_at, reason=reason)


def _closed_encounter(state: EncounterState, encounter: Encounter) -> ClosedEncounter:
    return ClosedEncounter(
        encounter_id=state.encounter_id,
        version=state.version,
        status=state.status,
        closed_at=state.closed_at,
        reason=state.reason,
        merged_into=merged_into(state) if state.standing == "merged" else None,
        events=state.event_count(),
        encounter=encounter,
    )


def _forget(state: EncounterState) -> None:
    """Drop all but the fact that the stay existed, so that a later event is not taken for its first."""
    state.phase = "forgotten"
    state.events, state.merged_events, state.parsed, state.links = {}, {}, {}, {}
    state.told = Told({}, {})
    state.events_when_closed = state.events_shared = 0
    state.due_at, state.due_for = None, None
    state.size_bytes = 0
