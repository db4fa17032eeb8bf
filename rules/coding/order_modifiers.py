"""Modifiers that an order brings: which go on the line, and what a person is told of the others (R-MOD-11, R-MOD-12)."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from models.charge import Reason
from models.encounter import Administration
from rules.coding.modifiers import COVERAGE, REGISTRATION
from rules.flags import FLAGS
from rules.rule import Rule
from rules.worksheet.context import Context
from rules.worksheet.sheet import Earned

TRIAL = Rule(
    "R-CODE-TRIAL",
    "A service of a clinical trial carries Q0 or Q1, whichever the order says; neither is guessed.",
    ("NGS-TRIALS", "NOR-Q1"),
    "A",
)

RULES = (TRIAL,)

OF_A_TRIAL: Final = ("Q0", "Q1")
OF_COVERAGE: Final = ("GA", "GX", "GY", "GZ", "KX")
OF_REGISTRATION: Final = ("CR", "PD", "GV", "GW", "Q5", "Q6", "SA", "JA", "JB")
PASSED: Final = (*OF_COVERAGE, *OF_A_TRIAL, *OF_REGISTRATION)
"""Every modifier that an order may bring, in the order in which they stand on a line, behind our own."""

MOST: Final = 4
"""Modifiers that a line of a claim has room for, on paper and in the 837."""

_ROUTE: Final = {"JA": "IV", "JB": "SC"}
"""The route that a modifier names."""

_BELONGS: Final = {
    "it belongs to the drug's line": ("JW", "JZ", "JG", "TB"),
    "another site, stay or route is read from the chart, never from an order": ("59", "XE", "XP", "XS", "XU"),
    "it belongs to the visit": ("25", "57"),
    "repeats are units or codes of their own": ("76", "77"),
    "an infusion stopped early is billed by its minutes": ("52", "53", "73", "74"),
    "it comes from the department's master data": ("ER", "PN", "PO"),
    "it does not apply to these codes": ("22", "26", "50", "51", "LT", "RT", "TC"),
}
_WHY_NOT: Final = {modifier: why for why, modifiers in _BELONGS.items() for modifier in modifiers}

_Told = tuple[str, str, str]
"""A flag, what it says, and the modifier it names, which may be empty."""


class _Judged(NamedTuple):
    passed: tuple[tuple[str, Reason], ...]
    told: tuple[_Told, ...]


def attach_order_modifiers(context: Context) -> None:
    """Put on each line the modifiers its orders bring, behind the others; flag those it does not take, and a trial that names none."""
    sheet = context.sheet
    ordered = {
        one.administration_id: one
        for one in context.encounter.administrations
        if one.order_modifiers or one.research
    }
    if not ordered:
        return
    told: dict[_Told, dict[str, None]] = {}
    for index, earned in enumerate(sheet.earned):
        names = dict.fromkeys((*(given.id for given in earned.administrations), *earned.decided_ids))
        behind = [ordered[name] for name in names if name in ordered]
        if not behind:
            continue
        judged = _judge(earned, behind)
        for one in judged.told:
            told.setdefault(one, {}).update(dict.fromkeys(given.administration_id for given in behind))
        sheet.earned[index] = earned._replace(
            modifiers=(*earned.modifiers, *(modifier for modifier, _ in judged.passed)),
            reasons=(*earned.reasons, *(reason for _, reason in judged.passed)),
        )
    for (flag, says, modifier), about in told.items():
        facts = {"modifier": modifier} if modifier else {}
        sheet.raise_flag(FLAGS[flag].on(tuple(about), says, **facts))


def _judge(earned: Earned, behind: Iterable[Administration]) -> _Judged:
    """Return which modifiers of the orders behind a line go on it, and what is said of the others."""
    brought = {modifier.upper() for one in behind for modifier in one.order_modifiers or ()}
    passed: list[tuple[str, Reason]] = []
    told: list[_Told] = []
    asks = _asks_of_trial(brought, behind)
    if asks is not None:
        told.append(("F-RESEARCH", asks, ""))
        brought -= set(OF_A_TRIAL)
    routes = {given.route for given in earned.administrations}
    room = MOST - len(earned.modifiers)
    for modifier in [*(one for one in PASSED if one in brought), *sorted(brought - set(PASSED))]:
        if modifier in earned.modifiers:
            continue
        why_not = _why_not(modifier, routes)
        if why_not is None and len(passed) == room:
            why_not = f"a line has room for {MOST}"
        if why_not is None:
            passed.append((modifier, _because(modifier)))
        else:
            told.append(
                ("F-ORDER_MODIFIER", f"{modifier} of the order is not on the line: {why_not}.", modifier)
            )
    return _Judged(tuple(passed), tuple(told))


def _asks_of_trial(brought: set[str], behind: Iterable[Administration]) -> str | None:
    """Return what is asked of a drug given in a trial, or None where the order answers it or there was no trial."""
    said = [modifier for modifier in OF_A_TRIAL if modifier in brought]
    if len(said) > 1:
        return "Given in a clinical trial, and the order says both Q0 and Q1."
    if said and all(one.research is False for one in behind):
        return f"The order says {said[0]}, and the chart that it was no clinical trial."
    if not said and any(one.research for one in behind):
        return "Given in a clinical trial, and no order says Q0 or Q1."
    return None


def _why_not(modifier: str, routes: set[str]) -> str | None:
    if modifier not in PASSED:
        return _WHY_NOT.get(modifier, "it is none that an order may bring")
    route = _ROUTE.get(modifier)
    if route is not None and routes and routes != {route}:
        return f"it says {route}, and the drug was given {' and '.join(sorted(routes))}"
    return None


def _because(modifier: str) -> Reason:
    if modifier in OF_A_TRIAL:
        return TRIAL.because(f"Given in a clinical trial; the order says {modifier}.")
    return (COVERAGE if modifier in OF_COVERAGE else REGISTRATION).because(f"The order brings {modifier}.")
