"""A day moved to another one: by whole days, clocks and offsets as they were."""

import socket
from datetime import date
from pathlib import Path

from orjson import loads

from streams.demo.live import free_port, moved

DAY = Path(__file__).parents[3] / "seeds" / "day.jsonl"


def test_the_day_is_moved_whole() -> None:
    """Most events are on the day that was asked for, and the intervals between them are what they were."""
    lines = DAY.read_bytes().splitlines()
    told = [*moved(lines, date(2027, 3, 14))]
    assert len(told) == len(lines)
    days = [
        str(loads(line).get("occurred_at", ""))[:10]
        for line in told
        if line.startswith(b"{") and line.endswith(b"}")
    ]
    assert max(set(days), key=days.count) == "2027-03-14"
    assert [line[-20:] for line in told if b"T" not in line] == [
        line[-20:] for line in lines if b"T" not in line
    ]


def test_what_is_no_date_stays_as_it_is() -> None:
    """A deliberately wrong event comes as wrong as it was."""
    lines = [
        b'{"occurred_at": "2026-03-02T08:00:00-05:00"}',
        b'{"occurred_at": "2026-02-31T08:00:00"}',
        b"no event",
        b"",
    ]
    assert [*moved(lines, date(2026, 3, 3))] == [b'{"occurred_at": "2026-03-03T08:00:00-05:00"}', *lines[1:]]
    assert [*moved([b"x"], date(2026, 3, 3))] == [b"x"]


def test_a_port_that_somebody_has_is_passed_by() -> None:
    """A second demo stands beside the first."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) != port
