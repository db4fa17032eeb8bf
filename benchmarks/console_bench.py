"""
How fast the console is: the read model filled from charge sets, and each page's time at the 99th percentile.

The stays are one coded stay under many names; some of them wait for a person. A row of ``console.csv`` is added.
"""

import asyncio
import csv
import gc
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from console_desk import NOW, Record, Stage, coded, missing_stop
from orjson import dumps

from streams.console.accounts_book import put_side_by_side
from streams.console.settings import ConsoleSettings
from streams.console.site import application
from streams.wire.charge_json import value_of
from streams.wire.topics import CHARGES, CLOSED, EVENTS, REVIEW

STAYS, OPEN, AT_ONCE, LOOKS = 100_000, 5_000, 4_000, 60
PAGES = (
    "/queue", "/queue?item=E000001~1", "/queue?order=money&page=150", "/queue?payer=medicare", "/stays", "/stays?status=held&page=90",
    "/stay/E000001", "/stay/E099999", "/feeds", "/rejects", "/reconciliation", "/nudges", "/what-if", "/diff", "/audit", "/health",
)  # fmt: skip
DEPARTED = b'{"encounter":{"departed_at":"2026-03-02T17:00:00Z"}}'
STOP = {"type": "infusion_stopped", "event_id": "NAME.9", "occurred_at": "2026-03-02T09:31:00-05:00", "encounter_id": "NAME", "administration_id": "A1"}  # fmt: skip


def records(topic: str, values: dict[bool, list[bytes]]) -> list[Record]:
    """Return the records of every stay; those up to ``OPEN`` are held."""
    listed = []
    for number in range(1, STAYS + 1):
        name = b"E%06d" % number
        for value in values.get(number <= OPEN, ()):
            at = int(NOW * 1000) - number * 7_000
            listed.append(Record(topic, len(listed), name, value.replace(b"NAME", name), at))
    return listed


async def filled(stage: Stage, topic: str, values: dict[bool, list[bytes]]) -> float:
    """Fill the read model from one topic, and return records a second; what long lists are ordered by is part of it."""
    listed = records(topic, values)
    # A console has some thousand records at a time in hand, not all: the collector is not to go through the others.
    gc.collect()
    gc.freeze()
    began = perf_counter()
    for first in range(0, len(listed), AT_ONCE):
        part = listed[first : first + AT_ONCE]
        await stage.follower.take(part, {(topic, 0): first + len(part)})
    stage.model.complete()
    return len(listed) / (perf_counter() - began)


async def main() -> None:
    """Measure, print and write."""
    held, final = missing_stop("NAME"), [*missing_stop("NAME"), STOP]
    (held_set, item), (final_set, _) = coded("NAME", held), coded("NAME", final)
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder), ConsoleSettings())
        rates = {
            "charge sets": await filled(stage, CHARGES, {True: [value_of(held_set)], False: [value_of(final_set)]}),
            "closed stays": await filled(stage, CLOSED, {True: [DEPARTED], False: [DEPARTED]}),
            "questions": await filled(stage, REVIEW, {True: [value_of(item)] if item is not None else []}),
            "events": await filled(stage, EVENTS, {True: [*map(dumps, held)], False: [*map(dumps, final)]}),
        }  # fmt: skip
        for _ in range(20):
            put_side_by_side(stage.model)
        for what, rate in rates.items():
            sys.stdout.write(f"{what:<14} {rate:>10,.0f} a second\n")
        client: TestClient[Any, Any] = TestClient(TestServer(application(stage.desk)))
        await client.start_server()
        worst = 0.0
        for page in PAGES:
            times = []
            for _ in range(LOOKS):
                began = perf_counter()
                answer = await client.get(page)
                await answer.read()
                times.append((perf_counter() - began) * 1000)
            times.sort()
            p50, p99 = times[len(times) // 2], times[int(len(times) * 0.99) - 1]
            worst = max(worst, p99)
            sys.stdout.write(f"{page:<34} {answer.status}  p50 {p50:>7.1f} ms  p99 {p99:>7.1f} ms\n")
        await client.close()
        stage.close()
    file = Path(__file__).with_name("console.csv")
    fresh = not file.exists()
    with file.open("a", newline="", encoding="utf-8") as rows:
        writer = csv.writer(rows, lineterminator="\n")
        if fresh:
            writer.writerow(
                ("at", "stays", "open", "charge_sets_per_s", "events_per_s", "slowest_page_p99_ms")
            )
        writer.writerow(
            (
                f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}",
                STAYS,
                OPEN,
                round(rates["charge sets"]),
                round(rates["events"]),
                round(worst, 1),
            )
        )


if __name__ == "__main__":
    asyncio.run(main())
