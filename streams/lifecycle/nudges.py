"""
What to ask while the patient is still there: what nobody can say any more once the patient has left. Pure.

A question comes to be at an instant of the bedside and is asked some minutes later, which the chart may take to catch up;
in quiet hours it waits for their end. It is a function of the stay and the instant, so that a worker that begins anew asks
the same in the same bytes. It is closed by the answer, and when the stay is coded: from then on its review asks.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from models.encounter import Administration, Encounter, Flow
from models.event import Event
from models.nudge import Nudge, NudgeKind, NudgeSet
from rules.claim.charge_lines import stable_id
from rules.engine import Profile, code_encounter
from streams.encounter.fold import administration_events
from streams.wire.instant_text import rfc3339

_MINUTE: Final = 60
_DAY: Final = 24 * 60
_FLOWS: Final = frozenset({"infusion", "pca"})
_PAUSES: Final = frozenset({"infusion_paused", "infusion_rate_changed"})
_MOVES: Final = _PAUSES | {"infusion_started", "infusion_resumed", "infusion_bag_changed", "infusion_stopped"}
_BY_FLAG: Final[Mapping[str, NudgeKind]] = {"F-SECOND_SITE": "second_site", "F-KEY_REASON": "key_reason"}


class QuietHours(NamedTuple):
    """Hours of the stay's own clock in which nothing new is asked, in minutes of the day; they may go over midnight."""

    begin: int
    end: int

    def over_at(self, at: int, clock: ZoneInfo | timezone) -> int:
        """Return an instant, moved to the end of the quiet hours it lies in; epoch seconds."""
        local = datetime.fromtimestamp(at, clock)
        minute = local.hour * 60 + local.minute
        if (minute - self.begin) % _DAY >= (self.end - self.begin) % _DAY:
            return at
        return at + ((self.end - minute) % _DAY) * _MINUTE - local.second


class NudgeDelays(NamedTuple):
    """
    How long after what it asks about a question is asked, in seconds: the chart may be a little behind the bedside.

    What is None is never asked.
    """

    planned_end: int | None = 15 * _MINUTE
    open_pause: int | None = 30 * _MINUTE
    missing_stop: int | None = 10 * _MINUTE
    second_site: int | None = 30 * _MINUTE
    key_reason: int | None = 60 * _MINUTE


class NudgePolicy(NamedTuple):
    """What a site wants of nudges."""

    delays: NudgeDelays = NudgeDelays()
    quiet: QuietHours | None = None


class Asked(NamedTuple):
    """What is asked about a stay at an instant, None for nothing, and when that changes by itself; epoch seconds."""

    nudges: NudgeSet | None
    next_at: int | None


class _Question(NamedTuple):
    kind: NudgeKind
    administration_ids: tuple[str, ...]
    since: int
    asks: str
    answered_by: str
    about: str = ""
    """What tells it from an earlier question of its kind about the same."""


NOTHING: Final = Asked(None, None)


def asked_of(
    encounter: Encounter,
    events: Sequence[Event],
    at: int,
    policy: NudgePolicy = NudgePolicy(),  # noqa: B008 - a named tuple is immutable
    profile: Profile = Profile(),  # noqa: B008 - as above
) -> Asked:
    """
    Return what is asked about a stay that is not coded yet, at an instant in epoch seconds.

    ``events`` are the stay's own. A stay that was cancelled or merged away is asked nothing.

    Raises:
        PolicyError: the profile names a policy, switch or value that does not exist.
    """
    if encounter.standing not in {"open", "discharged"}:
        return NOTHING
    clock = _clock(encounter)
    found, next_at = [], None
    for question in _questions(encounter, events, profile, clock):
        delay: int | None = getattr(policy.delays, question.kind)
        if delay is None:
            continue
        asked_at = question.since + delay
        if policy.quiet is not None:
            asked_at = policy.quiet.over_at(asked_at, clock)
        if asked_at > at:
            next_at = asked_at if next_at is None else min(next_at, asked_at)
        else:
            found.append((asked_at, question))
    if not found:
        return Asked(None, next_at)
    found.sort(key=lambda one: (one[0], one[1].kind, one[1].administration_ids))
    nudges = tuple(_nudge(encounter.encounter_id, question, asked_at) for asked_at, question in found)
    return Asked(NudgeSet(encounter.encounter_id, encounter.facility, encounter.department, nudges), next_at)


def _nudge(encounter_id: str, question: _Question, asked_at: int) -> Nudge:
    about = (encounter_id, question.kind, *question.administration_ids, question.about)
    return Nudge(
        stable_id("\x1f".join(("nudge", *about))),
        question.kind,
        question.administration_ids,
        question.asks,
        question.answered_by,
        rfc3339(question.since),
        rfc3339(asked_at),
    )


def _questions(
    encounter: Encounter, events: Sequence[Event], profile: Profile, clock: ZoneInfo | timezone
) -> Iterator[_Question]:
    for one in encounter.administrations:
        flows = one.flows or one.pump_flows
        if one.technique in _FLOWS and flows and flows[-1].stop is None:
            question = _running(encounter, one, flows, clock)
            if question is not None:
                yield question
    yield from _paused(encounter, events, clock)
    yield from _flagged(encounter, profile)


def _running(
    encounter: Encounter, one: Administration, flows: Sequence[Flow], clock: ZoneInfo | timezone
) -> _Question | None:
    """Return what to ask of an infusion without a stop, None as long as it may well be running."""
    name, left = one.administration_id, encounter.departed_at
    pump = one.pump_flows[-1].stop if one.pump_flows else None
    ended, why = None, ""
    if one.flows and pump is not None and pump > flows[-1].start:
        ended, why = pump, "the pump stopped at"
    elif left is not None and left > flows[-1].start:
        ended, why = left, "the patient left at"
    if ended is not None:
        asks = f"{name}: {why} {_shown(ended, clock)}, and no stop is charted. When did it stop?"
        return _Question("missing_stop", (name,), ended, asks, "infusion_stopped: occurred_at")
    end = _planned_end(one, flows)
    if end is None:
        return None
    asks = f"{name}: its planned end was {_shown(end, clock)}. Has it stopped, and when?"
    return _Question("planned_end", (name,), end, asks, "infusion_stopped: occurred_at")


def _planned_end(one: Administration, flows: Sequence[Flow]) -> int | None:
    """Return when an infusion should have run as long as was ordered, or its volume be in; pauses move it later."""
    planned = None if one.planned_minutes is None else one.planned_minutes * _MINUTE
    if planned is None and one.volume_ml and one.rate_ml_per_h and len(one.rates) <= 1:
        planned = int(one.volume_ml / one.rate_ml_per_h * 3600)
    if not planned:
        return None
    ran = sum(flow.stop - flow.start for flow in flows if flow.stop is not None)
    return flows[-1].start + max(planned - ran, 0)


def _paused(encounter: Encounter, events: Sequence[Event], clock: ZoneInfo | timezone) -> Iterator[_Question]:
    if not any(event.type in _PAUSES for event in events):
        return
    behind = administration_events(events)
    for one in encounter.administrations:
        last = one.flows[-1].stop if one.flows else None
        if one.technique not in _FLOWS or last is None:
            continue
        moves = [entry for entry in behind.get(one.administration_id, ()) if entry.event.type in _MOVES]
        if not moves or int(moves[-1].at) != last:
            continue  # the chart as a whole says otherwise
        kind, rate = moves[-1].event.type, getattr(moves[-1].event, "rate_ml_per_h", None)
        if kind == "infusion_paused" or (kind == "infusion_rate_changed" and not rate):
            name = one.administration_id
            asks = f"{name}: paused at {_shown(last, clock)}. When did it go on, or had it ended?"
            yield _Question(
                "open_pause", (name,), last, asks, "infusion_resumed: occurred_at", about=rfc3339(last)
            )


def _flagged(encounter: Encounter, profile: Profile) -> Iterator[_Question]:
    """Yield what the rules would ask of the stay as it is: why a second access, and which order was the reason."""
    if not encounter.administrations or not (
        profile.setting_of(encounter) == "office" or _accesses(encounter) > 1
    ):
        return
    begun = {one.administration_id: _began(one) for one in encounter.administrations}
    for flag in code_encounter(encounter, profile).charge_set.flags:
        kind = _BY_FLAG.get(flag.flag)
        known = [at for name in flag.administration_ids if (at := begun.get(name)) is not None]
        if kind is None or flag.severity == "info" or not known:
            continue
        asks, by = "Which order is the reason for this visit?", "encounter_updated: key_reason_order_id"
        if kind == "second_site":
            names = ", ".join(flag.administration_ids)
            asks = f"{names}: through a second access. Why was it needed?"
            by = "access_placed: separate_site_reason"
        yield _Question(kind, flag.administration_ids if kind == "second_site" else (), max(known), asks, by)


def _accesses(encounter: Encounter) -> int:
    used: Iterable[str | None] = (one.site_id for one in encounter.administrations)
    return len({*filter(None, used), *(site.site_id for site in encounter.sites)})


def _began(one: Administration) -> int | None:
    flows = one.flows or one.pump_flows
    return flows[0].start if flows else one.given_at


def _clock(encounter: Encounter) -> ZoneInfo | timezone:
    if encounter.time_zone:
        return ZoneInfo(encounter.time_zone)
    return timezone(timedelta(seconds=encounter.utc_offset_s)) if encounter.utc_offset_s else UTC


def _shown(at: int, clock: ZoneInfo | timezone) -> str:
    return datetime.fromtimestamp(at, clock).strftime("%H:%M")
