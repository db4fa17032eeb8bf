"""The encounters an audit coded by hand first, as a report: how many agree, and which do not."""

from collections import Counter
from os import environ
from pathlib import Path
from typing import Any

import pytest
from orjson import dumps, loads

from rules.engine import Profile
from streams.batch.coder import code_linked

ROOT = Path(__file__).resolve().parents[2]
CASES = Path(environ.get("INFUSION_SHARED", ROOT.parent / "shared")) / "cases" / "audit.jsonl"
OPEN: frozenset[str] = frozenset()
"""Encounters that do not agree yet, by id; an entry needs its reason in the changelog."""


def differs(row: dict[str, Any]) -> str | None:
    """Return how the coding of one audited encounter differs from what was coded by hand, None when it does not."""
    lines = [(0, number, dumps(event)) for number, event in enumerate(row["events"], 1)]
    sets = code_linked(lines, Profile()).charge_sets
    units = Counter[str]()
    for charge_set in sets:
        for line in charge_set.lines:
            units["-".join((line.code, *line.modifiers))] += line.units
    flags = {flag.flag for charge_set in sets for flag in charge_set.flags}
    statuses = {charge_set.status for charge_set in sets}
    if row["expected"] is not None and dict(units) != row["expected"]:
        return f"{dict(units)} instead of {row['expected']}"
    if row.get("status") and row["status"] not in statuses:
        return f"{', '.join(sorted(statuses))} instead of {row['status']}"
    missing = set(row.get("flags") or ()) - flags
    return f"without {', '.join(sorted(missing))}" if missing else None


def test_the_audited_encounters_are_coded_as_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    """Agreement is printed; a difference that is not known to be open fails."""
    if not CASES.is_file():
        pytest.skip("no audited encounters at hand: INFUSION_SHARED names the folder with cases/audit.jsonl")
    rows = [loads(line) for line in CASES.read_bytes().splitlines()]
    differing = {row["id"]: wrong for row in rows if (wrong := differs(row)) is not None}
    with capsys.disabled():
        print(f"\naudited encounters: {len(rows) - len(differing)} of {len(rows)} agree")  # noqa: T201 -- the report
    assert {name: wrong for name, wrong in differing.items() if name not in OPEN} == {}
    assert differing.keys() >= OPEN, "an open encounter agrees now: take it off the list"
