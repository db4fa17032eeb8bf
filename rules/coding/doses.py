"""Joins administrations of one drug into doses; a dose may be paused and may run over several bags (R-SAME)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from models.charge import Evidence
from models.interval import Stretch, length, union
from rules.policy.resolve import Policy
from rules.rule import Rule
from rules.worksheet.codable import CodableAdministration, Family, weakest

LATER_DOSE = Rule(
    "R-SAME-1",
    "A later dose of a drug already infused takes the added-hour code.",
    ("RCA-SAME", "SUPER", "ML-OBS"),
    "B",
)
SEGMENTS = Rule("R-SAME-2", "Segments of one dose are summed before any threshold.", ("AAPC-RITUX",), "C")
BOTTLES = Rule("R-SAME-3", "Several bags of one dose are one dose.", (), "K")
LATER_CHEMO = Rule(
    "R-SAME-4", "A later dose of a chemotherapy drug takes its added-hour code, by analogy.", (), "K"
)
ONE_SUBSTANCE = Rule("R-SAME-5", "Brands, salts and biosimilars of one ingredient are one drug.", (), "K")
TWO_BAGS = Rule("R-CONC-9", "One drug in two bags at once is one infusion.", (), "K")

RULES = (LATER_DOSE, SEGMENTS, BOTTLES, LATER_CHEMO, ONE_SUBSTANCE, TWO_BAGS)


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
        """The epoch minute of its first flow."""
        return self.flows[0][0]

    @property
    def id(self) -> str:
        """The id of its first administration, which breaks the last tie when doses are sorted."""
        return self.administrations[0].id


def _dose(administrations: list[CodableAdministration]) -> Dose:
    first = administrations[0]
    flows = (
        first.flows
        if len(administrations) == 1
        else union(flow for administration in administrations for flow in administration.flows)
    )
    ids = {administration.charted.dose_id for administration in administrations}
    return Dose(
        administrations,
        first.substance,
        first.family,
        first.site,
        ids.pop() if len(ids) == 1 else None,
        flows,
        first.minutes if len(administrations) == 1 else length(flows),
        weakest(administrations),
    )


def _find(parents: list[int], place: int) -> int:
    """Return the root of a place in the union-find forest ``parents``, and shorten the path to it."""
    while parents[place] != place:
        parents[place] = parents[parents[place]]
        place = parents[place]
    return place


def _joined(administrations: list[CodableAdministration], gap: int) -> Iterable[list[CodableAdministration]]:
    """Yield the doses among administrations of one drug at one site, sorted by time; joining is transitive."""
    parents = list(range(len(administrations)))
    by_dose_id: dict[str, int] = {}
    last_unnamed: tuple[int, int] | None = None
    flows = []
    for place, administration in enumerate(administrations):
        flows += [(start, stop, place) for start, stop in administration.flows]
        dose_id, end = administration.charted.dose_id, administration.flows[-1][1]
        if dose_id is not None:
            parents[place] = _find(parents, by_dose_id.setdefault(dose_id, place))
            continue
        if last_unnamed is not None and administration.at - last_unnamed[0] <= gap:
            parents[place] = _find(parents, last_unnamed[1])
        if last_unnamed is None or end >= last_unnamed[0]:
            last_unnamed = (end, place)
    latest, holder = -1, -1
    for start, stop, place in sorted(flows):
        if start < latest:
            parents[_find(parents, place)] = _find(parents, holder)
        if stop > latest:
            latest, holder = stop, place
    doses: dict[int, list[CodableAdministration]] = {}
    for place, administration in enumerate(administrations):
        doses.setdefault(_find(parents, place), []).append(administration)
    return doses.values()


def doses_of(administrations: Iterable[CodableAdministration], policy: Policy) -> list[Dose]:
    """Return the doses: infusions of one drug at one site with one dose id, a shared minute or a short gap (P-07)."""
    chains: dict[tuple[str, str], list[CodableAdministration]] = {}
    for administration in sorted(administrations, key=lambda c: (c.at, c.id)):
        chains.setdefault((administration.site, administration.substance), []).append(administration)
    gap = policy.merge_gap_inside_one_dose_without_id
    return [
        _dose(members)
        for chain in chains.values()
        for members in (_joined(chain, gap) if len(chain) > 1 else [chain])
    ]


def summed(doses: list[Dose], scope: Callable[[Dose], object]) -> list[Dose]:
    """Return the doses with those of one drug and one scope (a date, the stay) added up (P-05)."""
    together: dict[tuple[str, str, object], list[CodableAdministration]] = {}
    for dose in sorted(doses, key=lambda d: (d.start, d.id)):
        together.setdefault((dose.site, dose.substance, scope(dose)), []).extend(dose.administrations)
    return [_dose(administrations) for administrations in together.values()]
