"""
The administrations nobody corrected: a push in one event, an infusion in a start and a stop or in one chart entry.

They are most of what is given, and what they come to needs no weighing. What ``streams.encounter.administrations``
makes of the same events is the same.
"""

from collections.abc import Sequence
from decimal import Decimal

from models.build import build
from models.encounter import Administration, Flow
from streams.encounter.dated_event import DatedEvent
from streams.encounter.drug_given import BOLUS, MOMENTARY, PUMP, attributes_in
from streams.encounter.source_record import chart_entry


def uncorrected(administration_id: str, entries: Sequence[DatedEvent]) -> Administration | None:
    """Return what these events, in time order, say of an administration; None when they need to be weighed."""
    if len(entries) > 1:
        return _course(administration_id, entries)
    return _bolus(administration_id, entries[0]) or _charted(administration_id, entries[0])


def _bolus(administration_id: str, entry: DatedEvent) -> Administration | None:
    """Return a push or an injection that one event tells."""
    said = entry.fields
    kind = said["type"]
    if kind not in BOLUS:
        return None
    technique = said["technique"] or BOLUS[kind]
    if technique not in MOMENTARY:
        return None
    return build(
        Administration,
        (administration_id, technique, *attributes_in(said), int(entry.at), (), (), (), (), None, (), ()),
    )


def _charted(administration_id: str, entry: DatedEvent) -> Administration | None:
    """Return an infusion that a chart entry with both its times tells."""
    told = chart_entry(entry)
    if told is None or told.start is None:
        return None
    pumped = entry.source == PUMP
    at = int(entry.at)
    return build(
        Administration,
        (
            administration_id,
            entry.fields["technique"] or "infusion",
            *attributes_in(entry.fields),
            told.start,
            () if pumped else told.flows,
            told.flows if pumped else (),
            told.rates,
            (),
            told.stop_reason,
            (at,) if at > told.start else (),
            (),
        ),
    )


def _course(administration_id: str, entries: Sequence[DatedEvent]) -> Administration | None:
    """Return an infusion that one witness saw begin and end, its rate changed or not, but never to nothing."""
    start, stop = entries[0], entries[-1]
    began, ended = start.fields, stop.fields
    if began["type"] != "infusion_started" or ended["type"] != "infusion_stopped":
        return None
    begin, end = int(start.at), int(stop.at)
    pumped = start.source == PUMP
    if begin == end or pumped != (stop.source == PUMP):
        return None
    rate = began["rate_ml_per_h"]
    rates: tuple[tuple[int, Decimal], ...] = () if rate is None else ((begin, rate),)
    touched: tuple[int, ...] = (end,)
    if len(entries) > 2:  # noqa: PLR2004 -- the start and the stop
        known = dict(rates)
        for entry in entries[1:-1]:
            said = entry.fields
            if said["type"] != "infusion_rate_changed" or pumped != (entry.source == PUMP):
                return None
            rate = said["rate_ml_per_h"]
            if not rate:
                return None
            known[int(entry.at)] = rate
        rates = tuple(known.items())
        touched = tuple([at for at in {**known, end: end} if at != begin])
    flows = (build(Flow, (begin, end)),)
    return build(
        Administration,
        (
            administration_id,
            began["technique"] or "infusion",
            *attributes_in(began),
            begin,
            () if pumped else flows,
            flows if pumped else (),
            rates,
            (),
            ended["reason"],
            touched,
            (),
        ),
    )
