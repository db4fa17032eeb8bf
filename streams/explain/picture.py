"""
What there is to draw of one coded encounter, and the words that go with it.

Nothing here knows whether it ends on a screen or on paper. Instants are epoch minutes UTC; words are in
the encounter's own clock.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from typing import Literal, NamedTuple

from models.charge import ChargeSet, CitedSource, Clears, Flag, Reason, Severity, named
from models.interval import Stretch
from models.review_item import AnswerOutcome
from rules.catalogue.chart_checklist import Checked
from streams.explain.clock import from_to
from streams.explain.labels import plain
from streams.explain.scale import Scale, scale_for
from streams.explain.stay_facts import StayFacts
from streams.explain.times import Stated
from streams.explain.verdict import Verdict, verdict

Fill = Literal["billed", "unbilled", "pause", "unknown", "running"]
"""Billed under a code; flowed without one; stopped in between; nobody charted a stop; not stopped so far."""


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
    amount: str = ""
    """Dose, volume and rate as charted."""
    stated: tuple[Stated, ...] = ()
    """Its times, each with the event that states it."""

    @property
    def homes(self) -> Iterator[tuple[list[str], list[Piece]]]:
        """Codes to write together, and the pieces they may stand in; a code that has none joins the first."""
        own = list(dict.fromkeys(piece.code for piece in self.pieces if piece.code))
        others = [code for code in self.codes if code not in own]
        for code in own:
            yield [code, *others], [piece for piece in self.pieces if piece.code == code]
            others = []


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


class Refused(NamedTuple):
    """Administrations that one rule left unbilled in the same words."""

    rule: str
    says: str
    cited: str
    names: str


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
    sources: tuple[CitedSource, ...]
    """Every citation once with its grade and address, best grade first."""
    facts: StayFacts = StayFacts()
    """What the head of a letter says of the stay."""
    answers: tuple[AnswerOutcome, ...] = ()
    """What each answer to what holds the stay would give."""
    checked: tuple[Checked, ...] = ()
    """What the chart has and lacks of the checklist of each line."""

    @property
    def verdict(self) -> Verdict:
        """What to call the minutes that earned a line, by the status of the set."""
        return verdict(self.charge_set.status)

    @property
    def held_by(self) -> tuple[Flag, ...]:
        """The flags that hold the set, alike ones as one."""
        return tuple(flag for flag in self.flags if flag.severity == "block")

    def scale(self, width: float, gap: float) -> Scale:
        """Return the scale for a drawing ``width`` wide in which a break of the clock takes ``gap``."""
        return scale_for(self.busy, self.zone, width, gap)

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every administration, as drawn from top to bottom."""
        return tuple(row for group in self.groups for row in group.rows)

    @property
    def over_midnight(self) -> bool:
        """Whether times alone leave open which day they are of."""
        return " to " in self.dates

    @property
    def partly_billed(self) -> str:
        """Minutes that read billed/flowed, the plainest there are, to explain by; nothing where none do."""
        both_counts = [row.minutes for row in self.rows if "/" in row.minutes]
        return min(both_counts, key=lambda minutes: ("?" in minutes, minutes.startswith("0/")), default="")

    def citation_numbers(self, cites: Iterable[str]) -> str:
        """Return citations by their numbers among ``sources``, as [1][2]."""
        numbers = {source.cite: number for number, source in enumerate(self.sources, 1)}
        return "".join(f"[{number}]" for number in sorted(numbers[cite] for cite in cites))

    def reason_words(self, reason: Reason) -> str:
        """Return what a reason says, the administrations it names called as in the drawing."""
        ids = reason.administration_ids
        said = f"{named(ids)}: "
        if ids and reason.says.startswith(said):
            return f"{self.names_of(ids)}: {reason.says.removeprefix(said)}"
        return reason.says

    def names_of(self, ids: Iterable[str]) -> str:
        """Return administrations by the names and in the order they have in the drawing, then anything else."""
        wanted = dict.fromkeys(ids)
        drawn = [tag for administration_id, tag in self.tags.items() if administration_id in wanted]
        return ", ".join(
            [
                *drawn,
                *(
                    plain(administration_id)
                    for administration_id in wanted
                    if administration_id not in self.tags
                ),
            ]
        )

    @property
    def refused(self) -> tuple[Refused, ...]:
        """What was not billed, alike refusals as one."""
        alike: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
        for refusal in self.charge_set.not_billed:
            alike.setdefault((refusal.rule, refusal.says, refusal.cites), []).append(
                refusal.administration_id
            )
        return tuple(
            Refused(rule, says, self.citation_numbers(cites), self.names_of(ids))
            for (rule, says, cites), ids in alike.items()
        )

    @property
    def flags(self) -> tuple[Flag, ...]:
        """The flags, those that hold the charges first, alike ones as one."""
        alike: dict[tuple[str, Severity, str, str, tuple[Clears, ...]], list[str]] = {}
        for flag in sorted(
            self.charge_set.flags, key=lambda flag: ("block", "warn", "info").index(flag.severity)
        ):
            ids = alike.setdefault((flag.flag, flag.severity, flag.says, flag.suggestion, flag.clears), [])
            ids += (
                administration_id
                for administration_id in flag.administration_ids
                if administration_id not in ids
            )
        return tuple(
            Flag(flag, severity, tuple(ids), says, suggestion, {}, clears)
            for (flag, severity, says, suggestion, clears), ids in alike.items()
        )

    @property
    def lost(self) -> Iterator[tuple[str, str]]:
        """For each billed row and each reason: the row's name, how many minutes that took away, and when."""
        for row in self.rows:
            reasons: dict[str, list[Piece]] = {}
            for piece in row.pieces if row.codes else ():
                if piece.why:
                    reasons.setdefault(piece.why, []).append(piece)
            for why, pieces in reasons.items():
                when = ", ".join(from_to(piece.start, piece.stop, self.zone) for piece in pieces)
                minutes = sum(piece.stop - piece.start for piece in pieces)
                yield row.tag, f"{minutes} min, {when}: {plain(why)}"
