"""Whether a worker is ready: what looks alike from outside is told apart."""

from typing import Any

import pytest

from streams.metrics.table import READY_STATES
from streams.worker.readiness import Signs, verdict_of

READING = Signs(0.5, 2.0, 0.3, 0.9, None, dealt=True, recovering=False, partitions=12)


def test_a_worker_that_reads_is_ready_and_one_with_nothing_to_read_is_too() -> None:
    """Idle: a member of the group, and every partition another's."""
    assert verdict_of(READING) == ("ready", "reading 12 partitions")
    idle = verdict_of(READING._replace(partitions=0))
    assert (idle.state, idle.ready) == ("idle", True)


def test_a_worker_that_moved_past_damaged_records_says_so_and_is_ready() -> None:
    """It goes on as it was told; whoever asks is to know that its input has a hole."""
    verdict = verdict_of(READING._replace(skipped=4))
    assert (verdict.state, verdict.ready) == ("skipped_records", True)
    assert verdict.why == (
        "reading 12 partitions; damaged records were moved past, as INFUSION_SKIP_RECORDS says: "
        "4 since the start, each a reject"
    )
    assert verdict_of(READING._replace(skipped=4, poll=16.0)).state == "not_polling"


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"broker": 11.0}, "broker_silent"), ({"broker": 6.0, "coordinator": 11.0}, "broker_silent"),
        ({"broker": 11.0, "coordinator": 11.0, "writing": 11.0}, "broker_silent"),
        ({"coordinator": 11.0}, "coordinator_silent"), ({"coordinator": None}, "coordinator_silent"),
        ({"coordinator": 11.0, "writing": 12.0, "checkpoint": 16.0}, "coordinator_silent"),
        ({"coordinator": 11.0, "rebalancing": True}, "rebalancing"), ({"rebalancing": True}, "ready"),
        ({"dealt": False, "coordinator": None, "poll": None}, "starting"),
        ({"recovering": True, "poll": 60.0}, "recovering"), ({"poll": 16.0}, "not_polling"),
        ({"poll": None}, "not_polling"), ({"writing": 11.0}, "checkpoint_stuck"), ({"writing": 9.0}, "ready"),
        ({"checkpoint": 16.0}, "checkpoint_stuck"), ({"checkpoint": None}, "checkpoint_stuck"),
        ({"stopping": True, "broker": 60.0}, "stopping"),
        ({"fault": ("log_truncated", "a partition was cut short"), "stopping": True}, "log_truncated"),
    ],
)  # fmt: skip
def test_the_first_cause_is_what_is_told(change: dict[str, Any], state: str) -> None:
    """A frozen broker leaves everything else unanswered, and a silent coordinator leaves checkpoints unwritten."""
    verdict = verdict_of(READING._replace(**change))
    assert (verdict.state, verdict.ready) == (state, state == "ready")
    assert verdict.state in READY_STATES
    assert verdict.why
