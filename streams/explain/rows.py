"""One administration as a row of the drawing: what it is called, when it flowed, what it earned."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Final, NamedTuple

from models.encounter import Administration, Flow
from models.interval import length, union
from rules.coding.spans import Span
from streams.explain.bars import Bounds, bar, same_story
from streams.explain.clock import day, from_to, hour, minute_of
from streams.explain.labels import drug_name, plain
from streams.explain.picture import Piece, Row

NEEDS_NO_ACCESS: Final = frozenset({"injection", "on_body_injector"})
_POINTS: Final = NEEDS_NO_ACCESS | {"push"}


class Stay(NamedTuple):
    """What every row of a stay is drawn against."""

    zone: tzinfo
    bounds: Bounds
    earned: Mapping[str, Sequence[str]]
    """The codes of the charge lines that name an administration, by its id."""
    blocked: frozenset[str]
    """Administrations that a flag holds the charges for."""


def row(given: Administration, tag: str, spans: Sequence[Span], stay: Stay) -> Row:
    """Return the row of one administration, of whose flow the rules used these spans."""
    one = given.administration_id
    earned = [span.code for span in spans if span.code]
    earned += stay.earned.get(one, [])
    moment = given.given_at if given.given_at is not None or not given.flows else given.flows[0].start
    is_point = given.technique in _POINTS or not given.flows + given.pump_flows
    point = minute_of(moment) if is_point and moment is not None else None
    pieces = () if is_point else bar(given.flows, spans, stay.bounds)
    notes = [fault.replace("_", " ") for fault in given.faults]
    notes += ["no time charted"] if point is None and not pieces and not given.pump_flows else []
    notes += ["pump record only"] if given.pump_flows and not given.flows else []
    return Row(
        tag=tag,
        administration_id=one,
        name=drug_name(given.drug),
        route=plain(given.route),
        day=_day(given.flows or given.pump_flows, point, stay.zone),
        times=_times(given.flows or given.pump_flows, point, stay),
        minutes=_minutes(given, pieces),
        pieces=pieces,
        point=point,
        codes=tuple(dict.fromkeys(earned)),
        pump=() if same_story(given.flows, given.pump_flows) else bar(given.pump_flows, (), stay.bounds),
        pump_times=_times(given.pump_flows, None, stay),
        pump_minutes=f"{_flowed(given.pump_flows)} min",
        blocked=one in stay.blocked,
        note=", ".join(notes),
    )


def _times(flows: Sequence[Flow], point: int | None, stay: Stay) -> str:
    """Return the first start and the last stop on the local clock, or the one moment of a point."""
    if point is not None:
        return hour(point, stay.zone)
    if not flows:
        return ""
    start = minute_of(min(flow.start for flow in flows))
    stops = [minute_of(flow.stop) for flow in flows if flow.stop is not None]
    if len(stops) == len(flows):
        return from_to(start, max(stops), stay.zone)
    return from_to(start, "now" if stay.bounds.open else "?", stay.zone)


def _day(flows: Sequence[Flow], point: int | None, zone: tzinfo) -> str:
    minute = point if point is not None else min((minute_of(flow.start) for flow in flows), default=None)
    return "" if minute is None else day(minute, zone)


def _flowed(flows: Sequence[Flow]) -> str:
    """Return the whole minutes of flow, or a question mark where a stop is missing."""
    closed = [(minute_of(flow.start), minute_of(flow.stop)) for flow in flows if flow.stop is not None]
    return str(length(union(closed))) if flows and len(closed) == len(flows) else "?"


def _minutes(given: Administration, pieces: Sequence[Piece]) -> str:
    """Return the minutes that flowed; where not all were billed, as billed/flowed."""
    if given.technique in _POINTS:
        return given.technique.replace("_body_injector", "-body")
    if not (given.flows or given.pump_flows or pieces):
        return ""
    flowed = _flowed(given.flows or given.pump_flows)
    billed = str(sum(piece.stop - piece.start for piece in pieces if piece.fill == "billed"))
    return f"{flowed} min" if flowed == billed else f"{billed}/{flowed} min"
