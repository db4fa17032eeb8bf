"""The main site of each date: the one with the best ranked service, whose initial needs no modifier (R-SITE-2)."""

from rules.coding.initial import TIES, Precedence, group_precedence
from rules.coding.site_group import SiteGroup
from rules.coding.sites import SitePlan
from rules.worksheet.context import Context
from rules.worksheet.timing import Thresholds


def main_first(context: Context, groups: list[SiteGroup], plan: SitePlan) -> list[SiteGroup]:
    """Return the groups, each date's best one first, and mark the others, whose initials need a modifier (R-SITE-2)."""
    if len(groups) == 1:
        return groups
    mains = {tie: _mains(groups, tie, context.limits) for tie in TIES}
    best = mains[context.sheet.policy.equal_rank_initial]
    for other in mains.values():
        moved = [main for day in best if best[day] is not other[day] for main in (best[day], other[day])]
        context.sheet.decided_by(
            "equal_rank_initial", [name for main in moved for dose in main.doses for name in dose.ids]
        )
    for group in groups:
        main = best.get(group.day, group)
        group.needs_site_modifier = main is not group
        group.site_reason = plan.reasons.get(group.site) or plan.reasons.get(main.site, "")
    return sorted(groups, key=lambda group: (str(group.day), group.needs_site_modifier, group.site))


def _mains(groups: list[SiteGroup], tie: str, limits: Thresholds) -> dict[object, SiteGroup]:
    """Return each date's best group, ties of rank broken as ``tie`` says."""
    best: dict[object, tuple[Precedence, SiteGroup]] = {}
    for group in groups:
        if group.doses or group.pushes or group.counted_fluids:
            rank = group_precedence(group, tie, limits)
            leader = best.get(group.day)
            if leader is None or rank < leader[0]:
                best[group.day] = (rank, group)
    return {day: group for day, (_, group) in best.items()}
