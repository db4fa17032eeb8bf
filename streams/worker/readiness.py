"""
Whether a worker is ready, judged from what it last did and what Kafka last answered. Pure.

A frozen broker answers nothing. A coordinator that is stuck leaves heartbeats unanswered while partitions can still be
asked about. An idle worker has all of that, and no partitions: it is ready to take some.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from streams.metrics.probes import Verdict

SILENT_S: Final = 10.0
"""Seconds after which a broker or a coordinator that answers every few seconds counts as silent."""

SLOW_S: Final = 5.0
"""Seconds without an answer after which it is the broker, where the coordinator is silent too."""

STALE_S: Final = 15.0
"""Seconds after which a poll or a checkpoint, made each second, counts as stuck."""

DEAD_S: Final = 60.0
"""Seconds without a turn of the loop after which a worker is better started anew."""


class Signs(NamedTuple):
    """Seconds since each of these last happened; None where it never did, or is not under way."""

    broker: float
    """Since Kafka answered a question about partitions, or since the start."""
    coordinator: float | None
    """Since the group confirmed the membership."""
    poll: float | None
    checkpoint: float | None
    """Since the last one was complete."""
    writing: float | None
    """Since the one under way began."""
    dealt: bool
    """Whether partitions, or none of them, were ever dealt to this worker."""
    recovering: bool
    partitions: int
    stopping: bool = False
    rebalancing: bool = False
    """Whether the group is dealing partitions anew."""
    fault: tuple[str, str] | None = None
    """What is wrong with the logs, for which this worker stops: a state, and a sentence."""
    skipped: int = 0
    """Damaged records this worker moved past since it began."""


def verdict_of(signs: Signs) -> Verdict:
    """Return whether a worker is ready, and why not."""
    return next(_verdicts(signs))


def _verdicts(signs: Signs) -> Iterator[Verdict]:
    """Yield everything that is to be said of a worker, what explains the rest first."""
    if signs.fault is not None:
        yield Verdict(*signs.fault)
    if signs.stopping:
        yield Verdict("stopping", "it was told to stop, and finishes what is in hand")
    yield from _connection(signs)
    if signs.recovering:
        yield Verdict("recovering", "its tables are being restored from their changelogs")
    yield from _progress(signs)
    if signs.skipped:
        yield Verdict(
            "skipped_records",
            f"reading {signs.partitions} partitions; damaged records were moved past, as INFUSION_SKIP_RECORDS says: "
            f"{signs.skipped} since the start, each a reject",
        )
    if not signs.partitions:
        yield Verdict("idle", "all partitions are other workers'; it takes over when one goes")
    yield Verdict("ready", f"reading {signs.partitions} partitions")


def _connection(signs: Signs) -> Iterator[Verdict]:
    coordinator_silent = signs.coordinator is None or signs.coordinator > SILENT_S
    # A heartbeat is sent every few seconds, so a broker that is frozen is noticed by the one or the other first.
    if signs.broker > SILENT_S or (signs.dealt and coordinator_silent and signs.broker > SLOW_S):
        yield Verdict(
            "broker_silent", f"Kafka has not answered about this worker's partitions for {signs.broker:.0f} s"
        )
    if not signs.dealt:
        yield Verdict("starting", "the group has not dealt partitions to this worker yet")
    if coordinator_silent and signs.rebalancing:
        yield Verdict(
            "rebalancing", "the group deals partitions anew, and waits for a member that is slow to answer"
        )
    if coordinator_silent:
        since = "yet" if signs.coordinator is None else f"for {signs.coordinator:.0f} s"
        yield Verdict("coordinator_silent", f"the group has not confirmed this worker's membership {since}")


def _progress(signs: Signs) -> Iterator[Verdict]:
    if signs.poll is None or signs.poll > STALE_S:
        yield Verdict("not_polling", "it has stopped asking for records")
    if signs.writing is not None and signs.writing > SILENT_S:
        yield Verdict("checkpoint_stuck", f"a checkpoint has been under way for {signs.writing:.0f} s")
    if signs.checkpoint is None or signs.checkpoint > STALE_S:
        yield Verdict("checkpoint_stuck", "it has stopped writing checkpoints")
