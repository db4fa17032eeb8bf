"""The same stay four ways: our JSON, RAS and ADT, pump and order and ADT, and FHIR give the same charges."""

from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from orjson import loads

from streams.cli import main

SEEDS = Path(__file__).resolve().parents[3] / "seeds"
WAYS = {"hl7v2": ("hl7v2", "*.hl7"), "pumps": ("hl7v2", "*.hl7"), "fhir": ("fhir", "*.ndjson")}
FILES = [
    (folder, path.stem)
    for folder, (_, names) in WAYS.items()
    for path in sorted((SEEDS / "wire" / folder).glob(names))
]


@cache
def day() -> tuple[tuple[str, bytes], ...]:
    """Return the lines of the seeded day with their stays."""
    lines = (SEEDS / "day.jsonl").read_bytes().splitlines()
    return tuple((loads(line)["encounter_id"], line) for line in lines)


def charged(events: bytes) -> dict[str, list[tuple[object, ...]]]:
    """Return of each stay the codes, units, modifiers and dates."""
    run = CliRunner().invoke(main, ["code", "-q"], input=events)
    return {
        one["encounter_id"]: sorted(
            (line["code"], line["units"], tuple(line["modifiers"]), line["service_date"])
            for line in one["lines"]
        )
        for one in map(loads, run.stdout_bytes.splitlines())
    }


@pytest.mark.parametrize(("folder", "stay"), FILES, ids=[f"{stay} by {folder}" for folder, stay in FILES])
def test_a_stay_is_charged_the_same_whichever_way_it_comes(folder: str, stay: str) -> None:
    """Nothing of it is rejected on the way."""
    wire, names = WAYS[folder]
    path = SEEDS / "wire" / folder / f"{stay}{names[1:]}"
    site = str(SEEDS / "wire" / "site.toml")
    run = CliRunner().invoke(main, ["convert", "--from", wire, "--site", site, str(path)])
    assert run.exit_code == 0, run.stderr
    stays = {loads(line)["encounter_id"] for line in run.stdout_bytes.splitlines()}
    ours = b"\n".join(line for encounter, line in day() if encounter in stays)
    assert charged(run.stdout_bytes) == charged(ours)


def test_stays_come_all_four_ways() -> None:
    """Some of them, so that each way is compared with each other."""
    by_folder = [{stay for folder, stay in FILES if folder == way} for way in WAYS]
    assert len(set.intersection(*by_folder)) >= 6
