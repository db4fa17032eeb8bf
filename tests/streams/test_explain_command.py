"""The verb: events in, pictures out; one page for a letter, or a clear word why not."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from streams.cli import main


def told(encounter_id: str, kind: str, clock: str, **fields: Any) -> str:
    """Return one event of the second of March as a line."""
    event = {
        "type": kind,
        "event_id": f"{encounter_id}-{kind}-{clock}",
        "encounter_id": encounter_id,
        "occurred_at": f"2026-03-02T{clock}:00-05:00",
    }
    return json.dumps(event | fields)


def visit(encounter_id: str, stop: str = "09:31") -> list[str]:
    """Return the events of one infusion."""
    return [
        told(
            encounter_id,
            "encounter_opened",
            "07:40",
            setting="facility",
            payer="medicare",
            time_zone="America/New_York",
        ),
        told(
            encounter_id,
            "infusion_started",
            "08:00",
            administration_id="A1",
            drug={"name": "ceftriaxone"},
            route="IV",
            site_id="left-forearm",
        ),
        told(encounter_id, "infusion_stopped", stop, administration_id="A1", reason="completed"),
        told(encounter_id, "encounter_discharged", "10:00"),
    ]


def explain(lines: list[str], *options: str) -> Result:
    """Run the verb on these lines."""
    return CliRunner().invoke(main, ["explain", *options], input="\n".join(lines))


def test_the_contract_s_example_is_drawn_and_explained() -> None:
    """One bar, two lines, their rules and their sources."""
    result = explain(visit("E1"), "--width", "80")
    assert result.exit_code == 0
    assert "█96365+96366█" in result.stdout
    assert "31 past the first hour" in result.stdout
    assert "Sources" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_every_encounter_is_drawn_in_the_order_of_its_id() -> None:
    """The order of the events does not matter."""
    result = explain([*visit("E2"), *visit("E1")])
    assert result.stdout.index("Encounter E1") < result.stdout.index("Encounter E2")


def test_one_encounter_can_be_chosen() -> None:
    """The others are left out."""
    result = explain([*visit("E2"), *visit("E1")], "--encounter", "E2")
    assert "Encounter E2" in result.stdout
    assert "Encounter E1" not in result.stdout


@pytest.mark.parametrize("more", [[], ["--svg", "-"]])
def test_an_unknown_encounter_is_wrong_usage(more: list[str]) -> None:
    """Exit status 2, and what to look at."""
    result = explain(visit("E1"), "--encounter", "E9", *more)
    assert result.exit_code == 2
    assert "--encounter" in result.stderr
    assert not result.stdout


def test_a_page_needs_exactly_one_encounter(tmp_path: Path) -> None:
    """Two without a choice are an error that names the choice; nothing is written."""
    page = tmp_path / "page.svg"
    result = explain([*visit("E1"), *visit("E2")], "--svg", str(page))
    assert result.exit_code == 2
    assert "--encounter ID" in result.stderr
    assert not page.exists()
    chosen = explain([*visit("E1"), *visit("E2")], "--svg", str(page), "--encounter", "E2")
    assert chosen.exit_code == 0
    assert not chosen.stdout
    title = ET.fromstring(page.read_bytes()).findtext("{http://www.w3.org/2000/svg}title")  # noqa: S314 our own bytes
    assert title == "Infusion charges of encounter E2"


def test_a_page_can_go_to_stdout() -> None:
    """The bytes are those of the file."""
    result = explain(visit("E1"), "--svg", "-")
    assert result.stdout.startswith("<svg ")
    assert result.exit_code == 0


def test_a_bad_line_is_told_and_the_rest_is_drawn() -> None:
    """Exit status 1; the line is named and not repeated."""
    result = explain([*visit("E1"), '{"type": "secret-drug"}'])
    assert result.exit_code == 1
    assert "stdin:5" in result.stderr
    assert "secret" not in result.stderr
    assert "Encounter E1" in result.stdout


def test_a_held_encounter_ends_in_status_one() -> None:
    """A stop before its start holds the charges, and the header says so."""
    result = explain(visit("E1", stop="07:50"))
    assert result.exit_code == 1
    assert "HELD" in result.stdout


def test_a_merged_encounter_is_drawn_where_its_events_went() -> None:
    """The one it went into shows the infusion; the other is cancelled."""
    merged = [
        *visit("E1"),
        told("E1", "encounter_merged", "10:05", into_encounter_id="E2"),
        told("E2", "encounter_opened", "07:40", setting="facility", payer="medicare"),
        told("E2", "encounter_discharged", "10:00"),
    ]
    first, second = explain(merged).stdout.split("Encounter E2")
    assert "CANCELLED" in first
    assert "ceftriaxone" in second


def test_an_unknown_switch_is_refused_before_anything_is_read() -> None:
    """The policy says which switches there are."""
    result = explain(visit("E1"), "--set", "no_such_switch=1")
    assert result.exit_code == 2
    assert not result.stdout
