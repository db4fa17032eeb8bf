"""Finds which administrations share an access; one site has one initial, a second needs a reason on file (R-SITE)."""

from models.encounter import AccessSite, Encounter
from rules.rule import Rule
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.sheet import Worksheet

REASONED = Rule(
    "R-SITE-1", "A second initial needs a second access that was required, with its reason.",
    ("NCCI11", "IOM12", "ML-2IV", "AAPC-PRIMARY", "HAU-QA1"), "A",
)  # fmt: skip
OWN_HIERARCHY = Rule("R-SITE-2", "Each justified site has its own initial and add-ons.", ("ML-2IV",), "C")
SAME_SITE = Rule(
    "R-SITE-3", "Lumens, restarts and a second line for rate are the same site.", ("RCA-LUMEN", "OHIO-3"), "A"
)
POOLED = Rule("R-SITE-4", "An unjustified second site joins the first.", (), "K")
ASSUMED = Rule("R-SITE-5", "Without a charted site the only open access is assumed.", (), "K")

RULES = (REASONED, OWN_HIERARCHY, SAME_SITE, POOLED, ASSUMED)

POOL = ""
"""The site of every administration whose access has no reason of its own."""


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

    def justified(self, root: str) -> bool:
        """Tell whether the chart says why this access was needed beside another."""
        return any(
            site.separate_site_reason and site.separate_site_reason.strip()
            for site in self._sites.values()
            if self.root(site.site_id) == root
        )

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


def assign_sites(
    encounter: Encounter, administrations: list[CodableAdministration], sheet: Worksheet
) -> list[CodableAdministration]:
    """
    Put the site on every intravenous administration: its justified site's root, or the pool.

    Returns the administrations whose site is known; the others stand behind ``F-SITE_UNKNOWN``.
    """
    used = {administration.charted.site_id for administration in administrations}
    alone = len(used) == 1 and (None not in used or not encounter.sites)
    if alone and not any(site.separate_site_reason for site in encounter.sites):
        # One charted site, or none known at all, and no reason to part it from another.
        return administrations
    accesses = Accesses(encounter, administrations)
    kept: list[CodableAdministration] = []
    unknown: list[CodableAdministration] = []
    pooled: dict[str, list[CodableAdministration]] = {}
    for administration in administrations:
        if administration.charted.site_id is not None:
            root = accesses.root(administration.charted.site_id)
        else:
            candidates = accesses.open_at(administration.at * 60)
            if len(candidates) > 1:
                unknown.append(administration)
                continue
            root = next(iter(candidates), POOL)
        kept.append(administration)
        if root != POOL and accesses.justified(root):
            administration.site = root
        else:
            pooled.setdefault(root, []).append(administration)
    if unknown:
        sheet.flag("F-SITE_UNKNOWN", unknown)
    if len(pooled) > 1:
        second = [administration for root in sorted(pooled)[1:] for administration in pooled[root]]
        sheet.flag("F-SECOND_SITE", second, sites=len(pooled))
    return kept
