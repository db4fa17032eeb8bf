"""
Laws of a patient's accounts in the stream: whatever crashes, moves or repeats, told is what ``infusion code`` tells.

Stays of one patient lie in any partitions; each learns of the others by way of the patient's own.
"""

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_encounters import NOON, Action, Script, expected, schedules, scripts, with_patients
from model_workers import Cluster
from orjson import loads

from rules.engine import Profile
from streams.lifecycle.account_notice import is_directory
from streams.lifecycle.patient_directory import directory_from
from streams.lifecycle.stay_journal import kept_stays
from streams.wire import topics

LAW = settings(
    max_examples=int(os.environ.get("INFUSION_HYPOTHESIS_EXAMPLES", "80")),
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
PREVIEWS = Profile(overrides=(("P-30", "provisional+replace"),))


def agrees(cluster: Cluster, script: Script, profile: Profile = Profile()) -> None:  # noqa: B008 - immutable
    """Check that the newest charge sets are the file coder's, byte for byte, and that what warns waits for a person."""
    newest = cluster.paper.newest(topics.CHARGES)
    charged = {key.decode(): value for key, value in newest.items() if value is not None}
    said = {name: loads(value) for name, value in charged.items()}
    revisions = {name: (one["revision"], one["replaces"]) for name, one in said.items()}
    wanted = expected([line for _, line, _ in script.sent], profile, revisions).charges
    assert charged == {name: value for name, value in wanted.items() if value is not None}
    asked = {key.decode() for key, value in cluster.paper.newest(topics.REVIEW).items() if value is not None}
    for name, value in charged.items():
        assert (name in asked) == any(flag["severity"] != "info" for flag in loads(value)["flags"])


def said(cluster: Cluster) -> list[int]:
    """Return how many messages lie on each topic others read."""
    read_by_others = (topics.CHARGES, topics.CHARGE_LINES, topics.REVIEW, topics.REJECTS)
    return [len(cluster.paper.all_of(topic)) for topic in read_by_others]


@LAW
@given(
    scripts(),
    schedules(),
    st.integers(0, 2**32 - 1),
    st.integers(1, 3),
    st.sampled_from([Profile(), PREVIEWS]),
)
def test_told_is_what_the_file_coder_tells(
    script: Script, schedule: list[Action], seed: int, workers: int, profile: Profile
) -> None:
    """Byte for byte; and everything sent again changes nothing and says nothing."""
    keyed = with_patients(script, seed)
    cluster = Cluster(NOON, workers, profile=profile)
    cluster.play(keyed.sent, schedule)
    cluster.advance()
    agrees(cluster, keyed, profile)
    before = said(cluster)
    for one in keyed.sent:
        cluster.publish(*one)
    cluster.advance()
    assert said(cluster) == before


@LAW
@given(scripts(), schedules(), st.integers(0, 2**32 - 1))
def test_a_directory_knows_of_each_stay_what_the_stay_last_said(
    script: Script, schedule: list[Action], seed: int
) -> None:
    """In the directory of its patient's key, and no account in that of any other."""
    cluster = Cluster(NOON, 2)
    cluster.play(with_patients(script, seed).sent, schedule)
    cluster.advance()
    kept = cluster.paper.newest(topics.ENCOUNTERS_CHANGELOG)
    directories = [directory_from(value or b"") for key, value in kept.items() if is_directory(key)]
    stays = list(kept_stays(kept))
    own = {stay.encounter_id: stay.accounts.own for stay in stays if stay.accounts is not None}
    listed = [entry.account for directory in directories for entry in directory.entries.values()]
    found = [account for account in listed if account is not None]
    assert {account.encounter_id: account for account in found} == {
        name: account for name, account in own.items() if account is not None
    }
    assert len(found) == len({account.encounter_id for account in found})


def test_the_laws_meet_accounts_that_are_told() -> None:
    """Two plain stays of one patient, in partitions of their own: the draws above are not of nothing."""
    lines = [
        b'{"type":"encounter_opened","event_id":"o","encounter_id":"%s","occurred_at":"2026-03-02T13:00:00Z","patient_key":"k1"}',
        b'{"type":"push_given","event_id":"p","encounter_id":"%s","occurred_at":"2026-03-02T14:00:00Z","administration_id":"A1","drug":{"name":"ketorolac"},"route":"IV"}',
        b'{"type":"encounter_discharged","event_id":"d","encounter_id":"%s","occurred_at":"2026-03-02T15:00:00Z"}',
    ]
    cluster = Cluster(NOON, 3)
    script = Script([(name, line % name.encode(), 0) for name in ("E1", "E2", "E3") for line in lines])
    cluster.play(script.sent, [])
    cluster.advance()
    agrees(cluster, script)
    told = {
        key: flag["facts"]["encounter_ids"]
        for key, value in cluster.paper.newest(topics.CHARGES).items()
        for flag in loads(value or b"")["flags"]
        if flag["flag"] == "F-OTHER_ACCOUNT"
    }
    assert told == {b"E1": "E2, E3", b"E2": "E1, E3", b"E3": "E1, E2"}
