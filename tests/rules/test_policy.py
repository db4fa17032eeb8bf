"""Switches, layers and profiles: what decides, when, and what is refused."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields
from datetime import date
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

import pytest

from rules.data_files import POLICIES
from rules.ground import ground_for
from rules.parameter import NotInForceError
from rules.policy import layer_files
from rules.policy.layer_files import read_layer, shipped_layers
from rules.policy.resolve import Origin, Policy, PolicyError, policy_for, problems, switch
from rules.policy.switches import SETTINGS, SWITCHES, Switch, chosen

TODAY = date(2026, 3, 2)
EXAMPLES = POLICIES / "examples"
PAYERS = ("medicare", "aetna", "bcbs", "cigna", "unitedhealthcare")

DEFAULTS: dict[str, object] = {
    "office_initial_when_no_key_reason": "hierarchy+flag",
    "equal_rank_initial": "longest",
    "initial_reset": "encounter",
    "same_drug_later_dose": "each_dose",
    "minimum_minutes_of_a_later_dose": 16,
    "merge_gap_inside_one_dose_without_id": 30,
    "partial_overlap": "deduct",
    "minimum_joint_minutes_for_concurrent": 16,
    "cap_96368": "encounter",
    "chemo_chemo": "review",
    "hydration_fragments": "cumulative_anchor",
    "deduct_push_time_from_hydration": "documented",
    "nominal_push_minutes": 0,
    "electrolyte_bag_class": "by_indication",
    "complex_biologic_class_map": "payer_map",
    "missing_stop": "hold_calculate_fallback",
    "pre_arrival_infusions": "count_from_takeover",
    "kvo_rate_ceiling": 50,
    "split_im_sc_dose": "per_injection",
    "push_code_when_the_drug_was_is_infused": "96376",
    "same_drug_push_30_min_from_during_infusion": "review",
    "distinct_site_modifier": "59",
    "add_on_primary_list": "cms_aoc_file",
    "pca_basal_rate": "review",
    "rounding": "flow_seconds",
    "dos": "start_date_capped",
    "discontinued_15_min_infusion": "actual_time",
    "sanity_limits": 24,
    "pump_tolerance": 5,
    "hydration_minimum_volume": None,
    "provisional_charge_emission": "on_close",
    "confirm_window_after_departure_before_final": 72,
    "home_pump_code": "96416",
    "repeat_injection_modifier": "none",
    "rural_sch": "no",
    "drug_lines": "suggest",
    "sad": "not_billed",
    "after_concurrent": "96367",
    "hydration_reason": "listed",
}
"""The rule book's section 10, last column, and the home pump code of R-CHEMO-6."""

ANSWERS = [(one, value) for one in SWITCHES for value in one.values] + [
    (one, f"{one.prefix}{number}")
    for one in SWITCHES
    if one.span is not None
    for number in (one.span.start, one.span.stop - 1)
]


def plain(
    setting: str = "facility",
    payer: str | None = None,
    facility: str | None = None,
    department: str | None = None,
    on: date = TODAY,
    overrides: tuple[tuple[str, str], ...] = (),
    extra_dirs: tuple[Path | str, ...] = (),
) -> Policy:
    """Return the global layer's policy, with a payer or more when named."""
    return policy_for(setting, payer, facility, department, on, None, overrides, extra_dirs)


@pytest.fixture
def site(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a policy file of a site and return its path; edition and title are filled in."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / f"{name}.toml"
        path.write_text(f'name = "{name}"\ntitle = "A test"\nedition = 2026-01-01\n{text}', encoding="utf-8")
        return path

    return write


def value(key: str, said: object, since: str = "2020-01-01", **more: str) -> str:
    """Return one [[values]] entry of a policy file."""
    told = f'"{said}"' if isinstance(said, str) else said
    extra = "".join(f'{name} = "{text}"\n' for name, text in more.items())
    return f'[[values]]\nkey = "{key}"\nfrom = {since}\nvalue = {told}\ncite = "A test"\n{extra}'


def test_the_policy_files_are_in_order() -> None:
    """Nothing shipped has an unknown key, a missing cite or a gap."""
    assert problems() == []


@pytest.mark.parametrize(("attribute", "default"), DEFAULTS.items())
def test_a_switch_starts_from_the_rule_book(attribute: str, default: object) -> None:
    """Section 10 of the rule book, in a facility."""
    assert getattr(plain(), attribute) == default


def test_the_register_is_the_rule_books_list() -> None:
    """P-01 to P-31 with P-14b, then ours; every one an attribute with the register's answers."""
    ids = [one.id for one in SWITCHES]
    expected = [f"P-{number:02d}" for number in range(1, 32)]
    expected.insert(14, "P-14b")
    hints = get_type_hints(Policy)

    assert ids == [*expected, "H-01", "H-12", "H-18", "H-23", "H-26", "H-35", "H-40"]
    assert {one.attribute for one in SWITCHES} | {"nominal_push_minutes"} == {"setting", *DEFAULTS}
    for one in SWITCHES:
        if get_origin(hints[one.attribute]) is Literal:
            words = set(get_args(hints[one.attribute])) - {"nominal"}
            assert words == set(one.values), one.key


def test_a_reaction_within_fifteen_minutes_is_billed_by_its_time_in_an_office_too() -> None:
    """P-26: modifier 53 is suggested to a person, never attached unasked (R-MOD-6)."""
    assert plain("office").discontinued_15_min_infusion == "actual_time"
    assert plain("facility").discontinued_15_min_infusion == "actual_time"


@pytest.mark.parametrize(
    ("one", "answer"), ANSWERS, ids=lambda said: said.key if isinstance(said, Switch) else said
)
def test_every_answer_of_the_register_is_taken(one: Switch, answer: str) -> None:
    """Each answer set by hand arrives on the policy, and is read back as it was set."""
    policy = plain(overrides=((one.key, answer),))

    assert policy.value(one.key) == answer
    assert policy.origin(one.key).layer == "override"


@pytest.mark.parametrize("one", SWITCHES, ids=lambda one: one.key)
def test_a_wrong_answer_is_refused_with_the_right_ones(one: Switch) -> None:
    """The error names the switch, what was said and what may be said."""
    with pytest.raises(PolicyError) as refused:
        chosen(one.id, "sometimes")

    assert one.key in str(refused.value)
    assert "'sometimes'" in str(refused.value)
    assert one.allowed() in str(refused.value)


@pytest.mark.parametrize("one", [one for one in SWITCHES if one.span], ids=lambda one: one.key)
def test_a_number_outside_its_range_is_refused(one: Switch) -> None:
    """One past either end, a negative number and a fraction."""
    assert one.span is not None
    for number in (one.span.start - 1, one.span.stop, -1, "1.5", ""):
        with pytest.raises(PolicyError, match="whole number"):
            chosen(one.key, f"{one.prefix}{number}")


@pytest.mark.parametrize(
    ("key", "said", "meant"),
    [
        ("p-05", "Sum-Per-DOS", ("same_drug_later_dose", "sum_per_dos")),
        ("P5", "each dose", ("same_drug_later_dose", "each_dose")),
        ("P-14B", "THER", ("complex_biologic_class_map", "ther")),
        ("Distinct-Site-Modifier", "xu", ("distinct_site_modifier", "XU")),
        ("p21", " 59 ", ("distinct_site_modifier", "59")),
        ("h1", "g0498", ("home_pump_code", "G0498")),
        ("cap_96368", "DOS", ("96368_cap", "dos")),
        ("P-02", "Hierarchy + Flag", ("office_initial_when_no_key_reason", "hierarchy+flag")),
        ("P-06", "31 min", ("minimum_minutes_of_a_later_dose", "31")),
        ("P-17", "50 mL/h", ("kvo_rate_ceiling", "50")),
        ("P-17", "050", ("kvo_rate_ceiling", "50")),
        ("P-27", "24h", ("sanity_limits", "24")),
        ("P-29", "500 mL", ("hydration_minimum_volume", "500")),
        ("P-13", "nominal 5 minutes", ("deduct_push_time_from_hydration", "nominal:5")),
        ("P-15", "hold→calculate→fallback", ("missing_stop", "hold_calculate_fallback")),
        ("P-22", "CMS AOC file", ("add_on_primary_list", "cms_aoc_file")),
        ("setting", "PROF_IN_FACILITY", ("setting", "professional_in_facility")),
    ],
)
def test_case_hyphens_and_units_do_not_matter(key: str, said: str, meant: tuple[str, str]) -> None:
    """A switch is set as people write it."""
    assert chosen(key, said) == meant


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("same_drug_latter_dose", "same_drug_later_dose"),
        ("kvo_ceiling_rate", "kvo_rate_ceiling"),
        ("P-99", None),
    ],
)
def test_a_switch_nobody_knows_is_refused_with_the_nearest(key: str, nearest: str | None) -> None:
    """The error says which key was probably meant, and lists them all."""
    with pytest.raises(PolicyError, match="There is no switch") as refused:
        chosen(key, "none")

    assert "home_pump_code" in str(refused.value)
    assert nearest is None or f"Did you mean {nearest} " in str(refused.value)


def test_a_misspelt_answer_is_refused_with_the_nearest() -> None:
    """P-03 has no longes."""
    with pytest.raises(PolicyError, match=r"Did you mean longest\?"):
        chosen("P-03", "longes")


def test_answers_have_the_type_a_rule_needs() -> None:
    """Minutes are whole numbers, no volume is None, and a nominal push brings its minutes."""
    policy = plain(overrides=(("P-29", "500"), ("P-13", "nominal:5"), ("P-06", "31")))

    assert (policy.hydration_minimum_volume, policy.minimum_minutes_of_a_later_dose) == (500, 31)
    assert (policy.deduct_push_time_from_hydration, policy.nominal_push_minutes) == ("nominal", 5)
    assert plain().value("P-29") == "none"


def test_what_is_set_by_hand_wins_and_the_last_of_a_switch_counts() -> None:
    """Over every layer, whichever name the switch is called by."""
    policy = plain(
        payer="medicare",
        facility="NORTH",
        overrides=(("kvo_rate_ceiling", "10"), ("p-17", "20"), ("96368_cap", "dos")),
        extra_dirs=(EXAMPLES,),
    )

    assert (policy.kvo_rate_ceiling, policy.cap_96368) == (20, "dos")
    assert policy.origin("P-17") == Origin("override", "--set")


def test_a_later_layer_wins(site: Callable[[str, str], Path]) -> None:
    """Global, payer, facility, department: each over the one before, whatever the files are called."""
    site("a", f'scope = "department"\ndepartment = "D"\n{value("P-31", 4)}')
    site("b", f'scope = "facility"\nfacility = "F"\n{value("P-31", 3)}{value("P-17", 3)}')
    site("c", f'scope = "payer"\n{value("P-31", 2)}{value("P-17", 2)}{value("P-27", 2)}')
    home = site(
        "d", f'scope = "global"\n{value("P-31", 1)}{value("P-17", 1)}{value("P-27", 1)}{value("P-28", 1)}'
    ).parent

    policy = policy_for("facility", "C", "F", "D", TODAY, extra_dirs=(home,))

    assert [policy.origin(key).layer for key in ("P-31", "P-17", "P-27", "P-28", "P-07")] == [
        "department a",
        "facility b",
        "payer c",
        "global d",
        "global",
    ]
    assert (policy.confirm_window_after_departure_before_final, policy.kvo_rate_ceiling) == (4, 3)
    assert (policy.sanity_limits, policy.pump_tolerance) == (2, 1)
    assert policy.name == "c-facility+d+b+a"


def test_a_value_holds_from_its_date_until_the_next(site: Callable[[str, str], Path]) -> None:
    """The day before it the layer below decides; ``inherits`` gives the question back."""
    text = (
        value("P-17", 30, "2026-03-02")
        + value("P-17", "inherits", "2026-05-01")
        + value("P-17", 40, "2026-04-01")
    )
    home = site("x", f'scope = "payer"\n{text}').parent
    days = (date(2026, 3, 1), TODAY, date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 30), date(2026, 5, 1))

    told = [plain(payer="x", on=day, extra_dirs=(home,)).kvo_rate_ceiling for day in days]

    assert told == [50, 30, 30, 40, 40, 50]


def test_a_value_for_one_setting_comes_before_the_one_for_all(site: Callable[[str, str], Path]) -> None:
    """Even when the one for all is newer."""
    text = value("P-21", "XS", "2025-01-01", setting="office") + value("P-21", "XU", "2026-01-01")
    home = site("x", f'scope = "payer"\n{text}').parent

    assert plain("office", payer="x", extra_dirs=(home,)).distinct_site_modifier == "XS"
    assert plain("facility", payer="x", extra_dirs=(home,)).distinct_site_modifier == "XU"


def test_before_the_first_value_there_is_no_policy() -> None:
    """A refusal that says since when there is one and what to do."""
    with pytest.raises(
        NotInForceError, match=r"policy switch .* has no value on 2005-12-31.*from 2006-01-01.*hold"
    ):
        plain(on=date(2005, 12, 31))

    assert plain(on=date(2006, 1, 1)).equal_rank_initial == "longest"


@pytest.mark.parametrize(
    ("payer", "name"),
    [
        ("medicare", "medicare"),
        ("MEDICARE Part B", "medicare"),
        ("Aetna", "aetna"),
        ("BCBS", "bcbs"),
        ("Blue Cross & Blue Shield", "bcbs"),
        ("blue cross blue shield", "bcbs"),
        ("BC/BS", "bcbs"),
        ("Blue Cross and Blue Shield of North Carolina", "bcbs"),
        ("BCBS-of-Texas", "bcbs"),
        ("CIGNA Healthcare", "cigna"),
        ("UHC", "unitedhealthcare"),
        ("United Healthcare", "unitedhealthcare"),
        ("UnitedHealthcare", "unitedhealthcare"),
        ("Medicare Advantage", "default"),
        ("Some Other Plan", "default"),
        ("*", "default"),
        (None, "default"),
    ],
)
def test_a_payer_is_known_by_any_of_its_names(payer: str | None, name: str) -> None:
    """Case, spaces and punctuation do not matter; a payer without a profile is coded as any."""
    assert policy_for("facility", payer, None, None, TODAY).name == f"{name}-facility"


@pytest.mark.parametrize("payer", PAYERS)
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_profile_is_chosen_with_or_without_a_setting(payer: str, setting: str) -> None:
    """``--policy aetna-office`` says both; the encounter's own payer no longer matters."""
    policy = policy_for("facility", "cigna", None, None, TODAY, f"{payer}-{setting}")

    assert (policy.name, policy.setting) == (f"{payer}-{setting}", setting)
    assert policy.origin("setting") == Origin("choice", "--policy")
    assert policy_for(setting, "cigna", None, None, TODAY, payer.upper()).name == f"{payer}-{setting}"


def test_the_default_policy_forgets_the_payer() -> None:
    """``--policy default`` and ``--policy default-office``."""
    assert policy_for("facility", "medicare", None, None, TODAY, "default").name == "default-facility"
    assert policy_for("facility", "medicare", None, None, TODAY, "default-office").name == "default-office"


def test_a_licensee_is_chosen_with_its_setting() -> None:
    """A name that only begins as an alias does keeps the setting behind it."""
    policy = policy_for("facility", None, None, None, TODAY, "bcbs of texas-professional_in_facility")

    assert policy.name == "bcbs-professional_in_facility"


def test_a_policy_nobody_knows_is_refused_with_the_nearest() -> None:
    """The error lists the profiles and says that a path would do."""
    with pytest.raises(
        PolicyError, match=r"no policy 'medcare'. Did you mean medicare\?.*aetna.*path of a TOML"
    ):
        policy_for("facility", None, None, None, TODAY, "medcare")


def test_the_setting_is_the_encounters_unless_chosen_or_set() -> None:
    """``--set`` over ``--policy`` over the encounter; a wrong one is refused."""
    policy = policy_for(
        "facility", None, None, None, TODAY, "default-office", (("P-01", "prof_in_facility"),)
    )

    assert (policy.setting, policy.name) == ("professional_in_facility", "default-professional_in_facility")
    assert plain().origin("P-01") == Origin("encounter", "setting")
    with pytest.raises(PolicyError, match="does not take 'hospital'"):
        plain("hospital")


def test_facility_and_department_layers_join_the_name() -> None:
    """Only for encounters that carry their identifiers, and never unless their directory is named."""

    def name(facility: str | None, department: str | None, *extra_dirs: Path) -> str:
        return plain("facility", "medicare", facility, department, extra_dirs=extra_dirs).name

    assert name(None, None, EXAMPLES) == "medicare-facility"
    assert name("NORTH", None, EXAMPLES) == "medicare-facility+north-campus"
    assert name("NORTH", "ED", EXAMPLES) == "medicare-facility+north-campus+emergency"
    assert name("SOUTH", "ED", EXAMPLES) == "medicare-facility"
    assert name("NORTH", "ED") == "medicare-facility"


def test_a_policy_file_takes_the_layer_its_scope_names(site: Callable[[str, str], Path]) -> None:
    """A payer's file stands in for the payer; any other lies over it, for every encounter."""
    text = f'facility = "ELSEWHERE"\n{value("P-17", 5)}'
    facility = site("ours", f'scope = "facility"\n{text}')
    payer = site("plan", f'scope = "payer"\nextends = "medicare"\n{value("P-21", "XU")}')

    over = policy_for("office", "aetna", None, None, TODAY, str(facility))
    instead = policy_for("office", "aetna", None, None, TODAY, str(payer))

    assert (over.name, over.kvo_rate_ceiling) == ("aetna-office+ours", 5)
    assert (instead.name, instead.distinct_site_modifier) == ("plan-office", "XU")
    assert instead.origin("96368_cap").layer == "payer medicare"
    twice = policy_for("office", "aetna", "ELSEWHERE", None, TODAY, str(facility), (), (facility.parent,))
    assert twice.name == "aetna-office+ours"


def test_a_plan_builds_on_its_payer_and_may_take_its_name_over(site: Callable[[str, str], Path]) -> None:
    """``extends`` finds the shipped profile even when an alias of it now means the site's own."""
    home = site(
        "ours", f'scope = "payer"\nextends = "medicare"\naliases = ["medicare"]\n{value("P-21", "XS")}'
    ).parent

    policy = plain(payer="Medicare", extra_dirs=(str(home),))

    assert (policy.name, policy.distinct_site_modifier) == ("ours-facility", "XS")
    assert policy.origin("96368_cap") == Origin("payer medicare", "IOM12")


@pytest.mark.parametrize(("base", "wrong"), [("nobody", "there is no such payer"), ("two", "extends itself")])
def test_a_payer_that_extends_nobody_is_refused(
    site: Callable[[str, str], Path], base: str, wrong: str
) -> None:
    """A missing base, and two payers that extend each other."""
    site("two", 'scope = "payer"\nextends = "one"\n')
    home = site("one", f'scope = "payer"\nextends = "{base}"\n').parent

    with pytest.raises(PolicyError, match=wrong):
        plain(payer="one", extra_dirs=(home,))
    assert any(wrong in fault for fault in problems((home,)))


def test_a_payers_map_classes_complex_biologics(site: Callable[[str, str], Path]) -> None:
    """From its date, by ingredient, with its cite; a later layer may give a drug back."""
    entry = '[[complex_biologic_classes]]\ndrug = "{}"\nclass = "{}"\nfrom = {}\ncite = "Contract"\n'
    site(
        "b", f'scope = "facility"\nfacility = "F"\n{entry.format("omalizumab", "chemotherapy", "2026-01-01")}'
    )
    home = site("a", f'scope = "payer"\n{entry.format("omalizumab", "therapeutic", "2022-04-26")}').parent

    def classes(on: date, facility: str | None = None) -> dict[str, str]:
        return dict(plain(payer="a", facility=facility, on=on, extra_dirs=(home,)).complex_biologic_classes)

    assert classes(date(2022, 4, 25)) == {}
    assert classes(TODAY) == {"omalizumab": "therapeutic"}
    assert classes(TODAY, "F") == {"omalizumab": "chemotherapy"}
    assert plain(payer="a", extra_dirs=(home,)).origin("omalizumab") == Origin("payer a", "Contract")


def test_no_shipped_payer_claims_more_than_its_sources() -> None:
    """Medicare pins four answers that equal the defaults; nobody else differs in anything."""
    differing = {
        (payer, one.key): policy_for("facility", payer, None, None, TODAY).value(one.key)
        for payer in PAYERS
        for one in SWITCHES
        if policy_for("facility", payer, None, None, TODAY).value(one.key) != plain().value(one.key)
    }
    pinned = {(layer.name, held.key) for layer in shipped_layers()[1:] for held in layer.values}

    assert differing == {}
    assert pinned == {
        ("medicare", key) for key in ("initial_reset", "96368_cap", "add_on_primary_list", "sad")
    }
    assert not any(layer.classes for layer in shipped_layers())


def test_the_readme_names_every_answer_a_payer_gives() -> None:
    """The table of differences and the files say the same."""
    text = (POLICIES / "README.md").read_text(encoding="utf-8")

    for layer in shipped_layers()[1:]:
        for held in layer.values:
            assert f"| `{held.key}` {switch(held.key).id} | {held.value} | {held.cite}" in text


def test_the_readmes_policy_file_can_be_read(tmp_path: Path) -> None:
    """What the grammar shows is what the reader takes."""
    text = (POLICIES / "README.md").read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    path = tmp_path / "shown.toml"
    path.write_text(text, encoding="utf-8")

    assert layer_files.problems(path) == []
    assert read_layer(path).label == "facility north-campus"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_an_example_can_be_copied_as_it_stands(path: Path) -> None:
    """Each is a policy of its own when chosen by its path."""
    policy = policy_for("facility", None, None, None, TODAY, str(path))

    assert read_layer(path).name in policy.name


def test_a_retired_article_stops_deciding() -> None:
    """The example on home pumps: G0498 while the article stood, the layers below afterwards."""
    path = str(EXAMPLES / "medicare-own-pumps.toml")
    days = (date(2016, 5, 8), date(2016, 5, 9), date(2025, 12, 10), date(2025, 12, 11))

    told = [policy_for("office", None, None, None, day, path).home_pump_code for day in days]

    assert told == ["96416", "G0498", "G0498", "96416"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('scope = "galaxy"\n', "scope must be one of global, payer, facility, department"),
        ('scope = "payer"\nfacility = "F"\n', "facility does not belong in a payer layer"),
        ('scope = "facility"\n', "facility is missing"),
        ('scope = "payer"\naliases = ["*"]\n', "each with a letter or a digit"),
        ('scope = "payer"\ncolour = "blue"\n', "there is no field 'colour'"),
        (f'scope = "payer"\n{value("P-77", 1)}', "There is no switch 'P-77'"),
        (f'scope = "payer"\n{value("P-06", 17)}', r"values entry 1: .*\(P-06\) does not take '17'"),
        (
            f'scope = "payer"\n{value("P-06", 16, colour="blue")}',
            "values entry 1: there is no field 'colour'",
        ),
        (f'scope = "payer"\n{value("P-06", 16, setting="ward")}', "values entry 1: setting must be one of"),
        (f'scope = "payer"\n{value("P-01", "office")}', "comes from the encounter"),
        (f'scope = "global"\n{value("P-06", "inherits")}', "nothing to inherit from"),
        (f'scope = "payer"\n{value("P-06", 16)}{value("p6", 31)}', "has two values from 2020-01-01"),
        (f'scope = "payer"\n{value("P-06", 16, "2020-01-01T00:00:00")}', "from must be a date"),
        ('scope = "payer"\n[[values]]\nkey = "P-06"\nfrom = 2020-01-01\nvalue = 16\n', "cite is missing"),
        (
            'scope = "payer"\n[[values]]\nkey = "P-06"\nfrom = 2020-01-01\nvalue = true\ncite = "x"\n',
            "whole number",
        ),
        (
            'scope = "payer"\n[[complex_biologic_classes]]\ndrug = "X"\nclass = "hormonal"\nfrom = 2020-01-01\ncite = "x"\n',
            "formulary ingredient in lower case",
        ),
        ("scope = payer\n", "is not TOML"),
    ],
)
def test_a_file_that_cannot_be_followed_is_refused(
    site: Callable[[str, str], Path], text: str, wrong: str
) -> None:
    """Where it is used the error names the file; ``infusion check`` lists it too."""
    path = site("broken", text)

    with pytest.raises(PolicyError, match=wrong) as refused:
        policy_for("facility", None, None, None, TODAY, str(path))
    assert str(path) in str(refused.value)
    assert any("broken.toml" in fault for fault in problems((path.parent,)))


def test_a_missing_file_or_directory_is_refused(tmp_path: Path) -> None:
    """What cannot be read is named."""
    with pytest.raises(PolicyError, match="cannot be read"):
        policy_for("facility", None, None, None, TODAY, str(tmp_path / "none.toml"))
    with pytest.raises(PolicyError, match="does not exist"):
        plain(extra_dirs=(tmp_path / "none",))
    assert problems((tmp_path / "none",)) != []


def test_two_payers_of_one_directory_may_not_share_a_name(site: Callable[[str, str], Path]) -> None:
    """A clash between neighbours is a mistake; taking a shipped name over is a choice."""
    site("one", 'scope = "payer"\naliases = ["The Plan", "medicare"]\n')
    home = site("two", 'scope = "payer"\naliases = ["the plan"]\n').parent

    assert problems((home,)) == ["two.toml: the name 'the plan' already belongs to one"]


def test_a_drug_the_formulary_does_not_know_is_reported(site: Callable[[str, str], Path]) -> None:
    """A class for a drug no encounter can hold would never be asked for."""
    entry = 'drug = "tocilizumb"\nclass = "therapeutic"\nfrom = 2026-01-01\ncite = "Contract"\n'
    home = site("plan", f'scope = "payer"\n[[complex_biologic_classes]]\n{entry}').parent

    assert problems((home,)) == [
        "plan.toml: 'tocilizumb' is no ingredient of the formulary; did you mean tocilizumab?"
    ]


def test_a_version_tells_two_policies_apart() -> None:
    """The files' newest edition and a digest of the answers, not of the name."""
    assert plain().version == plain(payer="aetna").version
    assert plain().version != plain(overrides=(("P-03", "first_started"),)).version
    assert plain().version.startswith("2026-11-22.")


def test_a_policy_is_made_once_and_cannot_be_changed() -> None:
    """Every encounter of a stretch of dates shares one object."""
    policy = plain(on=date(2026, 3, 3))

    assert policy is plain(on=date(2026, 3, 4))
    assert hash(policy) == hash(plain(on=date(2026, 3, 5)))
    with pytest.raises(FrozenInstanceError):
        policy.rounding = "nearest_minute"  # type: ignore[misc]  # what the test is about
    with pytest.raises(TypeError):
        policy.complex_biologic_classes["rituximab"] = "therapeutic"  # type: ignore[index]  # likewise
    assert {one.name for one in fields(policy)} >= set(DEFAULTS)


def test_every_answer_can_say_where_it_is_written() -> None:
    """An origin for each switch, with a cite."""
    policy = plain(payer="medicare", on=date(2026, 6, 1))

    assert policy.origin("P-10") == Origin("payer medicare", "IOM12")
    assert policy.origin("P-07") == Origin("global", "HOUSE")
    assert all(policy.origin(one.key).cite for one in SWITCHES)
    with pytest.raises(PolicyError, match="There is no switch"):
        policy.origin("aspirin")


def test_payers_without_a_layer_share_what_their_stays_are_coded_on() -> None:
    """One ground for names nobody has a profile for, as for none; a payer with a layer keeps its own."""
    on = date(2026, 10, 5)
    one, other, none = (
        ground_for("facility", payer, ("F1", "ED"), on, None, ()) for payer in ("plan-017", "plan-018", None)
    )
    assert one is other is none
    assert ground_for("facility", "bcbs", ("F1", "ED"), on, None, ()).policy.name.startswith("bcbs")
