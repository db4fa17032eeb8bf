"""Codes everything into a vein: sites, doses, initial, infusions, pushes, hydration (11.3, steps 6 to 9)."""

from functools import partial
from typing import Final

from rules.coding.date_reset import note_reset
from rules.coding.doses import Dose, overlaps_under_other_ids, summed, timed_doses
from rules.coding.hydration import code_hydration
from rules.coding.infusions import code_infusions
from rules.coding.initial import (
    TIES,
    best_service,
    choose_office_initial,
    in_rank_order,
    leading_push,
    moved_by_the_tie,
)
from rules.coding.main_site import main_first
from rules.coding.pushes import Pushes, push_of, short_infusion
from rules.coding.qualifying_minutes import Hydration, measure
from rules.coding.site_group import Push, SiteGroup
from rules.coding.sites import ONE_SITE, POOL, Accesses, SitePlan, assign_sites, at_one_site
from rules.screening.bundles import (
    KEEP_OPEN,
    NO_REASON,
    PRIMARY_LINE,
    SLOW_OR_SMALL,
    ask_for_reason,
    problem_of_fluid,
    reason_decides,
)
from rules.screening.plausibility import EARLY_STOPS
from rules.screening.screened import Screened
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.context import Context
from rules.worksheet.reviews import stands

_LEAST_OF_A_PAYER: Final = 500
"""Millilitres: the one minimum any payer is known to ask for (P-29)."""


def code_intravenous(context: Context, screened: Screened) -> None:
    """Enter every intravenous service of the encounter."""
    sheet = context.sheet
    fluids = _reasoned_fluids(context, screened)
    administrations = [*screened.infusions, *screened.pushes, *fluids]
    administrations, plan = _sited(context, administrations)
    groups = _groups(context, administrations)
    _flow_alongside(context, screened, groups, plan)
    _flow_over_midnight(groups)
    hydrations: list[tuple[SiteGroup, Hydration]] = []
    for group in groups:
        if group.fluids:
            hydration = measure(context, group)
            group.counted_fluids = hydration.running if hydration.units else []
            hydrations.append((group, hydration))
    note_reset(context, groups)
    key = context.encounter.key_reason_order_id
    known = key is not None and any(
        administration.order_id == key for administration in context.encounter.administrations
    )
    if not sheet.facility and not choose_office_initial(groups, key, sheet, context.limits, known=known):
        return
    for group in main_first(context, groups, plan):
        order = in_rank_order(group.doses, sheet.policy, context.limits)
        _note_tie(context, group)
        if isinstance(group.initial, Dose):
            lead = group.initial
            order = [lead, *(dose for dose in order if dose is not lead)]
        elif group.initial is None and not group.fluid_first:
            group.initial = leading_push(order, group.pushes)
        if order:
            code_infusions(context, group, order)
    if any(group.pushes for group in groups):
        Pushes(context, groups).code(groups)
    for group, hydration in hydrations:
        code_hydration(context, group, hydration)


def _sited(
    context: Context, given: list[CodableAdministration]
) -> tuple[list[CodableAdministration], SitePlan]:
    """Return the administrations whose site is known, and the plan of the sites."""
    encounter, policy, limits = context.encounter, context.sheet.policy, context.limits
    if at_one_site(given, encounter) or not (len(given) > 1 or encounter.sites):
        return given, ONE_SITE
    ranker = partial(best_service, policy=policy, limits=limits)
    return assign_sites(encounter, given, context.sheet, ranker, [partial(ranker, tie=tie) for tie in TIES])


def _note_tie(context: Context, group: SiteGroup) -> None:
    """Note the infusions whose place depends on how ties of rank are broken (P-03)."""
    if len(group.doses) > 1:
        free = [dose for dose in group.doses if dose is not group.initial]
        tied = moved_by_the_tie(free, context.limits)
        context.sheet.decided_by("equal_rank_initial", [name for dose in tied for name in dose.ids])


def _reasoned_fluids(context: Context, screened: Screened) -> list[CodableAdministration]:
    """Return the fluids that were ordered as treatment, with a reason; refuse or flag the others (R-HYD-7, R-HYD-9)."""
    sheet = context.sheet
    kept = []
    for administration in screened.fluids:
        charted = administration.charted
        problem = problem_of_fluid(charted, sheet.policy, context.on)
        if reason_decides(charted, sheet.policy, context.on):
            sheet.decided_by("hydration_reason", [administration.id])
        if problem == "keep_open":
            sheet.refuse([administration], KEEP_OPEN, "Ordered to keep the line open: never billed.")
        elif (
            problem is not None
            and charted.intent != "hydrate"
            and _behind_a_drug(context, administration, screened)
        ):
            says = "Ran behind a drug, and neither order nor reason calls it hydration: carrier for its whole length."
            sheet.refuse([administration], PRIMARY_LINE, says)
        elif problem == "routine":
            sheet.refuse(
                [administration], NO_REASON, "Routine or maintenance fluid without signs of volume loss."
            )
        elif problem is not None:
            sheet.flag(
                "F-HYD_NECESSITY", [administration], ask_for_reason(problem, context.on, charted.indication)
            )
        elif _too_small(context, administration):
            sheet.refuse(
                [administration], SLOW_OR_SMALL, "At most the payer's minimum volume: not billed by policy."
            )
        else:
            kept.append(administration)
    return kept


def _behind_a_drug(context: Context, administration: CodableAdministration, screened: Screened) -> bool:
    """Tell whether a drug, blood or something nobody knows flowed through a fluid's access while the fluid hung."""
    start, stop = administration.flows[0][0], administration.flows[-1][1]
    beside = [
        (site_id, flows[0][0])
        for site_id, flows in (
            *((other.charted.site_id, other.flows) for other in screened.infusions),
            *screened.alongside,
        )
        if start < flows[-1][1] and flows[0][0] < stop
    ]
    if not beside:
        return False
    accesses = Accesses(context.encounter, [*screened.infusions, *screened.pushes, *screened.fluids])
    own = accesses.used(administration.charted.site_id, start)
    # Through which of several accesses something went that nobody charted is not known, so it carried nothing there.
    return len(own) < 2 and own in [accesses.used(site_id, at) for site_id, at in beside]  # noqa: PLR2004 one access or none


def _too_small(context: Context, administration: CodableAdministration) -> bool:
    """Raise the small-volume flag; tell whether the policy refuses the fluid for it (P-29)."""
    sheet = context.sheet
    volume = administration.charted.volume_ml
    least = sheet.policy.hydration_minimum_volume
    if volume is None or volume > (least or context.limits.short_volume):
        if volume is not None and volume <= _LEAST_OF_A_PAYER:
            sheet.decided_by("hydration_minimum_volume", [administration.id])
        return False
    sheet.decided_by("hydration_minimum_volume", [administration.id])
    sheet.flag("F-HYD_VOLUME", [administration], f"{volume:f} mL is a small volume for hydration.")
    return least is not None


class _SiteGroups:
    """The site groups (one a date too, where the policy resets by date), each made when a service first needs it."""

    def __init__(self, context: Context) -> None:
        self._by_date = context.sheet.policy.initial_reset == "calendar_day"
        self._date_of = context.calendar.date_of
        self._groups: dict[tuple[str, str], SiteGroup] = {}

    def at(self, site: str, second: int) -> SiteGroup:
        """Return the group of a site at an epoch second."""
        day = self._date_of(second) if self._by_date else None
        key = (site, "" if day is None else day.isoformat())
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = SiteGroup(site, day)
        return group

    def all(self) -> list[SiteGroup]:
        """Return every group, in a fixed order."""
        return [self._groups[key] for key in sorted(self._groups)]


def _groups(context: Context, administrations: list[CodableAdministration]) -> list[SiteGroup]:
    """Return the groups, each with its doses, pushes and fluids."""
    sheet = context.sheet
    policy = sheet.policy
    groups = _SiteGroups(context)
    infusions = [c for c in administrations if c.technique == "infusion" and c.family != "hydration"]
    doses = timed_doses(infusions, sheet) if infusions else []
    _note_later_doses(context, doses)
    if policy.same_drug_later_dose != "each_dose" and len(doses) > 1:
        # A push stays a push (11.3, step 7): only what is an infusion by itself is added up.
        least = context.limits.infusion
        long = _add_up(context, [dose for dose in doses if dose.minutes >= least])
        doses = [*long, *(dose for dose in doses if dose.minutes < least)]
    for dose in doses:
        if len(dose.administrations) > 1 and overlaps_under_other_ids(dose):
            says = "Two bags of one drug ran at once under ids that differ: coded as one infusion."
            sheet.flag("F-OVERLAP_AMBIGUOUS", dose.administrations, says)
        if dose.minutes >= context.limits.infusion:
            groups.at(dose.site, dose.start).doses.append(dose)
        elif (push := _as_push(context, dose)) is not None:
            groups.at(dose.site, dose.start).pushes.append(push)
        else:
            groups.at(dose.site, dose.start).other_flows += dose.flows
    for administration in administrations:
        if administration.family == "hydration":
            groups.at(administration.site, administration.at).fluids.append(administration)
        elif administration.technique == "push" and administration.pushable == "never":
            group = groups.at(administration.site, administration.at)
            accepted = stands(sheet.flag("F-IMPLAUSIBLE_PUSH", [administration]))
            (group.pushes if accepted else group.held_pushes).append(push_of(administration))
        elif administration.technique == "push":
            groups.at(administration.site, administration.at).pushes.append(push_of(administration))
    return groups.all()


def _note_later_doses(context: Context, doses: list[Dose]) -> None:
    """Note the doses that would be one where those of a drug are added up, or are added up (P-05)."""
    if len(doses) <= 1:
        return
    together: dict[tuple[str, str], list[Dose]] = {}
    for dose in doses:
        if dose.minutes >= context.limits.infusion:
            together.setdefault((dose.site, dose.substance), []).append(dose)
    for same in together.values():
        if len(same) > 1:
            context.sheet.decided_by("same_drug_later_dose", [name for dose in same for name in dose.ids])


def _add_up(context: Context, doses: list[Dose]) -> list[Dose]:
    sheet = context.sheet
    by_date = sheet.policy.same_drug_later_dose == "sum_per_dos"
    together = summed(
        doses, (lambda dose: context.calendar.date_of(dose.start)) if by_date else (lambda _: None)
    )
    if len(together) < len(doses):
        apart = {id(dose.administrations[0]): len(dose.administrations) for dose in doses}
        for dose in together:
            if apart.get(id(dose.administrations[0])) != len(dose.administrations):
                sheet.flag(
                    "F-SAME_DRUG_REPEAT", dose.administrations, "Doses of one drug are added up by policy."
                )
    return together


def _as_push(context: Context, dose: Dose) -> Push | None:
    """Return a short dose as a push, or None when that would be implausible (R-TIME-1, R-MOD-6)."""
    sheet = context.sheet
    early = any(administration.charted.stop_reason in EARLY_STOPS for administration in dose.administrations)
    if not early and any(administration.pushable == "never" for administration in dose.administrations):
        says = f"{dose.minutes} minutes of a drug that is never pushed."
        if not stands(sheet.flag("F-IMPLAUSIBLE_PUSH", dose.administrations, says, minutes=dose.minutes)):
            return None
    limits = context.limits
    if limits.near_boundary(dose.minutes, limits.infusion, limits.near):
        says = f"{dose.minutes} minutes is within {limits.near} minutes of a unit boundary."
        sheet.flag("F-NEAR_THRESHOLD", dose.administrations, says, minutes=dose.minutes)
    push = short_infusion(dose)
    if early:
        sheet.flag("F-DISCONTINUED", dose.administrations, minutes=dose.minutes)
        sheet.decided_by("discontinued_15_min_infusion", dose.ids)
        push.planned_as_infusion = sheet.policy.discontinued_15_min_infusion.startswith("planned")
    return push


def _flow_alongside(context: Context, screened: Screened, groups: list[SiteGroup], plan: SitePlan) -> None:
    """Add the flow of blood, pump infusions and the like to their site's group, where it stops hydration (R-HYD-4)."""
    if not (screened.prolonged or screened.patient_controlled or screened.alongside):
        return
    pumped = [*screened.prolonged, *(pca for pca in screened.patient_controlled if pca.technique == "pca")]
    in_vein = [administration for administration in pumped if administration.route == "IV"]
    flows = [
        *screened.alongside,
        *((administration.charted.site_id, administration.flows) for administration in in_vein),
    ]
    if not flows:
        return
    accesses = Accesses(context.encounter, [])
    for site_id, stretches in flows:
        site = plan.site_of(accesses.root(site_id)) if site_id is not None else POOL
        for group in groups:
            if group.site == site:
                group.other_flows.extend(stretches)


def _flow_over_midnight(groups: list[SiteGroup]) -> None:
    """Let what began at a site on another date stop the fluid of this one, where every date is coded by itself (P-04)."""
    for group in groups if len(groups) > 1 else ():
        if group.fluids:
            others = [other for other in groups if other.site == group.site and other is not group]
            group.other_flows += [flow for other in others for dose in other.doses for flow in dose.flows]
            group.held_pushes += [push for other in others for push in other.pushes]
