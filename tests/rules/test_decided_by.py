"""Every line that a switch decided says so, and no other does: shown on the golden cases, answer by answer."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple

import pytest
from golden import all_cases, profile_of
from timeline import events_of

from models.charge import ChargeLine, ChargeSet, Reason
from models.encounter import Encounter
from rules.claim.decided_by import FLAG_SWITCHES
from rules.engine import Coding, Profile, code_encounter
from rules.flags import FLAGS
from rules.policy.switches import SWITCHES, Switch
from streams.encounter.fold import fold

NUMBERS: Final = {
    "P-07": ("0",),
    "P-17": ("0",),
    "P-27": ("168",),
    "P-28": ("0", "60"),
}
"""Beside the rule book's own number, those at which a switch that takes any number never acts, or always does."""

NO_LINE: Final = {
    "P-30": "when charges are sent",
    "P-31": "a flag of the stay as a whole",
    "H-40": "drugs beside the lines of the stay, or lines of their own: see below",
}
"""Switches that decide no line."""

WHOLE_STAY: Final = {"P-01"}
"""Set by hand it decides everything; as a fact of the stay it is no policy's answer."""

ASKED: Final = tuple(switch for switch in SWITCHES if switch.id not in {*NO_LINE, *WHOLE_STAY})


class Case(NamedTuple):
    """A golden case, coded under its own answers, and the switches these set."""

    name: str
    encounter: Encounter
    own: Profile
    coding: Coding


@cache
def cases() -> tuple[Case, ...]:
    """Return every golden case that has a policy."""
    found = []
    for _, case in all_cases():
        encounter, own = fold(events_of(case)), profile_of(case)
        coding = code_encounter(encounter, own)
        if coding.policy is not None:
            found.append(Case(case["case"], encounter, own, coding))
    return tuple(found)


def answers(switch: Switch) -> tuple[str, ...]:
    """Return the answers to compare: all words; of numbers the rule book's, the known ones and the extremes."""
    nominal = ("nominal:5",) if switch.prefix else ()
    return tuple(dict.fromkeys((*switch.values, switch.default, *NUMBERS.get(switch.id, ()), *nominal)))


def content(line: ChargeLine) -> tuple[Any, ...]:
    """Return all that a line charges and rests on, without its reasons."""
    cents = None if line.expected_payment is None else line.expected_payment.cents
    return (
        line.code, line.units, line.modifiers, line.service_date, line.minutes, line.evidence,
        line.administration_ids, line.procedure_ids, cents,
    )  # fmt: skip


def elsewhere(charge_set: ChargeSet) -> set[tuple[str, str]]:
    """Return what earns no line, and what a person is asked or warned about, by administration."""
    refused = {("", refusal.administration_id) for refusal in charge_set.not_billed}
    return refused | {
        (flag.flag, name)
        for flag in charge_set.flags
        if flag.severity != "info"
        for name in flag.administration_ids
    }


def named(reasons: tuple[Reason, ...], switch: Switch) -> bool:
    """Tell whether reasons name a switch."""
    return any(reason.rule == switch.id for reason in reasons)


class Found(NamedTuple):
    """What another answer would change in a case, and what says that the switch decided it."""

    moved: set[tuple[Any, ...]]
    """The lines that another answer would not give, by content."""
    touched: set[str]
    """The administrations and procedures of these lines, and those that would be refused or flagged otherwise."""
    carried: set[tuple[Any, ...]]
    """The lines with a reason that names the switch."""
    told: bool
    """Whether a line, a refusal or a flag names it."""
    noted: set[str]
    """The administrations whose fate the switch was noted to decide."""


def found(case: Case, switch: Switch) -> Found:
    """Return what becomes of a case under each other answer of a switch."""
    own = case.coding.charge_set
    assert case.coding.policy is not None
    assert case.coding.sheet is not None
    value = case.coding.policy.value(switch.key)
    mine, moved, touched = {content(line) for line in own.lines}, set(), set()
    for answer in answers(switch):
        if answer == value:
            continue
        overrides = (*case.own.overrides, (switch.key, answer))
        other = code_encounter(case.encounter, case.own._replace(overrides=overrides)).charge_set
        moved |= mine - {content(line) for line in other.lines}
        touched |= {name for _, name in elsewhere(own) ^ elsewhere(other)}
    carried = {content(line) for line in own.lines if named(line.reasons, switch)}
    others = [one.reasons for one in (*own.not_billed, *own.flags)]
    return Found(
        moved,
        touched | {name for line in moved for name in (*line[6], *line[7])},
        carried,
        bool(carried) or any(named(reasons, switch) for reasons in others),
        {name for name, keys in case.coding.sheet.switched.items() if switch.key in keys},
    )


EVERY: Final = 8
"""Of the cases in which a switch was not asked, one in so many is coded under its other answers: over all switches each has its turn."""


def compared(switch: Switch) -> Iterator[Case]:
    """Yield the cases to compare: each that sets the switch or has its reason, and some of the others."""
    for number, case in enumerate(cases()):
        own = case.coding.charge_set
        reasons = [one.reasons for one in (*own.lines, *own.not_billed, *own.flags)]
        asked = switch.key in dict(case.own.overrides) or any(named(found, switch) for found in reasons)
        if asked or number % EVERY == SWITCHES.index(switch) % EVERY:
            yield case


def failures(switch: Switch) -> Iterator[str]:
    """Yield what is wrong with the reasons of a switch, by case."""
    for case in compared(switch):
        seen = found(case, switch)
        if seen.touched and not seen.told:
            yield f"{case.name}: another answer would change it, and nothing names {switch.key}"
        for line in seen.moved - seen.carried:
            if seen.noted.intersection((*line[6], *line[7])):
                yield f"{case.name}: {line[0]} is decided by {switch.key} and does not say so"
        for line in seen.carried - seen.moved:
            if not seen.touched.intersection((*line[6], *line[7])):
                yield f"{case.name}: {line[0]} names {switch.key}, and every answer gives it as it is"


@pytest.mark.parametrize("switch", ASKED, ids=lambda switch: switch.key)
def test_what_a_switch_decides_names_it_and_nothing_else_does(switch: Switch) -> None:
    """
    Every answer of every switch, on every golden case.

    A line that another answer would not give has the reason, or follows from one of the same set that has it; a
    line that has the reason is about an administration which another answer would code otherwise.
    """
    assert list(failures(switch)) == []


@pytest.mark.parametrize("switch", ASKED, ids=lambda switch: switch.key)
def test_every_switch_has_a_case_that_shows_its_reason(switch: Switch) -> None:
    """With its value, the layer that gave it, and that layer's cite; by hand, and by a layer."""
    shown = [
        reason
        for case in cases()
        for one in (
            *case.coding.charge_set.lines,
            *case.coding.charge_set.not_billed,
            *case.coding.charge_set.flags,
        )
        for reason in one.reasons
        if reason.rule == switch.id
    ]
    assert shown
    for reason in shown:
        assert reason.says.startswith(f"Policy switch {switch.key} is ")
        assert reason.cites
        assert all(reason.cites)


def test_a_reason_says_who_answered_and_where() -> None:
    """One infusion without a stop, held by the rule book and a push by hand."""
    case = next(
        one for one in cases() if one.name == "Where policy says so, an antibiotic without a stop is a push"
    )
    key = "missing_stop"
    for profile, says, cites in (
        (Profile(), f"Policy switch {key} is hold_calculate_fallback, by global.", None),
        (Profile(overrides=((key, "push"),)), f"Policy switch {key} is push, by override.", ("--set",)),
    ):
        charge_set = code_encounter(case.encounter, profile).charge_set
        reasons = {
            reason
            for one in (*charge_set.lines, *charge_set.flags)
            for reason in one.reasons
            if reason.rule == "P-15"
        }
        assert {reason.says for reason in reasons} == {says}
        assert all(reason.cites == cites for reason in reasons if cites)


def test_a_setting_by_hand_is_a_reason_of_every_line_and_one_of_the_stay_of_none() -> None:
    """``--set setting=office`` and ``--policy medicare-office`` overrule what registration says; events do not."""
    for case in cases():
        charge_set = case.coding.charge_set
        by_hand = dict(case.own.overrides).get("setting")
        for one in (*charge_set.lines, *charge_set.not_billed):
            assert any(reason.rule == "P-01" for reason in one.reasons) == (by_hand is not None)
    case = next(one for one in cases() if len(one.coding.charge_set.lines) > 1)
    for profile in (Profile(overrides=(("setting", "office"),)), Profile("medicare-office")):
        charge_set = code_encounter(case.encounter, profile).charge_set
        assert charge_set.lines
        assert all(any(reason.rule == "P-01" for reason in line.reasons) for line in charge_set.lines)


def test_flags_and_switches_of_the_table_exist() -> None:
    """A typo would leave a flag without its reason for ever."""
    keys = {switch.key for switch in SWITCHES}
    assert set(FLAG_SWITCHES) <= set(FLAGS)
    assert all(switches <= keys for switches in FLAG_SWITCHES.values())


def test_late_charting_names_the_window_it_missed() -> None:
    """P-31 decides a flag of the stay as a whole."""
    case = next(
        one
        for one in cases()
        if any(flag.flag == "F-RECODE_AFTER_CLOSE" for flag in one.coding.charge_set.flags)
    )
    (flag,) = (one for one in case.coding.charge_set.flags if one.flag == "F-RECODE_AFTER_CLOSE")
    assert [reason.rule for reason in flag.reasons] == ["P-31"]


OF_DRUGS = {"F-DRUG_DOSE", "F-DRUG_CODE", "F-DOSE_UNUSUAL", "F-DRUG_WASTE", "F-DRUG_UNGIVEN"}


def test_released_drugs_name_the_switch_and_leave_every_other_line_alone() -> None:
    """On every golden case: off, suggested and released differ in the drugs alone."""
    released = 0
    for case in cases():
        sets = {
            answer: code_encounter(
                case.encounter, case.own._replace(overrides=(*case.own.overrides, ("drug_lines", answer)))
            ).charge_set
            for answer in ("off", "suggest", "release")
        }
        off, suggest, release = sets["off"], sets["suggest"], sets["release"]
        assert (off.lines, off.flags, off.not_billed, off.status) == (
            suggest.lines, suggest.flags, suggest.not_billed, suggest.status,
        ), case.name  # fmt: skip
        assert off.drug_lines == ()
        assert release.lines[: len(off.lines)] == off.lines, case.name
        drugs = release.lines[len(off.lines) :]
        wanted = [one for one in release.drug_lines if one.status == "released"]
        assert sum(line.units for line in drugs) == sum(
            (one.units or 0) + (one.waste_units or 0) for one in wanted
        )
        assert all(line.reasons[-1].rule == "H-40" for line in drugs), case.name
        told = [flag for flag in release.flags if flag.flag in OF_DRUGS]
        assert all(
            [reason.rule for reason in flag.reasons] == ["H-40"]
            for flag in told
            if "decided by" not in flag.says
        ), case.name
        released += len(drugs)
    assert released > 50
