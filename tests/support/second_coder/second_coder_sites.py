"""Through which access: chains of restarts, reasons that count, site groups, and what nobody can place."""

import re
from collections.abc import Iterable

from second_coder_desk import POOLED, UNKNOWN_SITE, Desk, Given

from models.encounter import AccessSite

NEVER_A_REASON = re.compile(
    r"\blumens?\b"
    r"|\brate\b.*\b(?:not|never|could|unable|too)\b|\b(?:not|never|unable)\b.*\brate\b"
    r"|\brestart|\bre-start|\binfiltrat"
    r"|\bsmall[- ](?:\w+ )?veins?\b"
    r"|\bconvenien"
    r"|\b(?:second|2nd) (?:iv|line)\b"
)
"""Words that never justify a second access (A-21)."""


def is_a_reason(text: str | None) -> bool:
    """Whether a charted text says why a second access was required: some clause of it is more than such words."""
    clauses = [clause.strip() for clause in re.split(r"[;,.]", (text or "").lower())]
    return any(clause and not NEVER_A_REASON.search(clause) for clause in clauses)


def root_of(desk: Desk, site_id: str) -> str:
    """Return the first site of a chain of restarts."""
    by_id = {site.site_id: site for site in desk.encounter.sites}
    walked = [site_id]
    while True:
        site = by_id.get(walked[-1])
        if site is None or site.restart_of is None or site.restart_of in walked:
            return walked[-1]
        walked.append(site.restart_of)


def group_of_site(desk: Desk, site_id: str) -> str:
    """Return a justified site's own group, else the pooled one: each site beyond the first needs a reason (A-22)."""
    root = root_of(desk, site_id)
    for site in desk.encounter.sites:
        if site.site_id in {site_id, root} and is_a_reason(site.separate_site_reason):
            return root
    return POOLED


def site_group(desk: Desk, given: Given) -> str:
    """Return the site group of an IV administration; without a site the only open one (R-SITE-5)."""
    told = given.administration.site_id
    if told is not None:
        return group_of_site(desk, told)
    open_sites = [site for site in desk.encounter.sites if is_open(desk, site, given.start)]
    roots = sorted({root_of(desk, site.site_id) for site in open_sites})
    if len(roots) > 1:
        return UNKNOWN_SITE
    return group_of_site(desk, open_sites[0].site_id) if open_sites else POOLED


def is_open(desk: Desk, site: AccessSite, second: int) -> bool:
    """Whether a site was in place at a second."""
    placed = site.placed_at is None or desk.second(site.placed_at) <= second
    return placed and (site.removed_at is None or second < desk.second(site.removed_at))


def same_access(desk: Desk, one: Given, other: Given) -> bool:
    """Whether two administrations went through the same access; what nobody can place is at none (R-SITE-5)."""
    first, second = access_of(desk, one), access_of(desk, other)
    return first == second != UNKNOWN_SITE


def access_of(desk: Desk, given: Given) -> str | None:
    """Return the first site of the chain something went through: as charted, else the only open one."""
    told = given.administration.site_id
    if told is not None:
        return root_of(desk, told)
    roots = {root_of(desk, site.site_id) for site in desk.encounter.sites if is_open(desk, site, given.start)}
    return UNKNOWN_SITE if len(roots) > 1 else next(iter(roots), None)


def note_second_sites(desk: Desk, givens: Iterable[Given]) -> None:
    """Flag pooled use of more than one site (R-SITE-4)."""
    roots = {
        root_of(desk, one.administration.site_id)
        for one in givens
        if one.kind in {"infusion", "push"} and one.group == POOLED and one.administration.site_id is not None
    }
    if len(roots) > 1:
        desk.raise_flag("F-SECOND_SITE")


def hold_without_site(desk: Desk, givens: Iterable[Given]) -> None:
    """Hold what could still be coded but at one of several sites (R-SITE-5)."""
    for given in givens:
        if given.group == UNKNOWN_SITE and given.outcome == "to code":
            desk.hold(given, "F-SITE_UNKNOWN")
