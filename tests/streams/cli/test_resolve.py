"""The verb on files of events: what waits, one answer, one taken back, the audit, and the same at the keyboard."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from orjson import dumps, loads

from streams.cli import main

ABOUT = {"encounter_id": "E1", "source": "emar"}
AT = "2026-03-02T{}:00-05:00"
STAY: list[dict[str, Any]] = [
    {"type": "encounter_opened", "event_id": "1", "occurred_at": AT.format("07:40"), "payer": "medicare", "setting": "facility", "time_zone": "America/New_York"},
    {"type": "infusion_started", "event_id": "2", "occurred_at": AT.format("08:00"), "administration_id": "A1", "drug": {"name": "ceftriaxone"}, "route": "IV"},
    {"type": "encounter_discharged", "event_id": "4", "occurred_at": AT.format("12:00")},
]  # fmt: skip
STOP = ("--answer", "stop", "--input", "occurred_at=09:31", "--who", "coder-7", "--why", "the nurse said so")


@pytest.fixture
def day(tmp_path: Path) -> Path:
    """Return a file with a stay whose stop nobody charted."""
    file = tmp_path / "day.jsonl"
    file.write_bytes(b"".join(dumps(ABOUT | one) + b"\n" for one in STAY))
    return file


def resolve(day: Path, *words: str, given: str | None = None) -> Result:
    """Run the verb on a file."""
    result = CliRunner().invoke(main, ["resolve", "--file", str(day), *words], input=given)
    assert "Traceback" not in result.stderr
    return result


def test_what_waits_is_a_row_a_question(day: Path) -> None:
    """And as JSON each answer with what it needs and would give."""
    listed = resolve(day)
    assert listed.exit_code == 0
    assert listed.stdout.splitlines()[1].split()[0::5][:1] == ["E1"]
    assert "When did ceftriaxone (A1) stop?" in listed.stdout
    assert listed.stderr == "questions   1 of 1 stays, of which held 1\n"
    told = loads(resolve(day, "--format", "jsonl").stdout)
    stop = told["answers"][0]
    assert (stop["key"], stop["event"], stop["needs"][0]["name"]) == (
        "stop",
        "infusion_stopped",
        "occurred_at",
    )
    assert [one["values"] for one in stop["outcomes"]][:1] == [["1 to 15 minutes"]]


def test_a_stay_that_is_named_shows_what_each_answer_would_give(day: Path) -> None:
    """Before anything is sent."""
    shown = resolve(day, "E1").stdout
    assert "16 to 90 minutes: 96365, 217.31 USD" in shown
    assert "no code, 0.00 USD" in shown
    assert resolve(day, "E9").exit_code == 1


def test_an_answer_is_an_event_on_stdout_and_its_effect_beside_it(day: Path) -> None:
    """Added to the file, nothing waits any more, and the audit says who changed what."""
    answered = resolve(day, "E1", *STOP)
    assert answered.exit_code == 0
    assert answered.stderr.splitlines()[:4] == [
        "states      occurred_at 2026-03-02 09:31",
        "E1  held -> final",
        "  2026-03-02  96365 x0->1  +217.31 USD",
        "  2026-03-02  96366 x0->1  +47.84 USD",
    ]
    assert "released 0.00 -> 265.15 USD (+265.15)" in answered.stderr
    event = loads(answered.stdout)
    assert (event["source"], event["entered_by"]) == ("manual", "coder-7")
    day.write_bytes(day.read_bytes() + answered.stdout_bytes)
    assert "F-MISSING_STOP" not in resolve(day).stdout

    audit = resolve(day, "--audit", "--format", "csv")
    row = audit.stdout.splitlines()[1].split(",")
    assert row[1:4] == ["E1", "coder-7", "infusion_stopped"]
    assert row[5:7] == ["held", "final"]
    assert "265.15" in audit.stdout
    assert "the nurse said so" in audit.stdout
    assert resolve(day, "--audit", "--since", "2100-01-01T00:00:00Z").exit_code == 1

    undone = resolve(day, "E1", "--undo", event["event_id"], "--who", "coder-8", "--why", "wrong patient")
    assert undone.stderr.splitlines()[0] == "E1  final -> held by F-MISSING_STOP"
    day.write_bytes(day.read_bytes() + undone.stdout_bytes)
    rows = [loads(line) for line in resolve(day, "--audit", "--format", "jsonl").stdout.splitlines()]
    assert [(one["event"], one["taken_back_by"]) for one in rows] == [
        ("infusion_stopped", loads(undone.stdout)["event_id"]),
        ("event_voided", None),
    ]
    assert rows[1]["effect"]["net_cents"] == -26515
    assert "taken back 1" in resolve(day, "--audit").stderr


def test_a_line_that_cannot_be_used_is_named(day: Path) -> None:
    """By file, line and field, with the status of rejected input; its stay asks about it, as it is coded."""
    wrong = {"type": "infusion_stopped", "event_id": "5", "administration_id": "A1", "occurred_at": "soon"}
    day.write_bytes(day.read_bytes() + b"\ngarbage here\n" + dumps(ABOUT | wrong) + b"\n")
    listed = resolve(day)
    first, second, *counts = listed.stderr.splitlines()
    assert first.startswith(f"{day}:5: line: not JSON")
    assert second.startswith(f"{day}:6: occurred_at: must be an instant")
    assert counts == ["rejected    2", "questions   2 of 1 stays, of which held 1"]
    assert "F-REFUSED_EVENT" in listed.stdout
    assert listed.exit_code == 1
    answered = resolve(day, "E1", "--flag", "F-MISSING_STOP", *STOP)
    assert (answered.exit_code, loads(answered.stdout)["type"]) == (1, "infusion_stopped")
    assert "held by F-REFUSED_EVENT" in answered.stderr


def test_a_stay_that_nothing_is_asked_about_is_named(day: Path) -> None:
    """A wrong id looks like a stay without a question; a count alone says neither."""
    result = resolve(day, "E1", "E7")
    assert "E7: nothing is asked about it; check the id, or look at its charges" in result.stderr
    assert "E1: nothing" not in result.stderr


def test_a_dry_run_sends_nothing(day: Path) -> None:
    """It only says what would be."""
    dry = resolve(day, "E1", *STOP, "--dry-run")
    assert (dry.exit_code, dry.stdout) == (0, "")
    assert dry.stderr.endswith("nothing was sent\n")


def test_at_the_keyboard_it_asks_for_what_it_needs(day: Path) -> None:
    """Question, answer, time, who, why, and whether to send."""
    asked = resolve(day, "E1", "--ask", "--wait", "0", given="1\n1\n09:31\ncoder-7\nasked the nurse\ny\n")
    assert asked.exit_code == 0
    assert '"occurred_at":"2026-03-02T09:31:00-05:00"' in asked.stdout
    assert "states      occurred_at 2026-03-02 09:31" in asked.stderr
    left = resolve(day, "E1", "--ask", "--wait", "0", given="1\n1\nsoon\ncoder-7\n\n")
    assert "occurred_at: is no time" in left.stderr
    assert resolve(day, "E1", "--ask", given="0\n").exit_code == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--answer", "stop", "--audit"), "--answer and --audit are two things; give one of them"),
        (("--undo", "x"), "--undo needs the one encounter whose answer is taken back"),
        (("--dry-run",), "--dry-run shows what an --answer or an --undo would do; give that too"),
        (("--since", "2026-03-02T00:00:00Z"), "--since picks what --audit lists; give that too"),
        (("E9", "--answer", "stop"), "no open question is picked; infusion resolve lists them"),
        (("E1", "--answer", "stop", "--who", "c"), "occurred_at: is missing; say it: Stop"),
        (("E1", "--answer", "stop", "--input", "occurred_at=07:00", "--who", "c"), "occurred_at: 07:00 is before its start at 08:00; write the date if it was another day"),
        (("E1", *STOP, "--who", "Jane Smith"), "who: has blanks, as a name has; write an opaque id without blanks, for example coder-7"),
        (("E1", "--input", "0931"), "write NAME=VALUE, for example occurred_at=09:31"),
        (("E1", "--undo", "2", "--who", "c"), "event: no person entered it; answer the question that it raises; only what was entered by hand is taken back here"),
    ],
)  # fmt: skip
def test_wrong_usage_is_one_line(day: Path, words: tuple[str, ...], told: str) -> None:
    """What is wrong, and what to do."""
    result = resolve(day, *words)
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())
