"""
Laws of the stream: whatever crashes, moves, repeats or comes late, charged is what ``infusion code`` charges.

``INFUSION_HYPOTHESIS_EXAMPLES`` sets how many schedules each law is tried on. The draws are derandomised: the same
schedules every time, and a longer run only goes further.
"""

import os
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_encounters import NOON, Action, Script, expected, schedules, scripts
from model_workers import Cluster
from orjson import loads

from models.event import EncounterMerged, Event
from rules.engine import Profile
from streams.encounter import merge_bound
from streams.lifecycle import stay_journal
from streams.lifecycle.stay_journal import kept_stays
from streams.lifecycle.timeouts import Timeouts
from streams.wire import topics
from streams.wire.event_json import read
from streams.wire.reject_headers import origin
from streams.wire.rejects import Reject

EXAMPLES = int(os.environ.get("INFUSION_HYPOTHESIS_EXAMPLES", "80"))
LAW = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
HORIZON = 300 * 86_400
PREVIEWS = Profile(overrides=(("P-30", "provisional+replace"),))


def revisions_of(newest: dict[bytes, bytes | None]) -> dict[str, tuple[int, str | None]]:
    """Return the revision of each charge set there is, and the id of the one it replaces."""
    sets = {key.decode(): loads(value) for key, value in newest.items() if value is not None}
    return {name: (one["revision"], one["replaces"]) for name, one in sets.items()}


def lines_charged(cluster: Cluster) -> dict[str, Any]:
    """Return the lines a reader holds who leaves out what he saw before, and credits what he was told to."""
    held: dict[str, Any] = {}
    seen: set[bytes] = set()
    for record in cluster.paper.all_of(topics.CHARGE_LINES):
        name = dict(record.headers)["ce_id"]
        if name in seen:
            continue
        seen.add(name)
        said = loads(record.value or b"")
        if said["change"] == "credit":
            assert held.pop(said["line"]["line_id"]) == billed(said["line"]), (
                "a credit of what was not charged"
            )
        else:
            assert said["line"]["line_id"] not in held, "charged twice"
            held[said["line"]["line_id"]] = billed(said["line"])
    return held


def billed(line: dict[str, Any]) -> dict[str, Any]:
    """Return a line without what it is expected to be paid, which a charge set restates and no line change moves."""
    return {name: value for name, value in line.items() if name != "expected_payment"}


def agrees(cluster: Cluster, script: Script, profile: Profile = Profile()) -> None:  # noqa: B008 - immutable
    """Check all that must hold once everything is quiet."""
    newest = cluster.paper.newest(topics.CHARGES)
    wanted = expected([line for _, line, _ in script.sent], profile, revisions_of(newest))
    assert {key.decode(): value for key, value in newest.items() if value is not None} == {
        key: value for key, value in wanted.charges.items() if value is not None
    }
    refused = {
        (record.value, found.reason)
        for record in cluster.paper.all_of(topics.REJECTS)
        if (found := origin(record.headers)) is not None
    }
    assert wanted.ineffective_events <= refused
    final = [loads(value) for value in newest.values() if value is not None and b'"status":"final"' in value]
    charged = {line["line_id"]: billed(line) for one in final for line in one["lines"]}
    # What was charged of a stay stands while an event of it that could not be used waits for a person.
    waiting = {key for key, value in newest.items() if value is not None and b'"F-REFUSED_EVENT"' in value}
    standing = {
        loads(record.value or b"")["line"]["line_id"]
        for record in cluster.paper.all_of(topics.CHARGE_LINES)
        if record.key in waiting
    }
    assert charged.items() <= lines_charged(cluster).items()
    assert lines_charged(cluster).keys() <= charged.keys() | standing
    for topic in (topics.CHARGES, topics.CHARGE_LINES, topics.REVIEW):
        contents: dict[bytes, set[bytes | None]] = {}
        for record in cluster.paper.all_of(topic):
            contents.setdefault(dict(record.headers)["ce_id"], set()).add(record.value)
        assert all(len(values) == 1 for values in contents.values()), "one id, two contents"
    asked = {key for key, value in cluster.paper.newest(topics.REVIEW).items() if value is not None}
    for key, value in newest.items():
        flags = [] if value is None else loads(value)["flags"]
        assert (key in asked) == any(flag["severity"] != "info" for flag in flags)


def nothing_lost(cluster: Cluster) -> None:
    """Check that every record of the events topic is in a kept stay, or refused with its bytes."""
    state = kept_stays(cluster.paper.newest(topics.ENCOUNTERS_CHANGELOG))
    held = {(one.encounter_id, line) for one in state for line in one.events}
    refused = Counter(record.value for record in cluster.paper.all_of(topics.REJECTS))
    for record in cluster.paper.all_of(topics.EVENTS):
        event = read(record.value or b"")
        if isinstance(event, Reject):
            assert refused[record.value]
        else:
            assert (event.encounter_id, record.value) in held
    assert all(origin(record.headers) for record in cluster.paper.all_of(topics.REJECTS))


def said(cluster: Cluster) -> list[int]:
    """Return how many messages lie on each topic others read."""
    read_by_others = (topics.CHARGES, topics.CHARGE_LINES, topics.REVIEW, topics.REJECTS)
    return [len(cluster.paper.all_of(topic)) for topic in read_by_others]


@LAW
@given(scripts(), schedules(), st.integers(1, 3), st.sampled_from([Profile(), PREVIEWS]))
def test_charged_is_what_the_file_coder_charges(
    script: Script, schedule: list[Action], workers: int, profile: Profile
) -> None:
    """And everything sent again changes nothing and says nothing."""
    cluster = Cluster(NOON, workers, profile=profile)
    cluster.play(script.sent, schedule)
    cluster.advance()
    agrees(cluster, script, profile)
    nothing_lost(cluster)
    before = said(cluster)
    for one in script.sent:
        cluster.publish(*one)
    cluster.advance()
    assert said(cluster) == before


@LAW
@given(scripts(), schedules(), st.integers(1, 3), st.integers(0, 3))
def test_stays_kept_in_journals_are_charged_as_those_kept_whole(
    script: Script, schedule: list[Action], workers: int, growth: int
) -> None:
    """Whatever crash leaves of snapshots and entries; each stay is long here, and snapshots come often or seldom."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stay_journal, "JOURNAL_FROM", 0)
        patch.setattr(stay_journal, "GROWTH", growth)
        cluster = Cluster(NOON, workers, timeouts=Timeouts(retention=HORIZON))
        cluster.play(script.sent, [one for one in schedule if one[0] != "clock"])
        cluster.advance()
        agrees(cluster, script)
        nothing_lost(cluster)
        cluster.paper.now += 2 * HORIZON
        cluster.advance()
        cluster.deal(0)  # whoever recovers a partition sweeps what a crash left
        cluster.quieten()
        kept = cluster.paper.newest(topics.ENCOUNTERS_CHANGELOG)
        assert not any(value for key, value in kept.items() if stay_journal.entry_of(key))


@LAW
@given(scripts(), schedules(), st.integers(1, 3), st.integers(0, 1))
def test_a_stay_into_which_too_many_went_is_held_as_the_file_coder_holds_it(
    script: Script, schedule: list[Action], workers: int, most: int
) -> None:
    """And is whole again when merges are taken back; one is too many here, or two."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merge_bound, "MOST_MERGED", most)
        cluster = Cluster(NOON, workers)
        cluster.play(script.sent, schedule)
        cluster.advance()
        agrees(cluster, script)
        nothing_lost(cluster)


@LAW
@given(scripts(), schedules(), scripts(), schedules())
def test_what_comes_after_forgetting_is_refused_and_moves_no_charge(
    script: Script, schedule: list[Action], later: Script, commotion: list[Action]
) -> None:
    """Stays that were never heard of before are coded as ever."""
    cluster = Cluster(NOON, timeouts=Timeouts(retention=HORIZON))
    cluster.play(script.sent, [one for one in schedule if one[0] != "clock"])
    cluster.advance()
    known = {event_of(line).encounter_id for _, line, _ in script.sent}
    cluster.paper.now += 2 * HORIZON
    cluster.advance()
    state = {one.encounter_id: one for one in kept_stays(cluster.paper.newest(topics.ENCOUNTERS_CHANGELOG))}
    assert all(one.phase == "forgotten" and not one.event_count() for one in state.values())
    assert known <= state.keys()
    before = cluster.paper.newest(topics.CHARGES)
    charged = lines_charged(cluster)
    cluster.play(later.sent, [one for one in commotion if one[0] != "clock"])
    cluster.advance()
    newest = cluster.paper.newest(topics.CHARGES)
    assert {key: newest.get(key) for key in before} == before
    assert charged.items() <= lines_charged(cluster).items()
    refused = {record.value for record in cluster.paper.all_of(topics.REJECTS)}
    for _, line, _ in later.sent:
        event = event_of(line)
        into = event.into_encounter_id if isinstance(event, EncounterMerged) else ""
        if event.encounter_id in state:
            assert line in refused
        elif into in state:
            assert any(line in (value or b"").replace(b'\\"', b'"') for value in refused)


def event_of(line: bytes) -> Event:
    """Return the event of a line that is one."""
    event = read(line)
    assert not isinstance(event, Reject)
    return event
