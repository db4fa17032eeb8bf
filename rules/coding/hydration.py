"""Hydration: the units that fluid running alone earns, their codes and dates (R-HYD)."""

from collections import Counter
from datetime import date

from models.charge import Reason
from rules.coding.initial import KEY_REASON
from rules.coding.modifiers import second_site
from rules.coding.qualifying_minutes import Fragment, Hydration
from rules.coding.site_group import SiteGroup
from rules.rule import Rule
from rules.worksheet.codable import weakest
from rules.worksheet.context import Context
from rules.worksheet.service_dates import HOURS_IN_A_DATE, clock_at
from rules.worksheet.sheet import Earned
from rules.worksheet.timing import HYDRATION_HOUR

ENOUGH = Rule("R-HYD-1", "31 qualifying minutes or nothing.", ("A54635", "AAPC-HYDFOCUS"), "A")
ALONE = Rule("R-HYD-2", "Without a drug at the site hydration is the initial.", ("A54635",), "A")
SECONDARY = Rule(
    "R-HYD-3", "With a drug at the site all hydration is added to it.",
    ("ML-PUSHHYD", "HCPRO-MID", "AAPC-HYDFOCUS", "OHIO-2"), "B",
)  # fmt: skip
QUALIFYING = Rule(
    "R-HYD-4", "Only minutes with no drug running at the site qualify, less documented pushes.",
    ("NCCI11", "ML-PUSHHYD", "EMERALD"), "A",
)  # fmt: skip
FRAGMENTS = Rule(
    "R-HYD-5",
    "Fluid in pieces between drugs' infusions: summed, if one piece is long enough; a pause or a push breaks none.",
    ("AAPC-HYDFORUM",),
    "B",
)
BEFORE_AND_AFTER = Rule(
    "R-HYD-6",
    "Hydration before or after chemotherapy counts; beside it, never.",
    ("NCCI11", "AAPC-NS", "ML-TX"),
    "A",
)
NO_STOP = Rule(
    "R-HYD-10", "Fluid without a stop is calculated or not billed, never a push.", ("MMP", "QHR"), "C"
)
BOLUS = Rule("R-HYD-11", "A fluid bolus needs its 31 minutes too.", ("AHIMA", "OHIO-2"), "B")
PAYERS_DIFFER = Rule("R-HYD-12", "Some payers set other minutes for hydration.", ("SEL",), "C")
NEVER_CONCURRENT = Rule("R-CONC-7", "Hydration is never concurrent.", ("NCCI11",), "A")

RULES = (
    ENOUGH, ALONE, SECONDARY, QUALIFYING, FRAGMENTS, BEFORE_AND_AFTER, NO_STOP, BOLUS, PAYERS_DIFFER,
    NEVER_CONCURRENT,
)  # fmt: skip


def _unit_fragments(context: Context, hydration: Hydration) -> list[tuple[Fragment, int]]:
    """Return for each unit the piece that earned it and the second of that piece's flow at which it began."""
    limits = context.limits
    earned: list[tuple[Fragment, int]] = []
    if context.sheet.policy.hydration_fragments == "per_interval":
        for fragment in hydration.fragments:
            earned += [
                (fragment, 60 * hour * limits.hour)
                for hour in range(limits.hydration_units(fragment.minutes))
            ]
        return earned
    before = 0
    unit = 0
    for fragment in hydration.fragments:
        while unit < hydration.units:
            needed = limits.hydration if unit == 0 else unit * limits.hour + limits.added_over + 1
            if 60 * needed > before + fragment.seconds:
                break
            earned.append((fragment, max(0, 60 * unit * limits.hour - before)))
            unit += 1
        before += fragment.seconds
    return earned


def code_hydration(context: Context, group: SiteGroup, hydration: Hydration) -> None:
    """Enter a group's hydration: 96360 where it is the initial, else 96361 for every unit."""
    sheet, limits = context.sheet, context.limits
    running = hydration.running
    active = {administration.id for administration in running}
    idle = [administration for administration in group.fluids if administration.id not in active]
    sheet.claim(group.fluids, QUALIFYING)
    near = limits.near_undocumented if hydration.undocumented_pushes else limits.near
    documented = sheet.policy.deduct_push_time_from_hydration == "documented"
    if hydration.total and limits.near_boundary(
        hydration.total, limits.hydration, near if documented else limits.near
    ):
        says = f"{hydration.total} qualifying minutes of fluid are within {near if documented else limits.near} of a unit boundary."
        sheet.flag("F-NEAR_THRESHOLD", running, says, minutes=hydration.total)
    if not hydration.units:
        _refuse_all(context, group, hydration)
        return
    sheet.refuse(idle, QUALIFYING, "Ran only beside a drug, or at a rate that keeps the line open.")
    initial = group.fluid_first or not (group.doses or group.pushes)
    why = KEY_REASON if group.fluid_first else ALONE if initial else SECONDARY
    units = "1 unit" if hydration.units == 1 else f"{hydration.units} units"
    reasons: tuple[Reason, ...] = (
        why.because(),
        HYDRATION_HOUR.because(f"{hydration.total} qualifying minutes: {units} in all."),
        QUALIFYING.because(),
    )
    modifiers: tuple[str, ...] = ()
    if group.needs_site_modifier and initial:
        modifier, stands = second_site(sheet, running, "96360", group.site_reason)
        modifiers = (modifier,)
        reasons += stands
    dated, other = _dated(context, hydration, initial=initial)
    if sheet.policy.dos == "by_hour":
        dated, other = other, dated
    of_first, of_added = [
        (*reasons, sheet.policy.because("dos")) if moved else reasons
        for moved in (dated[0][0] != other[0][0], dated != other)
    ]
    evidence = weakest(running)
    given = tuple(running)
    for index, (on, started, count) in enumerate(dated):
        left = count
        if initial and index == 0:
            first = Earned("96360", 1, on, given, hydration.total, evidence, of_first, modifiers)
            sheet.earn(first._replace(started=started))
            left -= 1
        if left:
            added = Earned("96361", left, on, given, hydration.total, evidence, of_added)
            sheet.earn(added._replace(started=started))
    code = "96360" if initial else "96361"
    sheet.billed(running, [flow for fragment in hydration.fragments for flow in fragment.flows], code)


def _started(hydration: Hydration, fragment: Fragment) -> int:
    """Return the minute at which the fluid of a piece started: its first, though a drug broke it."""
    return min(
        (fluid.at for fluid in hydration.running if fluid.at <= fragment.start < fluid.flows[-1][1]),
        default=fragment.start,
    )


_Dated = list[tuple[date, int, int]]
"""Dates with their units, by department where the stay moved, each with the second at which its fluid started."""


def _dated(context: Context, hydration: Hydration, *, initial: bool) -> tuple[_Dated, _Dated]:
    """
    Return units by date, as dated by the piece that earned them and as dated by the hour.

    The first are dated by the hour too where that would overfill a date (R-DOS).
    """
    date_of = context.calendar.date_of
    earned = _unit_fragments(context, hydration)
    limit = context.mue_limit("96361", hydration.fragments[0].start)
    by_piece = [date_of(fragment.start) for fragment, _ in earned]
    by_hour = [date_of(clock_at(fragment.flows, second)) for fragment, second in earned]
    started = [_started(hydration, fragment) for fragment, _ in earned]
    hours = _apart(context, by_hour, started)
    if by_piece == by_hour or not _fits(by_piece, limit, initial=initial):
        return hours, hours
    return _apart(context, by_piece, started), hours


def _fits(dates: list[date], limit: int | None, *, initial: bool) -> bool:
    """Tell whether each date holds its units: of the added code no more than its limit, of both a day's hours."""
    units = Counter(dates)
    first = min(units)
    added = max(count - (initial and on == first) for on, count in units.items())
    return (limit is None or added <= limit) and max(units.values()) <= HOURS_IN_A_DATE


def _apart(context: Context, dates: list[date], started: list[int]) -> _Dated:
    apart: dict[tuple[date, int], list[int]] = {}
    for on, second in zip(dates, started, strict=True):
        apart.setdefault((on, context.department_at(second)), []).append(second)
    return [(on, min(starts), len(starts)) for (on, _), starts in sorted(apart.items())]


def _refuse_all(context: Context, group: SiteGroup, hydration: Hydration) -> None:
    sheet, limits = context.sheet, context.limits
    if hydration.total >= limits.hydration:
        says = f"{hydration.total} minutes in {len(hydration.fragments)} pieces, none of {limits.hydration} minutes."
        sheet.flag("F-HYD_FRAGMENTED", group.fluids, says, minutes=hydration.total)
        sheet.refuse(group.fluids, FRAGMENTS, says)
        return
    if hydration.total:
        sheet.refuse(
            group.fluids, ENOUGH, f"{hydration.total} qualifying minutes, {limits.hydration} are needed."
        )
    else:
        sheet.refuse(group.fluids, QUALIFYING, "No minute of this fluid ran alone at a hydrating rate.")
