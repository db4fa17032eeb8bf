"""What a courier shows of itself: its figures, whether it is ready and why not, and whether it lives."""

from collections.abc import Iterator
from time import monotonic
from typing import Final

from streams.delivery.courier import Courier
from streams.metrics.build_info import tell_build
from streams.metrics.figures import Sample
from streams.metrics.page import page_of
from streams.metrics.probes import Answers, Verdict
from streams.metrics.table import READY_STATES

SILENT_S: Final = 15.0
"""Seconds without an answer of Kafka's after which it counts as silent; it is asked every five."""

DESTINATION_SILENT_S: Final = 30.0
DEAD_S: Final = 60.0
"""Seconds without a turn of the loop after which the process is better started anew."""


class DeliveryFigures:
    """The probes' side of a courier."""

    def __init__(self, courier: Courier) -> None:
        self._courier = courier
        tell_build(courier.figures)
        courier.figures.provide(self.samples)

    def answers(self) -> Answers:
        """Return what the probes have to say."""
        return Answers(page_of(self._courier.figures), self.verdict, self.dead)

    def verdict(self) -> Verdict:
        """Return whether charges are being delivered, and if not, why."""
        courier = self._courier
        reach = courier.dispatcher.reach
        if (silent := monotonic() - courier.told_at) > SILENT_S:
            return Verdict("broker_silent", f"Kafka has not answered for {silent:.0f} s")
        if not courier.dealt:
            return Verdict("rebalancing", "the group deals partitions anew")
        if reach.since is not None and (silent := monotonic() - reach.since) > DESTINATION_SILENT_S:
            name = courier.plan.destination.name
            return Verdict("destination_silent", f"{name} has not answered for {silent:.0f} s: {reach.why}")
        if not courier.ends:
            return Verdict("idle", "all partitions are other processes'")
        return Verdict("ready", f"delivering {len(courier.ends)} partitions")

    def dead(self) -> str | None:
        """Return what is dead about this process; None while its loop turns."""
        silent = monotonic() - self._courier.turned_at
        return f"the loop has not turned for {silent:.0f} s" if silent > DEAD_S else None

    def samples(self) -> Iterator[Sample]:
        """Yield the figures that are a state."""
        courier, verdict = self._courier, self.verdict()
        name = (courier.plan.destination.name,)
        reach = courier.dispatcher.reach
        yield "infusion_ready", (), float(verdict.ready)
        for state in READY_STATES:
            yield "infusion_ready_state", (state,), float(state == verdict.state)
        yield "infusion_broker_silence_seconds", (), monotonic() - courier.told_at
        yield "infusion_loop_silence_seconds", (), monotonic() - courier.turned_at
        yield "infusion_undelivered_lines", name, float(courier.undelivered())
        if (oldest := courier.oldest_seconds()) is not None:
            yield "infusion_oldest_undelivered_seconds", name, oldest
        yield "infusion_parked_encounters", name, float(courier.dispatcher.parked())
        since = 0.0 if reach.since is None else monotonic() - reach.since
        yield "infusion_destination_silence_seconds", name, since
