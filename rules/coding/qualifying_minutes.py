"""The minutes of fluid that ran alone, and the units they would earn (R-HYD-4, R-HYD-5)."""

from bisect import bisect_right
from typing import NamedTuple

from models.interval import Coverage, Stretch, length, union
from rules.coding.doses import doses_within, other_gaps
from rules.coding.site_group import SiteGroup
from rules.screening.bundles import keep_open_stretches
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.context import Context
from rules.worksheet.timing import Thresholds


class Fragment(NamedTuple):
    """Fluid that no drug's infusion broke, its pauses taken out, in epoch seconds; ``seconds`` are what counts."""

    flows: list[Stretch]
    seconds: int
    """Less the documented pushes in it."""

    @property
    def start(self) -> int:
        """The epoch second of its first flow."""
        return self.flows[0][0]

    @property
    def minutes(self) -> int:
        """The whole minutes that count."""
        return self.seconds // 60


class Hydration(NamedTuple):
    """The qualifying pieces, minutes and units of a group's fluids; ``running`` are the fluids with such minutes."""

    fragments: list[Fragment]
    total: int
    units: int
    undocumented_pushes: bool
    running: list[CodableAdministration]


def _running(group: SiteGroup, fragments: list[Fragment]) -> list[CodableAdministration]:
    used = Coverage([flow for fragment in fragments for flow in fragment.flows])
    return [administration for administration in group.fluids if used.within(administration.flows)]


class _Measured(NamedTuple):
    """What a group's fluids come to, with all pieces, and whether anything was pushed beside flowing fluid."""

    hydration: Hydration
    pieces: list[Fragment]
    pushed: bool


def measure(context: Context, group: SiteGroup) -> Hydration:
    """Return the qualifying minutes of a group's fluids and the units they would earn (R-HYD-4, R-HYD-5)."""
    measured = _measured(context, group, context.sheet.policy.merge_gap_inside_one_dose_without_id)
    _note_switches(context, group, measured)
    return measured.hydration


def _note_switches(context: Context, group: SiteGroup, measured: _Measured) -> None:
    """Note the fluids whose minutes or units hang on pushes (P-13), seconds (P-24), gaps (P-07) or pieces (P-12)."""
    sheet, fluids = context.sheet, [administration.id for administration in group.fluids]
    if measured.pushed:
        sheet.decided_by("deduct_push_time_from_hydration", fluids)
    if len(_units_by_policy(measured.pieces, context.limits)) > 1:
        sheet.decided_by("hydration_fragments", fluids)
    if (group.doses or group.other_flows) and any(fragment.seconds % 60 for fragment in measured.pieces):
        sheet.decided_by("rounding", fluids)
    if len(fluids) > 1:
        gaps = other_gaps(group.fluids, sheet.policy)
        others = [_measured(context, group, gap).hydration for gap in gaps]
        if any(other[1:] != measured.hydration[1:] for other in others):
            sheet.decided_by("merge_gap_inside_one_dose_without_id", fluids)


def _units_by_policy(fragments: list[Fragment], limits: Thresholds) -> set[int]:
    """Return the units that pieces earn under the answers on how they add up (P-12): one number where all agree."""
    if len(fragments) <= 1:
        return {0}
    summed = limits.hydration_units(sum(fragment.seconds for fragment in fragments) // 60)
    anchored = any(fragment.minutes >= limits.hydration for fragment in fragments)
    apart = sum(limits.hydration_units(fragment.minutes) for fragment in fragments)
    return {summed, summed if anchored else 0, apart}


def _measured(context: Context, group: SiteGroup, gap: int) -> _Measured:
    policy = context.sheet.policy
    flows = []
    for administration in group.fluids:
        slow = keep_open_stretches(administration, policy.kvo_rate_ceiling, policy.rounding)
        flows += Coverage(slow).outside(administration.flows) if slow else administration.flows
    drugs = Coverage(group.other_flows)
    for dose in group.doses:
        drugs.add(dose.flows)
    # A pause, an alarm or the next bag of one fluid is no break, and neither is a push: only a drug's infusion is.
    pieces = drugs.outside(
        union([(fluid.start, fluid.flows[-1][1]) for fluid in doses_within(group.fluids, gap)])
    )
    flowing = Coverage(flows)
    pushes = [*group.pushes, *group.held_pushes]
    deducted = policy.deduct_push_time_from_hydration != "none"
    documented = Coverage([flow for push in pushes for flow in push.flows])
    taken = documented if deducted else Coverage()
    starts = [start for start, _ in pieces]
    nominal = [0] * len(pieces)
    undocumented = False
    for push in pushes:
        place = bisect_right(starts, push.at) - 1
        beside = place >= 0 and push.at < pieces[place][1] and flowing.within([(push.at, push.at + 1)])
        if not push.flows and beside:
            undocumented = True
            nominal[place] += 60 * policy.nominal_push_minutes if deducted else 0
    fragments = []
    pushed = undocumented
    for piece, granted in zip(pieces, nominal, strict=True):
        ran = flowing.within([piece])
        pushed = pushed or bool(documented.within(ran))
        seconds = length(ran) - length(taken.within(ran)) - granted
        if seconds > 0:
            fragments.append(Fragment(ran, seconds))
    return _Measured(_added_up(context, group, fragments, undocumented=undocumented), fragments, pushed)


def _added_up(
    context: Context, group: SiteGroup, fragments: list[Fragment], *, undocumented: bool
) -> Hydration:
    """Return what the pieces earn, added up as the policy says (P-12)."""
    policy, limits = context.sheet.policy, context.limits
    if policy.hydration_fragments == "per_interval":
        fragments = [fragment for fragment in fragments if fragment.minutes >= limits.hydration]
        units = sum(limits.hydration_units(fragment.minutes) for fragment in fragments)
        running = _running(group, fragments)
        return Hydration(fragments, sum(f.seconds for f in fragments) // 60, units, undocumented, running)
    total = sum([fragment.seconds for fragment in fragments]) // 60
    units = limits.hydration_units(total)
    anchored = any(fragment.minutes >= limits.hydration for fragment in fragments)
    if policy.hydration_fragments == "cumulative_anchor" and not anchored:
        units = 0
    return Hydration(fragments, total, units, undocumented, _running(group, fragments))
