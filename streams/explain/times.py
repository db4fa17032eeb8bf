"""The times of an administration in words, each with the event that states it, its source and who charted it."""

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import Final, NamedTuple

from models.charted_time import ChartedTime
from models.encounter import Administration
from rules.coding.spans import Span
from streams.explain.clock import day, hour, minute_of
from streams.explain.labels import plain

NOT_USED: Final = "corrected or outweighed, not used"
CALCULATED: Final = "calculated or taken over: no event states it"
_ALWAYS: Final = frozenset({"start", "stop", "pause", "resumed", "push", "injection", "entry without times"})
_MOMENTS: Final = frozenset({"push", "injection", "entry without times"})


class Stated(NamedTuple):
    """One time of an administration; ``event_id`` is empty where no event states it."""

    when: str
    what: str
    event_id: str
    by: str
    """Role and source as the event has them; never a name."""
    note: str


def stated(
    administration: Administration,
    times: Sequence[ChartedTime],
    spans: Sequence[Span],
    zone: tzinfo,
    *,
    dated: bool,
) -> tuple[Stated, ...]:
    """Return the times of one administration in order; ``dated`` puts the day before the clock."""
    bounds = frozenset(_bounds(administration))
    told = {minute_of(one.at) for one in times if one.what in _ALWAYS}

    def clock(at: int) -> str:
        minute = minute_of(at)
        return f"{day(minute, zone)} {hour(minute, zone)}" if dated else hour(minute, zone)

    rows = []
    for one in times:
        minute = minute_of(one.at)
        if one.what not in _ALWAYS and (minute not in bounds or minute in told):
            continue  # a rate or a bag that began or ended nothing
        used = minute in bounds or one.what in _MOMENTS
        notes = [] if used else [NOT_USED]
        if minute_of(one.recorded_at) != minute:
            notes.append(
                f"stored {day(minute_of(one.recorded_at), zone)} {hour(minute_of(one.recorded_at), zone)}"
            )
        rows.append(Stated(clock(one.at), one.what, plain(one.event_id), _by(one), "; ".join(notes)))
    ends = [span.stop for span in spans if span.code]
    if ends and any(flow.stop is None for flow in administration.flows) and minute_of(max(ends)) not in told:
        rows.append(Stated(clock(max(ends)), "stop", "", "", CALCULATED))
    return tuple(rows)


def _bounds(administration: Administration) -> Iterable[int]:
    """Yield the epoch minutes at which the stay as folded has this administration begin, pause or end."""
    flows = [*administration.flows, *administration.pump_flows]
    flows += [administration.open_pause] if administration.open_pause is not None else []
    for flow in flows:
        yield from (minute_of(at) for at in flow if at is not None)
    if administration.given_at is not None:
        yield minute_of(administration.given_at)


def _by(one: ChartedTime) -> str:
    return " · ".join(plain(word) for word in (one.role, one.source) if word) or "not named"
