"""One administration as a row of the drawing: what it is called, when it flowed, what it earned."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Final, NamedTuple

from models.charted_time import ChartedTimes
from models.encounter import Administration, Flow
from models.interval import union, whole_minutes
from rules.coding.spans import Span
from streams.explain.amounts import amount
from streams.explain.bars import Bounds, bar, same_story
from streams.explain.clock import day, from_to, hour, minute_of
from streams.explain.labels import drug_name, plain
from streams.explain.picture import Row
from streams.explain.times import stated

NEEDS_NO_ACCESS: Final = frozenset({"injection", "on_body_injector"})
_POINTS: Final = NEEDS_NO_ACCESS | {"push"}


class RowContext(NamedTuple):
    """What all rows of one stay have in common."""

    zone: tzinfo
    bounds: Bounds
    earned: Mapping[str, Sequence[str]]
    """The codes of the charge lines that name an administration, by its id."""
    blocked: frozenset[str]
    """Administrations that a flag holds the charges for."""
    times: ChartedTimes
    dated: bool
    """Whether a clock alone leaves open which day it is of."""


def row(administration: Administration, tag: str, spans: Sequence[Span], context: RowContext) -> Row:
    """Return the row of one administration, of whose flow the rules used these spans."""
    administration_id = administration.administration_id
    earned = [span.code for span in spans if span.code]
    earned += context.earned.get(administration_id, [])
    moment = (
        administration.given_at
        if administration.given_at is not None or not administration.flows
        else administration.flows[0].start
    )
    is_point = administration.technique in _POINTS or not administration.flows + administration.pump_flows
    point = minute_of(moment) if is_point and moment is not None else None
    pieces = () if is_point else bar(administration.flows, spans, context.bounds)
    notes = [fault.replace("_", " ") for fault in administration.faults]
    notes += ["no time charted"] if point is None and not pieces and not administration.pump_flows else []
    notes += ["pump record only"] if administration.pump_flows and not administration.flows else []
    return Row(
        tag=tag,
        administration_id=administration_id,
        name=drug_name(administration.drug),
        route=plain(administration.route),
        day=_day(administration.flows or administration.pump_flows, point, context.zone),
        times=_times(administration.flows or administration.pump_flows, point, context),
        minutes=_minutes(administration, spans, drawn=bool(pieces)),
        pieces=pieces,
        point=point,
        codes=tuple(dict.fromkeys(earned)),
        pump=()
        if same_story(administration.flows, administration.pump_flows)
        else bar(administration.pump_flows, (), context.bounds),
        pump_times=_times(administration.pump_flows, None, context),
        pump_minutes=f"{_minutes_of_flow(administration.pump_flows)} min",
        blocked=administration_id in context.blocked,
        note=", ".join(notes),
        amount=amount(administration),
        stated=stated(
            administration, context.times.get(administration_id, ()), spans, context.zone, dated=context.dated
        ),
    )


def _times(flows: Sequence[Flow], point: int | None, context: RowContext) -> str:
    """Return the first start and the last stop on the local clock, or the one moment of a point."""
    if point is not None:
        return hour(point, context.zone)
    if not flows:
        return ""
    start = minute_of(min(flow.start for flow in flows))
    stops = [minute_of(flow.stop) for flow in flows if flow.stop is not None]
    if len(stops) == len(flows):
        return from_to(start, max(stops), context.zone)
    return from_to(start, "now" if context.bounds.open else "?", context.zone)


def _day(flows: Sequence[Flow], point: int | None, zone: tzinfo) -> str:
    minute = point if point is not None else min((minute_of(flow.start) for flow in flows), default=None)
    return "" if minute is None else day(minute, zone)


def _minutes_of_flow(flows: Sequence[Flow]) -> str:
    """Return the whole minutes of flow, or a question mark where a stop is missing."""
    closed = [(flow.start, flow.stop) for flow in flows if flow.stop is not None]
    return str(whole_minutes(union(closed))) if flows and len(closed) == len(flows) else "?"


def _minutes(administration: Administration, spans: Sequence[Span], *, drawn: bool) -> str:
    """Return the minutes that flowed; where not all were billed, as billed/flowed."""
    if administration.technique in _POINTS:
        return administration.technique.replace("_body_injector", "-body")
    if not (administration.flows or administration.pump_flows or drawn):
        return ""
    flowed = _minutes_of_flow(administration.flows or administration.pump_flows)
    used = [span for span in spans if span.code]
    billed = str(whole_minutes(union((span.start, span.stop) for span in used)))
    # A policy that cuts each instant may bill a minute more than flowed.
    if flowed != "?" and int(flowed) <= int(billed):
        return f"{billed} min"
    return f"{billed}/{flowed} min"
