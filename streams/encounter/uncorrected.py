"""
The administrations nobody corrected: a push in one event, an infusion in a start and a stop or in one chart entry.

Most administrations are like that, and nothing about them has to be resolved. ``streams.encounter.administrations``
returns the same for the same events, more slowly.
"""

from collections.abc import Sequence
from decimal import Decimal

from models.build import build
from models.encounter import Administration, Flow
from streams.encounter.dated_event import DatedEvent
from streams.encounter.drug_given import BOLUS, MOMENTARY, PUMP, attributes_in
from streams.encounter.future_times import FUTURE, from_the_future
from streams.encounter.source_record import chart_entry
from streams.encounter.whole_seconds import whole_stretch


def uncorrected(administration_id: str, entries: Sequence[DatedEvent]) -> Administration | None:
    """Return the administration of these events, in time order; None when something in them has to be resolved."""
    if len(entries) > 1:
        return _start_to_stop(administration_id, entries)
    return _bolus(administration_id, entries[0]) or _charted(administration_id, entries[0])


def _bolus(administration_id: str, entry: DatedEvent) -> Administration | None:
    """Return a push or an injection charted in one event."""
    fields = entry.fields
    kind = entry.kind
    if kind not in BOLUS:
        return None
    technique = fields.technique or BOLUS[kind]
    if technique not in MOMENTARY or entry.at - entry.recorded > FUTURE:
        return None
    return build(
        Administration,
        (
            administration_id,
            technique,
            *attributes_in(fields),
            int(entry.at),
            *((), (), (), (), None, (), (), None, None, ()),
        ),
    )


def _charted(administration_id: str, entry: DatedEvent) -> Administration | None:
    """Return an infusion charted in one entry with both its times."""
    record = chart_entry(entry)
    if record is None or record.start is None or from_the_future((entry,)):
        return None
    pumped = entry.source == PUMP
    at = int(entry.at)
    return build(
        Administration,
        (
            administration_id,
            entry.fields.technique or "infusion",
            *attributes_in(entry.fields),
            record.start,
            () if pumped else record.flows,
            record.flows if pumped else (),
            record.rates,
            (),
            record.stop_reason,
            (at,) if at > record.start else (),
            (),
            None,
            None,
            (),
        ),
    )


def _start_to_stop(administration_id: str, entries: Sequence[DatedEvent]) -> Administration | None:
    """Return an infusion that one source saw begin and end; None when a rate was changed to zero."""
    start, stop = entries[0], entries[-1]
    began, ended = start.fields, stop.fields
    if start.kind != "infusion_started" or stop.kind != "infusion_stopped":
        return None
    begin, end = int(start.at), int(stop.at)
    stretch = (begin, end) if begin == start.at else whole_stretch(start.at, stop.at)
    pumped = start.source == PUMP
    late = start.at - start.recorded > FUTURE or stop.at - stop.recorded > FUTURE
    if late or begin >= stretch[1] or pumped != (stop.source == PUMP):
        return None
    rate = began.rate_ml_per_h
    rates: tuple[tuple[int, Decimal], ...] = () if rate is None else ((begin, rate),)
    touched: tuple[int, ...] = (end,)
    if len(entries) > 2:  # noqa: PLR2004 -- the start and the stop
        known = dict(rates)
        for entry in entries[1:-1]:
            fields = entry.fields
            late = entry.at - entry.recorded > FUTURE
            if late or entry.kind != "infusion_rate_changed" or pumped != (entry.source == PUMP):
                return None
            rate = fields.rate_ml_per_h
            if not rate:
                return None
            known[int(entry.at)] = rate
        rates = tuple(known.items())
        touched = tuple([at for at in {**known, end: end} if at != begin])
    flows = (build(Flow, stretch),)
    return build(
        Administration,
        (
            administration_id,
            began.technique or "infusion",
            *attributes_in(began),
            begin,
            () if pumped else flows,
            flows if pumped else (),
            rates,
            (),
            ended.reason,
            touched,
            (),
            None,
            end,
            (),
        ),
    )
