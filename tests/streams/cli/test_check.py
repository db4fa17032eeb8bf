"""``infusion check``: one line for each thing that is not in order, and what to do about it."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.cli import check, main
from streams.cli.check import Area, case_findings, case_summary, findings


def run(*typed: str) -> Result:
    """Return what the verb did."""
    return CliRunner().invoke(main, ["check", *typed])


def test_the_house_is_in_order() -> None:
    """Every file that ships, every id, every citation, every golden case."""
    result = run()
    assert result.stdout == ""
    assert result.exit_code == 0
    assert result.stderr.splitlines()[-1] == "in order"


def test_the_summary_says_what_nobody_has_signed() -> None:
    """How many rules are working knowledge, how many classes assigned or unread: said every time."""
    said = {line.split()[0]: line for line in run("--on", "2020-01-01").stderr.splitlines()[:-1]}
    assert list(said) == ["rules", "coverage", "sources", "formulary", "pushable", "cases", "indicator"]
    assert "working knowledge (grade K)" in said["rules"]
    assert "partial" in said["coverage"]
    assert "nobody has read" in said["sources"]
    assert "assigned" in said["formulary"]
    assert "unverified" in said["formulary"]


def test_tables_that_are_too_old_are_told_with_what_to_fetch() -> None:
    """A hundred days are a quarter and the time to fetch the next; old tables are no fault, so the status is 0."""
    young, old = run("--on", "2026-04-11"), run("--on", "2026-04-12")
    told = (
        "age        hcpcs is of 2026-01-01, 101 days old: fetch CMS's quarterly alpha-numeric HCPCS file and run"
        " 'infusion refresh QUARTER --hcpcs FILE'"
    )
    assert told not in young.stderr.splitlines()
    assert told in old.stderr.splitlines()
    assert old.exit_code == 0


def test_a_finding_is_a_line_with_its_file_and_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    """On stdout, so that it can be counted and filed; the summary counts it."""
    areas = (
        Area("a", "rules/", lambda: ["parameters/timing/x.toml: label is missing."]),
        Area("b", "rules/policies/", lambda: ["rules/policy/switches.py: dos: no source 'X'"]),
        Area("c", "rules/", list),
    )
    monkeypatch.setattr(check, "AREAS", areas)
    result = run()
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "rules/parameters/timing/x.toml: label is missing.",
        "rules/policy/switches.py: dos: no source 'X'",
    ]
    assert result.stderr.splitlines()[-1] == "2 to mend"


def test_a_file_its_own_reader_cannot_read_is_a_finding_not_a_fault() -> None:
    """One broken file must not hide what is wrong with the others."""

    def broken() -> list[str]:
        raise KeyError

    said = "rules/policies: cannot be checked (KeyError); mend what else is found, then check again"
    assert findings(Area("policies", "rules/policies/", broken)) == [said]


def test_a_cite_nobody_declared_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Routes and the meanings of words cite too."""
    monkeypatch.setattr("streams.cli.check.sources.sources", dict)
    assert (
        "routes.toml: cites 'HL7-0162', which rules/sources.toml does not hold; add it or cite a key that is."
        in check.uncited()
    )


def test_a_file_of_words_that_is_no_toml_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is named, and the rest is still read."""
    (tmp_path / "routes.toml").write_text("[routes\n", encoding="utf-8")
    monkeypatch.setattr("streams.cli.check.PARAMETERS", tmp_path)
    monkeypatch.setattr("streams.cli.check.DRUGS", tmp_path)
    monkeypatch.setattr("streams.cli.check.EDITS", tmp_path)
    assert check.uncited() == ["routes.toml: cannot be read as TOML (TOMLDecodeError); mend or restore it."]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- case: One\n  charges: [\n", "cannot be read as YAML (ParserError); mend or restore it"),
        ("case: One\n", "is no list of cases; begin each with '- case: …'"),
        ("", "is no list of cases; begin each with '- case: …'"),
        ("- timeline: []\n", "case 1 has no sentence; write it after 'case:'"),
        (
            "- case: One\n- case: One\n",
            "case 2 has the sentence of one in tests/cases/a/some.yaml; name it after what is different",
        ),
    ],
    ids=["no YAML", "no list", "empty", "no sentence", "twice"],
)
def test_a_golden_case_that_cannot_be_read_is_found(tmp_path: Path, text: str, says: str) -> None:
    """Before somebody wonders why it was never run."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "some.yaml").write_text(text, encoding="utf-8")
    assert case_findings(tmp_path) == [f"tests/cases/a/some.yaml: {says}"]


def test_cases_are_looked_for_where_one_says(tmp_path: Path) -> None:
    """A site may keep its own."""
    (tmp_path / "own.yaml").write_text("- case: Ours\n  charges: [96365 x1]\n", encoding="utf-8")
    result = run("--cases", str(tmp_path))
    assert "cases      1 in 1 files" in result.stderr


def test_without_cases_or_a_reader_of_yaml_it_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither is out of order: an installation has no cases, and running needs no YAML."""
    missing = tmp_path / "none"
    assert case_findings(missing) == []
    assert list(case_summary(missing)) == [
        "cases      not installed with this package; a checkout has them in tests/cases"
    ]
    (tmp_path / "own.yaml").write_text("nothing like a case\n", encoding="utf-8")
    monkeypatch.setattr(check, "_yaml", lambda: None)
    assert case_findings(tmp_path) == []
    assert list(case_summary(tmp_path)) == [
        "cases      0 in 1 files; not parsed: that takes PyYAML, of the dev extra"
    ]
