"""``infusion deidentify``: a day made anew, its links and its codes; the key, the report, and what cannot be used."""

import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.batch import spill_buckets
from streams.cli import main

DAY = (Path(__file__).resolve().parents[3] / "seeds" / "day.jsonl").read_bytes().splitlines()
SOME = [
    line for line in DAY if any(mark in line for mark in (b'"MRG-', b'"ED-0', b'"OB-0', b'"DOC-0', b'"PK-'))
]
KEY = {"INFUSION_DEIDENTIFY_KEY": "k" * 40}


def deidentify(*words: str, given: bytes, env: dict[str, str] | None = None) -> Result:
    """Run the verb on stdin, and look for tracebacks."""
    result = CliRunner().invoke(main, ["deidentify", *words], input=given, env=KEY if env is None else env)
    assert "Traceback" not in result.stderr
    return result


def coded(lines: bytes) -> Counter[tuple[str, ...]]:
    """Return status and lines of each charge set, without ids and dates."""
    made = CliRunner().invoke(main, ["code", "--quiet"], input=lines).stdout
    return Counter(
        (one["status"], *(f"{line['code']} {line['units']} {line['minutes']} {line['modifiers']}" for line in one["lines"]))
        for one in map(json.loads, made.splitlines())
    )  # fmt: skip


def test_a_day_is_coded_as_before_and_its_links_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same key gives the same bytes, whatever fits into memory; another gives others."""
    day = b"\n".join(SOME)
    made = deidentify(given=day)
    assert made.exit_code == 0, made.stderr
    assert coded(made.stdout_bytes) == coded(day)
    assert len(made.stdout_bytes.splitlines()) == len(SOME)
    monkeypatch.setattr(spill_buckets, "BUDGET", 4_000)
    assert deidentify(given=day).stdout_bytes == made.stdout_bytes
    other = deidentify(given=day, env={"INFUSION_DEIDENTIFY_KEY": "l" * 40}).stdout_bytes
    assert not {*other.splitlines()} & {*made.stdout_bytes.splitlines()}


def test_merged_stays_move_together_and_name_each_other() -> None:
    """By their new ids, and by the same number of weeks."""
    at = '"occurred_at": "2026-10-05T{}:00-04:00"'
    lines = [
        f'{{"type": "encounter_opened", "event_id": "1", "encounter_id": "E2", {at.format("08:00")}}}',
        f'{{"type": "encounter_opened", "event_id": "2", "encounter_id": "E1", {at.format("09:00")}}}',
        f'{{"type": "encounter_merged", "event_id": "3", "encounter_id": "E2", "into_encounter_id": "E1", {at.format("10:00")}}}',
        f'{{"type": "event_voided", "event_id": "4", "encounter_id": "E1", "voids_event_id": "2", {at.format("11:00")}}}',
    ]
    made = [json.loads(line) for line in deidentify(given="\n".join(lines).encode()).stdout.splitlines()]
    assert made[2]["into_encounter_id"] == made[1]["encounter_id"]
    assert made[2]["encounter_id"] == made[0]["encounter_id"]
    assert made[3]["voids_event_id"] == made[1]["event_id"]
    assert len({one["occurred_at"][:10] for one in made}) == 1


def test_what_was_taken_away_is_reported_and_what_cannot_be_used_is_told(tmp_path: Path) -> None:
    """By field and line, never by what stood there."""
    event = {
        "type": "encounter_opened",
        "event_id": "1",
        "encounter_id": "E1",
        "occurred_at": "2026-10-05T08:00:00-04:00",
    }
    lines = [
        event | {"note": "Mr Smith", "MRN4471923": 1},
        event | {"event_id": "2", "occurred_at": "Smith"},
        "Smith",
    ]
    report = tmp_path / "report.json"
    given = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines).encode()
    made = deidentify("--report", str(report), given=given)
    assert made.exit_code == 1
    assert "stdin:2: occurred_at: must be an instant in text" in made.stderr
    assert "Smith" not in made.stderr + made.stdout
    assert "4471923" not in made.stderr + made.stdout + report.read_text()
    told = json.loads(report.read_text())
    assert (told["stays"], told["events"], told["refused"], told["coded_the_same"]) == (1, 1, 2, 1)
    assert told["unknown_fields"] == {"note": 1, "a name that may tell something": 1}


def test_no_data_are_made_without_a_key(tmp_path: Path) -> None:
    """Nor with a short one, nor with one that cannot be read; a file wins over the variable."""
    assert deidentify(given=b"", env={}).exit_code == 2
    assert "less than 32 characters" in deidentify(given=b"", env={"INFUSION_DEIDENTIFY_KEY": "short"}).stderr
    assert (
        "there is no key: name its file with --key-file"
        in deidentify(given=b"", env={"INFUSION_DEIDENTIFY_KEY": ""}).stderr
    )
    missing = deidentify("--key-file", str(tmp_path / "none"), given=b"")
    assert (missing.exit_code, "the key cannot be read" in missing.stderr) == (2, True)
    file = tmp_path / "key"
    file.write_text("m" * 40 + "\n")
    one = deidentify("--key-file", str(file), given=SOME[0]).stdout
    assert one == deidentify(given=SOME[0], env={"INFUSION_DEIDENTIFY_KEY": "m" * 40}).stdout


def test_a_stay_across_a_change_of_clocks_that_no_shift_keeps_is_left_out() -> None:
    """And told with its line; more weeks find another change."""
    stay = b"\n".join(
        json.dumps({"type": kind, "event_id": at, "encounter_id": "E1", "occurred_at": at, "time_zone": "America/New_York"} if kind == "encounter_opened" else {"type": kind, "event_id": at, "encounter_id": "E1", "occurred_at": at}).encode()
        for kind, at in (("encounter_opened", "2026-03-08T01:30:00-05:00"), ("encounter_discharged", "2026-03-08T04:00:00-04:00"))
    )  # fmt: skip
    few = deidentify("--weeks", "5", given=stay)
    assert (few.exit_code, few.stdout) == (1, "")
    assert "stdin:1: occurred_at: the stay lies across a change of clocks" in few.stderr
    made = [json.loads(line) for line in deidentify("--weeks", "60", given=stay).stdout.splitlines()]
    assert [one["occurred_at"][10:] for one in made] == ["T01:30:00-05:00", "T04:00:00-04:00"]


def test_a_sites_own_drugs_are_known_to_it() -> None:
    """Its folder lies over what ships, as in infusion code; without it they are hashes."""
    folder = Path(__file__).resolve().parents[3] / "docs" / "site"
    given = b"""{"type": "push_given", "event_id": "1", "encounter_id": "E1", "administration_id": "A1", "route": "IV",
    "occurred_at": "2026-10-05T08:00:00-04:00", "drug": {"name": "onc premed bag"}}""".replace(b"\n", b"")
    own = json.loads(deidentify("--site-dir", str(folder), given=given).stdout)
    assert own["drug"] == {"name": "onc premed bag"}
    assert json.loads(deidentify(given=given).stdout)["drug"]["name"].startswith("drug-")


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("2026-10-05t08:00z", "T08:00:00Z"),
        ("2026-10-05 08:00:00\u221204:00", "T08:00:00-04:00"),
        ("2026-10-05T08:00:00.123456789Z", "T08:00:00.123456Z"),
    ],
)
def test_an_instant_is_read_as_the_contract_reads_it(written: str, made: str) -> None:
    """And written in RFC 3339; without a zone for the stay its offset stays."""
    event = {"type": "encounter_opened", "event_id": "1", "encounter_id": "E1", "occurred_at": written}
    found = json.loads(deidentify(given=json.dumps(event).encode()).stdout)
    assert found["occurred_at"][10:] == made


def test_who_entered_an_event_why_and_what_was_thrown_away() -> None:
    """A person is a hash, a reason gone, an amount stays; a coded reason is the codes our lists have."""
    about = {
        "encounter_id": "E1",
        "occurred_at": "2026-10-05T08:00:00-04:00",
        "entered_by": "Jones",
        "change_reason": "Mr Smith",
    }
    told = [
        about | {"type": "drug_wasted", "event_id": "1", "administration_id": "A1", "amount": 40, "unit": "mg", "reason": "Mr Smith"},
        about | {"type": "push_given", "event_id": "2", "administration_id": "A1", "drug": {"name": "ceftriaxone"}, "route": "IV",
                 "indication": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "E86.0", "display": "Smith"}]}},
    ]  # fmt: skip
    wasted, push = map(
        json.loads, deidentify(given="\n".join(map(json.dumps, told)).encode()).stdout.splitlines()
    )
    assert (wasted["amount"], wasted["unit"], wasted["reason"]) == (40, "mg", "text removed")
    assert wasted["entered_by"] == push["entered_by"] != "Jones"
    assert wasted["change_reason"] == "text removed"
    assert push["indication"].upper() == "E86"
