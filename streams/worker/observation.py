"""
What a worker shows of itself: its figures, its probes, and what has to run beside it for both.

Built around the application without changing what that does: a worker codes the same with nobody looking.
"""

import asyncio
import logging
from collections.abc import Callable
from time import monotonic
from typing import Final

from rules.engine import Profile
from streams.charging.bill_hold import BillHold
from streams.engine.app import CheckpointApp
from streams.kafka.connection import Connection
from streams.metrics.build_info import tell_build
from streams.metrics.figures import Figures
from streams.metrics.page import page_of
from streams.metrics.probes import Answers
from streams.worker.agent_figures import AgentFigures
from streams.worker.association_store import AssociationStore
from streams.worker.encounter_store import EncounterStore
from streams.worker.lag_watch import LagWatch
from streams.worker.release_count import AT_ONCE_S, PAUSE_S, SLICE_S, ReleaseCount
from streams.worker.release_store import ReleaseStore
from streams.worker.state_figures import StateFigures

SLOW_CHECKPOINT_S: Final = 5.0
_PASSING: Final = frozenset({"starting", "recovering", "rebalancing", "stopping"})
"""States that are no trouble."""

_LOOK_S: Final = 1.0
_SUM_SHARE: Final = 50
"""Live stays are summed up again after at least so many times as long as it took."""

_log = logging.getLogger(__name__)


class Observation:
    """What one worker shows of itself; ``clock`` returns epoch seconds."""

    def __init__(
        self, app: CheckpointApp, connection: Connection, stays: EncounterStore, releases: ReleaseStore,
        associations: AssociationStore, profile: Profile, expected_sources: tuple[str, ...], clock: Callable[[], float],
    ) -> None:  # fmt: skip
        self.figures = Figures("worker")
        self._app, self._releases, self._live_count = app, releases, stays.live_count
        self._count = ReleaseCount(stays.departed_at, BillHold(profile))
        self.agents = AgentFigures(self.figures, self._count, clock)
        self._lag = LagWatch(app, connection, clock)
        self.state = StateFigures(
            app,
            stays,
            self._count,
            self.agents,
            lambda: self._lag.answered_at,
            expected_sources,
            clock,
            lambda: associations.unlinked,
        )
        tell_build(self.figures)
        self.figures.provide_lines(self._lag.lines)
        self.figures.provide(self.state.samples)
        app.vitals.on_checkpoint = self._checkpointed
        app.when_revoked(self._count.clear)
        app.when_recovered(self._begin_count)
        app.task(self._count_on)

    def answers(self, loop: asyncio.AbstractEventLoop) -> Answers:
        """Return what the probes have to say of the worker that runs on this loop."""

        async def background() -> None:
            asking = asyncio.ensure_future(self._lag.run())
            try:
                await self._look(loop)
            finally:
                asking.cancel()
                await asyncio.wait((asking,), timeout=_LOOK_S)

        return Answers(page_of(self.figures), self.state.verdict, self.state.dead, background)

    async def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have the worker's loop say that it turns, sum up its stays, and log when its readiness changes."""
        before, sum_again_at = "", 0.0
        while not loop.is_closed():
            loop.call_soon_threadsafe(self._turn)
            if monotonic() >= sum_again_at:
                sum_again_at = monotonic() + _SUM_SHARE * self.state.sum_stays()
            self.agents.say()
            verdict = self.state.verdict()
            if verdict.state != before:
                level = logging.INFO if verdict.ready or verdict.state in _PASSING else logging.WARNING
                _log.log(level, "%s: %s", verdict.state, verdict.why)
                before = verdict.state
            await asyncio.sleep(_LOOK_S)

    def _turn(self) -> None:
        self._app.vitals.turned_at = monotonic()

    def _begin_count(self, partitions: set[int]) -> None:
        for partition in partitions:
            self._count.begin(partition, self._releases.written(partition))
        self._count.count_for(AT_ONCE_S)

    async def _count_on(self) -> None:
        while not self._app.should_stop:
            self._live_count.count_for(SLICE_S)
            self._count.count_for(SLICE_S)
            await asyncio.sleep(PAUSE_S if self._count.uncounted or self._live_count.uncounted else _LOOK_S)

    def _checkpointed(self, seconds: float) -> None:
        self.figures.observe("infusion_checkpoint_seconds", (seconds,))
        if seconds > SLOW_CHECKPOINT_S:
            _log.warning("a checkpoint took %.1f s: Kafka is slow to acknowledge", seconds)
