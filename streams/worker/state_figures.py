"""Figures of state, read when the page is: what is live, held, indexed, and what the engine last did."""

from collections.abc import Callable, Iterator
from time import monotonic
from typing import Final

from streams.charging.charge_counts import PAYERLESS
from streams.engine.app import CheckpointApp
from streams.engine.positions import is_rebalancing, membership_silence_s, partitions_read
from streams.engine.vitals import Vitals
from streams.lifecycle.live_stays import StayFigures
from streams.metrics.figures import Sample
from streams.metrics.probes import Verdict
from streams.metrics.table import BY_NAME, READY_STATES
from streams.worker.agent_figures import AgentFigures
from streams.worker.encounter_store import EncounterStore
from streams.worker.readiness import DEAD_S, Signs, verdict_of
from streams.worker.release_count import ReleaseCount

_ENTRY_BYTES: Final = 6 + 20
"""Of one entry of the index: two numbers, and an id of some twenty; nearly all are packed."""

_LIVE_BYTES: Final = 4
"""Of one live stay: its deadline and one infusion, each within its hour."""


_NOTHING_YET: Final[list[Sample]] = [
    (f"infusion_{name}", labels, 0)
    for name in ("charge_sets", "review_open", "review_oldest_seconds", "review_held_cents")
    for labels in BY_NAME[f"infusion_{name}"].from_the_start()
]
"""What is known to be possible and is not there, before what is."""


def _since(now: float, at: float) -> float | None:
    return now - at if at else None


class StateFigures:
    """Reads the state of one worker from any thread; ``clock`` returns epoch seconds."""

    def __init__(
        self, app: CheckpointApp, stays: EncounterStore, releases: ReleaseCount, agents: AgentFigures,
        answered_at: Callable[[], float], expected_sources: tuple[str, ...], clock: Callable[[], float],
        unlinked: Callable[[], int],
    ) -> None:  # fmt: skip
        self._app, self._stays, self._releases, self._agents = app, stays, releases, agents
        self._answered_at, self._clock = answered_at, clock
        self._expected_sources, self._unlinked = expected_sources, unlinked
        self._begun_at = monotonic()
        self._stay_figures = StayFigures()
        self._summed_at = 0.0

    def sum_stays(self) -> float:
        """Sum up the live stays, and return how many seconds that took."""
        began = monotonic()
        self._stay_figures = self._stays.live.figures(self._clock())
        self._summed_at = began
        return monotonic() - began

    def signs(self) -> Signs:
        """Return when this worker last did what it does all the time."""
        now, vitals = monotonic(), self._app.vitals
        return Signs(
            now - self._answered_at(),
            membership_silence_s(self._app),
            _since(now, vitals.polled_at),
            _since(now, vitals.checkpoint_at),
            _since(now, vitals.checkpoint_began_at),
            vitals.deals > 0,
            vitals.recovering,
            partitions_read(self._app),
            bool(self._app.should_stop),
            is_rebalancing(self._app),
            vitals.fault,
            self._agents.skipped,
        )

    def verdict(self) -> Verdict:
        """Return whether this worker is ready."""
        return verdict_of(self.signs())

    def dead(self) -> str | None:
        """Return what is dead about this worker; None while its loop turns."""
        silent = self._loop_silence()
        return f"the loop has not turned for {silent:.0f} s" if silent > DEAD_S else None

    def _loop_silence(self) -> float:
        return monotonic() - (self._app.vitals.turned_at or self._begun_at)

    def samples(self) -> Iterator[Sample]:
        """Yield the figures."""
        yield from self._health()
        yield from self._engine(self._app.vitals)
        if not self._app.vitals.recovering:
            yield from self._stay_samples()
            if not self._releases.uncounted:
                yield from self._charges()

    def _health(self) -> Iterator[Sample]:
        signs = self.signs()
        verdict = verdict_of(signs)
        yield "infusion_ready", (), float(verdict.ready)
        for state in READY_STATES:
            yield "infusion_ready_state", (state,), float(state == verdict.state)
        yield "infusion_broker_silence_seconds", (), signs.broker
        yield "infusion_loop_silence_seconds", (), self._loop_silence()
        yield "infusion_partitions", (), signs.partitions
        for name, value in (
            ("infusion_coordinator_silence_seconds", signs.coordinator),
            ("infusion_poll_silence_seconds", signs.poll),
            ("infusion_checkpoint_age_seconds", signs.checkpoint),
        ):
            if value is not None:
                yield name, (), value

    def _engine(self, vitals: Vitals) -> Iterator[Sample]:
        yield "infusion_recovery_seconds", (), vitals.recovery_s
        yield "infusion_recoveries_total", (), vitals.recoveries
        yield "infusion_deals_total", (), vitals.deals
        yield "infusion_commits_total", (), vitals.commits
        for name, by_topic in (
            ("infusion_records_read_total", vitals.read),
            ("infusion_records_written_total", vitals.written),
            ("infusion_input_lost_records_total", vitals.lost),
        ):
            for topic, count in list(by_topic.items()):
                yield name, (topic,), count
        entries = self._stays.indexed
        yield "infusion_index_entries", (), entries
        yield "infusion_index_bytes", (), entries * _ENTRY_BYTES + len(self._stays.live) * _LIVE_BYTES
        yield "infusion_cached_stays", (), self._stays.cached
        yield "infusion_uncounted_partitions", (), self._releases.uncounted

    def _stay_samples(self) -> Iterator[Sample]:
        now = self._clock()
        if not self._stays.live_count.uncounted:
            yield from self._live_samples()
        yield "infusion_unlinked_infusions", (), self._unlinked()
        sources: dict[str, float] = {**self._stays.last_words}
        for source, came_at in list(self._agents.arrived.items()):
            sources[source] = max(came_at, sources.get(source, 0))
        for source, came_at in sources.items():
            yield "infusion_source_silence_seconds", (source,), max(0.0, now - came_at)
        for source in self._expected_sources:
            if source not in sources:
                yield "infusion_source_unheard_seconds", (source,), monotonic() - self._begun_at

    def _live_samples(self) -> Iterator[Sample]:
        if self._summed_at < self._app.vitals.recovered_at:
            self.sum_stays()
        stays = self._stay_figures
        yield "infusion_open_encounters", (), stays.open_encounters
        yield "infusion_departed_encounters", (), stays.departed_encounters
        yield "infusion_open_infusions", (), stays.open_infusions
        yield "infusion_oldest_open_infusion_seconds", (), stays.oldest_open_infusion_s
        yield "infusion_missing_stops", (), stays.missing_stops
        yield "infusion_next_due_timestamp_seconds", (), stays.next_due_at
        yield "infusion_due_encounters", (), stays.due
        yield "infusion_overdue_encounters", (), stays.overdue
        yield "infusion_oldest_overdue_seconds", (), stays.oldest_overdue_s

    def _charges(self) -> Iterator[Sample]:
        now, counts = self._clock(), self._releases.counts
        yield from _NOTHING_YET
        for status, count in list(counts.by_status.items()):
            yield "infusion_charge_sets", (status,), count
        for name in ("held_encounters", "held_cents", "held_oldest_seconds", "bill_hold_past_encounters"):
            yield f"infusion_{name}", (PAYERLESS,), 0
        for payer, late in counts.past_hold_by_payer(now).items():
            yield "infusion_bill_hold_past_encounters", (payer,), late
        for payer, held in counts.held_by_payer().items():
            yield "infusion_held_encounters", (payer,), held.sets
            yield "infusion_held_cents", (payer,), held.cents
            yield "infusion_held_oldest_seconds", (payer,), max(0.0, now - held.since)
            yield "infusion_bill_hold_remaining_seconds", (payer,), held.until - now
        for flag_and_severity, count in list(counts.by_flag.items()):
            yield "infusion_review_open", flag_and_severity, count
        for flag, held in counts.held_by_flag().items():
            yield "infusion_review_oldest_seconds", (flag,), max(0.0, now - held.since)
            yield "infusion_review_held_cents", (flag,), held.cents
