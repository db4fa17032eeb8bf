"""The golden cases are complete: every rule, flag, switch, threshold and worked example has its case."""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from golden import CASES, CaseDiffersError, all_cases, check, refusals, wanted_charges

from rules.flags import FLAGS
from rules.policy.switches import SWITCHES
from rules.rulebook import all_rules

PARAMETERS = Path(__file__).parents[2] / "rules" / "parameters" / "timing"

SHOWN_BY = {
    # What a word means; the rules that use it are the ones cited.
    "R-DEF-1": "A slow push of twenty minutes with the nurse present is a push",
    "R-DEF-2": "Sixteen minutes of ceftriaxone are an infusion",
    "R-DEF-3": "Of two infusions the longer is initial",
    "R-DEF-4": "Sixteen minutes of a second antibiotic are a sequential infusion",
    "R-DEF-5": "Sixteen shared minutes are concurrent",
    "R-DEF-7": "Two drugs mixed in one bag are one infusion",
    "R-DEF-8": "Saline with potassium given for volume is hydration",
    "R-DEF-9": "Keep-open fluid between two drugs is never billed",
    "R-DRUG-3": "A drug of OPPS status N is packaged, and shown all the same",
    "R-DRUG-4": "A drug of OPPS status K is paid apart",
    "R-DEF-10": "Carrier fluid is part of the drug's infusion",
    "R-DEF-12": "Two lumens of one catheter at once are concurrent",
    "R-DEF-13": "A primary line behind piggybacks is carrier when nobody calls it hydration",
    "R-DEF-14": "A dose with one id stays one dose however wide the gap",
    "R-DEF-15": "A hospital reports the repeat an office does not",
    # What is one stay, one site, one dose, one drug: decided before any line is made.
    "R-ENC-1": "An observation stay over three dates has one initial",
    "R-SITE-1": "Two sites required by protocol are two initials, the lower one marked",
    "R-SITE-2": "Each justified site has its own added hours and pushes",
    "R-SITE-3": "A line restarted after infiltration is the same site",
    "R-SAME-2": "One dose in two halves around a pause is one infusion of a hundred minutes",
    "R-SAME-5": "A biosimilar is the same drug as its reference",
    "R-CONC-8": "Two drugs mixed in one short bag are one push",
    "R-CONC-9": "One drug in two bags at once is one infusion over both",
    "R-CONC-10": "Two lumens of one catheter at once are concurrent",
    "R-CONC-11": "Two sites required by protocol are two initials, the lower one marked",
    "R-CONC-12": "Two drugs in one syringe are one push",
    "R-DOC-6": "A new bag of a continuous order goes on without a stop of the first",
    # Which minutes are flow: the line's minutes show it.
    "R-TIME-5": "Seconds are cut off, so fifteen minutes and fifty-nine are a push",
    "R-TIME-6": "The hour that the clocks skip in spring is not flow",
    "R-TIME-7": "A pause is not flow and does not split the dose",
    "R-TIME-8": "Rate steps of an immune globulin never split the dose",
    "R-TIME-9": "Watching after natalizumab is not flow",
    "R-TIME-11": "One push is the initial service",
    "R-INF-7": "A titrated insulin drip is one infusion",
    "R-BUN-9": "Watching after natalizumab is not flow",
    # Which family a drug belongs to: the line's code shows it.
    "R-CLS-5": "Supportive drugs beside chemotherapy are therapeutic",
    "R-CLS-6": "Omalizumab under the skin is a plain injection",
    "R-INF-6": "Saline with potassium given for a low potassium is a drug",
    "R-INF-10": "Iron sucrose over half an hour is a therapeutic infusion",
    # What follows from another rule, which is the one cited.
    "R-HIER-2": "An injection does not take the initial from the fluid",
    "R-HIER-3": "An injection does not take the initial from the fluid",
    "R-INIT-4": "A key reason that earns no code gives way to the next by rank",
    "R-INIT-5": "One stay, one initial",
    "R-SEQ-2": "The sequential code stands once for a drug, its later dose is an added hour",
    "R-CONC-6": "A therapeutic drug beside chemotherapy is concurrent",
    "R-CONC-7": "Fluid is never concurrent, not even beside chemotherapy",
    "R-PUSH-8": "A ten-minute piggyback is a push",
    "R-HYD-6": "Hydration before and after cisplatin is added up",
    "R-HYD-10": "Fluid without a stop is never a push, whatever policy says of drugs",
    "R-HYD-11": "A litre in twenty minutes is too short to be hydration",
    "R-BUN-8": "A visit on the same day is pointed out, not billed",
    "R-INJ-4": "A hospital injection without a physician in the room is an injection, never a visit",
    # Where a unit stands on the claim: the line's date and units show it.
    "R-DOS-1": "A continuous infusion over midnight keeps all its hours on the date it began",
    "R-DOS-4": "Pushes of one code on one date make one line",
}
"""Rules no line, refusal or flag carries by itself, each with the case that shows it at work."""

NEVER_AT_WORK = {
    "R-HYD-12": "a payer's own hydration minutes: no shipped payer has any",
    "R-MOD-7": "modifiers that never apply",
    "R-MOD-10": "a mark in a site's own table: tests/rules/test_containers.py",
}
"""Rules that say only what an automatic coder leaves alone."""

EDGES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "late_registration": [
        (
            "An arrival registered half an hour late is late registration, and the push at the bedside stands",
            "A push 31 minutes before the arrival is held, one of the two times is wrong",
        ),
    ],
    "infusion_minimum": (
        ("Fifteen minutes of ceftriaxone are a push", "Sixteen minutes of ceftriaxone are an infusion"),
        (
            "Fifteen minutes of a second antibiotic are one more push",
            "Sixteen minutes of a second antibiotic are a sequential infusion",
        ),
        (
            "Fifteen minutes of fluorouracil are a chemotherapy push",
            "Sixteen minutes of fluorouracil are a chemotherapy infusion",
        ),
        (
            "Fifteen minutes of a second chemotherapy drug are one more chemotherapy push",
            "Sixteen minutes of a second chemotherapy drug are a sequential infusion",
        ),
        (
            "Fifteen minutes under the skin are an injection",
            "Sixteen minutes under the skin are a subcutaneous infusion",
        ),
        (
            "Fifteen minutes into an artery are a chemotherapy push",
            "Sixteen minutes into an artery are a chemotherapy infusion",
        ),
        ("Fifteen minutes alone leave a drug concurrent", "Sixteen minutes alone make a drug sequential"),
    ),
    "additional_hour_over": (
        ("Ninety minutes of ceftriaxone are one hour", "Ninety-one minutes of ceftriaxone are two hours"),
        (
            "One hundred and fifty minutes of ceftriaxone are two hours",
            "One hundred and fifty-one minutes of ceftriaxone are three hours",
        ),
        (
            "Two hundred and ten minutes of ceftriaxone are three hours",
            "Two hundred and eleven minutes of ceftriaxone are four hours",
        ),
        (
            "Ninety minutes of a second antibiotic are sequential without an added hour",
            "Ninety-one minutes of a second antibiotic add an hour to the sequential code",
        ),
        (
            "One hundred and fifty minutes of a second antibiotic add one hour to the sequential code",
            "One hundred and fifty-one minutes of a second antibiotic add two hours to the sequential code",
        ),
        ("Ninety minutes of paclitaxel are one hour", "Ninety-one minutes of paclitaxel are two hours"),
        (
            "One hundred and fifty minutes of paclitaxel are two hours",
            "One hundred and fifty-one minutes of paclitaxel are three hours",
        ),
        (
            "Two hundred and ten minutes of paclitaxel are three hours",
            "Two hundred and eleven minutes of paclitaxel are four hours",
        ),
        (
            "Ninety minutes of a second chemotherapy drug are sequential without an added hour",
            "Ninety-one minutes of a second chemotherapy drug add an hour to the sequential code",
        ),
        ("Ninety minutes under the skin are one hour", "Ninety-one minutes under the skin are two hours"),
        ("Ninety minutes into an artery are one hour", "Ninety-one minutes into an artery are two hours"),
    ),
    "first_hour": (
        (
            "Ninety minutes of saline are one hour of hydration",
            "Ninety-one minutes of saline are two hours of hydration",
        ),
        (
            "One hundred and fifty minutes of saline are two hours of hydration",
            "One hundred and fifty-one minutes of saline are three hours of hydration",
        ),
        (
            "Two hundred and ten minutes of saline are three hours of hydration",
            "Two hundred and eleven minutes of saline are four hours of hydration",
        ),
    ),
    "hydration_minimum": (
        (
            "Half an hour of lactated Ringer's is one minute short",
            "Thirty-one minutes of lactated Ringer's are hydration",
        ),
        (
            "Thirty minutes of saline after an antibiotic add nothing",
            "Thirty-one minutes of saline after an antibiotic add one unit",
        ),
    ),
    "push_repeat_after": (
        (
            "The same drug thirty minutes after its push is too soon",
            "The same drug thirty-one minutes after its push is a repeat",
        ),
        (
            "A loading push exactly half an hour before the drip is for a person to judge",
            "A loading push half an hour and a minute before the drip is a repeat",
        ),
    ),
    "prolonged_over_minutes": (
        (
            "A pump planned for eight hours is too short for the prolonged code",
            "A pump planned for a minute more than eight hours takes the prolonged code",
        ),
    ),
    "short_hydration_volume": (
        (
            "Half a litre is a small volume for hydration, and a person is told",
            "A millilitre more than half a litre is not remarked on",
        ),
    ),
    "near_threshold": (
        (
            "Eighty-eight minutes are three short of the second hour, and nobody is told",
            "Eighty-nine minutes are two short of the second hour, and a person is told",
        ),
    ),
    "near_threshold_pushes_undocumented": (
        (
            "A push without minutes costs nothing, but a person is told when the fluid is near the line",
            "A push without minutes and fluid a minute further from the line raise nothing",
        ),
    ),
    "volume_fluid": (
        (
            "Potassium in a millilitre less than half a litre is a drug",
            "Potassium in half a litre given for volume is an additive",
        ),
    ),
    "additive_strength": (
        (
            "Fluid with forty milliequivalents in a litre, given for volume, is hydration",
            "Fluid with forty-one milliequivalents in a litre, given for volume, is held",
        ),
    ),
    "strong_dextrose": (
        (
            "Five percent dextrose for a low sugar is fluid without a reason",
            "Ten percent dextrose for a low sugar is a drug",
        ),
    ),
    "volume_tolerance_percent": (
        (
            "A volume a tenth off from rate times time may be",
            "A volume a third off from rate times time is held",
        ),
    ),
    "P-06": (
        (
            "A later dose of fifteen minutes is a push of a drug that was infused",
            "A later dose of sixteen minutes takes the added-hour code",
        ),
        (
            "Where a later dose needs more than half an hour, thirty minutes earn nothing",
            "Where a later dose needs more than half an hour, thirty-one minutes earn a unit",
        ),
    ),
    "P-07": (
        (
            "Two bags thirty minutes apart are one dose of eighty minutes",
            "Two bags thirty-one minutes apart are two doses",
        ),
    ),
    "P-09": (
        ("Fifteen shared minutes are not enough to be concurrent", "Sixteen shared minutes are concurrent"),
    ),
    "P-17": (
        (
            "Saline at fifty millilitres an hour only keeps the vein open",
            "Saline at fifty-one millilitres an hour is hydration",
        ),
    ),
    "P-27": (
        (
            "Twenty-four hours of heparin are plausible",
            "A minute more than twenty-four hours is taken for a charting error",
        ),
    ),
    "P-28": (
        (
            "Pump and nurse five minutes apart agree",
            "Pump and nurse six minutes apart are told to a person, and the nurse is billed",
        ),
    ),
    "P-29": (
        (
            "Hydration volume: half a litre is not more than half a litre",
            "Hydration volume: more than half a litre will do",
        ),
    ),
}
"""Each number in force, a parameter or a switch, with the cases just below and just above it."""

STREAM_SWITCHES = {"P-30", "P-31"}
"""When charges are sent is the worker's business; no timeline shows it."""

WORKED = {f"W-{number:02d}" for number in range(1, 39)}


@cache
def _by_name() -> dict[str, dict[str, Any]]:
    return {case["case"]: case for _, case in all_cases()}


@cache
def _stated() -> Counter[str]:
    """Return how often a rule is among the reasons, refusals or flags that cases state."""
    stated: Counter[str] = Counter()
    for _, case in all_cases():
        stated.update(case.get("because", ()))
        stated.update(rule for _, rule in refusals(case))
        stated.update(FLAGS[flag].rule for flag in case.get("flags", ()) if flag in FLAGS)
    return stated


def _outcome(case: Mapping[str, Any]) -> tuple[object, ...]:
    return wanted_charges(case), sorted(case.get("flags", ())), case.get("status", "final")


def test_no_two_cases_have_one_sentence() -> None:
    """A sentence names one case, so that a failure can be found by it."""
    names = Counter(case["case"] for _, case in all_cases())
    assert [name for name, count in names.items() if count > 1] == []


def test_every_family_has_cases() -> None:
    """No folder under ``tests/cases`` is empty."""
    folders = {path for path in CASES.iterdir() if path.is_dir() and not path.name.startswith("__")}
    assert folders == {path.parent for path, _ in all_cases()}


def test_cases_name_only_rules_and_flags_there_are() -> None:
    """A mistyped rule or flag would otherwise be covered for ever."""
    known = {rule.id for rule in all_rules()}
    switches = {switch.id for switch in SWITCHES}
    for _, case in all_cases():
        assert set(case.get("because", ())) <= known | switches, case["case"]
        assert {rule for _, rule in refusals(case)} <= known, case["case"]
        assert set(case.get("flags", ())) <= set(FLAGS), case["case"]


def test_a_held_case_says_what_holds_it() -> None:
    """Every held case states a flag that blocks or may block."""
    for _, case in all_cases():
        if case.get("status") == "held":
            assert case.get("flags"), f"{case['case']}: held, and no flag says why"


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in all_rules()])
def test_every_rule_is_at_work_in_a_case(rule: Any) -> None:
    """A rule is stated by a case, or shown by the case named for it, or said never to be at work."""
    places = [
        bool(_stated()[rule.id]),
        rule.id in SHOWN_BY,
        rule.id in NEVER_AT_WORK,
    ]
    assert any(places), f"no case states {rule.id}: {rule.says}"
    assert sum(places) == 1, f"{rule.id} is stated by a case: take it off the list in {Path(__file__).name}"
    assert SHOWN_BY.get(rule.id, next(iter(_by_name()))) in _by_name(), f"{rule.id} is shown by no case"


@pytest.mark.parametrize("flag", FLAGS)
def test_every_flag_is_raised_by_a_case(flag: str) -> None:
    """Each flag this product can raise stands in some case."""
    assert any(flag in case.get("flags", ()) for _, case in all_cases()), f"no case raises {flag}"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param(one.key, value, id=f"{one.id} {one.key} {value or 'a number'}")
        for one in SWITCHES
        if one.id not in STREAM_SWITCHES
        for value in (one.values or ("",))
    ],
)
def test_every_answer_of_every_switch_is_set_by_a_case(key: str, value: str) -> None:
    """Each answer a switch takes is tried; a switch that takes numbers is set to some number."""
    answers = {case["set"][key] for _, case in all_cases() if key in case.get("set", {})}
    assert value in answers if value else answers, f"no case sets {key}={value or 'a number'}"


@pytest.mark.parametrize(
    ("below", "above"),
    [pytest.param(*pair, id=f"{number}: {pair[0]}") for number, pairs in EDGES.items() for pair in pairs],
)
def test_a_number_has_a_case_on_each_side(below: str, above: str) -> None:
    """The two cases differ in one line of the timeline, and come out differently."""
    cases = _by_name()
    assert {below, above} <= set(cases)
    first, second = cases[below], cases[above]
    assert len(set(first["timeline"]) - set(second["timeline"])) == 1
    assert len(first["timeline"]) == len(second["timeline"])
    assert first.get("set") == second.get("set")
    assert _outcome(first) != _outcome(second)


def test_every_number_in_force_has_its_edge() -> None:
    """Each timing parameter, and each switch that is a number, is among the edges."""
    parameters = {path.stem for path in PARAMETERS.glob("*.toml")}
    numbers = {one.id for one in SWITCHES if one.numeric} - STREAM_SWITCHES
    assert parameters | numbers <= set(EDGES)


def test_every_worked_example_of_the_rule_book_is_a_case() -> None:
    """W-01 to W-38 each stand in a case of their own."""
    worked = Counter(case["worked"] for _, case in all_cases() if "worked" in case)
    assert set(worked) >= WORKED
    assert max(worked.values()) == 1


def test_a_case_that_differs_reads_as_a_coder_would_say_it() -> None:
    """The report has the sentence, what was wanted, and what was coded with its rule and citation."""
    wrong = {
        "case": "A 91-minute antibiotic infusion bills the first hour and two more",
        "timeline": ["08:00 start ceftriaxone", "09:31 stop ceftriaxone", "10:00 discharge"],
        "charges": ["96365 x1", "96366 x2"],
    }
    with pytest.raises(CaseDiffersError) as raised:
        check(wrong)
    told = str(raised.value).splitlines()
    assert told[0] == wrong["case"]
    assert told[1:5] == ["  wanted", "    96365 x1", "    96366 x2", "  coded"]
    assert told[5].startswith("    96365 x1  because R-TIME-2: ")
    assert told[6].startswith("    96366 x1  because R-TIME-3: Medicare Claims Processing Manual")
