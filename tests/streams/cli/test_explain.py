"""The verb: events in, pictures out; one page for a letter, or a clear word why not."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from streams.batch import spill_buckets as buckets
from streams.cli import main

ROOT = Path(__file__).parents[2]


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


def explain(lines: list[str], *options: str, verb: str = "explain") -> Result:
    """Run the verb on these lines."""
    return CliRunner().invoke(main, [verb, *options], input="\n".join(lines))


def complaints(result: Result) -> list[str]:
    """Return what was said of single lines, sorted."""
    return sorted(line for line in result.stderr.splitlines() if line.startswith("stdin:"))


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


OPENED = {"setting": "facility", "payer": "medicare"}
TROUBLE = {
    "one event id with two contents": [
        *visit("E1"),
        *(
            told(
                "E1", "push_given", clock, event_id="twice", administration_id="A2", drug={"name": "morphine"}
            )
            for clock in ("08:10", "08:20")
        ),
    ],
    "an event after the cancellation": [
        told("E1", "encounter_opened", "07:40", **OPENED),
        told("E1", "encounter_cancelled", "07:50"),
        told("E1", "push_given", "08:10", administration_id="A2", drug={"name": "morphine"}),
    ],
    "a stop before its start": visit("E1", stop="07:50"),
    "merges in a circle": [
        *visit("E1"),
        *visit("E2"),
        told("E1", "encounter_merged", "10:05", into_encounter_id="E2"),
        told("E2", "encounter_merged", "10:06", into_encounter_id="E1"),
    ],
    "an id that stands twice": [*visit("E1"), visit("E1")[1][:-1] + ', "encounter_id": "E2"}'],
    "no JSON": [*visit("E1"), "{"],
    "nothing but a line of no use": [told("E1", "encounter_opened", "07:40", colour="red")],
    "no stop yet": visit("E1")[:2],
    "nothing": visit("E1"),
}


@pytest.mark.parametrize("lines", [pytest.param(lines, id=what) for what, lines in TROUBLE.items()])
def test_it_tells_what_code_tells_and_ends_as_code_does(lines: list[str]) -> None:
    """The same lines refused, the same faults, the same exit status."""
    drawn, coded = explain(lines), explain(lines, verb="code")
    assert complaints(drawn) == complaints(coded)
    assert drawn.exit_code == coded.exit_code


def test_as_of_makes_a_preview_until_the_confirm_window_has_passed() -> None:
    """As in code: before that the department may still chart."""
    early = explain(visit("E1"), "--as-of", "2026-03-02T12:00:00-05:00")
    late = explain(visit("E1"), "--as-of", "2026-04-02T12:00:00-04:00")
    assert "PREVIEW" in early.stdout
    assert "FINAL" in late.stdout
    assert (early.exit_code, late.exit_code) == (0, 0)


def test_merged_encounters_stand_in_the_order_of_their_ids_among_the_others() -> None:
    """They are coded together and drawn apart."""
    lines = [*visit("E3"), *visit("E2"), *visit("E1")]
    lines.append(told("E1", "encounter_merged", "10:05", into_encounter_id="E3"))
    drawn = explain(lines).stdout
    places = [drawn.index(f"Encounter {one}") for one in ("E1", "E2", "E3")]
    assert places == sorted(places)


def test_an_input_over_the_budget_is_drawn_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every stay once, the merged ones too."""
    lines = [line for number in range(9) for line in visit(f"E{number}")]
    lines.append(told("E1", "encounter_merged", "10:05", into_encounter_id="E3"))
    whole = explain(lines)
    monkeypatch.setattr(buckets, "BUDGET", 500)
    spilled = explain(lines)
    assert sorted(spilled.stdout.splitlines()) == sorted(whole.stdout.splitlines())
    assert spilled.exit_code == whole.exit_code


@pytest.mark.parametrize("words", [["--help"], ["explain", "--help"], ["explain", "--svg", "-"]])
def test_only_a_drawing_on_a_terminal_loads_the_terminal_library(words: list[str]) -> None:
    """Help and letters need none."""
    check = "import sys; from streams.cli import main\ntry: main()\nfinally: print('rich' in sys.modules, file=sys.stderr)"
    done = subprocess.run(
        (sys.executable, "-c", check, *words),
        input="\n".join(visit("E1")),
        text=True,
        encoding="utf-8",
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr.endswith("False\n")
