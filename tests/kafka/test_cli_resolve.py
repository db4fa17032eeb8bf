"""``infusion resolve`` beside a worker: a held stay is answered, coded again, and held again when that is taken back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGCONT, SIGSTOP

import pytest
from apache_kafka import ApacheKafka
from chaos_worker import INFUSION, Worker
from click.testing import Result
from kafka_stays import said_on, stay, values_of, with_topics
from orjson import dumps, loads

from streams.wire.event_json import read
from streams.wire.topics import CHARGES, EVENTS, NUDGES

pytestmark = pytest.mark.broker


def test_a_hold_is_resolved_coded_again_and_taken_back(
    own_kafka: Callable[..., ApacheKafka],
    infusion: Callable[..., Result],
    tmp_path: Path,
    workers: list[Worker],
) -> None:
    """Each step is a new revision by the worker's own path; said twice, read by then or not, it is one event, and the audit has both."""
    kafka = with_topics(own_kafka, infusion)
    infusion(
        kafka.bootstrap, "publish", given=b"\n".join(line for line in stay("E1") if b"stopped" not in line)
    )
    worker = Worker(
        "worker",
        tmp_path,
        kafka.bootstrap,
        command=(*INFUSION, "worker"),
        more={"INFUSION_METRICS_BIND": "off", "INFUSION_NUDGES": "on", "INFUSION_INACTIVE_HOURS": "72"},
    )
    workers.append(worker)
    worker.start()
    held = said_on(kafka, CHARGES, lambda sets: sets.get("E1", {}).get("status") == "held", 60)["E1"]
    assert held["revision"] == 1
    assert "When did A1 stop?" in infusion(kafka.bootstrap, "resolve").stdout

    words = (
        "resolve",
        "E1",
        "--answer",
        "stop",
        "--input",
        "occurred_at=2026-03-02 09:00",
        "--who",
        "coder-7",
        "--why",
        "asked",
        "--wait",
        "60",
    )
    # Given twice before a worker has read it, and once more: what is sent again is the same event.
    worker.signal(SIGSTOP)
    hurried = [infusion(kafka.bootstrap, *words[:-1], "0") for _ in range(2)]
    sent = [read(value) for value in values_of(kafka, EVENTS) if loads(value)["source"] == "manual"]
    worker.signal(SIGCONT)
    assert [(one.exit_code, one.stdout) for one in hurried] == [(0, "")] * 2
    assert "E1  held -> final" in hurried[0].stderr
    assert (len(sent), sent[0]) == (2, sent[1])
    answered = said_on(kafka, CHARGES, lambda sets: sets.get("E1", {}).get("status") == "final", 60)["E1"]
    assert answered["revision"] == 2
    assert "F-EVENT_CONFLICT" not in {flag["flag"] for flag in answered["flags"]}
    assert infusion(kafka.bootstrap, *words).exit_code == 2  # nothing is asked any more

    audit = loads(infusion(kafka.bootstrap, "resolve", "--audit", "--format", "jsonl").stdout)
    assert (audit["who"], audit["why"], audit["effect"]["status_after"]) == ("coder-7", "asked", "final")
    undone = infusion(
        kafka.bootstrap, "resolve", "E1", "--undo", audit["event_id"], "--who", "coder-8", "--wait", "60"
    )
    assert undone.stderr.endswith("coded again revision 3, held\n")
    rows = infusion(kafka.bootstrap, "resolve", "--audit").stdout.splitlines()
    assert [row.split()[3] for row in rows[1:]] == ["infusion_stopped", "event_voided"]

    # The same worker asks about a patient who is there now.
    start = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    given = {"administration_id": "A1", "drug": {"name": "ceftriaxone"}, "route": "IV", "planned_minutes": 60}
    about = {"encounter_id": "E2", "event_id": "1", "occurred_at": start}
    infusion(kafka.bootstrap, "publish", given=dumps({"type": "infusion_started"} | about | given))
    asked = said_on(kafka, NUDGES, lambda stays: "E2" in stays, 60)["E2"]
    assert [one["kind"] for one in asked["nudges"]] == ["planned_end"]
    assert "Has it stopped, and when?" in infusion(kafka.bootstrap, "review", "--nudges").stdout
    stop = {"type": "infusion_stopped", "administration_id": "A1"} | about | {"event_id": "2"}
    later = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    infusion(kafka.bootstrap, "publish", given=dumps(stop | {"occurred_at": later}))
    assert said_on(kafka, NUDGES, lambda stays: stays.get("E2", asked) is None, 60)["E2"] is None
    assert worker.stop() == 0
