"""Two accounts of one patient on one day, over a whole input: told on both, whatever the order and the memory."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from orjson import dumps, loads

from streams.batch import patient_accounts, spill_buckets
from streams.cli import main

Event = dict[str, Any]


def event(kind: str, encounter: str, clock: str, **fields: Any) -> Event:
    """Return an event at a time of one Monday."""
    name = f"{encounter}-{kind}-{clock}"
    at = f"2026-03-02T{clock}:00-05:00"
    return {"type": kind, "event_id": name, "encounter_id": encounter, "occurred_at": at} | fields


def account(encounter: str, key: str | None = "k1", **registered: Any) -> list[Event]:
    """Return a stay with one push, of a patient with a key."""
    if key is not None:
        registered |= {"patient_key": key}
    given = {"administration_id": "A1", "drug": {"name": "ketorolac"}, "route": "IV"}
    return [
        event("encounter_opened", encounter, "08:00", setting="facility", **registered),
        event("push_given", encounter, "09:00", **given),
        event("encounter_discharged", encounter, "10:00"),
    ]


ACCOUNTS = [
    *account("E5"), *account("E1"), *account("E2", "k2"), *account("E3"), *account("E4", "k4"),
    event("encounter_cancelled", "E3", "23:30"), event("encounter_merged", "E6", "23:30", into_encounter_id="E4"),
    *account("E6", "k2"), *account("E7", "k2", follows_encounter_id="E2"), *account("E8", None),
]  # fmt: skip
"""E3 never was, E6 is E4's by now, E7 says that it follows E2, and of E8's patient nobody knows."""


def text(*events: Event) -> bytes:
    """Return events as an input."""
    return b"".join(dumps(one) + b"\n" for one in events)


def run(given: bytes, verb: str, *options: str) -> Result:
    """Return what a verb makes of an input."""
    result = CliRunner().invoke(main, [verb, *options], input=given)
    assert "Traceback" not in result.stderr
    return result


def others(result: Result) -> dict[str, str]:
    """Return what each charge set says of the patient's other accounts, by encounter."""
    return {
        charge_set["encounter_id"]: flag["facts"]["encounter_ids"]
        for charge_set in map(loads, result.stdout_bytes.splitlines())
        for flag in charge_set["flags"]
        if flag["flag"] == "F-OTHER_ACCOUNT"
    }


@pytest.fixture(params=[None, 500], ids=["in memory", "in files"])
def _memory(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if request.param:
        monkeypatch.setattr(spill_buckets, "BUDGET", request.param)
        monkeypatch.setattr(patient_accounts, "_BUDGET", 100)


@pytest.mark.usefixtures("_memory")
def test_two_accounts_of_one_patient_on_one_day_are_told_on_both() -> None:
    """Those that were cancelled, are another's by now, or follow one another are no question."""
    forwards, backwards = (run(text(*lines), "code") for lines in (ACCOUNTS, ACCOUNTS[::-1]))
    assert others(forwards) == {"E1": "E5", "E5": "E1"}
    assert forwards.stdout_bytes == backwards.stdout_bytes
    order = [loads(line)["encounter_id"] for line in forwards.stdout_bytes.splitlines()]
    assert order == ["E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8"]
    assert forwards.exit_code == 0


@pytest.mark.usefixtures("_memory")
def test_a_table_and_a_picture_tell_it_too() -> None:
    """As the charge set does; also where one stay alone is asked for."""
    assert run(text(*ACCOUNTS), "code", "--format", "table").stdout.count("F-OTHER_ACCOUNT") == 2
    assert run(text(*ACCOUNTS), "explain").stdout.count("F-OTHER_ACCOUNT") == 2
    assert run(text(*ACCOUNTS), "explain", "--encounter", "E5").stdout.count("F-OTHER_ACCOUNT") == 1


def test_processes_change_nothing(tmp_path: Path) -> None:
    """Neither do two inputs."""
    halves = (tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    halves[0].write_bytes(text(*ACCOUNTS[::2]))
    halves[1].write_bytes(text(*ACCOUNTS[1::2]))
    names = tuple(str(half) for half in halves)
    assert run(b"", "code", "--jobs", "2", *names).stdout_bytes == run(text(*ACCOUNTS), "code").stdout_bytes


def test_a_stay_whose_patient_has_no_other_has_the_same_bytes_without_a_key() -> None:
    """A key alone says nothing."""
    with_key, without = (run(text(*account("E1", key)), "code") for key in ("k1", None))
    assert with_key.stdout_bytes == without.stdout_bytes


def test_a_key_of_more_accounts_than_a_patient_has_tells_of_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says so."""
    monkeypatch.setattr(patient_accounts, "MOST_ACCOUNTS", 2)
    result = run(text(*account("E1"), *account("E2"), *account("E3")), "code")
    assert f"stdin:1: {patient_accounts.TOO_MANY.reason}" in result.stderr
    assert (result.exit_code, others(result)) == (1, {})
