"""The command itself: its helps are whole, slips are named with the nearest right word, and settings are read."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.cli import SETTINGS, VERBS, main, unknown_settings

ROOT = Path(__file__).resolve().parents[3]


def run(*words: str, given: str | None = None, **environment: str) -> Result:
    """Return what the command says."""
    return CliRunner().invoke(main, [*words], input=given, env=environment, prog_name="infusion")


def test_help_says_what_each_verb_does_in_a_whole_sentence() -> None:
    """No line of it ends in dots."""
    said = run("--help").stdout.partition("Verbs:")[2]
    assert "..." not in said
    assert all(re.search(rf"^  {verb} +[A-Z]", said, re.MULTILINE) for verb in VERBS)


@pytest.mark.parametrize(
    ("word", "meant"), [("expalin", "explain"), ("charge", "charges"), ("Status", "status")]
)
def test_a_misspelt_verb_is_told_the_nearest(word: str, meant: str) -> None:
    """What is near nothing is told where the list is."""
    refused = run(word)
    assert refused.exit_code == 2
    assert f"there is no verb '{word}'; did you mean {meant}" in refused.stderr
    assert "infusion --help lists the verbs" in run("quux").stderr


def test_a_variable_that_nothing_reads_is_named() -> None:
    """A misspelt setting would else stand at its default in silence; what others set is none of ours."""
    names = ["INFUSION_GRACE_MINUTS", "INFUSION_XYZ", "INFUSION_STORE", "PATH"]
    assert unknown_settings(names) == [
        "INFUSION_GRACE_MINUTS is set, and nothing reads it; did you mean INFUSION_GRACE_MINUTES?",
        "INFUSION_XYZ is set, and nothing reads it",
    ]
    said = run("schema", "events", INFUSION_GRACE_MINUTS="5")
    assert "INFUSION_GRACE_MINUTS is set" in said.stderr


def test_every_variable_the_code_asks_for_is_known() -> None:
    """And none is known that nobody asks for."""
    asked: set[str] = set()
    for folder in ("streams", "tests", "benchmarks", ".ci"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".py", ""} and path.is_file() and path != Path(__file__):
                text = path.read_text(encoding="utf-8", errors="replace")
                asked |= set(re.findall(r"INFUSION_[A-Z][A-Z_]*[A-Z]", text))
    assert asked - {"INFUSION_CENTRE"} <= SETTINGS


def test_rejects_come_in_the_order_of_their_lines(tmp_path: Path) -> None:
    """Though what has no encounter is found first, and stays are coded in the order of their ids."""
    lines = [
        '{"type": "bolus", "event_id": "1", "encounter_id": "E9", "occurred_at": "2026-03-02T08:00:00Z"}',
        '{"type": "infusion_started"',
        '{"type": "bolus", "event_id": "1", "encounter_id": "E1", "occurred_at": "2026-03-02T08:00:00Z"}',
        "MSH|^~\\&|EMAR|NORTH",
        '{"resourceType": "MedicationAdministration"}',
    ]
    file = tmp_path / "in.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    said = run("code", str(file)).stderr.splitlines()
    assert [line.partition("in.jsonl:")[2].partition(":")[0] for line in said[:5]] == [
        "1",
        "2",
        "3",
        "4",
        "5",
    ]
    assert "a segment of an HL7 v2 message, not an event" in said[3]
    assert "a FHIR resource, not an event" in said[4]


def test_a_shell_can_complete_the_verbs() -> None:
    """As the README says: click writes the script."""
    assert "_INFUSION_COMPLETE=bash_complete" in run(_INFUSION_COMPLETE="bash_source").stdout
