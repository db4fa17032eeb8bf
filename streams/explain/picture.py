"""
One coded encounter laid out for drawing: rows by access site, stretches billed or not, a clock below.

Nothing here knows whether it ends on a screen or on paper. Instants are epoch minutes UTC; words are in
the encounter's own clock. A ``Scale`` turns minutes into places once the drawing's width is known and
leaves long idle time out, saying how much.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone, tzinfo
from itertools import accumulate, pairwise
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from models.charge import ChargeSet, Flag, Severity
from models.drug import Drug
from models.encounter import AccessSite, Administration, Encounter, Flow
from models.interval import Stretch, length, union
from rules.engine import Span

Fill = Literal["billed", "unbilled", "pause", "unknown", "running"]
"""Billed under a code; flowed without one; stopped in between; nobody charted a stop; not stopped so far."""

POINTS = frozenset({"push", "injection", "on_body_injector"})
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAY = 24 * 60
STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720, DAY, 2 * DAY, 7 * DAY, 30 * DAY, 365 * DAY)
SHORTEST_AXIS = 20
MARGIN = 10
IDLE = 120
UNKNOWN_SHOWN = 30
WORTH = 0.3
SHORT_ID = 8
PAUSE = "pause"
NOTHING: tuple[Stretch, ...] = ((0, 1),)
TIMES = "\N{MULTIPLICATION SIGN}"
DASH = "\N{EN DASH}"


class Piece(NamedTuple):
    """One stretch of a bar; ``code`` when billed, ``why`` when not."""

    start: int
    stop: int
    fill: Fill
    code: str | None = None
    why: str = ""


class Row(NamedTuple):
    """One administration. ``pump`` is empty unless the pump tells another story than the nurse."""

    tag: str
    administration_id: str
    name: str
    route: str
    day: str
    times: str
    minutes: str
    pieces: tuple[Piece, ...]
    point: int | None
    codes: tuple[str, ...]
    pump: tuple[Piece, ...]
    pump_times: str
    pump_minutes: str
    blocked: bool
    note: str


class Group(NamedTuple):
    """What went through one access site."""

    label: str
    rows: tuple[Row, ...]


class Band(NamedTuple):
    """Another service beside the infusions; drugs inside may be part of it."""

    label: str
    start: int
    stop: int
    times: str


class Mark(NamedTuple):
    """An instant of the stay: its arrival, its departure, its inpatient order, a change of the clock."""

    minute: int
    label: str


class Tick(NamedTuple):
    """A labelled place on the axis; ``date`` is written where a new local day begins."""

    x: float
    label: str
    date: str
    midnight: bool


class Break(NamedTuple):
    """Idle time left out between two places."""

    left: float
    right: float
    label: str


class Scale(NamedTuple):
    """Minutes to places from 0 to ``width``; even everywhere but inside the breaks."""

    width: float
    zone: tzinfo
    anchors: tuple[tuple[int, float], ...]
    breaks: tuple[Break, ...]

    def at(self, minute: int) -> float:
        """Return the place of an epoch minute, held inside the axis."""
        index = bisect_right(self.anchors, minute, key=lambda anchor: anchor[0])
        if index == 0:
            return self.anchors[0][1]
        if index == len(self.anchors):
            return self.anchors[-1][1]
        (start, left), (stop, right) = self.anchors[index - 1], self.anchors[index]
        return left + (right - left) * (minute - start) / (stop - start)

    @property
    def first_day(self) -> str:
        """Return the local day on which the axis begins, as Mar 2."""
        return _day(_local(self.anchors[0][0], self.zone))

    def ticks(self, room: float) -> tuple[Tick, ...]:
        """Return ticks at least ``room`` apart: midnights, then round hours, and one at least after a break."""
        pace = (self.anchors[1][1] - self.anchors[0][1]) / (self.anchors[1][0] - self.anchors[0][0])
        step = next((step for step in STEPS if step * pace >= room), STEPS[-1])
        stretches = [
            (start, stop) for (start, _), (stop, _) in zip(self.anchors[::2], self.anchors[1::2], strict=True)
        ]
        places: dict[int, float] = {}

        def place(minutes: Iterable[int], edge: float) -> None:
            for minute in minutes:
                x = self.at(minute)
                if x <= edge and all(abs(x - other) >= room for other in places.values()):
                    places[minute] = x

        for each in (max(DAY, step), step):
            for start, stop in stretches:
                place(_round_times(start, stop, each, self.zone), self.width - room * 0.7)
        for start, stop in stretches:
            if not any(start <= minute <= stop for minute in places):
                place([start], self.width)
        ticks: list[Tick] = []
        seen: date | None = None
        for minute, x in sorted(places.items()):
            local = _local(minute, self.zone)
            day = "" if local.date() == seen else _day(local)
            seen = local.date()
            ticks.append(Tick(x, f"{local:%H:%M}", day, midnight=(local.hour, local.minute) == (0, 0)))
        return tuple(ticks)


class Refused(NamedTuple):
    """Administrations that one rule left unbilled in the same words."""

    rule: str
    says: str
    cited: str
    names: str


class _Stay(NamedTuple):
    zone: tzinfo
    horizon: int
    open: bool
    earned: Mapping[str, list[str]]
    blocked: frozenset[str]


class Picture(NamedTuple):
    """Everything to draw, in order, and the charge set to write below it."""

    charge_set: ChargeSet
    zone: tzinfo
    clock: str
    dates: str
    busy: tuple[Stretch, ...]
    marks: tuple[Mark, ...]
    bands: tuple[Band, ...]
    groups: tuple[Group, ...]
    tags: Mapping[str, str]
    voided: tuple[str, ...]
    sources: tuple[str, ...]
    """Every citation once, in the order in which the lines and then the refusals need it."""

    def cited(self, cites: Iterable[str]) -> str:
        """Return citations by their numbers among ``sources``, as [1][2]."""
        return "".join(f"[{self.sources.index(cite) + 1}]" for cite in cites)

    def named(self, ids: Iterable[str]) -> str:
        """Return administrations by the names and in the order they have in the drawing, then anything else."""
        asked = dict.fromkeys(ids)
        drawn = [tag for one, tag in self.tags.items() if one in asked]
        return ", ".join([*drawn, *(plain(one) for one in asked if one not in self.tags)])

    @property
    def refused(self) -> tuple[Refused, ...]:
        """Return what was not billed, alike refusals as one."""
        alike: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
        for one in self.charge_set.not_billed:
            alike.setdefault((one.rule, one.says, one.cites), []).append(one.administration_id)
        return tuple(
            Refused(rule, says, self.cited(cites), self.named(ids))
            for (rule, says, cites), ids in alike.items()
        )

    @property
    def flags(self) -> tuple[Flag, ...]:
        """Return the flags, those that hold the charges first, alike ones as one."""
        alike: dict[tuple[str, Severity, str, str], list[str]] = {}
        for flag in sorted(
            self.charge_set.flags, key=lambda one: ("block", "warn", "info").index(one.severity)
        ):
            ids = alike.setdefault((flag.flag, flag.severity, flag.says, flag.suggestion), [])
            ids += (one for one in flag.administration_ids if one not in ids)
        return tuple(
            Flag(flag, severity, tuple(ids), says, suggestion, {})
            for (flag, severity, says, suggestion), ids in alike.items()
        )

    def lost(self, row: Row) -> Iterator[str]:
        """Yield, for each reason, how many minutes of a billed row it took away, and when."""
        if not row.codes:
            return
        reasons: dict[str, list[Piece]] = {}
        for piece in row.pieces:
            if piece.why:
                reasons.setdefault(piece.why, []).append(piece)
        for why, pieces in reasons.items():
            when = ", ".join(_span(piece.start, piece.stop, self.zone) for piece in pieces)
            yield f"{sum(piece.stop - piece.start for piece in pieces)} min, {when}: {why}"

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every administration, as drawn from top to bottom."""
        return tuple(row for group in self.groups for row in group.rows)

    def scale(self, width: float, gap: float) -> Scale:
        """
        Return the scale for a drawing ``width`` wide in which a break takes ``gap``.

        The longest idle stretches are left out, at most as many as leave two thirds of the width to the
        clock, and only when that shortens the axis by a third or so: an even clock is easier to read.
        """
        total = self.busy[-1][1] - self.busy[0][0]
        idle = sorted(
            (before[1] - after[0], index)
            for index, (before, after) in enumerate(pairwise(self.busy))
            if after[0] - before[1] - 2 * MARGIN >= max(IDLE, total // 10)
        )[: int(width / (3 * gap))]
        if -sum(negative for negative, _ in idle) < total * WORTH:
            idle = []
        cuts = sorted(index for _, index in idle)
        stretches: list[Stretch] = []
        first = 0
        for index in [*cuts, len(self.busy) - 1]:
            start, stop = self.busy[first][0] - MARGIN, self.busy[index][1] + MARGIN
            stop += max(0, SHORTEST_AXIS - (stop - start))
            stretches.append((start - start % 5, stop + -stop % 5))
            first = index + 1
        pace = (width - gap * len(cuts)) / length(stretches)
        anchors: list[tuple[int, float]] = []
        x = 0.0
        for start, stop in stretches:
            anchors += [(start, x), (stop, x + (stop - start) * pace)]
            x += (stop - start) * pace + gap
        breaks = tuple(
            Break(left, right, duration(start - stop))
            for (stop, left), (start, right) in zip(anchors[1:-1:2], anchors[2::2], strict=True)
        )
        return Scale(width, self.zone, tuple(anchors), breaks)


def lay_out(encounter: Encounter, charge_set: ChargeSet, spans: Iterable[Span]) -> Picture:
    """Return the picture of a coded encounter; every administration has exactly one row."""
    zone, clock = _zone(encounter)
    marks = _marks(encounter)
    latest = max(_moments(encounter), default=0)
    used: dict[str, list[Span]] = {}
    for span in spans:
        used.setdefault(span.administration_id, []).append(span)
    tags = _tags(encounter)
    departed = encounter.departed_at
    earned: dict[str, list[str]] = {}
    for line in charge_set.lines:
        for one in line.administration_ids:
            earned.setdefault(one, []).append(line.code)
    stay = _Stay(
        zone=zone,
        horizon=latest if departed is None else _minute(departed),
        open=encounter.standing == "open",
        earned=earned,
        blocked=frozenset(
            one for flag in charge_set.flags if flag.severity == "block" for one in flag.administration_ids
        ),
    )
    made = [
        (given, _row(given, tags[one], used.get(one, []), stay))
        for given in encounter.administrations
        for one in (given.administration_id,)
    ]
    bands = _bands(encounter, latest, zone)
    busy = _busy(
        [row for _, row in made],
        [mark.minute for mark in marks] + [end for band in bands for end in (band.start, band.stop)],
    )
    days = sorted({_local(minute, zone).date().isoformat() for minute in (busy[0][0], busy[-1][1])})
    return Picture(
        charge_set=charge_set,
        zone=zone,
        clock=clock,
        dates=" to ".join(days) if busy != NOTHING else "nothing charted",
        busy=busy,
        marks=(*marks, *_clock_changes(busy[0][0], busy[-1][1], zone)),
        bands=bands,
        groups=_groups(encounter, made, zone),
        tags=tags,
        voided=tuple(plain(one) for one in encounter.voided),
        sources=_sources(charge_set),
    )


def plain(words: str | None) -> str:
    """Return words fit for any terminal and any XML: one line, nothing that moves a cursor or turns text."""
    return "".join(
        letter if letter.isprintable() else " " if letter.isspace() else "\ufffd" for letter in words or ""
    ).strip()


def duration(minutes: int) -> str:
    """Return whole minutes as a person says them: 45 min, 5 h 30, 2 d 4 h."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min"
    if hours < 48:  # noqa: PLR2004 two days and more read better as days
        return f"{hours} h {rest:02d}" if rest else f"{hours} h"
    return f"{hours // 24} d {hours % 24} h" if hours % 24 else f"{hours // 24} d"


def lanes(labels: Iterable[tuple[float, float]], width: float, gap: float) -> list[tuple[int, float]]:
    """
    Return a lane and a left edge for each label, given its anchor and its own width, so that none touch.

    A label stands right of its anchor where it fits, else left of it, held inside ``width``.
    """
    taken: list[list[tuple[float, float]]] = []
    placed: list[tuple[int, float]] = []
    for anchor, size in labels:
        left = anchor if anchor + size <= width else max(0.0, min(anchor, width) - size)
        for lane in range(len(taken) + 1):
            if lane == len(taken):
                taken.append([])
            if all(left >= right + gap or left + size + gap <= begin for begin, right in taken[lane]):
                taken[lane].append((left, left + size))
                placed.append((lane, left))
                break
    return placed


def _span(start: int, stop: int, zone: tzinfo) -> str:
    return f"{_local(start, zone):%H:%M}{DASH}{_local(stop, zone):%H:%M}"


def _local(minute: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(minute * 60, zone)


def _day(local: datetime) -> str:
    return f"{MONTHS[local.month - 1]} {local.day}"


def _sources(charge_set: ChargeSet) -> tuple[str, ...]:
    reasons = [reason.cites for line in charge_set.lines for reason in line.reasons]
    reasons += [refused.cites for refused in charge_set.not_billed]
    return tuple(dict.fromkeys(cite for cites in reasons for cite in cites))


def _zone(encounter: Encounter) -> tuple[tzinfo, str]:
    if encounter.time_zone:
        try:
            return ZoneInfo(encounter.time_zone), encounter.time_zone
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass  # the machine may not know the zone; the events' own offset still tells the time
    offset = timedelta(seconds=encounter.utc_offset_s)
    zone = timezone(offset)
    return zone, f"{zone.tzname(None)} (no time zone charted)"


def _round_times(start: int, stop: int, step: int, zone: tzinfo) -> list[int]:
    """Return the epoch minutes whose local clock is a multiple of ``step``, both of an hour that comes twice."""
    midnight = _local(start, zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    last = _local(stop, zone).replace(tzinfo=None) + timedelta(hours=2)
    found: set[int] = set()
    skipped = (_local(start, zone).replace(tzinfo=None) - midnight) // timedelta(minutes=step)
    wall = midnight + timedelta(minutes=step) * max(0, skipped - 2)
    while wall <= last:
        for fold in (0, 1):
            minute = int(wall.replace(tzinfo=zone, fold=fold).timestamp()) // 60
            if start <= minute <= stop and _local(minute, zone).replace(tzinfo=None, fold=0) == wall:
                found.add(minute)
        wall += timedelta(minutes=step)
    return sorted(found)


def _clock_changes(start: int, stop: int, zone: tzinfo) -> tuple[Mark, ...]:
    """Return the first change between summer and winter time inside the stay, if there is one."""

    def offset(minute: int) -> timedelta:
        return _local(minute, zone).utcoffset() or timedelta()

    before, after = start, stop
    if offset(before) == offset(after):
        return ()
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if offset(middle) == offset(start) else (before, middle)
    moved = int((offset(after) - offset(start)).total_seconds()) // 60
    return (Mark(after, f"clocks {'forward' if moved > 0 else 'back'} {duration(abs(moved))}"),)


def _minute(instant: int) -> int:
    return instant // 60


def _moments(encounter: Encounter) -> list[int]:
    """Return every instant of the stay, in epoch minutes."""
    stay = (encounter.arrived_at, encounter.departed_at, encounter.inpatient_ordered_at)
    seconds = [at for at in stay if at is not None]
    for given in encounter.administrations:
        seconds += [end for flow in (*given.flows, *given.pump_flows) for end in flow if end is not None]
        seconds += [*given.touched, *(() if given.given_at is None else (given.given_at,))]
    return [_minute(at) for at in seconds]


def _marks(encounter: Encounter) -> tuple[Mark, ...]:
    zone, _ = _zone(encounter)
    found = [
        Mark(_minute(at), f"{name} {_local(_minute(at), zone):%H:%M}")
        for name, at in (
            ("arrival", encounter.arrived_at),
            ("inpatient order", encounter.inpatient_ordered_at),
            ("departure", encounter.departed_at),
        )
        if at is not None
    ]
    return tuple(sorted(found))


def _bands(encounter: Encounter, latest: int, zone: tzinfo) -> tuple[Band, ...]:
    bands = []
    for procedure in encounter.procedures:
        ends = [_minute(at) for at in (procedure.started_at, procedure.ended_at) if at is not None]
        if ends:
            open_end = procedure.ended_at is None
            label = plain(procedure.kind or procedure.procedure_id)
            label += ", end not charted" if open_end else ""
            stop = max(ends[0], latest if open_end else ends[-1])
            bands.append(Band(label, ends[0], stop, _span(ends[0], stop, zone)))
    return tuple(bands)


def _busy(rows: Iterable[Row], instants: Iterable[int]) -> tuple[Stretch, ...]:
    """Return when anything happened at all; an unknown end counts for half an hour, not for days."""
    stretches = [(minute, minute + 1) for minute in instants]
    for row in rows:
        stretches += [(row.point, row.point + 1)] if row.point is not None else []
        for piece in (one for one in (*row.pieces, *row.pump) if one.fill != "pause"):
            sure = piece.fill in {"billed", "unbilled"}
            stretches.append(
                (piece.start, piece.stop if sure else min(piece.stop, piece.start + UNKNOWN_SHOWN))
            )
    return tuple(union(stretches)) or NOTHING


def _tags(encounter: Encounter) -> dict[str, str]:
    """Return the short name of each administration: its id, or its number where ids are long."""
    ids = [given.administration_id for given in encounter.administrations]
    short = all(len(one) <= SHORT_ID and plain(one) == one for one in ids)
    return {one: one if short else f"#{number}" for number, one in enumerate(ids, 1)}


def _groups(
    encounter: Encounter, made: Iterable[tuple[Administration, Row]], zone: tzinfo
) -> tuple[Group, ...]:
    sites = {site.site_id: site for site in encounter.sites}
    rows: dict[str, list[Row]] = {}
    for given, row in made:
        if given.site_id is not None:
            label = _site_label(given.site_id, sites.get(given.site_id), zone)
        elif given.technique in POINTS - {"push"}:
            label = "no IV access needed"
        else:
            label = "access site not charted"
        rows.setdefault(label, []).append(row)
    return tuple(Group(label, tuple(each)) for label, each in rows.items())


def _site_label(site_id: str, site: AccessSite | None, zone: tzinfo) -> str:
    words = [plain(site_id)]
    if site is not None:
        words += [plain(site.kind)] if site.kind and site.kind != site_id else []
        placed = site.placed_at
        words += [f"placed {_local(_minute(placed), zone):%H:%M}"] if placed is not None else []
        words += [f"restart of {plain(site.restart_of)}"] if site.restart_of else []
        words += [f"separate: {plain(site.separate_site_reason)}"] if site.separate_site_reason else []
    return " · ".join(words)


def _name(drug: Drug | None) -> str:
    if drug is None:
        return "drug not charted"
    parts = [one if isinstance(one, str) else one.name or one.code or "?" for one in drug.ingredients]
    return plain(drug.name or " + ".join(parts) or drug.code) or "drug not charted"


def _row(given: Administration, tag: str, spans: Sequence[Span], stay: _Stay) -> Row:
    one = given.administration_id
    earned = [span.code for span in spans if span.code]
    earned += stay.earned.get(one, [])
    moment = given.given_at if given.given_at is not None or not given.flows else given.flows[0].start
    is_point = given.technique in POINTS or not given.flows + given.pump_flows
    point = _minute(moment) if is_point and moment is not None else None
    pieces = () if is_point else _pieces(given.flows, spans, stay)
    notes = [fault.replace("_", " ") for fault in given.faults]
    notes += ["no time charted"] if point is None and not pieces and not given.pump_flows else []
    notes += ["pump record only"] if given.pump_flows and not given.flows else []
    return Row(
        tag=tag,
        administration_id=one,
        name=_name(given.drug),
        route=plain(given.route),
        day=_row_day(given.flows or given.pump_flows, point, stay.zone),
        times=_times(given.flows or given.pump_flows, point, stay),
        minutes=_minutes(given, pieces),
        pieces=pieces,
        point=point,
        codes=tuple(dict.fromkeys(earned)),
        pump=() if _same(given.flows, given.pump_flows) else _pieces(given.pump_flows, (), stay),
        pump_times=_times(given.pump_flows, None, stay),
        pump_minutes=f"{_flowed(given.pump_flows)} min",
        blocked=one in stay.blocked,
        note=", ".join(notes),
    )


def _pieces(flows: Sequence[Flow], spans: Sequence[Span], stay: _Stay) -> tuple[Piece, ...]:
    """Return the bar of one administration from its first to its last minute, without holes."""
    starts = sorted(_minute(flow.start) for flow in flows)
    known: list[tuple[int, int, str]] = []
    for flow in flows:
        begin = _minute(flow.start)
        later = bisect_right(starts, begin)
        if flow.stop is not None:
            known.append((begin, max(_minute(flow.stop), begin + 1), "flowed"))
        elif later < len(starts):
            known.append((begin, starts[later], "unknown"))
        else:
            end = max(stay.horizon, begin + UNKNOWN_SHOWN)
            known.append((begin, end, "running" if stay.open else "unknown"))
    flowed = _cover(one for one in known if one[2] == "flowed")
    perhaps = _cover(one for one in known if one[2] != "flowed")
    billed = _cover((span.start, span.stop, span.code) for span in spans if span.code)
    refused = _cover((span.start, span.stop, plain(span.why)) for span in spans if not span.code)
    ends = {end for span in spans if span.stop > span.start for end in (span.start, span.stop)}
    pieces: list[Piece] = []
    ends.update(end for one in known for end in one[:2])
    for start, stop in pairwise(sorted(ends)):
        code, why = billed(start), refused(start)
        if code:
            piece = Piece(start, stop, "billed", code)
        elif flowed(start) or (why and why != PAUSE):
            piece = Piece(start, stop, "unbilled", why=why)
        elif fate := perhaps(start):
            piece = Piece(start, stop, "running" if fate == "running" else "unknown")
        else:
            piece = Piece(start, stop, "pause", why=PAUSE)
        if pieces and pieces[-1][2:] == piece[2:]:
            piece = piece._replace(start=pieces.pop().start)
        pieces.append(piece)
    return tuple(pieces)


def _cover(stretches: Iterable[tuple[int, int, str]]) -> Callable[[int], str]:
    """Return a look-up of the word that holds at a minute, the latest begun where several do, else nothing."""
    ordered = sorted(stretches)
    starts = [start for start, _, _ in ordered]
    reach = list(accumulate((stop for _, stop, _ in ordered), max))

    def at(minute: int) -> str:
        index = bisect_right(starts, minute) - 1
        while index >= 0 and reach[index] > minute:
            if ordered[index][1] > minute:
                return ordered[index][2]
            index -= 1
        return ""

    return at


def _same(nurse: Sequence[Flow], pump: Sequence[Flow]) -> bool:
    """Tell whether the pump says nothing that the nurse's record does not say to the minute."""

    def minutes(flows: Sequence[Flow]) -> set[tuple[int, int | None]]:
        return {(_minute(flow.start), None if flow.stop is None else _minute(flow.stop)) for flow in flows}

    return not pump or minutes(nurse) == minutes(pump)


def _times(flows: Sequence[Flow], point: int | None, stay: _Stay) -> str:
    """Return the first start and the last stop on the local clock, or the one moment of a point."""
    if point is not None:
        return f"{_local(point, stay.zone):%H:%M}"
    if not flows:
        return ""
    start = _minute(min(flow.start for flow in flows))
    stops = [_minute(flow.stop) for flow in flows if flow.stop is not None]
    if len(stops) == len(flows):
        return _span(start, max(stops), stay.zone)
    return f"{_local(start, stay.zone):%H:%M}{DASH}{'now' if stay.open else '?'}"


def _row_day(flows: Sequence[Flow], point: int | None, zone: tzinfo) -> str:
    minute = point if point is not None else min((_minute(flow.start) for flow in flows), default=None)
    return "" if minute is None else _day(_local(minute, zone))


def _flowed(flows: Sequence[Flow]) -> str:
    """Return the whole minutes of flow, or a question mark where a stop is missing."""
    closed = [(_minute(flow.start), _minute(flow.stop)) for flow in flows if flow.stop is not None]
    return str(length(union(closed))) if flows and len(closed) == len(flows) else "?"


def _minutes(given: Administration, pieces: Sequence[Piece]) -> str:
    """Return the minutes that flowed; where not all were billed, as billed/flowed."""
    if given.technique in POINTS:
        return given.technique.replace("_body_injector", "-body")
    if not (given.flows or given.pump_flows or pieces):
        return ""
    flowed = _flowed(given.flows or given.pump_flows)
    billed = str(sum(piece.stop - piece.start for piece in pieces if piece.fill == "billed"))
    return f"{flowed} min" if flowed == billed else f"{billed}/{flowed} min"
