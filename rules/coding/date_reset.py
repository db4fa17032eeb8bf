"""Which services hang on whether midnight brings a new initial service (P-04), noted for their reasons."""

from datetime import date
from typing import NamedTuple

from rules.coding.initial import HYDRATION_RANK, Precedence, precedence
from rules.coding.site_group import CODES, SiteGroup
from rules.worksheet.context import Context


class _Service(NamedTuple):
    on: date
    rank: Precedence
    substance: str
    ids: list[str]


def _services(context: Context, group: SiteGroup) -> list[_Service]:
    date_of, policy, limits = context.calendar.date_of, context.sheet.policy, context.limits
    services = [
        _Service(date_of(dose.start), precedence(dose, policy, limits), dose.substance, dose.ids)
        for dose in group.doses
    ]
    services += [
        _Service(
            date_of(push.at), (CODES[push.family].push_rank, 0, push.at, 0, push.id), push.substance, push.ids
        )
        for push in group.pushes
    ]
    services += [
        _Service(date_of(fluid.at), (HYDRATION_RANK, 0, fluid.at, 0, fluid.id), fluid.substance, [fluid.id])
        for fluid in group.counted_fluids
    ]
    return services


def _over_dates(context: Context, groups: list[SiteGroup]) -> bool:
    """Tell whether anything started on another date than something else."""
    moments: list[int] = []
    for group in groups:
        moments += [dose.start for dose in group.doses]
        moments += [push.at for push in group.pushes]
        moments += [fluid.at for fluid in group.counted_fluids]
    if len(moments) < 2:  # noqa: PLR2004 one service has one date
        return False
    return context.calendar.date_of(min(moments)) != context.calendar.date_of(max(moments))


def note_reset(context: Context, groups: list[SiteGroup]) -> None:
    """
    Note what would be coded otherwise if midnight did, or did not, reset the initial service.

    That is on each date but the initial's the best service, which would lead or would follow; a drug again on
    a later date, which would be a repeat or new; and fluid over several dates, whose minutes are summed or not.
    """
    if not _over_dates(context, groups):
        return
    by_site: dict[str, list[_Service]] = {}
    for group in groups:
        by_site.setdefault(group.site, []).extend(_services(context, group))
    for services in by_site.values():
        if len({service.on for service in services}) > 1:
            _note(context, services)


def _note(context: Context, services: list[_Service]) -> None:
    best: dict[date, _Service] = {}
    first: dict[str, date] = {}
    for service in sorted(services, key=lambda one: one.on):
        if service.on not in best or service.rank < best[service.on].rank:
            best[service.on] = service
        first.setdefault(service.substance, service.on)
    leading = min(best.values(), key=lambda one: one.rank)
    noted = [service for service in best.values() if service is not leading]
    noted += [
        service for service in services if first[service.substance] != service.on and service is not leading
    ]
    fluids = [service for service in services if service.rank[0] == HYDRATION_RANK]
    if len({service.on for service in fluids}) > 1:
        noted += fluids
    context.sheet.decided_by("initial_reset", [name for service in noted for name in service.ids])
