"""Many stays merged into one: what the worker writes and sends for that grows with their events, not with their square."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from encounter_states import line
from model_encounters import NOON
from model_workers import Cluster
from orjson import loads

from rules.engine import Profile
from streams.batch.coder import code_linked
from streams.encounter.merge_bound import MOST_MERGED
from streams.wire import topics


def stay(name: str, into: str | None, events: int = 8) -> Iterator[bytes]:
    """Yield the events of a stay that was merged into another."""
    yield line("encounter_opened", stay=name, source="adt", payer="medicare")
    for number in range(events):
        yield line(
            "push_given", 5 + number, name, source="emar", administration_id=f"a{number}",
            drug={"name": "ketorolac"}, route="IV",
        )  # fmt: skip
    yield line("encounter_discharged", 60, name, source="adt")
    if into is not None:
        yield line("encounter_merged", 90, name, source="adt", into_encounter_id=into)


class Cost(NamedTuple):
    """Bytes, beside those of the events themselves."""

    events: int
    commands: int
    states: int


def storm(merges: dict[str, str]) -> tuple[Cluster, Cost, list[bytes]]:
    """Send stays, each merged into another, with checkpoints after every few; return what that took."""
    cluster, sent = Cluster(NOON, workers=1), []
    for number, name in enumerate(("J", *merges)):
        for event in stay(name, merges.get(name)):
            cluster.publish(name, event)
            sent.append(event)
        if number % 5 == 0:
            cluster.quieten()
    cluster.advance()
    commands, states = (
        sum(len(record.key or b"") + len(record.value or b"") for record in cluster.paper.all_of(topic))
        for topic in (topics.COMMANDS, topics.ENCOUNTERS_CHANGELOG)
    )
    return cluster, Cost(sum(map(len, sent)), commands, states), sent


def star(count: int) -> dict[str, str]:
    """Return so many merges into one stay."""
    return {f"E{number}": "J" for number in range(count)}


def tree(count: int) -> dict[str, str]:
    """Return so many merges into ten stays that are merged into one."""
    return {f"M{number}": "J" for number in range(10)} | {
        f"E{number}": f"M{number % 10}" for number in range(count - 10)
    }


@pytest.mark.parametrize(("shape", "count"), [(star, 50), (star, 150), (star, 450), (tree, 150)])
def test_what_a_merge_storm_takes_grows_with_its_events(
    shape: Callable[[int], dict[str, str]], count: int
) -> None:
    """Commands carry each event once a step upwards, states keep it where it was and where it went."""
    _, cost, _ = storm(shape(count))
    steps = 1 if shape is star else 2
    assert cost.commands < 2 * steps * cost.events
    assert cost.states < 10 * cost.events


def test_a_junk_stay_is_held_as_the_file_coder_holds_it_and_whole_again_when_merges_are_voided() -> None:
    """Its own events alone are coded, and it says why it waits."""
    cluster, _, sent = storm(star(MOST_MERGED + 2))
    (held,) = [one for one in sets(cluster) if one["status"] == "held"]
    assert held["encounter_id"] == "J"
    (why,) = [flag["says"] for flag in held["flags"] if flag["flag"] == "F-REFUSED_EVENT"]
    assert "more than 100 stays are merged into this one" in why
    agrees(cluster, sent)
    merges = [loads(event) for event in sent if b"encounter_merged" in event]
    for merge in merges[:5]:
        name = merge["encounter_id"]
        void = line("event_voided", 95, name, source="adt", voids_event_id=merge["event_id"])
        cluster.publish(name, void)
        sent.append(void)
    cluster.advance()
    assert {one["status"] for one in sets(cluster)} == {"final"}
    agrees(cluster, sent)


def sets(cluster: Cluster) -> list[dict[str, Any]]:
    """Return the newest charge sets."""
    return [loads(value) for value in cluster.paper.newest(topics.CHARGES).values() if value is not None]


def agrees(cluster: Cluster, sent: list[bytes]) -> None:
    """Check that the worker's lines are those of ``infusion code``."""
    coded = code_linked([(0, number, event) for number, event in enumerate(sent)], Profile())
    told = {one.encounter_id: one for one in coded.charge_sets if one.status != "cancelled"}
    assert {str(one["encounter_id"]): one["status"] for one in sets(cluster)} == {
        name: one.status for name, one in told.items()
    }
    assert {str(one["encounter_id"]): len(one["lines"]) for one in sets(cluster)} == {
        name: len(one.lines) for name, one in told.items()
    }
