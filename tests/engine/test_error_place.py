"""A worker that stops says what it was about: the nearest place that is known, and nothing of a record."""

from typing import Any

import pytest
from engine_bench import CHANGELOG, OURS, Bench, Log
from faust.types import TP

from streams.engine.error_place import placed, told
from streams.engine.lease import NamesakeError

SOURCE = TP("in", 0)


def test_an_error_of_others_is_its_kind_and_its_place() -> None:
    """Its text may quote a chart."""
    error = ValueError("John Doe, 2 g")
    assert told(error) == "ValueError"
    assert told(placed(error, "records 1 to 3 of in, partition 0")) == (
        "ValueError; it was about records 1 to 3 of in, partition 0"
    )
    assert told(placed(error, "everything")).endswith("partition 0")


def test_our_own_words_stand_and_no_place_is_said_twice() -> None:
    """They name what they are about, mostly."""
    error = NamesakeError("partition 0 of in ends at 3")
    assert told(placed(error, "partition 0 of in")) == "partition 0 of in ends at 3"


async def test_a_state_that_does_not_turn_into_bytes_is_told_by_its_table() -> None:
    """And by its partition; the key is a stay's id."""

    class Broken:
        def to_bytes(self) -> bytes:
            raise ArithmeticError

    bench = Bench(OURS, Log({SOURCE: [0], CHANGELOG: []}))
    bench.app.put(bench.table, 3, b"E1", Broken())
    await bench.consumer.commit()
    assert [told(error) for error in bench.errors] == [
        f"ArithmeticError; it was about a state for {CHANGELOG.topic}, partition 3"
    ]


async def test_what_goes_wrong_while_fetching_is_told_by_what_is_read() -> None:
    """The driver's errors name nothing."""
    bench = Bench(OURS, Log({SOURCE: [0]}))
    bench.resume()
    await bench.consumer.perform_seek()

    async def refused(*_: object, **__: object) -> None:
        raise PermissionError

    bench.log.getmany = refused  # type: ignore[method-assign] -- the log stands for a driver that raises
    service: Any = type("Fetcher", (), {"should_stop": False})()
    with pytest.raises(PermissionError):
        await bench.consumer._drain_messages(service)  # noqa: SLF001 -- what the fetcher runs
    assert [told(error) for error in bench.errors] == ["PermissionError; it was about reading in 0"]
