"""What a worker asks while patients are there, with workers that die and partitions that move: nothing is lost or left."""

from random import Random

import pytest
from encounter_states import T0, line
from model_workers import Cluster
from orjson import loads
from scraped import Scraped

from models.nudge import NUDGE_SET
from rules.engine import Profile
from streams.lifecycle.nudges import NudgePolicy
from streams.lifecycle.state import EncounterState
from streams.metrics.figures import Figures
from streams.metrics.page import page_of
from streams.wire import topics
from streams.wire.event_json import validate
from streams.worker.nudge_board import NudgeBoard
from streams.worker.nudge_settings import NudgeSettingError, nudge_policy_from

MINUTE = 60
POLICY = NudgePolicy()


def started(name: str, minutes: float = 0) -> bytes:
    """Return the start of an infusion that is planned for an hour."""
    given = {"administration_id": "A1", "drug": {"name": "ceftriaxone"}, "route": "IV", "planned_minutes": 60}
    return line("infusion_started", minutes, name, **given)


def stopped(name: str, minutes: float = 70) -> bytes:
    """Return its stop."""
    return line("infusion_stopped", minutes, name, administration_id="A1")


def asked(cluster: Cluster) -> dict[str, list[str]]:
    """Return the kinds of what is asked of each stay now."""
    newest = cluster.paper.newest(topics.NUDGES)
    return {
        key.decode(): [one.kind for one in NUDGE_SET.validate_json(value).nudges]
        for key, value in newest.items()
        if value is not None
    }


def looked(cluster: Cluster, minutes: float) -> None:
    """Let so many minutes since eight be over, and everything that follows be done."""
    cluster.paper.now = T0 + int(minutes * MINUTE)
    for worker in cluster.workers:
        worker.look()
    cluster.quieten()


def a_cluster(*events: tuple[str, bytes]) -> Cluster:
    """Return workers that ask, with events read."""
    cluster = Cluster(T0, nudges=POLICY)
    for name, event in events:
        cluster.publish(name, event)
    cluster.quieten()
    return cluster


def test_a_question_comes_in_its_time_and_goes_with_the_answer() -> None:
    """Asked by the timer, taken back in the checkpoint that has the answer, and counted."""
    cluster = a_cluster(("E1", started("E1")), ("E2", started("E2")))
    looked(cluster, 74)
    assert asked(cluster) == {}
    looked(cluster, 75)
    assert asked(cluster) == {"E1": ["planned_end"], "E2": ["planned_end"]}
    cluster.paper.now += 10 * MINUTE
    cluster.publish("E1", stopped("E1"))
    cluster.quieten()
    assert asked(cluster) == {"E2": ["planned_end"]}
    pages = [worker.figures for worker in cluster.workers]
    assert sum(total(page, "infusion_nudge_answered_seconds_sum") for page in pages) == 600
    assert sum(total(page, "infusion_nudges_open") for page in pages) == 1


def total(figures: Figures, name: str) -> float:
    """Return the sum of a figure over its labels."""
    return Scraped(page_of(figures)().decode()).total(name)


def test_it_is_said_once_however_often_it_is_looked_at() -> None:
    """Until something changes; and the state of the stay is not written again for it."""
    cluster = a_cluster(("E1", started("E1")))
    for minutes in (75, 80, 90, 120):
        looked(cluster, minutes)
    assert len(list(cluster.paper.all_of(topics.NUDGES))) == 1


def test_a_stay_that_is_coded_is_asked_nothing_more() -> None:
    """From then on its review asks."""
    cluster = a_cluster(("E1", started("E1")))
    looked(cluster, 75)
    cluster.publish("E1", line("encounter_discharged", 80, "E1"))
    cluster.quieten()
    looked(cluster, 91)
    assert asked(cluster) == {"E1": ["missing_stop"]}
    looked(cluster, 80 + 241)
    assert asked(cluster) == {}
    assert loads(cluster.paper.newest(topics.CHARGES)[b"E1"] or b"{}")["status"] == "held"


@pytest.mark.parametrize("stage", range(4))
def test_no_crash_loses_a_question_or_leaves_one(stage: int) -> None:
    """Wherever in a checkpoint a worker dies, before or after the answer."""
    cluster = a_cluster(*((name, started(name)) for name in ("E1", "E2", "E3")))
    looked(cluster, 75)
    for place in range(2):
        cluster.crash(place, stage, seed=stage)
    looked(cluster, 76)
    assert asked(cluster) == {name: ["planned_end"] for name in ("E1", "E2", "E3")}
    cluster.publish("E2", stopped("E2"))
    for worker in cluster.workers:
        worker.read(0, 100)
    for place in range(2):
        cluster.crash(place, stage, seed=stage + 1)
    cluster.quieten()
    looked(cluster, 80)
    assert asked(cluster) == {name: ["planned_end"] for name in ("E1", "E3")}


@pytest.mark.parametrize("seed", range(6))
def test_whatever_befalls_the_workers_the_same_is_asked_in_the_end(seed: int) -> None:
    """Deaths, deals and checkpoints in any order: what is asked is what follows from the events."""
    chance = Random(seed)  # noqa: S311 - chance, not secrecy
    names = [f"E{number}" for number in range(5)]
    answered = set(chance.sample(names, 2))
    sent = [(name, started(name)) for name in names] + [(name, stopped(name)) for name in answered]
    cluster = Cluster(T0, nudges=POLICY)
    for minutes in range(0, 100, 10):
        cluster.paper.now = T0 + minutes * MINUTE
        while sent and chance.random() < 0.6:
            cluster.publish(*sent.pop(0))
        deed = chance.choice(("turn", "crash", "deal", "quieten"))
        if deed == "turn":
            cluster.turn(chance.randrange(99))
        elif deed == "crash":
            cluster.crash(chance.randrange(2), chance.randrange(4), chance.randrange(99))
        elif deed == "deal":
            cluster.deal(chance.randrange(99))
        else:
            cluster.quieten()
    for event in sent:
        cluster.publish(*event)
    cluster.quieten()
    looked(cluster, 101)
    looked(cluster, 140)
    assert asked(cluster) == {name: ["planned_end"] for name in sorted(set(names) - answered)}


def test_a_history_that_is_played_in_asks_nothing() -> None:
    """The patients have long gone; no stay is folded for it."""
    board = NudgeBoard(POLICY, Profile(), Figures("worker"))
    state, event = EncounterState("E1", T0), started("E1")
    state.events[event] = None
    state.parsed[event] = validate(event)
    assert board.review(0, state, T0 + 3 * 86_400) is None
    assert board.partitions_due(T0 + 10 * 86_400) == []
    assert board.review(0, state, T0 + 80 * MINUTE) is not None


def test_settings_say_what_is_asked_and_when() -> None:
    """Nothing unless it is wanted; only some, each after its minutes; never at night."""
    assert nudge_policy_from({}) is None
    assert nudge_policy_from({"INFUSION_NUDGES": "off"}) is None
    assert nudge_policy_from({"INFUSION_NUDGES": "on"}) == NudgePolicy()
    some = nudge_policy_from(
        {"INFUSION_NUDGES": "open_pause=5, missing_stop=0", "INFUSION_NUDGES_QUIET": "22:00-6:30"}
    )
    assert some is not None
    assert (some.delays.open_pause, some.delays.missing_stop, some.delays.planned_end) == (300, 0, None)
    assert some.quiet == (22 * 60, 6 * 60 + 30)


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"INFUSION_NUDGES": "yes"}, "INFUSION_NUDGES: write on, off, or KIND=MINUTES with commas between; kinds are planned_end, open_pause, missing_stop, second_site, key_reason, minutes up to 1440"),
        ({"INFUSION_NUDGES": "on", "INFUSION_NUDGES_QUIET": "night"}, "INFUSION_NUDGES_QUIET: write the hours of the stay's own clock as 22:00-06:00"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_told(environment: dict[str, str], told: str) -> None:
    """Which, and what it may be."""
    with pytest.raises(NudgeSettingError) as raised:
        nudge_policy_from(environment)
    assert str(raised.value) == told
