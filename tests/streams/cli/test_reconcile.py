"""``infusion reconcile`` on files: the seeded day against its own messages, what is wrong with a file, exit statuses."""

import csv
import json
import os
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.cli import main

ROOT = Path(__file__).resolve().parents[3]
DAY = ROOT / "seeds" / "day.jsonl"
LATER = ("--at", "2026-11-01T00:00:00Z")
ONE = next(
    body.partition("\n")[2].rpartition("```")[0]
    for body in (ROOT / "README.md").read_text(encoding="utf-8").split("```json ")
    if body.startswith("one.jsonl")
).partition("```")[0]


def infusion(*words: str, given: bytes | None = None) -> Result:
    """Run a verb, and look for tracebacks."""
    result = CliRunner().invoke(main, [*words], input=given)
    assert "Traceback" not in result.stderr
    return result


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the charge sets of the seeded day."""
    path = tmp_path_factory.mktemp("day") / "sets.jsonl"
    path.write_bytes(infusion("code", "--quiet", str(DAY)).stdout_bytes)
    return path


@pytest.mark.parametrize("form", ["dft", "csv"])
def test_a_day_agrees_with_the_messages_made_of_it(sets: Path, tmp_path: Path, form: str) -> None:
    """Every charge of a final set is matched, by message or by row, and the money is the same."""
    billed = tmp_path / f"billed.{form}"
    billed.write_bytes(infusion("export", "--to", form, str(sets)).stdout_bytes)
    made = infusion("reconcile", *LATER, "--format", "jsonl", "--billed", str(billed), str(sets))
    assert made.exit_code == 0, made.stderr
    rows = [json.loads(line) for line in made.stdout.splitlines()]
    due = {
        line["line_id"]
        for one in map(json.loads, sets.read_text().splitlines())
        if one["status"] == "final"
        for line in one["lines"]
    }
    matched = [row for row in rows if row["kind"] == "charge" and row["state"] == "matched"]
    assert {row["id"] for row in matched} == due
    assert all(row["cents"] == row["posted_cents"] for row in matched)


@pytest.mark.parametrize(
    ("verb", "option", "form"), [("reconcile", "--billed", "dft"), ("diff", "--incumbent", "csv")]
)
def test_what_the_other_system_posted_comes_from_a_pipe_too(
    sets: Path, tmp_path: Path, verb: str, option: str, form: str
) -> None:
    """From stdin or through a named pipe it says the same as from a file; stdin is read as one thing alone."""
    posted = infusion("export", "--to", form, str(sets)).stdout_bytes
    file, pipe = tmp_path / f"posted.{form}", tmp_path / "pipe"
    file.write_bytes(posted)
    made = infusion(verb, "--format", "jsonl", option, str(file), str(sets))
    piped = infusion(verb, "--format", "jsonl", option, "-", str(sets), given=posted)
    assert (piped.stdout, piped.exit_code) == (made.stdout, made.exit_code)
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as beside:
        beside.submit(pipe.write_bytes, posted)
        through = infusion(verb, "--format", "jsonl", option, str(pipe), str(sets))
    assert (through.stdout, through.exit_code) == (made.stdout, made.exit_code)
    both = infusion(verb, option, "-", "-", given=posted)
    assert (both.exit_code, "stdin is read once" in both.stderr) == (2, True)
    empty = infusion(verb, option, "-", str(sets), given=b"")
    assert (empty.exit_code, "stdin: is empty" in empty.stderr) == (2, True)


def test_what_is_missing_or_too_much_ends_a_nightly_job(tmp_path: Path) -> None:
    """With a status of its own; filters of what is shown leave it, filters of what counts do not."""
    events, billed = tmp_path / "one.jsonl", tmp_path / "billed.csv"
    events.write_text(ONE)
    billed.write_text(
        "Account,CPT,Qty,DOS\nE1,96365,1,3/2/2026\nE1,9x,1,\nE9,96372,2,20260302\nE1,99213,1,\n"
    )
    run = (
        "reconcile",
        "--at",
        "2026-03-04T00:00:00Z",
        "--format",
        "csv",
        "--billed",
        str(billed),
        str(events),
    )
    made = infusion(*run, "--kind", "charge")
    assert made.exit_code == 3
    assert f"{billed}:3: code: no CPT or HCPCS code; write five capitals or digits" in made.stderr
    rows = [
        (row["encounter_id"], row["code"] or row["billed_code"], row["state"], row["age_days"])
        for row in csv.DictReader(StringIO(made.stdout))
    ]
    assert rows == [
        ("E1", "96365", "matched", "2"), ("E1", "96366", "missing", "2"), ("E9", "96372", "extra", "2"),
    ]  # fmt: skip
    assert "other codes     1 billed lines that are none of ours, left out" in made.stderr
    assert "99213" in infusion(*run, "--all-codes").stdout
    assert infusion(*run, "--state", "matched").exit_code == 3
    assert infusion(*run, "--older-than", "3").exit_code == 1, "the rejected row alone"
    assert infusion(*run, "--encounter", "E9", "--for-payer", "nobody").exit_code == 1, (
        "known, and not asked for"
    )
    strange = infusion(*run, "--encounter", "e1")
    assert (strange.exit_code, strange.stdout) == (2, "")
    assert "no such stay: e1; ids are compared letter for letter" in strange.stderr
    assert f"{billed}:3: code:" in strange.stderr, "a line that was rejected may be the reason"
    named = infusion(*run, "--destination", "billing")
    assert (named.exit_code, named.stdout) == (2, "")
    assert "--destination goes with deliveries; --billed stands in their place" in named.stderr
    alone = infusion("reconcile", "--destination", "billing", str(events))
    assert (alone.exit_code, alone.stdout) == (2, "")
    assert "--destination goes with deliveries, and the files have none" in alone.stderr


def test_deliveries_among_the_lines_are_what_the_billing_system_has(sets: Path, tmp_path: Path) -> None:
    """Of several systems one must be named; a delivery that is none is told and left out."""
    final = next(
        one
        for one in map(json.loads, sets.read_text().splitlines())
        if one["status"] == "final" and one["lines"]
    )
    line = final["lines"][0]
    about = {"encounter_id": final["encounter_id"], "charge_set_id": final["charge_set_id"], "revision": 1}
    delivery = about | {
        "outcome": "accepted", "line_id": line["line_id"], "change": "charge", "control_id": "c", "answer": "AA",
        "reason": None, "attempts": 1, "decided_at": "2026-10-06T00:00:00Z", "destination": "billing",
    }  # fmt: skip
    told = [final, about | {"change": "charge", "line": line}, delivery, about | {"outcome": "lost"}]
    path = tmp_path / "told.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in told))
    made = infusion("reconcile", *LATER, "--format", "jsonl", "--kind", "charge", str(path))
    found = {row["id"]: row["state"] for row in map(json.loads, made.stdout.splitlines())}
    assert found.pop(line["line_id"]) == "matched"
    assert {*found.values()} <= {"missing"}
    assert "told.jsonl:4: line: no delivery" in made.stderr
    with path.open("a") as more:
        more.write(json.dumps(delivery | {"destination": "other"}) + "\n")
    several = infusion("reconcile", *LATER, str(path))
    assert (several.exit_code, several.stdout) == (2, "")
    assert "several billing systems answered (billing, other); name one with --destination" in several.stderr
    wrong = infusion("reconcile", *LATER, "--destination", "nobody", "--format", "csv", str(path))
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "no billing system nobody has answered; those that have: billing, other" in wrong.stderr
    named = infusion("reconcile", *LATER, "--destination", "other", "--format", "jsonl", str(path))
    assert named.exit_code == 3


def test_what_is_no_table_and_no_message_is_refused_in_one_line(tmp_path: Path) -> None:
    """Before anything is shown, with the columns that would do; and a billed file needs something beside it."""
    events, billed = tmp_path / "one.jsonl", tmp_path / "billed.csv"
    events.write_text(ONE)
    billed.write_text("who,what\nE1,96365\n")
    made = infusion("reconcile", "--billed", str(billed), str(events))
    assert (made.exit_code, made.stdout) == (2, "")
    assert (
        "neither DFT messages nor a table with a column encounter_id (or account, account_number"
        in made.stderr
    )
    assert infusion("reconcile", "--billed", str(billed)).exit_code == 2


def test_an_open_drug_is_held_only_where_drugs_are_released(tmp_path: Path) -> None:
    """A site that suggests drugs waits for none of them: what is held is what a person has to answer."""
    events = tmp_path / "one.jsonl"
    events.write_text(ONE)
    told = ("reconcile", *LATER, "--kind", "drug", "--format", "jsonl", str(events))
    for answer, state in (("suggest", "not_billed"), ("release", "held")):
        (row,) = map(json.loads, infusion(*told, "--set", f"drug_lines={answer}").stdout.splitlines())
        assert (row["state"], row["rule"]) == (state, "R-DRUG-2")
        assert "no dose is charted" in row["says"]


@pytest.mark.parametrize("verb", ["reconcile --billed", "diff --incumbent"])
@pytest.mark.parametrize(
    "body", ["garbage here", "foo,bar\n", '{"a":1}\n', "<html><body>no</body></html>", "", "\n"]
)
def test_headings_are_asked_for_where_no_row_stands_below_them(tmp_path: Path, verb: str, body: str) -> None:
    """A wrong file of one line is no billing system that has nothing; an empty file is told as one."""
    events, billed = tmp_path / "one.jsonl", tmp_path / "billed"
    events.write_text(ONE)
    billed.write_text(body)
    made = infusion(*verb.split(), str(billed), str(events))
    assert (made.exit_code, made.stdout) == (2, "")
    said = "neither DFT messages nor a table" if body else "is empty; a CSV without lines has its headings"  # fmt: skip
    assert said in made.stderr
    billed.write_text("account,cpt\n")
    assert infusion(*verb.split(), str(billed), str(events)).exit_code == 3, "a table without rows has nothing"  # fmt: skip


@pytest.mark.parametrize(("verb", "option"), [("reconcile", "--billed"), ("diff", "--incumbent")])
def test_a_file_of_another_system_counts_once(tmp_path: Path, verb: str, option: str) -> None:
    """Given twice, by whatever path, its units would be doubled: it is refused."""
    events, billed = tmp_path / "one.jsonl", tmp_path / "billed.csv"
    events.write_text(ONE)
    billed.write_text("account,cpt\nE1,96365\n")
    again = billed.parent / ".." / billed.parent.name / billed.name
    made = infusion(verb, option, str(billed), option, str(again), str(events))
    assert (made.exit_code, made.stdout) == (2, "")
    assert "billed.csv: given twice; what it posts would count twice" in made.stderr


def test_another_systems_messages_are_read_by_code_date_and_modifiers(tmp_path: Path) -> None:
    """Charge codes by the site's table, credits taken off, a repeated message counted once, a bad transaction told."""
    head = "MSH|^~\\&|OTHER|MAIN|||20260302||DFT^P03|{}|P|2.3\rPID|1\rPV1|1|O|||||||||||||||||E1\r"
    ft1 = "FT1|{0}|{0}||202603020800||{1}|{2}|||{3}|||||||||||||||{4}|{5}\r"
    first = (
        head.format("M1")
        + ft1.format(1, "CG", "2600365", 1, "", "")
        + ft1.format(2, "CG", "X", 2, "96366", "")
    )
    second = (
        head.format("M2")
        + ft1.format(1, "CD", "X", 1, "96366", "")
        + ft1.format(2, "CG", "NOTHING", 1, "", "")
    )
    billed, events, site = (tmp_path / name for name in ("billed.hl7", "one.jsonl", "site.toml"))
    billed.write_text(first + second + first)
    events.write_text(ONE)
    site.write_text('[charges.codes.96365]\ncode = "2600365"\n')
    made = infusion("reconcile", *LATER, "--site", str(site), "--kind", "charge", "--format", "jsonl", "--billed", str(billed), str(events))  # fmt: skip
    assert [(row["code"], row["state"]) for row in map(json.loads, made.stdout.splitlines())] == [
        ("96365", "matched"), ("96366", "matched"),
    ]  # fmt: skip
    assert "billed.hl7:2: FT1[2]-25: no CPT or HCPCS code" in made.stderr
    assert made.exit_code == 1


def test_a_line_that_looks_like_ours_inside_is_only_a_line(tmp_path: Path) -> None:
    """Nothing of a file is taken for what we keep beside it; bytes that are no JSON are told by their line."""
    events = tmp_path / "odd.jsonl"
    events.write_bytes(
        b'\0cos\nsystem "encounter_id": "E1"\n\x01x "encounter_id": "E1", "charge_set_id": "s"\n'
    )
    made = infusion("reconcile", str(events))
    assert made.exit_code == 1
    told = [line for line in made.stderr.splitlines() if "odd.jsonl:" in line]
    assert [line.partition("odd.jsonl:")[2][0] for line in told] == ["1", "2", "3"]


def test_what_is_held_without_a_line_has_its_age_too(tmp_path: Path) -> None:
    """From the day the patient left; money is at stake while nobody charts the stop."""
    events = tmp_path / "held.jsonl"
    events.write_text("".join(line + "\n" for line in ONE.splitlines() if "infusion_stopped" not in line))
    made = infusion("reconcile", "--at", "2026-03-12T00:00:00Z", "--format", "jsonl", str(events))
    (row,) = [one for one in map(json.loads, made.stdout.splitlines()) if one["kind"] == "administration"]
    assert (row["state"], row["rule"], row["age_days"]) == ("held", "F-MISSING_STOP", 10)
    assert made.exit_code == 0
