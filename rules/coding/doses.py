"""Joins administrations of one drug into doses; a dose may be paused and may run over several bags (R-SAME)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from models.charge import Evidence
from models.interval import Stretch, union, whole_minutes
from rules.policy.resolve import Policy
from rules.policy.switches import switch
from rules.rule import Rule
from rules.worksheet.codable import CodableAdministration, Family, weakest
from rules.worksheet.sheet import Worksheet

LATER_DOSE = Rule(
    "R-SAME-1",
    "A later dose of a drug already reported on an infusion line of its own takes the added-hour code.",
    ("RCA-SAME", "SUPER", "ML-OBS"),
    "B",
)
SEGMENTS = Rule("R-SAME-2", "Segments of one dose are summed before any threshold.", ("AAPC-RITUX",), "C")
BOTTLES = Rule(
    "R-SAME-3",
    "Infusions of one drug under one order within the gap of one dose, or with no gap at all, are one dose.",
    (),
    "K",
)
LATER_CHEMO = Rule(
    "R-SAME-4", "A later dose of a chemotherapy drug takes its added-hour code, by analogy.", (), "K"
)
ONE_SUBSTANCE = Rule("R-SAME-5", "Brands, salts and biosimilars of one ingredient are one drug.", (), "K")
TWO_BAGS = Rule("R-CONC-9", "Bags of one drug at one site that overlap are one infusion.", (), "K")

RULES = (LATER_DOSE, SEGMENTS, BOTTLES, LATER_CHEMO, ONE_SUBSTANCE, TWO_BAGS)

_RULE_BOOKS_GAP: Final = int(switch("merge_gap_inside_one_dose_without_id").default)

NO_GAP = 1
"""Clocks show whole minutes: a bag hung in the minute after the last one ended left no gap (R-SAME-3)."""


@dataclass(slots=True)
class Dose:
    """One drug given once at one site, over all its bags; ``flows`` and ``minutes`` are their union."""

    administrations: list[CodableAdministration]
    substance: str
    family: Family
    site: str
    dose_id: str | None
    flows: list[Stretch]
    minutes: int
    evidence: Evidence

    @property
    def start(self) -> int:
        """The epoch second of its first flow."""
        return self.flows[0][0]

    @property
    def ids(self) -> list[str]:
        """The ids of its administrations."""
        return [administration.id for administration in self.administrations]

    @property
    def id(self) -> str:
        """The id of its first administration, which breaks the last tie when doses are sorted."""
        return self.administrations[0].id


def _dose(administrations: list[CodableAdministration]) -> Dose:
    first = administrations[0]
    if len(administrations) == 1:
        return Dose(
            administrations,
            first.substance,
            first.family,
            first.site,
            first.charted.dose_id,
            first.flows,
            first.minutes,
            first.evidence,
        )
    flows = union([flow for administration in administrations for flow in administration.flows])
    ids = {administration.charted.dose_id for administration in administrations}
    return Dose(
        administrations,
        first.substance,
        first.family,
        first.site,
        ids.pop() if len(ids) == 1 else None,
        flows,
        whole_minutes(flows),
        weakest(administrations),
    )


def _find(parents: list[int], place: int) -> int:
    """Return the root of a place in the union-find forest ``parents``, and shorten the path to it."""
    while parents[place] != place:
        parents[place] = parents[parents[place]]
        place = parents[place]
    return place


_Flow = tuple[int, int, int]
"""Start, stop and the place of the administration that flowed."""


def _join_near(parents: list[int], flows: list[_Flow], gap: int) -> None:
    """Join the administrations of flows, sorted by time, that begin at most ``gap`` whole minutes after any before."""
    latest, holder = flows[0][1], flows[0][2]
    for start, stop, place in flows[1:]:
        if (start - latest) // 60 <= gap:
            parents[_find(parents, place)] = _find(parents, holder)
        if stop > latest:
            latest, holder = stop, place


def _joined(administrations: list[CodableAdministration], gap: int) -> Iterable[list[CodableAdministration]]:
    """Yield the doses among administrations of one drug at one site, sorted by time; joining is transitive."""
    parents = list(range(len(administrations)))
    by_dose_id: dict[str, int] = {}
    by_order: dict[str, list[_Flow]] = {}
    last_unnamed: tuple[int, int] | None = None
    flows: list[_Flow] = []
    for place, administration in enumerate(administrations):
        charted = administration.charted
        own = [(start, stop, place) for start, stop in administration.flows]
        flows += own
        if charted.order_id is not None:
            by_order.setdefault(charted.order_id, []).extend(own)
        dose_id, end = charted.dose_id, administration.flows[-1][1]
        if dose_id is not None:
            parents[place] = _find(parents, by_dose_id.setdefault(dose_id, place))
            continue
        if last_unnamed is not None and (administration.at - last_unnamed[0]) // 60 <= gap:
            parents[place] = _find(parents, last_unnamed[1])
        if last_unnamed is None or end >= last_unnamed[0]:
            last_unnamed = (end, place)
    _join_near(parents, sorted(flows), NO_GAP)
    for under_one_order in by_order.values():
        _join_near(parents, sorted(under_one_order), gap)
    doses: dict[int, list[CodableAdministration]] = {}
    for place, administration in enumerate(administrations):
        doses.setdefault(_find(parents, place), []).append(administration)
    return doses.values()


def overlaps_under_other_ids(dose: Dose) -> bool:
    """Tell whether bags with dose or order ids that differ flowed at the same time in this dose (R-CONC-9)."""
    if len(dose.administrations) == 1:
        return False
    running: list[tuple[int, CodableAdministration]] = []
    flows = [(start, stop, place) for place, c in enumerate(dose.administrations) for start, stop in c.flows]
    for start, stop, place in sorted(flows):
        administration = dose.administrations[place]
        running = [other for other in running if other[0] > start]
        if any(_ids_differ(administration, other) for _, other in running):
            return True
        running.append((stop, administration))
    return False


def _ids_differ(one: CodableAdministration, other: CodableAdministration) -> bool:
    pairs = (
        (one.charted.dose_id, other.charted.dose_id),
        (one.charted.order_id, other.charted.order_id),
    )
    return any(None not in pair and pair[0] != pair[1] for pair in pairs)


def _chains(administrations: Iterable[CodableAdministration]) -> list[list[CodableAdministration]]:
    """Return the administrations of each drug at each site, by time."""
    administrations = list(administrations)
    if len(administrations) == 1:
        return [administrations]
    chains: dict[tuple[str, str], list[CodableAdministration]] = {}
    for administration in sorted(administrations, key=lambda c: (c.at, c.id)):
        chains.setdefault((administration.site, administration.substance), []).append(administration)
    return list(chains.values())


def doses_of(administrations: Iterable[CodableAdministration], policy: Policy) -> list[Dose]:
    """
    Return the doses: infusions of one drug at one site that share a dose id, or follow closely.

    Closely is within P-07 under one order or without dose ids, and with no gap at all whatever the ids (R-SAME-3).
    """
    return doses_within(administrations, policy.merge_gap_inside_one_dose_without_id)


def doses_within(administrations: Iterable[CodableAdministration], gap: int) -> list[Dose]:
    """Return the doses where so many whole minutes are still one dose."""
    doses: list[Dose] = []
    for chain in _chains(administrations):
        if len(chain) == 1:
            doses.append(_dose(chain))
        else:
            doses += map(_dose, _joined(chain, gap))
    return doses


def other_gaps(administrations: Iterable[CodableAdministration], policy: Policy) -> list[int]:
    """Return the gaps with which to compare the policy's, for they would make other doses: none, the rule book's."""
    chains = [chain for chain in _chains(administrations) if len(chain) > 1]
    if not chains:
        return []
    own = [_ids_of(chain, policy.merge_gap_inside_one_dose_without_id) for chain in chains]
    return [gap for gap in (0, _RULE_BOOKS_GAP) if [_ids_of(chain, gap) for chain in chains] != own]


def _ids_of(chain: list[CodableAdministration], gap: int) -> set[tuple[str, ...]]:
    return {tuple(sorted(one.id for one in members)) for members in _joined(chain, gap)}


def _note_gaps(administrations: Iterable[CodableAdministration], sheet: Worksheet) -> None:
    """Note the bags of which the gap allowed inside a dose decides how many doses they are (P-07)."""
    key, gap = "merge_gap_inside_one_dose_without_id", sheet.policy.merge_gap_inside_one_dose_without_id
    for chain in _chains(administrations):
        if len(chain) == 1:
            continue
        for other in other_gaps(chain, sheet.policy):
            apart = _ids_of(chain, gap) - _ids_of(chain, other)
            sheet.decided_by(key, [name for ids in apart for name in ids])


def timed_doses(administrations: Iterable[CodableAdministration], sheet: Worksheet) -> list[Dose]:
    """Return the doses that flowed for a minute at least; flag the others, which no code times (R-DOC-5)."""
    given = list(administrations)
    doses = doses_of(given, sheet.policy)
    if len(given) > 1 and len({(one.site, one.substance) for one in given}) < len(given):
        _note_gaps(given, sheet)  # some drug was given twice
    timed: list[Dose] = []
    for dose in doses:
        if dose.minutes:
            timed.append(dose)
        else:
            sheet.flag(
                "F-NEGATIVE_DURATION", dose.administrations, "Less than one minute of flow is charted."
            )
    return timed


def summed(doses: list[Dose], scope: Callable[[Dose], object]) -> list[Dose]:
    """Return the doses with those of one drug and one scope (a date, the stay) added up (P-05)."""
    together: dict[tuple[str, str, object], list[CodableAdministration]] = {}
    for dose in sorted(doses, key=lambda d: (d.start, d.id)):
        together.setdefault((dose.site, dose.substance, scope(dose)), []).extend(dose.administrations)
    return [_dose(administrations) for administrations in together.values()]
