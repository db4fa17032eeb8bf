"""From a coded encounter to its picture: rows by access site, marks, other services, and when nothing happened."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from types import MappingProxyType
from typing import Final

from models.charge import ChargeSet, CitedSource
from models.charted_time import ChartedTimes
from models.encounter import Administration, Encounter
from models.interval import Stretch, union
from models.review_item import AnswerOutcome
from rules.catalogue.chart_checklist import checked_chart
from rules.coding.spans import Span
from rules.screening.bundles import NOT_A_WINDOW
from streams.explain.bars import UNKNOWN_SHOWN, Bounds
from streams.explain.clock import clock_change, from_to, hour, local, minute_of, zone_of
from streams.explain.labels import plain, site_label, tags
from streams.explain.picture import Band, Group, Mark, Picture, Row
from streams.explain.rows import NEEDS_NO_ACCESS, RowContext, row
from streams.explain.stay_facts import stay_facts

_NOTHING: Final[tuple[Stretch, ...]] = ((0, 1),)


def lay_out(
    encounter: Encounter,
    charge_set: ChargeSet,
    spans: Iterable[Span],
    times: ChartedTimes = MappingProxyType({}),
    answers: tuple[AnswerOutcome, ...] = (),
) -> Picture:
    """
    Return the picture of a coded encounter; every administration has exactly one row.

    ``times`` are what the events state of each administration, for a page that shows them; ``answers`` what each answer
    to what holds the stay would give.
    """
    zone, clock = zone_of(encounter)
    bounds = _bounds(encounter)
    marks = _marks(encounter, zone)
    used: dict[str, list[Span]] = {}
    for span in spans:
        used.setdefault(span.administration_id, []).append(span)
    tag_of = tags(encounter)
    context = _row_context(charge_set, bounds, zone, times, dated=_over_midnight(encounter, zone))
    drawn_rows = [
        (
            administration,
            row(administration, tag_of[administration_id], used.get(administration_id, []), context),
        )
        for administration in encounter.administrations
        for administration_id in (administration.administration_id,)
    ]
    bands = _bands(encounter, zone)
    busy = _busy(
        [drawn for _, drawn in drawn_rows],
        [mark.minute for mark in marks] + [end for band in bands for end in (band.start, band.stop)],
    )
    first, last = busy[0][0], busy[-1][1]
    moved = clock_change(first, last, zone)
    days = sorted({local(minute, zone).date().isoformat() for minute in (first, last)})
    return Picture(
        charge_set=charge_set,
        zone=zone,
        clock=clock,
        dates=" to ".join(days) if busy != _NOTHING else "nothing charted",
        busy=busy,
        marks=(*marks, *((Mark(*moved),) if moved else ())),
        bands=bands,
        groups=_groups(encounter, drawn_rows, zone),
        tags=tag_of,
        voided=tuple(plain(administration_id) for administration_id in encounter.voided),
        sources=_sources(charge_set),
        facts=stay_facts(encounter, charge_set),
        answers=answers,
        checked=checked_chart(encounter, charge_set, answers),
    )


def _charted(encounter: Encounter) -> Iterator[int]:
    """Yield every instant anything is charted for, in epoch seconds."""
    stay = (encounter.arrived_at, encounter.departed_at, encounter.inpatient_ordered_at)
    yield from (at for at in stay if at is not None)
    for administration in encounter.administrations:
        for flow in (*administration.flows, *administration.pump_flows):
            yield from (end for end in flow if end is not None)
        yield from administration.touched
        if administration.given_at is not None:
            yield administration.given_at


def _latest(encounter: Encounter) -> int:
    """Return the last epoch minute anything is charted for."""
    return minute_of(max(_charted(encounter), default=0))


def _bounds(encounter: Encounter) -> Bounds:
    arrived, admitted, departed = (
        None if at is None else minute_of(at)
        for at in (encounter.arrived_at, encounter.inpatient_ordered_at, encounter.departed_at)
    )
    horizon = _latest(encounter) if departed is None else departed
    return Bounds(arrived, admitted, departed, horizon, encounter.standing == "open")


def _over_midnight(encounter: Encounter, zone: tzinfo) -> bool:
    """Tell whether anything of the stay is charted for two days."""
    seconds = list(_charted(encounter))
    return (
        bool(seconds)
        and local(minute_of(min(seconds)), zone).date() != local(minute_of(max(seconds)), zone).date()
    )


def _row_context(
    charge_set: ChargeSet, bounds: Bounds, zone: tzinfo, times: ChartedTimes, *, dated: bool
) -> RowContext:
    earned: dict[str, list[str]] = {}
    for line in charge_set.lines:
        for administration_id in line.administration_ids:
            earned.setdefault(administration_id, []).append(line.code)
    blocking = [flag for flag in charge_set.flags if flag.severity == "block"]
    return RowContext(
        zone,
        bounds,
        earned,
        frozenset(administration_id for flag in blocking for administration_id in flag.administration_ids),
        times,
        dated,
    )


def _marks(encounter: Encounter, zone: tzinfo) -> tuple[Mark, ...]:
    marks = [
        Mark(minute_of(at), f"{name} {hour(minute_of(at), zone)}")
        for name, at in (
            ("arrival", encounter.arrived_at),
            ("inpatient order", encounter.inpatient_ordered_at),
            ("departure", encounter.departed_at),
        )
        if at is not None
    ]
    return tuple(sorted(marks))


def _bands(encounter: Encounter, zone: tzinfo) -> tuple[Band, ...]:
    bands = []
    for procedure in encounter.procedures:
        ends = [minute_of(at) for at in (procedure.started_at, procedure.ended_at) if at is not None]
        if ends:
            # What the rules take for a moment lasts no longer than that; only a window can lack its end.
            moment = procedure.ended_at is None and procedure.kind in NOT_A_WINDOW
            open_end = procedure.ended_at is None and not moment
            label = plain(procedure.kind or procedure.procedure_id)
            label += ", end not charted" if open_end else ""
            stop = max(ends[0], _latest(encounter) if open_end else ends[-1])
            times = hour(stop, zone) if moment else from_to(ends[0], stop, zone)
            bands.append(Band(label, ends[0], stop, times))
    return tuple(bands)


def _busy(rows: Iterable[Row], instants: Iterable[int]) -> tuple[Stretch, ...]:
    """Return when anything happened at all; an unknown end counts for half an hour, not for days."""
    stretches = [(minute, minute + 1) for minute in instants]
    for drawn in rows:
        stretches += [(drawn.point, drawn.point + 1)] if drawn.point is not None else []
        for piece in (piece for piece in (*drawn.pieces, *drawn.pump) if piece.fill != "pause"):
            sure = piece.fill in {"billed", "unbilled"}
            stretches.append(
                (piece.start, piece.stop if sure else min(piece.stop, piece.start + UNKNOWN_SHOWN))
            )
    return tuple(union(stretches)) or _NOTHING


def _groups(
    encounter: Encounter, drawn_rows: Sequence[tuple[Administration, Row]], zone: tzinfo
) -> tuple[Group, ...]:
    sites = {site.site_id: site for site in encounter.sites}
    rows: dict[str, list[Row]] = {}
    for administration, drawn in drawn_rows:
        if administration.site_id is not None:
            label = site_label(administration.site_id, sites.get(administration.site_id), zone)
        elif administration.technique in NEEDS_NO_ACCESS:
            label = "no IV access needed"
        else:
            label = "access site not charted"
        rows.setdefault(label, []).append(drawn)
    return tuple(Group(label, tuple(each)) for label, each in rows.items())


def _sources(charge_set: ChargeSet) -> tuple[CitedSource, ...]:
    """Return the bibliography of a set; a citation that an older set has no grade for comes last."""
    cited = [reason.cites for line in charge_set.lines for reason in line.reasons]
    cited += [refused.cites for refused in charge_set.not_billed]
    known = {source.cite for source in charge_set.sources}
    others = dict.fromkeys(cite for cites in cited for cite in cites if cite not in known)
    return (*charge_set.sources, *(CitedSource(cite, None, None) for cite in others))
