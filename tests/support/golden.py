"""
A golden case, coded and compared: what the case states must come out, in a coder's words when it does not.

What a case leaves out is not compared, but for three things: no charges means none, no ``status`` means
final, and no ``flags`` means that nothing holds the set.
"""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from timeline import cases_in, events_of

from models.charge import ChargeLine, ChargeSet
from rules.data_files import POLICIES
from rules.engine import Profile, code_encounter
from rules.screening.other_accounts import account_of, others_beside
from streams.encounter.fold import fold

CASES = Path(__file__).parent.parent / "cases"
FIRST_DAY = "2026-03-02"

_CHARGE = re.compile(
    r"^(?P<code>[0-9A-Z]{5}(?:-[0-9A-Z]{2})*) x(?P<units>\d+)(?: on (?P<on>\d{4}-\d\d-\d\d))?$"
)

Charges = Counter[tuple[str, date]]
"""Units by code with its modifiers, and date of service."""


class CaseDiffersError(AssertionError):
    """A case did not come out as stated; the text is the report a coder reads."""


@cache
def all_cases() -> tuple[tuple[Path, dict[str, Any]], ...]:
    """Return every golden case with its file, in the order of the files; they are read once and never changed."""
    return tuple((path, case) for path in sorted(CASES.rglob("*.yaml")) for case in cases_in(path))


def wanted_charges(case: Mapping[str, Any]) -> Charges:
    """
    Return the charges a case states; one without a date is of the case's own date.

    Raises:
        CaseDiffersError: a charge is not written as the README says.
    """
    first = date.fromisoformat(case.get("on", FIRST_DAY))
    charges: Charges = Counter()
    for stated in case.get("charges", ()):
        found = _CHARGE.match(stated)
        if found is None:
            message = f"{case['case']}\n  {stated!r} is no charge: write 96365 x1, 96365-59 x1 or 96366 x2 on 2026-03-03"
            raise CaseDiffersError(message)
        charges[found["code"], date.fromisoformat(found["on"]) if found["on"] else first] += int(
            found["units"]
        )
    return charges


def profile_of(case: Mapping[str, Any]) -> Profile:
    """Return the policy and the switches of a case; a policy is one of the shipped examples, or a name."""
    named = case.get("policy")
    example = POLICIES / "examples" / f"{named}.toml"
    policy = str(example) if named is not None and example.is_file() else named
    return Profile(policy, tuple(case.get("set", {}).items()))


def coded(case: Mapping[str, Any]) -> ChargeSet:
    """Return the charge set of a case's timeline."""
    stay = fold(events_of(case))
    account = account_of(stay)
    if account is not None:
        others = [account_of(fold(events_of(other))) for other in case.get("also", ())]
        beside = others_beside(account, [other for other in others if other is not None])
        stay = stay._replace(other_accounts=beside)
    return code_encounter(stay, profile_of(case)).charge_set


def refusals(case: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return the administrations a case says earn no line, each with its rule."""
    pairs = (stated.rpartition(" ") for stated in case.get("not_billed", ()))
    return {(name, rule) for name, _, rule in pairs}


def check(case: Mapping[str, Any]) -> None:
    """
    Code a case and hold the result against it.

    Raises:
        CaseDiffersError: something stated came out differently.
    """
    charges = wanted_charges(case)
    found = coded(case)
    if problems := _problems(case, charges, found):
        raise CaseDiffersError("\n".join([case["case"], *problems]))


def _problems(case: Mapping[str, Any], charges: Charges, found: ChargeSet) -> list[str]:
    problems: list[str] = []
    lines = Counter({("-".join((one.code, *one.modifiers)), one.service_date): 0 for one in found.lines})
    for one in found.lines:
        lines["-".join((one.code, *one.modifiers)), one.service_date] += one.units
    first = date.fromisoformat(case.get("on", FIRST_DAY))
    if lines != charges:
        problems += ["  wanted", *_stated(charges, first), "  coded", *_with_reasons(found, first)]
    raised = {flag.flag for flag in found.flags}
    if "flags" in case and raised != set(case["flags"]):
        problems.append(f"  wanted flags {_listed(case['flags'])}; raised {_listed(raised)}")
    elif "flags" not in case and (blocking := {one.flag for one in found.flags if one.severity == "block"}):
        problems.append(f"  held by {_listed(blocking)}, which the case does not state")
    refused = {(one.administration_id, one.rule) for one in found.not_billed}
    if "not_billed" in case and refused != refusals(case):
        words = [" ".join(pair) for pair in refused]
        problems.append(f"  wanted not billed {_listed(case['not_billed'])}; not billed {_listed(words)}")
    if found.status != (status := case.get("status", "final")):
        problems.append(f"  wanted {status}; the set is {found.status}, flags {_listed(raised)}")
    if "amounts" in case and (paid := _amounts(found)) != sorted(case["amounts"]):
        problems.append(f"  wanted amounts {_listed(case['amounts'])}; they are {_listed(paid)}")
    problems += _wrong_drugs(case, found)
    told = {reason.rule for one in found.lines for reason in one.reasons}
    if missing := [rule for rule in case.get("because", ()) if rule not in told]:
        problems.append(f"  wanted because {_listed(missing)}; the reasons are {_listed(told)}")
    return problems


def _amounts(found: ChargeSet) -> list[str]:
    """Return the national amount of each line as a case states it; a line outside the schedule has none."""
    return sorted(
        f"{'-'.join((one.code, *one.modifiers))} "
        + ("none" if one.expected_payment is None else f"{(one.expected_payment.cents or 0) / 100:.2f}")
        for one in found.lines
    )


def _wrong_drugs(case: Mapping[str, Any], found: ChargeSet) -> list[str]:
    problems = []
    if "drugs" in case and (drugs := _drugs(found)) != Counter(case["drugs"]):
        problems.append(f"  wanted drugs {_listed(case['drugs'])}; they are {_listed(drugs)}")
    asked = {flag.flag for one in found.drug_lines for flag in one.flags}
    if "asked" in case and asked != set(case["asked"]):
        problems.append(f"  wanted asked {_listed(case['asked'])}; asked {_listed(asked)}")
    return problems


def _drugs(found: ChargeSet) -> Counter[str]:
    """Return the drug lines as a case states them: J1745-JZ x40, J1745-JW x9 for what was wasted, cefazolin open."""
    stated: Counter[str] = Counter()
    for one in found.drug_lines:
        name = "-".join((one.code or one.ingredient, *one.modifiers))
        if one.units is None:
            stated[f"{name} {one.status}"] += 1
            continue
        stated[f"{name} x{one.units}"] += 1
        if one.waste_units:
            stated[f"{one.code}-JW x{one.waste_units}"] += 1
    return stated


def _listed(words: Any) -> str:
    return ", ".join(sorted(words)) or "none"


def _dated(on: date, first: date) -> str:
    return "" if on == first else f" on {on.isoformat()}"


def _stated(charges: Charges, first: date) -> list[str]:
    return [f"    {code} x{units}{_dated(on, first)}" for (code, on), units in sorted(charges.items())] or [
        "    nothing"
    ]


def _with_reasons(found: ChargeSet, first: date) -> list[str]:
    return [_explained(line, first) for line in found.lines] or ["    nothing"]


def _explained(line: ChargeLine, first: date) -> str:
    why = "; ".join(f"{one.rule}: {one.cites[0]}" for one in line.reasons)
    code = "-".join((line.code, *line.modifiers))
    return f"    {code} x{line.units}{_dated(line.service_date, first)}  because {why}"
