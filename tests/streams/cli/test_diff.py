"""``infusion diff``: a day against a charge system that answers one question otherwise, and one that has something else."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.cli import main

DAY = (Path(__file__).resolve().parents[3] / "seeds" / "day.jsonl").read_text(encoding="utf-8").splitlines()

AT = {"encounter_id": "NS-1", "occurred_at": "2026-10-05T09:00:00-04:00"}
NO_STOP = (
    {"type": "encounter_opened", "event_id": "1", "setting": "facility", "payer": "medicare", **AT},
    {"type": "infusion_started", "event_id": "2", "administration_id": "A1", "drug": {"name": "ceftriaxone"}, "route": "IV", **AT},
    {"type": "encounter_discharged", "event_id": "3", **AT, "occurred_at": "2026-10-05T12:00:00-04:00"},
)  # fmt: skip


def infusion(*words: str, given: bytes | None = None) -> Result:
    """Run a verb, and look for tracebacks."""
    result = CliRunner().invoke(main, [*words], input=given)
    assert "Traceback" not in result.stderr
    return result


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the events of some stays, and what a system posts of them that takes an infusion without a stop for a push."""
    folder = tmp_path_factory.mktemp("shadow")
    events, theirs = folder / "events.jsonl", folder / "theirs.hl7"
    events.write_text(
        "\n".join([*(line for line in DAY if '"encounter_id": "ED-0' in line), *map(json.dumps, NO_STOP)])
    )
    sets = infusion("code", "--quiet", "--set", "missing_stop=push", str(events)).stdout_bytes
    theirs.write_bytes(infusion("export", "--to", "dft", given=sets).stdout_bytes)
    return events, theirs


def test_a_system_that_answers_one_question_otherwise_is_found_out(day: tuple[Path, Path]) -> None:
    """By the same path the stays are coded by; with that answer nothing differs."""
    events, theirs = day
    made = infusion("diff", "--common", "--format", "jsonl", "--incumbent", str(theirs), str(events))
    rows = [json.loads(line) for line in made.stdout.splitlines()]
    assert made.exit_code == 3
    assert {(row["switch"], row["answer"]) for row in rows} == {("missing_stop", "push")}
    same = infusion("diff", "--common", "--set", "missing_stop=push", "--incumbent", str(theirs), str(events))
    assert (same.exit_code, same.stdout) == (0, "")


def test_the_rest_comes_behind_by_rule(day: tuple[Path, Path], tmp_path: Path) -> None:
    """In every form; --rest shows it alone, and the summary on stderr counts all."""
    events, theirs = day
    more = tmp_path / "more.csv"
    more.write_text("encounter_id,code,units,dos\nED-01,96523,1,2026-10-05\nED-99,96372,1,2026-10-05\n")
    run = ("diff", "--incumbent", str(theirs), "--incumbent", str(more), str(events))
    rows = list(csv.DictReader(StringIO(infusion(*run, "--common", "--format", "csv").stdout)))
    explained = [bool(row["switch"]) for row in rows]
    assert explained == sorted(explained, reverse=True)
    assert [(row["encounter_id"], row["their_code"]) for row in rows if not row["switch"]] == [
        ("ED-01", "96523")
    ]
    rest = infusion(*run, "--rest")
    assert "ED-99" in rest.stdout
    assert "missing_stop=push" not in rest.stdout
    assert "missing_stop=push" in rest.stderr
    assert "theirs alone 1" in rest.stderr
    assert infusion(*run, "--encounter", "ED-99").exit_code == 3
    strange = infusion(*run, "--encounter", "ED-99", "--encounter", "ed-99", "--format", "csv")
    assert (strange.exit_code, strange.stdout) == (2, "")
    assert "no such stay: ed-99; ids are compared letter for letter" in strange.stderr


def test_our_own_export_has_no_difference_that_counts(tmp_path: Path) -> None:
    """Lines that are held or in a preview are in no export: they are shown with their flag, and end with 0."""
    events, sets, theirs = (tmp_path / name for name in ("events.jsonl", "sets.jsonl", "theirs.csv"))
    events.write_text("\n".join(DAY))
    sets.write_bytes(infusion("code", "--quiet", str(events)).stdout_bytes)
    theirs.write_bytes(infusion("export", "--to", "csv", str(sets)).stdout_bytes)
    made = infusion("diff", "--format", "csv", "--incumbent", str(theirs), str(sets))
    assert made.exit_code == 0, made.stderr
    rows = list(csv.DictReader(StringIO(made.stdout)))
    assert {(row["kind"], row["status"]) for row in rows} >= {("held", "held")}
    assert all(row["kind"] == row["status"] != "final" for row in rows)
    assert all(row["rule"].startswith("F-") for row in rows if row["kind"] == "held")
    assert "USD, no difference: not charged yet" in made.stderr


def test_a_table_in_another_charset_is_told_with_what_to_do(day: tuple[Path, Path], tmp_path: Path) -> None:
    """No name of an exception, and no word of what stood in it."""
    theirs = tmp_path / "theirs.csv"
    theirs.write_bytes("encounter_id,code,units\nJosé,96365,1\n".encode("cp1252"))
    result = CliRunner().invoke(main, ["diff", "--incumbent", str(theirs), str(day[0])])
    assert result.exit_code == 2
    told = " ".join(result.stderr.split())
    assert "not UTF-8 text; save it as CSV in UTF-8, or convert it first: iconv -f CP1252 -t UTF-8" in told
    assert "Jos" not in told
