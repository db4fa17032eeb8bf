"""``infusion rules``: what is in force on a date, who decided it, and all there is to say of one entry."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from orjson import loads

from rules.catalogue.coverage import BEGIN, block
from rules.catalogue.modifiers import ATTACHED, modifiers
from rules.claim.charge_lines import RANK_ORDER
from rules.coding.modifiers import BYPASSING
from rules.flags import FLAGS
from rules.formulary.lookup import entries
from rules.parameter import parameters
from rules.policy.switches import SWITCHES
from rules.rulebook import all_rules
from rules.sources import sources
from streams.cli import main
from streams.rulebook.entry import nearest
from streams.rulebook.golden_cases import Case, cases
from streams.rulebook.policy_entry import answer_names, policy_names
from streams.rulebook.text import columns

DAY = "2026-03-02"


def run(*typed: str) -> Result:
    """Return what the verb did with these words."""
    return CliRunner().invoke(main, ["rules", *typed])


def told(*typed: str) -> dict[str, object]:
    """Return what the verb says as JSON, for a fixed date of service."""
    result = run("--on", DAY, "--format", "json", *typed)
    assert result.exit_code == 0, result.stderr
    found: dict[str, object] = loads(result.stdout)
    return found


def part(facts: dict[str, object], name: str) -> list[dict[str, object]]:
    """Return a list of mappings out of what was told."""
    held = facts[name]
    assert isinstance(held, list)
    return held


def test_it_lists_every_rule_number_switch_and_table_in_force() -> None:
    """Nothing that decides a charge is left out of the list."""
    facts = told()
    assert [rule["id"] for rule in part(facts, "rules")] == [rule.id for rule in all_rules()]
    assert [number["name"] for number in part(facts, "parameters")] == [one.name for one in parameters()]
    assert [one["id"] for one in part(facts, "switches")] == [*(one.id for one in SWITCHES), "B-01"]
    assert {table["table"] for table in part(facts, "tables")} >= {
        "mue_outpatient",
        "ptp_practitioner",
        "add_on",
        "opps",
    }


def test_every_rule_has_its_sentence_grade_and_sources() -> None:
    """What an auditor reads on a line can be looked up here, word for word."""
    hours = next(rule for rule in part(told(), "rules") if rule["id"] == "R-TIME-3")
    assert hours["says"] == "An added hour needs more than 30 minutes past the hour before it."
    assert hours["grade"] == "A"
    assert hours["chapter"] == "time"
    assert part(hours, "sources")[0] == {
        "key": "IOM12",
        "cite": "Medicare Claims Processing Manual, Pub. 100-04, ch. 12, section 30.5 (2025-01-01)",
        "grade": "A",
        "address": sources()["IOM12"].href,
    }


def test_a_number_is_the_one_in_force_with_its_own_source() -> None:
    """The same threshold rests on another authority in another year."""
    assert number("2026-03-02") == (30, "2025-01-01", "IOM12")
    assert number("2024-12-31") == (30, "2006-01-01", "OPPS-2302-2006")


def number(on: str) -> tuple[object, object, object]:
    """Return value, first day and source of the added hour's threshold on a date."""
    facts = loads(run("--on", on, "--format", "json").stdout)
    held = next(one for one in facts["parameters"] if one["name"] == "timing.additional_hour_over")
    return held["value"], held["since"], held["source"]["key"]


def test_a_switch_says_which_layer_decided_it() -> None:
    """The global layer unless the payer's own says otherwise, each with where it is written."""
    layers = {
        one["key"]: (one["value"], one["decided_by"]) for one in part(told("--payer", "medicare"), "switches")
    }
    assert layers["96368_cap"] == ("encounter", "payer medicare")
    assert layers["partial_overlap"] == ("deduct", "global")
    assert told("--payer", "medicare")["policy"] == {
        "name": "medicare-facility",
        "version": policy_version(),
        "setting": "facility",
        "payer": "medicare",
    }


def policy_version() -> object:
    """Return the version the policy gives itself."""
    policy = told("--policy", "medicare-facility")["policy"]
    assert isinstance(policy, dict)
    return policy["version"]


def test_the_setting_decides_too() -> None:
    """An office's answer differs from a facility's where the rule book says so."""
    assert run("--on", DAY, "--setting", "office").stdout.count("setting office") == 1
    named = told("--policy", "medicare-office")["policy"]
    assert isinstance(named, dict)
    assert named["setting"] == "office"


def test_text_for_people_has_one_entry_a_line() -> None:
    """What goes into a pipe can be searched: no sentence is broken."""
    lines = run("--on", DAY).stdout.splitlines()
    assert lines[0] == f"Rule book 26.11.5, in force on {DAY} (as chosen)"
    hours = next(line for line in lines if "R-TIME-3" in line)
    assert hours.startswith(
        "  R-TIME-3   A  An added hour needs more than 30 minutes past the hour before it. [IOM12, "
    )
    assert any(
        "timing.infusion_minimum" in line and "16 minute" in line and "[A53778]" in line for line in lines
    )
    assert any("P-22" in line and "cms_aoc_file" in line and "global" in line for line in lines)
    assert any(line.split()[:2] == ["add_on", "2024-06-03"] for line in lines)


def test_the_date_is_todays_unless_one_is_asked_for() -> None:
    """The clock is the shell's, and the first line says that it was looked at."""
    first = run().stdout.splitlines()[0]
    today = datetime.now(UTC).astimezone().date().isoformat()
    assert first.endswith("(today; --on DATE shows another date of service)")
    assert today in first or datetime.now(UTC).astimezone().date().isoformat() in first


def test_before_everything_nothing_is_in_force() -> None:
    """It says from when on there is something, and is no error."""
    result = run("--on", "1990-01-01")
    assert result.exit_code == 0
    assert "Rules: none in force on this date." in result.stdout
    assert "no value before 2006-01-01" in result.stdout
    assert "none answered on this date: it lies before the first policy." in result.stdout
    assert "its first edition begins on 2024-07-01" in result.stdout


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (("--on", "2026-13-01"), "not a date; write for example 2026-03-02"),
        (("--policy", "medicar"), "There is no policy 'medicar'. Did you mean medicare?"),
        (
            ("show", "96399"),
            "there is no code, rule, flag, switch, answer, number, drug, modifier, diagnosis, taxonomy, place, policy or source '96399'. Did you mean 96379",
        ),
        (("show", "rituximb"), "Did you mean rituximab"),
        (("show", "medicare-ofice"), "Did you mean medicare-office"),
        (("show", "each_does"), "Did you mean each_dose"),
        (("show", "P-17=many"), "there is no code, rule, flag, switch, answer"),
        (("show", "nowhere.toml"), "nowhere.toml"),
        (("show", "96365", "R-TIM-3"), "Did you mean R-TIME-3"),
        (("show",), "Missing argument 'NAME...'."),
        (("shwo", "96365"), "No such command 'shwo'."),
    ],
    ids=[
        "no date",
        "no policy",
        "no code",
        "no drug",
        "no policy to show",
        "no answer",
        "no number",
        "no file",
        "no rule",
        "no name",
        "no verb",
    ],
)
def test_wrong_usage_is_a_line_and_status_2(typed: tuple[str, ...], says: str) -> None:
    """With the nearest right word; nothing is printed for the names before it."""
    result = run(*typed)
    assert result.exit_code == 2
    assert says in result.stderr
    assert result.stdout == ""


# ---------------------------------------------------------------- one entry


def test_a_code_is_shown_with_all_that_is_known_of_it() -> None:
    """Meaning, minutes, primaries in both books, limits by setting, payment, pairs, rules."""
    facts = told("show", "96367")
    assert (
        facts["reports"]
        == "A further drug infused before or after the leading one, its first hour; once a mix."
    )
    assert facts["role"] == "add-on"
    assert facts["primaries"] == {
        "cms_aoc_file": ["96360", "96365", "96374", "96409", "96413"],
        "cpt_parentheticals": ["96365", "96374", "96409", "96413"],
    }
    limits = facts["mue"]
    assert isinstance(limits, dict)
    assert {setting: limit["units"] for setting, limit in limits.items()} == {"facility": 4, "office": 4}
    rate = facts["opps"]
    assert isinstance(rate, dict)
    assert (rate["status"], rate["apc"], rate["unit_cents"]) == ("S", "5692", 7356)
    pairs = facts["pairs"]
    assert isinstance(pairs, dict)
    assert ["99358", 1] in pairs["facility"]["denies"]
    assert [rule["id"] for rule in part(facts, "rules")] == ["R-SEQ-1"]
    assert [one["name"] for one in part(facts, "thresholds")] == ["timing.infusion_minimum"]


def test_the_tables_of_a_code_are_those_of_the_date() -> None:
    """An edition that came later is not shown for a date of service before it."""
    earlier, later = (
        loads(run("--format", "json", "show", "96366", "--on", on).stdout) for on in (DAY, "2026-10-01")
    )
    assert earlier["mue"]["facility"]["source"]["key"] == "MUE-2024-07-01"
    assert later["mue"]["facility"]["source"]["key"] == "MUE-2026-10-01"


@pytest.mark.parametrize("code", RANK_ORDER)
def test_every_code_that_can_be_charged_has_a_page(code: str) -> None:
    """With our own words, the rules that earn it and, in a checkout, the cases there are."""
    result = run("--on", DAY, "show", code)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{code}  ")
    assert "Earned by\n  R-" in result.stdout
    assert "Golden cases" in result.stdout


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("R-TIME-3", "Written in\n  IOM12 "),
        ("r-time-3", "earns        96415, 96423, 96366, 96370"),
        ("R-MOD-9", "in the code  partial: Few packages ship as single-dose"),
        ("R-HIER-3", "No source was found: working knowledge, to be confirmed."),
        ("F-MUE", "to do        Check the units; a date over its limit is denied whole."),
        ("F-SC_SETUP", "whose        ours"),
        (
            "F-NO_ORDER",
            "cleared by   administration_charted (order_status); review_decided (attest, no_code)",
        ),
        ("P-05", "in force     each_dose, by global [RCA-SAME]"),
        ("same_drug_later_dose", "Who holds which view\n  each_dose "),
        ("timing.infusion_minimum", "2015-10-01  16 minute  A53778: "),
        ("IOM12", "cited by  R-"),
        ("36000", "Not charged here; the tables below tie it to codes that are."),
        ("Q0083", "Never charged. Per-visit codes of an earlier payment system"),
        ("R-TIME-3", f"\n                {sources()['IOM12'].href}\n"),
        ("rituximab", "rituximab\n  class     complex biologic\n"),
        ("Rituxan 500 mg", "rituximab\n  class     complex biologic\n"),
        ("J9312", "Product codes\n  C9467 "),
        ("abatacept", "excluded  by "),
        ("59", "Modifier 59  A service apart from another one of the same day"),
        ("xs", "attached  by the product, where a policy answers so"),
        ("JW", "when      It belongs to the drug's line, never to its administration's."),
        ("medicare", "layers      global, payer medicare"),
        ("medicare-office", "setting     office"),
        ("global", "P-31   confirm_window_after_departure_before_final"),
        ("sum_per_dos", "sum_per_dos  an answer to P-05 same_drug_later_dose"),
        ("sum_per_dos", "in force  no, each_dose is"),
        ("missing_stop=push", "push  an answer to P-15 missing_stop"),
        ("P-17 = 50 mL/h", "in force  yes"),
        ("none", "none  an answer to P-15 missing_stop"),
    ],
)
def test_anything_the_house_names_can_be_looked_up(name: str, says: str) -> None:
    """Rules, flags, switches by id and by key, numbers, sources, and codes billed beside ours."""
    result = run("--on", DAY, "show", name)
    assert result.exit_code == 0
    assert says in result.stdout


def test_every_drug_modifier_policy_and_answer_has_a_page() -> None:
    """None of them ends in a fault of ours, and a modifier names rules and switches that there are."""
    names = [*(one.code for one in modifiers()), *policy_names(), *answer_names()]
    names += [product.key for product in entries()]
    assert run("--on", DAY, "show", *names).exit_code == 0
    rules, switches = {rule.id for rule in all_rules()}, {one.key for one in SWITCHES}
    assert all({*one.rules} <= rules and {*one.switches} <= switches for one in modifiers())
    assert all(one.attached in ATTACHED for one in modifiers())


def test_every_modifier_a_line_can_carry_can_be_looked_up() -> None:
    """Those the product attaches and those that set a pair apart."""
    known = {one.code for one in modifiers()}
    assert known >= BYPASSING | {"PO", "PN", "ER", "76"}


@pytest.mark.parametrize(
    "options", [("--on", DAY), ("--payer", "medicare"), ("--setting", "office"), ("--policy", "aetna")]
)
def test_options_stand_before_or_after_the_word(options: tuple[str, ...]) -> None:
    """Nobody has to remember which."""
    before, after = run(*options, "show", "P-10", "96368_cap"), run("show", "P-10", "96368_cap", *options)
    assert before.exit_code == 0
    assert before.stdout == after.stdout


def test_an_option_after_the_word_outweighs_one_before_it() -> None:
    """The nearer one is meant."""
    told_after = loads(run("--on", "2020-01-01", "--format", "json", "show", "P-05", "--on", DAY).stdout)
    assert told_after["on"] == DAY


def test_an_answer_is_told_as_data_too() -> None:
    """With every switch that takes it, who holds it and which layers give it."""
    (one,) = part(told("show", "cms_aoc_file"), "switches")
    assert (one["id"], one["in_force"], one["default"]) == ("P-22", True, True)
    layers = [(held["layer"], held["since"]) for held in part(one, "layers")]
    assert (
        layers == [("global", "2006-01-01"), ("payer medicare", "2024-06-03")]
        or layers[-1][0] == "payer medicare"
    )


def test_every_rule_flag_switch_number_and_source_has_a_page() -> None:
    """None of them ends in a fault of ours."""
    names = (
        *(rule.id for rule in all_rules()),
        *FLAGS,
        *(one.id for one in SWITCHES),
        *(one.name for one in parameters()),
        *sources(),
    )
    result = run("--on", DAY, "show", *names)
    assert result.exit_code == 0, result.stderr
    assert run("--on", "1990-01-01", "show", *names).exit_code == 0


def test_a_code_that_is_a_sources_key_too_is_shown_as_the_code() -> None:
    """Whoever types G0498 means the code."""
    assert told("show", "G0498")["kind"] == "code"


def test_a_code_before_its_first_day_says_so() -> None:
    """The number did not exist; its tables may."""
    result = run("show", "96547", "--on", "2023-12-31")
    assert result.exit_code == 0
    assert "Not a code on 2023-12-31: it begins on 2024-01-01." in result.stdout


def test_the_cases_that_prove_an_entry_are_named_with_their_place() -> None:
    """A person can open the very case; a code is proven by being charged, not by being mentioned."""
    found = part(told("show", "96368"), "cases")
    assert {"case", "file", "line"} == found[0].keys()
    every = cases()
    assert every is not None
    assert {one["case"] for one in found} == {case.name for case in every if case.charges("96368")}
    assert part(told("show", "F-PCA"), "cases")


def test_without_a_checkout_it_says_that_the_cases_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel has no golden cases, and an empty list would look like an unproven code."""
    monkeypatch.setattr("streams.cli.rules.cases", lambda: None)
    assert (
        "Not installed with this package; a checkout has them in tests/cases." in run("show", "96365").stdout
    )
    assert told("show", "96365")["cases"] is None


def test_a_case_is_read_by_its_text(tmp_path: Path) -> None:
    """Its sentence, where it begins, and which codes it wants: in either way of writing a list."""
    text = (
        "# about 96377\n- case: One\n  charges: [96365 x1, 96366-59 x2]\n  because: [R-TIME-3]\n\n"
        '- case: "Two"\n  timeline:\n    - 10:00 decide 96379 comparable=96375\n  charges:\n    - 96379 x1\n'
    )
    (tmp_path / "some.yaml").write_text(text, encoding="utf-8")
    one, two = cases(tmp_path) or ()
    assert (one.name, one.file, one.line) == ("One", "some.yaml", 2)
    assert (two.name, two.line) == ("Two", 6)
    assert [one.charges(code) for code in ("96365", "96366", "96379", "96377")] == [True, True, False, False]
    assert [two.charges(code) for code in ("96379", "96375")] == [True, False]
    assert one.names("R-TIME-3")
    assert not one.names("R-TIME")
    assert not Case("", "", 1, "").charges("96365")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("96375", "non-QPP  factor 33.4009  office 15.70 USD, facility no national amount [PFS-RVU26C, A]"),
        ("96379", "office no national amount"),
        ("96380", "rbcs     searched: The classification as read ends with June 2024"),
        ("96405", "is reduced beside other procedures"),
        ("96360", "on no list of ours, so it does not count for volume here"),
        ("90766", "to 96360-96379"),
        ("E86.0", "for volume   yes, as dehydration"),
        ("J45.909", "nothing: it is on no list here"),
        ("207RI0011X", "interventional cardiology in NUCC"),
        ("pos 22", "professional_in_facility: a professional claim from there reports none"),
        ("POS 11", "coded as the office's"),
        ("CC", "The payer changed the procedure code sent in."),
        ("59", "MLN1783722"),
    ],
)
def test_what_is_published_of_a_code_is_shown(name: str, says: str) -> None:
    """Indicators, amounts, history, diagnoses, who, where and modifiers, each with its source."""
    result = run("show", name, "--on", "2026-11-02")
    assert result.exit_code == 0, result.stderr
    assert says in result.stdout


def test_a_code_on_a_date_before_its_first_says_what_stood_then() -> None:
    """It is told, and no charge of that day changes by it."""
    assert "in its place stood 90760-90779" in run("show", "96365", "--on", "2008-05-05").stdout
    assert "a code that no page read names" in run("show", "96413", "--on", "2005-05-05").stdout


def test_a_page_stands_alone_and_has_an_index() -> None:
    """Nothing is fetched, every code is there, and what stands in an entry is escaped."""
    html = run("show", "codes", "--on", DAY, "--format", "html").stdout
    assert all(f'<section class="entry" id="{code}">' in html for code in RANK_ORDER)
    assert html.startswith("<!doctype html>")
    assert "<script" not in html
    assert "src=" not in html
    assert "&#39;" in html
    alone = run("show", "96375", "--on", DAY, "--format", "html").stdout
    assert "<title>96375</title>" in alone
    assert "<h3>Golden cases, the first 12 of " in alone


def test_a_page_of_a_code_says_first_what_is_asked_first() -> None:
    """What is paid, how many units, what it stands beside; and every source it cites, by its key."""
    alone = run("show", "96367", "--on", "2026-11-02", "--format", "html").stdout
    cards = alone.partition('<dl class="glance">')[2].partition("</dl>")[0]
    assert all(
        said in cards
        for said in ("$73.56", "$29.73", "4 facility, 4 office", "96360, 96365, 96374, 96409, 96413")
    )
    sources_of_it = alone.partition("<h3>Sources</h3>")[2]
    assert all(
        key in sources_of_it
        for key in ("AAPC-SEQ", "OPPS-2026-01-01", "PFS-RVU26C", "RBCS-2024", "CIGNA-2019-05")
    )
    assert "prefers-color-scheme: dark" in alone
    for heading in (
        "What the chart must hold, and what its lack does",
        "Payers side by side",
        "Diagnoses that contradict it",
    ):
        assert heading in alone
    assert "a loss of volume" in run("show", "96360", "--on", DAY, "--format", "html").stdout


def test_a_code_s_entry_holds_its_checklist_and_its_payers_as_json() -> None:
    """The same facts as on the page."""
    told = loads(run("show", "96360", "--on", DAY, "--format", "json").stdout)
    assert "reason" in {one["item"] for one in told["checklist"]}
    assert told["payers"]["names"] == ["medicare", "aetna", "bcbs", "cigna", "unitedhealthcare"]
    assert {one["key"] for one in told["payers"]["answered"]} == {"initial_reset"}
    assert "hydration_reason" in {one["key"] for one in told["payers"]["silent"]}


def test_the_nearest_names_are_of_any_kind() -> None:
    """A slip in a rule's id leads to the rule, one in a switch's key to the switch."""
    assert nearest("R-HYDD-1")[0] == "R-HYD-1"
    assert nearest("partial_overlop")[0] == "partial_overlap"


def test_a_column_wraps_where_there_is_a_width() -> None:
    """On a terminal the sentence hangs under itself; too narrow a one is left to wrap."""
    row = ("R-1", "one two three four five six seven eight")
    assert list(columns([row], 31)) == ["  R-1  one two three four five", "       six seven eight"]
    assert list(columns([row], None)) == ["  R-1  one two three four five six seven eight"]
    assert list(columns([row], 12)) == list(columns([row], None))
    assert list(columns([], 80)) == []


# ---------------------------------------------------------------- coverage


def test_the_coverage_table_is_printed_or_put_into_a_document(tmp_path: Path) -> None:
    """In place of the one there, everything around it as it was."""
    assert run("coverage").stdout == block()
    document = tmp_path / "README.md"
    document.write_text(f"before\n\n{BEGIN}\nold\n<!-- coverage: end -->\n\nafter\n", encoding="utf-8")
    assert run("coverage", "--into", str(document)).exit_code == 0
    assert document.read_text(encoding="utf-8") == f"before\n\n{block()}\nafter\n"


def test_a_document_without_a_place_for_the_table_is_refused(tmp_path: Path) -> None:
    """It is not appended somewhere."""
    document = tmp_path / "README.md"
    document.write_text("nothing\n", encoding="utf-8")
    result = run("coverage", "--into", str(document))
    assert result.exit_code == 2
    assert "has no coverage table" in result.stderr
    assert document.read_text(encoding="utf-8") == "nothing\n"
