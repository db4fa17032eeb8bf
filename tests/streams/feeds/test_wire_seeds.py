"""The same stay twice: written as HL7 in ``seeds/wire`` and as our JSON in ``seeds/day.jsonl``, it is coded the same."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from orjson import loads

from streams.cli import main

SEEDS = Path(__file__).resolve().parents[3] / "seeds"
WIRE = sorted((SEEDS / "wire" / "hl7v2").glob("*.hl7"))


@cache
def day() -> tuple[tuple[str, bytes], ...]:
    """Return the lines of the seeded day with their stays."""
    lines = (SEEDS / "day.jsonl").read_bytes().splitlines()
    return tuple((loads(line)["encounter_id"], line) for line in lines)


def coded(events: bytes) -> list[dict[str, Any]]:
    """Return what the charge sets of these events say that a bill rests on."""
    run = CliRunner().invoke(main, ["code", "-q"], input=events)
    sets = [loads(line) for line in run.stdout_bytes.splitlines()]
    return [
        {
            "stay": (one["encounter_id"], one["status"], one["setting"], one["payer"]),
            "lines": [
                [
                    line[field]
                    for field in ("code", "units", "modifiers", "service_date", "minutes", "evidence")
                ]
                for line in one["lines"]
            ],
            "flags": [flag["flag"] for flag in one["flags"]],
        }
        for one in sets
    ]


@pytest.mark.parametrize("path", WIRE, ids=[path.stem for path in WIRE])
def test_a_stay_on_the_wire_gives_the_charges_of_its_json(path: Path) -> None:
    """Codes, units, modifiers, dates, minutes, flags."""
    run = CliRunner().invoke(
        main, ["convert", "--from", "hl7v2", "--site", str(SEEDS / "wire" / "site.toml"), str(path)]
    )
    assert run.exit_code == 0, run.stderr
    stays = {loads(line)["encounter_id"] for line in run.stdout_bytes.splitlines()}
    assert path.stem in stays
    ours = b"\n".join(line for stay, line in day() if stay in stays)
    assert coded(run.stdout_bytes) == coded(ours)
