"""Real charting, the open MIMIC-III demo, through the coder: laws that hold whatever the chart says."""

import random
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, Final

import pytest
from click.testing import CliRunner
from orjson import dumps, loads
from published import shared

from models.drug import Drug
from rules.engine import Profile
from rules.formulary.lookup import lookup
from streams.batch.coder import code_stay
from streams.cli import main
from streams.wire.charge_json import value_of

Stays = Mapping[str, list[dict[str, Any]]]
"""Events by stay."""

HYDRATION: Final = frozenset({"96360", "96361"})
PUSHED: Final = frozenset({"96374", "96375", "96376"})


@cache
def replayed() -> Stays:
    """Return the events that the verb makes of the demo."""
    folder = shared() / "samples" / "mimic3_demo"
    if not folder.is_dir():
        pytest.skip("no MIMIC-III demo at hand: INFUSION_SHARED names the folder with samples/mimic3_demo")
    result = CliRunner().invoke(
        main, ["convert", "--from", "mimic", *map(str, sorted(folder.glob("*.csv.gz")))]
    )
    assert result.exit_code == 0
    stays: dict[str, list[dict[str, Any]]] = {}
    for line in result.stdout_bytes.splitlines():
        event = loads(line)
        stays.setdefault(event["encounter_id"], []).append(event)
    return stays


def coded(stay: str, events: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the charge set of a stay as JSON."""
    lines = [(0, number, dumps(event)) for number, event in enumerate(events, 1)]
    (charge_set,) = code_stay(stay, lines, Profile()).charge_sets
    told: dict[str, Any] = loads(value_of(charge_set))
    return told


def test_every_row_is_replayed() -> None:
    """13,224 rows; those that were rewritten are taken back."""
    events = [event for events in replayed().values() for event in events]
    assert sum(event["type"] == "administration_charted" for event in events) == 13_224
    assert sum(event["type"] == "event_voided" for event in events) == 2_910


def test_the_order_of_arrival_does_not_matter() -> None:
    """A tenth of the stays, shuffled, and told twice."""
    dice = random.Random(20261128)  # noqa: S311 - no secret is made with it
    for stay, events in list(replayed().items())[::10]:
        shuffled = [*events, *dice.sample(events, len(events) // 3)]
        dice.shuffle(shuffled)
        assert coded(stay, shuffled) == as_charted(stay)


def test_minutes_never_exceed_the_union_of_what_was_charted() -> None:
    """Nor does anything vanish: each administration is in a line, not billed, or behind a flag."""
    for stay, events in replayed().items():
        charted = {event["administration_id"]: event for event in events if "administration_id" in event}
        voided = {event["voids_event_id"] for event in events if "voids_event_id" in event}
        told = as_charted(stay)
        accounted = {one for line in told["lines"] for one in line["administration_ids"]}
        accounted |= {refusal["administration_id"] for refusal in told["not_billed"]}
        accounted |= {
            one for flag in told["flags"] if flag["severity"] == "block" for one in flag["administration_ids"]
        }
        live = {name for name, event in charted.items() if event["event_id"] not in voided}
        assert live <= accounted
        for line in told["lines"]:
            by_drug: dict[str, list[tuple[int, int]]] = {}
            for one in line["administration_ids"]:
                by_drug.setdefault(charted[one]["drug"]["name"], []).append(span(charted[one]))
            # Two drugs given at once are two services in one line; the minutes of one are never counted twice.
            pushed = line["code"] in PUSHED
            most = sum(total(spans) if pushed else union(spans) for spans in by_drug.values())
            assert (line["minutes"] or 0) <= most


@cache
def as_charted(stay: str) -> dict[str, Any]:
    """Return the charge set of a stay of the demo."""
    return coded(stay, replayed()[stay])


def total(spans: Iterable[tuple[int, int]]) -> int:
    """Return the minutes of all spans together: two pushes in one minute are two."""
    return sum(stop - start for start, stop in spans)


def union(spans: Iterable[tuple[int, int]]) -> int:
    """Return the minutes that at least one span covers."""
    covered, reached = 0, 0
    for start, stop in sorted(spans):
        covered += max(0, stop - max(start, reached))
        reached = max(reached, stop)
    return covered


def span(event: Mapping[str, Any]) -> tuple[int, int]:
    """Return the minutes, from midnight of the first day, between which something was charted."""
    start, stop = (
        int(datetime.fromisoformat(event[name]).timestamp()) // 60 for name in ("started_at", "stopped_at")
    )
    return start, stop


def test_no_push_of_what_is_never_pushed_and_no_hydration_by_a_carrier() -> None:
    """Every antibiotic of this chart is a push of one minute; every bag it hung in is charted beside it."""
    pushed, watered = [], []
    for stay, events in replayed().items():
        charted = {event["administration_id"]: event for event in events if "administration_id" in event}
        for line in as_charted(stay)["lines"]:
            given = [charted[one] for one in line["administration_ids"]]
            pushed += [event["drug"]["name"] for event in given if line["code"] in PUSHED]
            watered += [
                event for event in given if line["code"] in HYDRATION and event.get("intent") == "carrier"
            ]
    never = {
        name
        for name in pushed
        if (entry := lookup(Drug(name=name), date(2026, 1, 5))) and entry.pushable == "never"
    }
    assert pushed
    assert not never
    assert not watered


def test_taking_everything_back_leaves_no_charge() -> None:
    """Whatever was charged before is credited in full."""
    for stay, events in replayed().items():
        names = {event["administration_id"] for event in events if "administration_id" in event}
        last = max(event.get("recorded_at", event["occurred_at"]) for event in events)
        voids = [
            {
                "type": "administration_voided",
                "event_id": f"void {name}",
                "encounter_id": stay,
                "occurred_at": last,
                "administration_id": name,
            }
            for name in sorted(names)
        ]
        told = coded(stay, [*events, *voids])
        assert told["lines"] == []
