"""
The front door on a real Kafka: how many messages it acknowledges, and how long a sender waits for that.

Ten connections at once, then one alone beside what Kafka itself takes; and what the worker converts a second.

Door, worker and broker are processes of their own; the senders are this one. Rows go to ``listen.csv`` beside this file.

    python benchmarks/listen_bench.py
    python benchmarks/listen_bench.py --seconds 3 --messages 2000 --no-record    # a try
"""

import asyncio
import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final

import click

HERE: Final = Path(__file__).resolve().parent
RESULTS: Final = HERE / "listen.csv"
SUPPORT: Final = HERE.parent / "tests" / "support"
sys.path[:0] = [str(SUPPORT), str(SUPPORT / "chaos"), str(SUPPORT / "kafka_broker")]

from aiokafka import AIOKafkaProducer  # noqa: E402 - the path to what follows is set above
from apache_kafka import ApacheKafka  # noqa: E402 - as above
from chaos_worker import INFUSION, Worker  # noqa: E402 - as above
from hl7_feed import listening, stay  # noqa: E402 - as above
from kafka_settings import FOR_BENCHMARKS, free_ports  # noqa: E402 - as above
from scraped import scraped  # noqa: E402 - as above

from streams.feeds.linking import Unlinked  # noqa: E402 - as above
from streams.feeds.raw_processor import RawProcessor  # noqa: E402 - as above
from streams.feeds.site_mapping import DEFAULT_SITE  # noqa: E402 - as above
from streams.listener.mllp import framed  # noqa: E402 - as above
from streams.wire import topics  # noqa: E402 - as above
from streams.worker.adapters import adapters  # noqa: E402 - as above

CONNECTIONS: Final = 10
PARTITIONS: Final = 4
AA: Final = b"\rMSA|AA|"
COLUMNS: Final = ("at", "commit", "what", "figure", "unit", "beside", "ratio")


def messages(number: int) -> Iterator[bytes]:
    """Yield framed messages of one sender without end, each another stay's."""
    count = number * 10_000_000
    while True:
        for message in stay(count, f"F{number}"):
            yield framed(message.encode())
        count += 1


async def sender(port: int, number: int, until: float) -> list[float]:
    """Send one message after the other, each when the one before is acknowledged; returns the seconds of each."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    waits: list[float] = []
    for message in messages(number):
        began = time.perf_counter()
        if began > until:
            break
        writer.write(message)
        answer = await reader.readuntil(b"\x1c\r")
        if AA not in answer:
            text = "a message was not acknowledged"
            raise click.ClickException(text)
        waits.append(time.perf_counter() - began)
    writer.close()
    return waits


async def together(port: int, connections: int, seconds: float, first: int) -> tuple[float, list[float]]:
    """Return messages a second over so many connections, and how long each waited."""
    began = time.perf_counter()
    senders = (sender(port, first + number, began + seconds) for number in range(connections))
    waits = [wait for one in await asyncio.gather(*senders) for wait in one]
    return len(waits) / (time.perf_counter() - began), waits


async def round_trips(servers: str, count: int) -> list[float]:
    """Return how long Kafka takes for one record at a time with acks=all, from this process."""
    source, waits = messages(99), []
    async with AIOKafkaProducer(bootstrap_servers=servers, acks="all", linger_ms=0) as producer:
        for _ in range(count):
            began = time.perf_counter()
            await producer.send_and_wait(topics.REJECTS, next(source), b"F99")
            waits.append(time.perf_counter() - began)
    return waits[count // 10 :]


def p99(waits: list[float]) -> float:
    """Return what all but one in a hundred stay below."""
    return quantiles(waits, n=100)[98]


def converted(count: int) -> float:
    """Return messages a second that one core converts, Kafka left out."""

    class Rec:
        __slots__ = ("headers", "key", "offset", "timestamp", "value")

    records: list[Any] = []
    source = messages(1)
    for offset in range(count):
        record: Any = Rec()
        record.value, record.key, record.headers = next(source)[1:-2], b"F1", ()
        record.offset, record.timestamp = offset, 0
        records.append(record)
    read = adapters(DEFAULT_SITE, None)[topics.RAW_HL7V2]
    processor = RawProcessor(topics.RAW_HL7V2, 0, read, Unlinked(), {})
    began = time.process_time()
    for start in range(0, count, 500):
        processor.process(records[start : start + 500])
    return count / (time.process_time() - began)


def worked(kafka: ApacheKafka, folder: Path, wanted: int) -> float:
    """Return messages a second that a worker takes from a backlog on the raw topic to its end, coding included."""
    (port,) = free_ports(1)
    more = {"INFUSION_METRICS_BIND": str(port), "INFUSION_INACTIVE_HOURS": "72"}
    worker = Worker(
        "bench", folder, kafka.bootstrap, command=(*INFUSION, "worker"), more=more, forked=False
    ).start()
    try:
        worker.until_ready()
        began, first = time.perf_counter(), _read(port)
        while (done := _read(port)) < wanted:
            time.sleep(0.05)
        return (done - first) / (time.perf_counter() - began)
    finally:
        worker.kill()


def _read(port: int) -> float:
    return scraped(port).total("infusion_raw_messages_total")


def commit() -> str:
    """Return the commit that is measured, with a mark when the tree differs from it."""
    words = ["git", "-C", str(HERE), "describe", "--always", "--dirty", "--exclude", "*"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603 - our own words


@click.command()
@click.option(
    "--seconds", type=click.FloatRange(1), default=10, show_default=True, help="Of each measurement."
)
@click.option(
    "--messages", "count", type=click.IntRange(100), default=20_000, show_default=True, help="To convert."
)
@click.option("--no-record", is_flag=True, help="Print the figures and keep none.")
def main(*, seconds: float, count: int, no_record: bool) -> None:
    """Measure, print, and add rows to listen.csv."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with ApacheKafka(folder / "kafka", options=FOR_BENCHMARKS) as kafka:
            rows = list(_measured(kafka, folder, seconds, count))
    new = not RESULTS.exists()
    at, measured = datetime.now(UTC).strftime("%Y-%m-%d"), commit()
    for what, figure, unit, beside, ratio in rows:
        print(f"{what:64} {figure:12,.1f} {unit:12} {beside} {ratio}")
    if not no_record:
        with RESULTS.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            if new:
                writer.writerow(COLUMNS)
            writer.writerows((at, measured, what, f"{figure:.1f}", *rest) for what, figure, *rest in rows)


def _measured(
    kafka: ApacheKafka, folder: Path, seconds: float, count: int
) -> Iterator[tuple[str, float, str, str, str]]:
    for one in topics.TOPICS:
        kafka.create_topic(one.name, PARTITIONS, settings=one.settings())
    port, http, shown = free_ports(3)
    more = {
        "INFUSION_LISTEN_MLLP": str(port), "INFUSION_LISTEN_HTTP": str(http), "INFUSION_METRICS_BIND": str(shown),
    }  # fmt: skip
    door = Worker(
        "listen", folder, kafka.bootstrap, command=(*INFUSION, "listen"), more=more, forked=False
    ).start()
    try:
        listening(port)
        asyncio.run(together(port, CONNECTIONS, 2, 100))  # for broker and door to be warm
        trips = asyncio.run(round_trips(kafka.bootstrap, 2_000))
        _, waits = asyncio.run(together(port, 1, seconds, 200))
        before = scraped(shown).total("process_cpu_seconds_total")
        rate, crowd = asyncio.run(together(port, CONNECTIONS, seconds, 300))
        spent = (scraped(shown).total("process_cpu_seconds_total") - before) / len(crowd)
    finally:
        door.kill()
    typical = median(trips)
    yield "Kafka's own round trip, median", typical * 1e3, "ms", f"p99 {p99(trips) * 1e3:.1f} ms", ""
    yield (
        "one connection, median answer",
        median(waits) * 1e3,
        "ms",
        "round trips",
        f"{median(waits) / typical:.1f}",
    )
    yield (
        "one connection, p99 answer",
        p99(waits) * 1e3,
        "ms",
        "round trips (aim: below 10)",
        f"{p99(waits) / typical:.1f}",
    )
    yield "ten connections, acknowledged", rate, "messages/s", "aim: 2,000", f"{rate / 2000:.2f}"
    yield (
        "ten connections, the door's own processor time",
        spent * 1e6,
        "us/message",
        "a core does",
        f"{1 / spent:,.0f}/s",
    )
    yield "ten connections, p99 answer", p99(crowd) * 1e3, "ms", "round trips", f"{p99(crowd) / typical:.1f}"
    yield "messages to events, one core", converted(count), "messages/s", "aim: 20,000", ""
    total = round(rate * seconds + len(waits))
    yield (
        "worker, backlog of raw messages",
        worked(kafka, folder, total),
        "messages/s",
        f"{total:,} messages",
        "",
    )


if __name__ == "__main__":
    main()
