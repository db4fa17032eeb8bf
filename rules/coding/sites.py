"""Finds which administrations share an access; one site has one initial, a second needs a reason on file (R-SITE)."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from models.encounter import AccessSite, Encounter
from rules.coding.initial import Precedence
from rules.coding.site_reasons import is_a_lumen, justifies, quoted
from rules.rule import Rule
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.sheet import Worksheet

REASONED = Rule(
    "R-SITE-1", "A second initial needs a second access that was required, with its reason.",
    ("NCCI11", "IOM12", "ML-2IV", "AAPC-PRIMARY", "HAU-QA1"), "A",
)  # fmt: skip
OWN_HIERARCHY = Rule("R-SITE-2", "Each justified site has its own initial and add-ons.", ("ML-2IV",), "C")
SAME_SITE = Rule(
    "R-SITE-3",
    "Lumens, restarts, infiltration, a line for rate, small veins and convenience are never a second site.",
    ("RCA-LUMEN", "OHIO-3", "NCCI11"),
    "A",
)
POOLED = Rule(
    "R-SITE-4",
    "An access without a reason joins the main site, which holds the best ranked service; one reason parts two.",
    (),
    "K",
)
ASSUMED = Rule("R-SITE-5", "Without a charted site the only open access is assumed.", (), "K")

RULES = (REASONED, OWN_HIERARCHY, SAME_SITE, POOLED, ASSUMED)

POOL = ""
"""The site of the one access that needs no reason of its own, and of every administration without an access."""


class SitePlan(NamedTuple):
    """Which site each access is coded at, and why each site that is not the pool is one."""

    sites: Mapping[str, str]
    """By the first access of a chain of restarts; an access that is not here is coded at ``POOL``."""
    reasons: Mapping[str, str]
    """As charted, by site; the pool has none."""

    def site_of(self, root: str) -> str:
        """Return the site an access is coded at."""
        return self.sites.get(root, POOL)


ONE_SITE: Final = SitePlan(MappingProxyType({}), MappingProxyType({}))
"""Everything is coded at one site."""

Ranker = Callable[[list[CodableAdministration]], Precedence]
"""Says how good the best service of an access is, lower first."""


class Accesses:
    """The access sites of a stay, each resolved to the first access of its chain of restarts."""

    def __init__(self, encounter: Encounter, administrations: list[CodableAdministration]) -> None:
        self._sites: dict[str, AccessSite] = {site.site_id: site for site in encounter.sites}
        self._mentioned = {
            self.root(c.charted.site_id) for c in administrations if c.charted.site_id is not None
        }

    def root(self, site_id: str) -> str:
        """Return the first access of a chain of restarts; a circle of restarts ends where it closes."""
        seen = {site_id}
        while (site := self._sites.get(site_id)) is not None and site.restart_of is not None:
            if site.restart_of in seen:
                return min(seen)
            site_id = site.restart_of
            seen.add(site_id)
        return site_id

    def charted_reasons(self, root: str) -> list[str]:
        """Return what the chart says of why this access was needed beside another, good reason or not."""
        return [
            site.separate_site_reason
            for site in self._sites.values()
            if site.separate_site_reason and self.root(site.site_id) == root
        ]

    def good_reasons(self) -> dict[str, str]:
        """Return the first reason of each access that justifies it beside another, by its root."""
        reasons: dict[str, str] = {}
        for site in self._sites.values():
            if is_a_lumen(site.site_id, site.kind):
                continue
            if site.separate_site_reason and justifies(site.separate_site_reason):
                reasons.setdefault(self.root(site.site_id), site.separate_site_reason)
        return reasons

    def kind(self, site_id: str | None) -> str | None:
        """Return the kind of access, when charted."""
        site = self._sites.get(site_id) if site_id is not None else None
        return site.kind if site is not None else None

    def open_at(self, second: int) -> set[str]:
        """Return the roots of the accesses in place at an epoch second; if none was placed, of all that are named."""
        placed = {
            self.root(site.site_id)
            for site in self._sites.values()
            if site.placed_at is not None
            and site.placed_at <= second
            and (site.removed_at is None or second < site.removed_at)
        }
        return placed or self._mentioned

    def used(self, site_id: str | None, second: int) -> set[str]:
        """Return the root of the access something went through, or of every one it may have; see ``open_at``."""
        return {self.root(site_id)} if site_id is not None else self.open_at(second)


def at_one_site(administrations: list[CodableAdministration], encounter: Encounter) -> bool:
    """Tell whether one site is charted, or none known at all, and no reason is charted to part it from another."""
    used = {administration.charted.site_id for administration in administrations}
    if len(used) != 1 or (None in used and encounter.sites):
        return False
    return not [site for site in encounter.sites if site.separate_site_reason]


def assign_sites(
    encounter: Encounter,
    administrations: list[CodableAdministration],
    sheet: Worksheet,
    ranker: Ranker,
    others: Iterable[Ranker] = (),
) -> tuple[list[CodableAdministration], SitePlan]:
    """
    Put the site on every intravenous administration; ``ranker`` says how good the services of an access are.

    Returns the administrations whose site is known, the others standing behind ``F-SITE_UNKNOWN``, and the plan.
    ``others`` are rankers that break ties of rank in other ways; where one makes another plan, the tie decided (P-03).
    """
    if at_one_site(administrations, encounter):
        return administrations, ONE_SITE
    accesses = Accesses(encounter, administrations)
    kept: list[CodableAdministration] = []
    unknown: list[CodableAdministration] = []
    by_root: dict[str, list[CodableAdministration]] = {}
    for administration in administrations:
        if administration.charted.site_id is not None:
            root = accesses.root(administration.charted.site_id)
        else:
            candidates = accesses.open_at(administration.at)
            if len(candidates) > 1:
                unknown.append(administration)
                continue
            root = next(iter(candidates), POOL)
        kept.append(administration)
        by_root.setdefault(root, []).append(administration)
    if unknown:
        sheet.flag("F-SITE_UNKNOWN", unknown)
    plan, joined = _plan(accesses, by_root, ranker)
    for other in others:
        apart, _ = _plan(accesses, by_root, other)
        moved = [root for root in by_root if plan.site_of(root) != apart.site_of(root)]
        sheet.decided_by("equal_rank_initial", [given.id for root in moved for given in by_root[root]])
    for root, given in by_root.items():
        for administration in given:
            administration.site = plan.site_of(root)
    if joined:
        _flag_joined(accesses, {root: by_root[root] for root in joined}, sheet)
    return kept, plan


def _plan(
    accesses: Accesses, by_root: Mapping[str, list[CodableAdministration]], ranker: Ranker
) -> tuple[SitePlan, list[str]]:
    """
    Return the plan, and the accesses that join another for want of a reason (R-SITE-4).

    One access needs no reason: the main site, where it has none, else the best of those without one, for a reason
    on either of two accesses parts them. The others without a reason join the main site.
    """
    reasons = accesses.good_reasons()
    without = sorted(root for root in by_root if root not in reasons)
    sites = {root: root for root in reasons}
    if len(without) < 2:  # noqa: PLR2004 one access needs no reason
        return SitePlan(sites, reasons), []
    ranks = {root: ranker(given) for root, given in by_root.items()}
    main = min(by_root, key=lambda root: (ranks[root], root))
    spared = min(without, key=lambda root: (ranks[root], root))
    joined = [root for root in without if root != spared]
    if main in reasons:
        sites |= dict.fromkeys(joined, main)
    return SitePlan(sites, reasons), joined


def _flag_joined(
    accesses: Accesses, joined: Mapping[str, list[CodableAdministration]], sheet: Worksheet
) -> None:
    """Raise F-SECOND_SITE for accesses that are none of their own; a reason that is none is quoted."""
    charted = [
        quoted(reason) for root in joined for reason in accesses.charted_reasons(root) if reason.strip()
    ]
    says = None
    if charted:
        said = ", ".join(f"“{reason}”" for reason in dict.fromkeys(charted))
        says = f"{said} does not justify a second access (R-SITE-3): its services join the main site."
    given = [administration for root in joined for administration in joined[root]]
    sheet.flag("F-SECOND_SITE", given, says, sites=len(joined) + 1)
