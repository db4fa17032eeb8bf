"""
Laws of a stay whose events are refused, voided, early, late or contradict each other.

Every administration is on a line, in ``not_billed`` with a reason, or behind a flag, and a set with a refused event
is not final. The stays are those of the seeded day, so each rule has some to work on.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from orjson import dumps, loads

from models.charge import ChargeSet
from rules.engine import Profile
from streams.batch.coder import Outcome, code_linked

LAW = settings(max_examples=150, deadline=None)
SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "day.jsonl"
EVENTS: list[dict[str, Any]] = [loads(line) for line in SEEDS.read_bytes().splitlines()]
STAYS = [list(events) for _, events in groupby(EVENTS, key=lambda event: event["encounter_id"])]
DEEDS = ("as it is", "as it is", "refused", "cut off", "voided", "early", "late", "contradicted", "twice")


def shifted(event: dict[str, Any], minutes: int) -> dict[str, Any]:
    """Return the event as if it had happened so many minutes later."""
    at = datetime.fromisoformat(event["occurred_at"]) + timedelta(minutes=minutes)
    return {**event, "occurred_at": at.isoformat()}


def lines_of(event: dict[str, Any], deed: str, minutes: int) -> list[bytes]:
    """Return what arrives of one event when something is done to it."""
    if deed == "refused":
        return [dumps({**event, "occurred_at": event["occurred_at"][:19]})]
    if deed == "cut off":
        raw = dumps({"event_id": event["event_id"], "encounter_id": event["encounter_id"], **event})
        return [raw[:-2]]
    if deed == "voided":
        void = {
            "type": "event_voided",
            "event_id": f"{event['event_id']}-void",
            "encounter_id": event["encounter_id"],
            "occurred_at": event["occurred_at"],
            "voids_event_id": event["event_id"],
        }
        return [dumps(event), dumps(void)]
    if deed in {"early", "late"}:
        return [dumps(shifted(event, minutes if deed == "late" else -minutes))]
    if deed == "contradicted":
        return [dumps(event), dumps(shifted(event, minutes))]
    return [dumps(event)] * (2 if deed == "twice" else 1)


@st.composite
def mishandled(draw: st.DrawFn) -> list[bytes]:
    """Draw the lines of one seeded stay with something done to some of them, in any order."""
    events = draw(st.sampled_from(STAYS))
    lines: list[bytes] = []
    for event in events:
        lines += lines_of(event, draw(st.sampled_from(DEEDS)), draw(st.integers(1, 3000)))
    return list(draw(st.permutations(lines)))


def coded(lines: Sequence[bytes]) -> Outcome:
    """Return what becomes of the lines, as ``infusion code`` does it."""
    return code_linked([(0, number, line) for number, line in enumerate(lines, 1)], Profile())


def accounted(charge_set: ChargeSet) -> set[str]:
    """Return the administrations a set says something about."""
    named = {name for line in charge_set.lines for name in line.administration_ids}
    named |= {refusal.administration_id for refusal in charge_set.not_billed}
    return named | {name for flag in charge_set.flags for name in flag.administration_ids}


@LAW
@given(mishandled())
def test_every_administration_is_on_a_line_refused_or_flagged(lines: list[bytes]) -> None:
    """Whatever was done to the events, and to whichever of them."""
    for stay in coded(lines).stays:
        known = {charted.administration_id for charted in stay.encounter.administrations}
        assert known | set(stay.encounter.voided) <= accounted(stay.coding.charge_set)


@LAW
@given(mishandled())
def test_a_set_with_a_refused_event_is_not_final(lines: list[bytes]) -> None:
    """Until the event comes again under its id, or is voided."""
    for stay in coded(lines).stays:
        if stay.encounter.refused_events and stay.encounter.standing not in {"cancelled", "merged"}:
            assert stay.coding.charge_set.status in {"held", "preview"}
            assert "F-REFUSED_EVENT" in {flag.flag for flag in stay.coding.charge_set.flags}


@LAW
@given(mishandled(), st.randoms(use_true_random=False))
def test_the_order_of_what_arrives_does_not_count(lines: list[bytes], random: Any) -> None:
    """Refused lines included."""
    shuffled = list(lines)
    random.shuffle(shuffled)
    assert coded(shuffled).charge_sets == coded(lines).charge_sets
