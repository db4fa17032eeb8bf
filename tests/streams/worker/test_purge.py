"""Stays of which nothing need be known any more leave changelogs and stores; what could be coded alone then is refused."""

from encounter_states import DAY, line
from model_encounters import NOON
from model_workers import Cluster
from orjson import loads

from streams.lifecycle.reject_reasons import FORGOTTEN, LONG_PAST
from streams.lifecycle.timeouts import Timeouts
from streams.wire import topics
from streams.wire.reject_headers import origin
from streams.worker import purge_sweep

SHORT = Timeouts(retention=5 * DAY)
LOGS = (topics.ENCOUNTERS_CHANGELOG, topics.RELEASES_CHANGELOG)


def stay(name: str, *, stopped: bool = True) -> list[bytes]:
    """Return the events of a stay; without its stop it is held."""
    told = [
        line("infusion_started", 0, name, administration_id="A1", drug={"name": "ceftriaxone"}, route="IV"),
        line("infusion_stopped", 91, name, administration_id="A1"),
        line("encounter_discharged", 120, name),
    ]
    return told if stopped else [told[0], told[2]]


def played(*stays: list[bytes]) -> Cluster:
    """Send stays and let all their deadlines pass, so that they are forgotten."""
    cluster = Cluster(NOON, timeouts=SHORT)
    for events in stays:
        for event in events:
            cluster.publish(loads(event)["encounter_id"], event)
    cluster.advance()
    cluster.paper.now += 6 * DAY
    cluster.advance()
    return cluster


def kept(cluster: Cluster, topic: str) -> set[bytes]:
    """Return the keys a compacted changelog has a value of."""
    return {key for key, value in cluster.paper.newest(topic).items() if value is not None}


def in_stores(cluster: Cluster) -> set[bytes]:
    """Return the keys in all stores of all workers."""
    return {key for worker in cluster.workers for key in worker.kept_keys()}


def why(cluster: Cluster) -> list[str]:
    """Return the reasons of all rejects."""
    return [found.reason for one in cluster.paper.all_of(topics.REJECTS) if (found := origin(one.headers))]


def test_a_stay_of_which_nothing_was_heard_for_years_leaves_disk_and_changelogs() -> None:
    """Its marker and its charge set; charge capture keeps what it was told."""
    cluster = played(stay("E1"), stay("E2"))
    assert [kept(cluster, topic) for topic in LOGS] == [{b"E1", b"E2"}] * 2
    cluster.paper.now += SHORT.purge
    cluster.advance()
    assert [kept(cluster, topic) for topic in LOGS] == [set(), set()]
    assert in_stores(cluster) == set()
    assert kept(cluster, topics.CHARGES) == {b"E1", b"E2"}


def test_what_recovers_after_that_knows_nothing_of_it() -> None:
    """From the changelogs as they are compacted."""
    cluster = played(stay("E1"))
    cluster.paper.now += SHORT.purge
    cluster.advance()
    cluster.deal(1)
    assert in_stores(cluster) == set()


def test_a_held_stay_waits_for_its_answer_however_long() -> None:
    """What it would be charged is not known yet."""
    cluster = played(stay("E1", stopped=False))
    cluster.paper.now += 2 * SHORT.purge
    cluster.advance()
    assert [kept(cluster, topic) for topic in LOGS] == [{b"E1"}] * 2


def test_a_late_event_is_refused_before_and_after_its_stay_was_purged() -> None:
    """Never coded alone: it says when it happened."""
    cluster = played(stay("E1"))
    late = line("push_given", 10, "E1", administration_id="A2", drug={"name": "ketorolac"}, route="IV")
    cluster.publish("E1", late)
    cluster.advance()
    assert why(cluster) == [FORGOTTEN.reason]
    cluster.paper.now += SHORT.purge
    cluster.advance()
    cluster.publish("E1", late)
    cluster.advance()
    assert why(cluster) == [FORGOTTEN.reason, LONG_PAST.reason]
    assert kept(cluster, topics.ENCOUNTERS_CHANGELOG) == set()


def test_the_look_goes_on_where_it_stopped_and_once_a_day() -> None:
    """However many stays there are; a slice has a thousand."""
    cluster = played(stay("E1"))
    ((_, marker),) = [
        (key, value)
        for key, value in cluster.paper.newest(topics.ENCOUNTERS_CHANGELOG).items()
        if value is not None
    ]
    many = {7: [(b"E%d" % number, marker) for number in range(2_500)], 8: [(b"E", marker)]}
    sweep, found = purge_sweep.PurgeSweep(lambda partition: many[partition]), []
    for _ in range(100):
        found += list(sweep.expired({7, 8}, 0, 1 << 40))
        if len(found) == 2_501:
            break
    assert len(found) == 2_501
    assert list(sweep.expired({7, 8}, DAY - 1, 1 << 40)) == []
    assert len(list(sweep.expired({8}, DAY, 1 << 40))) == 1
    assert list(sweep.expired({8}, 2 * DAY, 0)) == []
