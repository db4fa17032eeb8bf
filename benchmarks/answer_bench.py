"""
From an answer to the screen: how long until a resolved hold stands there coded again, in a browser that has it open.

A broker, a worker at its own pace, a console and Chromium. Beside it stands what a record takes through the same broker
and back. A row of ``answer.csv`` is added.

    python benchmarks/answer_bench.py
    python benchmarks/answer_bench.py --answers 5 --no-record    # a try
"""

import asyncio
import csv
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any, Final
from urllib.parse import urlencode

import click

HERE: Final = Path(__file__).resolve().parent
RESULTS: Final = HERE / "answer.csv"
SUPPORT: Final = HERE.parent / "tests" / "support"
sys.path[:0] = [str(SUPPORT), str(SUPPORT / "chaos"), str(SUPPORT / "kafka_broker")]

from aiokafka import AIOKafkaProducer  # noqa: E402 - the path to what follows is set above
from console_process import House, house, missing_stop  # noqa: E402 - as above

from streams.fetching.client import reading_client  # noqa: E402 - as above

COLUMNS: Final = ("at", "answers", "taken_p50_ms", "on_screen_p50_ms", "on_screen_slowest_ms", "round_trip_p50_ms", "ratio")  # fmt: skip
SEEN: Final = """() => new Promise((seen) => {
  const look = () => document.querySelector("main").innerText.includes("revision 2") && (seen(Date.now()), true);
  if (!look()) new MutationObserver((_, watch) => look() && watch.disconnect()).observe(document.body, { childList: true, subtree: true });
})"""
PROBE: Final = "answer-bench"


def answer(address: str, name: str) -> float:
    """Send an answer as a form does, and return the seconds until the console says that Kafka has it."""
    host = address.removeprefix("http://")
    connection = HTTPConnection(host, timeout=60)
    connection.request("GET", f"/queue?item={name}~1")
    page = connection.getresponse().read().decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    form = hidden | {"answer": "stop", "stop.occurred_at": "09:31", "why": "Read from the pump.", "name": "coder-7", "do": "send"}  # fmt: skip
    headers = {"Origin": address, "Content-Type": "application/x-www-form-urlencoded"}
    began = time.time()
    connection.request("POST", "/answer", urlencode(form), headers)
    reply = connection.getresponse()
    reply.read()
    connection.close()
    if reply.status != 303:  # noqa: PLR2004 - see other
        message = f"the answer for {name} was not taken: status {reply.status}"
        raise click.ClickException(message)
    return time.time() - began


def on_screen(made: House, names: list[str]) -> Iterator[tuple[float, float]]:
    """Yield of each answer the seconds until it was taken, and until the new revision stood on the open page."""
    page = made.browser.new_page()
    for name in names:
        page.goto(f"{made.console.address}/stay/{name}")
        page.get_by_text("revision 1").wait_for(timeout=90_000)
        page.wait_for_timeout(500)
        taken: list[float] = []
        began = time.time()
        hand = Thread(target=lambda: taken.append(answer(made.console.address, name)))  # noqa: B023 - joined below
        hand.start()
        seen = page.evaluate(SEEN) / 1000
        hand.join()
        yield taken[0], seen - began
    page.close()


async def round_trips(servers: str, count: int) -> list[float]:
    """Return the seconds of single records, each from being sent until it was read again."""
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all")
    consumer = reading_client(PROBE, bootstrap_servers=servers, auto_offset_reset="latest")
    await producer.start()
    await producer.send_and_wait(PROBE, b"first")
    await consumer.start()
    await consumer.seek_to_end()
    found = []
    try:
        for _ in range(count):
            began = time.perf_counter()
            await producer.send_and_wait(PROBE, b"x")
            await consumer.getone()
            found.append(time.perf_counter() - began)
    finally:
        await consumer.stop()
        await producer.stop()
    return found


@click.command()
@click.option("--answers", default=20, show_default=True, help="How many.")
@click.option("--record/--no-record", default=True, help="Whether a row is added.")
def main(answers: int, *, record: bool) -> None:
    """Measure, print and write."""
    names = [f"R{number:03}" for number in range(answers + 1)]
    with tempfile.TemporaryDirectory() as folder, house(Path(folder), pace={"INFUSION_LOOK_EVERY_SECONDS": "1"}) as made:  # fmt: skip
        made.kafka.create_topic(PROBE, 1)
        made.publish(event for name in names for event in missing_stop(name))
        times: list[Any] = [*on_screen(made, names)][1:]  # the first finds everything cold
        made.browser.close()
        trips: list[float] = []
        other = Thread(target=lambda: trips.extend(asyncio.run(round_trips(made.kafka.bootstrap, 50))))
        other.start()
        other.join()
    taken, seen = median(one for one, _ in times) * 1000, median(one for _, one in times) * 1000
    slowest, trip = max(one for _, one in times) * 1000, median(trips) * 1000
    click.echo(f"taken by Kafka       p50 {taken:>7.0f} ms")
    click.echo(f"on screen            p50 {seen:>7.0f} ms   slowest {slowest:>7.0f} ms   aim: below 2,000")
    click.echo(f"a record's way       p50 {trip:>7.1f} ms   an answer takes {seen / trip:.0f} of them")
    if record:
        fresh = not RESULTS.exists()
        with RESULTS.open("a", newline="", encoding="utf-8") as rows:
            writer = csv.writer(rows, lineterminator="\n")
            if fresh:
                writer.writerow(COLUMNS)
            writer.writerow(
                (
                    f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}", answers, round(taken), round(seen), round(slowest), round(trip, 1),
                    round(seen / trip),
                )
            )  # fmt: skip


if __name__ == "__main__":
    main()
