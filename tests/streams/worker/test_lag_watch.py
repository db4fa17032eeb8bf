"""What a worker knows of its lag by itself, and what it asks Kafka for."""

from typing import Any

import pytest
from faust.types import TP

from streams.engine.positions import Position
from streams.kafka.connection import Connection
from streams.kafka.partition_asker import FirstRecord
from streams.metrics.lag import Lag
from streams.wire import topics
from streams.worker import lag_watch
from streams.worker.lag_watch import LagWatch

PLACE = TP(topics.EVENTS, 0)
NOW = 1_000.0


class Kafka:
    """Answers as a broker would, and keeps what it was asked."""

    def __init__(
        self, end: int, *, start: int = 0, committed: int | None = None, written_at: int = 0
    ) -> None:
        self._end, self._start, self._committed, self._written_at = end, start, committed, written_at
        self.asked: list[Any] = []

    async def ends(self, spots: Any) -> Any:
        """Return the end of each."""
        return dict.fromkeys(spots, self._end)

    async def starts(self, spots: Any) -> Any:
        """Return the beginning of each."""
        return dict.fromkeys(spots, self._start)

    async def committed(self, _: str, spots: Any) -> Any:
        """Return the position of each, if there is one."""
        return {} if self._committed is None else dict.fromkeys(spots, self._committed)

    async def first_records(self, offsets: Any, _: Any) -> Any:
        """Return when these records were written."""
        self.asked.append(dict(offsets))
        return {spot: FirstRecord(offset, self._written_at) for spot, offset in offsets.items()}


@pytest.fixture
def lag_of(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give what tells the lag of a position once Kafka was asked, and what was asked about single records."""

    async def topics_there(_: Connection) -> dict[str, Any]:
        return {}

    async def found(position: Position, kafka: Kafka) -> tuple[Lag, list[Any]]:
        monkeypatch.setattr(lag_watch, "positions_of", lambda _: {PLACE: position})
        monkeypatch.setattr(lag_watch, "broker_topics", topics_there)
        watch = LagWatch(None, Connection(("nowhere:1",)), lambda: NOW)  # type: ignore[arg-type] -- nobody looks at the app
        ((_, _, before),) = watch.lags()
        assert before.state in {"unknown", "behind"}
        await watch._ask(kafka)  # type: ignore[arg-type]  # noqa: SLF001 -- one round of what runs for ever
        ((_, _, lag),) = watch.lags()
        return lag, kafka.asked

    return found


async def test_what_is_in_hand_needs_no_question(lag_of: Any) -> None:
    """Its timestamp came with it; the end is the later of what a fetch showed and what Kafka says."""
    in_hand = Position(5, never_read=False, oldest_ms=990_000, end=8)
    assert await lag_of(in_hand, Kafka(20)) == (Lag("behind", 15, 10.0), [])
    assert await lag_of(in_hand, Kafka(7)) == (Lag("behind", 3, 10.0), [])


async def test_a_record_nobody_fetched_is_asked_about(lag_of: Any) -> None:
    """Right after a start, or while a topic with a higher priority fills every fetch."""
    waiting = Position(5, never_read=False, oldest_ms=None, end=0)
    assert await lag_of(waiting, Kafka(9, written_at=970_000)) == (Lag("behind", 4, 30.0), [{PLACE: 5}])
    assert await lag_of(waiting, Kafka(5)) == (Lag("caught_up", 0, 0.0), [])


async def test_while_tables_are_restored_the_groups_position_counts(lag_of: Any) -> None:
    """The engine has none before it has sought one."""
    restoring = Position(None, never_read=False, oldest_ms=None, end=0)
    kafka = Kafka(9, committed=3, written_at=990_000)
    assert await lag_of(restoring, kafka) == (Lag("behind", 6, 10.0), [{PLACE: 3}])
    assert (await lag_of(restoring, Kafka(9)))[0] == Lag("never_read")
    assert (await lag_of(restoring, Kafka(9, start=9)))[0] == Lag("caught_up", 0, 0.0)


async def test_a_partition_nobody_ever_read_is_that_until_something_is_in_hand(lag_of: Any) -> None:
    """An empty one is caught up."""
    fresh = Position(4, never_read=True, oldest_ms=None, end=0)
    assert (await lag_of(fresh, Kafka(9)))[0] == Lag("never_read")
    assert (await lag_of(fresh, Kafka(4)))[0] == Lag("caught_up", 0, 0.0)
