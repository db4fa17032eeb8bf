"""``infusion export``: what is released goes out, what is not is told, and nothing ends in a traceback."""

import csv
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from charge_samples import CHARGE, CREDIT, LINE, SET, SITE
from click.testing import CliRunner, Result

from models.charge import ChargeSet, Status
from streams.cli import main
from streams.feeds.charge_rows import COLUMNS
from streams.feeds.hl7v2.batches import messages
from streams.feeds.hl7v2.segments import Message, read_message
from streams.wire.charge_json import value_of, written

DAY = Path(__file__).resolve().parents[3] / "seeds" / "day.jsonl"
AT = "2026-03-02T15:04:05Z"


def export(*words: str, given: bytes) -> Result:
    """Run the verb on stdin."""
    return CliRunner().invoke(main, ["export", *words], input=given)


def lines(*said: bytes) -> bytes:
    """Return JSON Lines."""
    return b"".join(one.rstrip(b"\n") + b"\n" for one in said)


def test_the_seeded_day_goes_out_line_by_line() -> None:
    """Every line of every final set stands in a DFT, a ChargeItem and a row; the same bytes on every run."""
    coded = CliRunner().invoke(main, ["code", "--quiet", str(DAY)]).stdout_bytes
    sets = [json.loads(line) for line in coded.splitlines()]
    due = {line["line_id"] for one in sets if one["status"] == "final" for line in one["lines"]}
    held = sum(one["status"] == "held" for one in sets)
    assert len(due) > 100
    assert held

    made = export("--to", "dft", "--at", AT, given=coded)
    assert made.exit_code == 1
    assert made.stderr.count("is held by a blocking flag") == held
    read = [read_message(raw) for raw in messages(made.stdout_bytes)]
    assert {
        one.text(2) for message in read if isinstance(message, Message) for one in message.all("FT1")
    } == due
    assert export("--to", "dft", "--at", AT, given=coded).stdout_bytes == made.stdout_bytes

    bundles = [json.loads(line) for line in export("--to", "chargeitem", given=coded).stdout.splitlines()]
    items = [entry["resource"] for one in bundles for entry in one["entry"]]
    assert {one["id"] for one in items if one["status"] == "billable"} == due
    rows = csv.DictReader(StringIO(export("--to", "csv", given=coded).stdout))
    assert {row["line_id"] for row in rows} == due


def test_charge_lines_become_a_charge_and_a_credit() -> None:
    """As the worker's topic carries them, beside a whole set in the same input."""
    made = export("--to", "dft", given=lines(value_of(CREDIT), value_of(CHARGE), written(SET)))
    read = [
        message for raw in messages(made.stdout_bytes) if isinstance(message := read_message(raw), Message)
    ]
    assert [[one.text(6) for one in message.all("FT1")] for message in read] == [["CD"], ["CG"], ["CG"] * 3]
    assert made.exit_code == 0
    assert made.stderr == "exported        3\n"


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        ("held", 1, "stdin:1: revision 2 is held by a blocking flag: nothing of it is charged; infusion review says"),
        ("preview", 0, "stdin:1: revision 2 is a preview: nothing of it is charged until it is final"),
        ("cancelled", 0, "stdin:1: revision 2 is cancelled: what was charged is taken back by the credits"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["dft", "csv"])
def test_what_is_not_released_is_told_and_not_written(
    form: str, status: Status, code: int, says: str
) -> None:
    """On stderr, with its place."""
    made = export("--to", form, given=written(replace(SET, status=status)))
    assert made.exit_code == code
    assert made.stderr.startswith(says)
    assert LINE.line_id not in made.stdout


def test_a_preview_is_a_planned_charge_item() -> None:
    """FHIR has a word for it; a held set is none even there."""
    made = export("--to", "chargeitem", given=written(replace(SET, status="preview")))
    assert made.exit_code == 0
    assert '"status":"planned"' in made.stdout
    assert export("--to", "chargeitem", given=written(replace(SET, status="held"))).stdout == ""


def test_bad_lines_are_told_and_the_rest_goes_out() -> None:
    """One line says the file, the line, the field and what to do."""
    made = export("--to", "dft", given=lines(b'{"event_id": "1"}', b"", value_of(CHARGE), b"no JSON"))
    assert made.exit_code == 1
    assert made.stderr.splitlines() == [
        "stdin:1: type: an event, not a charge; code it first: infusion code",
        "stdin:4: line: not JSON; send charge sets or charge lines, one JSON object a line",
        "exported        1",
        "rejected        2",
    ]
    assert made.stdout_bytes.count(b"MSH|") == 1


def test_a_code_that_the_site_has_none_for_is_told(tmp_path: Path) -> None:
    """And the line is not sent under another."""
    file = tmp_path / "site.toml"
    file.write_text(SITE, encoding="utf-8")
    made = export(
        "--to", "dft", "--site", str(file), given=value_of(replace(CHARGE, line=replace(LINE, code="96413")))
    )
    assert (made.exit_code, made.stdout_bytes) == (1, b"")
    assert (
        "stdin:1: line.code: the site's table has no charge code for 96413; add [charges.codes" in made.stderr
    )


def test_a_site_file_that_is_wrong_ends_it_before_anything_is_written(tmp_path: Path) -> None:
    """With the key and what is wrong."""
    file = tmp_path / "site.toml"
    file.write_text('[charges]\ncredit_style = "minus"\n', encoding="utf-8")
    made = export("--to", "dft", "--site", str(file), given=value_of(CHARGE))
    assert made.exit_code == 2
    assert "charges.credit_style" in made.stderr
    assert made.stdout_bytes == b""


def test_no_cell_is_a_formula() -> None:
    """An encounter id is a feed's own, and a spreadsheet would run it."""
    bad = replace(CHARGE, encounter_id="=cmd|' /C calc'!A0", charge_set_id="\uff1d1+1")
    made = export("--to", "csv", given=value_of(bad))
    (head, row) = csv.reader(StringIO(made.stdout))
    assert tuple(head) == COLUMNS
    assert row[0] == "'=cmd|' /C calc'!A0"
    assert row[1] == "'\uff1d1+1"


def test_a_set_without_a_line_is_counted() -> None:
    """Nothing was given that is charged: nothing is wrong either."""
    empty: ChargeSet = replace(SET, lines=())
    made = export("--to", "dft", given=written(empty))
    assert (made.exit_code, made.stdout_bytes) == (0, b"")
    assert made.stderr.splitlines() == ["exported        0", "without a line  1"]
