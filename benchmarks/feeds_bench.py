"""
What reading a feed costs: RAS messages to validated events, beside other parsers of the same messages.

The others only parse: they give fields, no events. They are measured where they are installed
(``pip install hl7 hl7apy``) and left out where not. Rows go to ``feeds.csv`` beside this file.

    python benchmarks/feeds_bench.py --no-record
"""

import csv
import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import click
from orjson import dumps

from models.event import EVENT
from streams.feeds.hl7v2.batches import messages
from streams.feeds.hl7v2.segments import read_message
from streams.feeds.read_wire import convert
from streams.feeds.site_mapping import SiteMapping, read_site

HERE = Path(__file__).resolve().parent
WIRE = HERE.parent / "seeds" / "wire"
RESULTS = HERE / "feeds.csv"
HEADER = ("date", "commit", "python", "cpus", "what", "messages_per_second", "microseconds_a_message")


class Row(NamedTuple):
    """One figure: what was done, and how often in a second of one core."""

    what: str
    per_second: float


def best(work: Callable[[bytes], object], fed: Sequence[bytes], rounds: int) -> float:
    """Return messages a second of processor time, of the best of some rounds."""
    seconds = []
    for _ in range(rounds):
        began = time.process_time()
        for message in fed:
            work(message)
        seconds.append(time.process_time() - began)
    return len(fed) / min(seconds)


def feed(count: int) -> list[bytes]:
    """Return RAS messages like the seeded ones, each with order and control id of its own."""
    seeds = [
        message.replace(b"\n", b"\r")
        for path in sorted((WIRE / "hl7v2").glob("*.hl7"))
        for message in messages(path.read_bytes())
        if b"RAS^O1" in message
    ]
    return [seeds[number % len(seeds)].replace(b"-O", b"-O%d" % number) for number in range(count)]


def site() -> SiteMapping:
    """Return the seeded hospital's mapping."""
    read = read_site((WIRE / "site.toml").read_text("utf-8"))
    if isinstance(read, str):
        raise click.ClickException(read)
    return read


def figures(fed: Sequence[bytes]) -> Iterator[Row]:
    """Measure one after the other."""
    mapping = site()
    yield Row("ours: RAS to validated events", best(lambda raw: convert(raw, "hl7v2", mapping), fed, 5))
    yield Row("ours: the fields alone", best(read_message, fed, 5))
    events = [dumps(event) for raw in fed for event in convert(raw, "hl7v2", mapping).events]
    yield Row("floor: validating the events", best(EVENT.validator.validate_json, events, 5))
    for name, few, parse in (("hl7", 500, "parse"), ("hl7apy", 40, "parse_message")):
        try:
            module = import_module(name if name == "hl7" else "hl7apy.parser")
            installed = version(name)
        except (ImportError, PackageNotFoundError):
            click.echo(f"{name} is not installed: left out", err=True)
            continue
        parser = getattr(module, parse)
        texts = [raw.decode() for raw in fed[:few]]
        yield Row(f"{name} {installed}: parse", best(parser, texts, 2))  # type: ignore[arg-type]  # it takes texts


@click.command()
@click.option("--messages", "count", default=5000, show_default=True, help="How many messages are read.")
@click.option("--record/--no-record", default=True, help="Add the figures to feeds.csv.")
def main(*, count: int, record: bool) -> None:
    """Measure, print, and keep."""
    rows = list(figures(feed(count)))
    for row in rows:
        print(f"{row.what:36}{row.per_second:>12,.0f} a second{1e6 / row.per_second:>12.1f} us")
    if not record:
        return
    said = subprocess.run(
        ("git", "log", "-1", "--format=%cs %h"),  # noqa: S607 - whichever git is installed
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    new = not RESULTS.exists()
    with RESULTS.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(HEADER)
        for row in rows:
            figures_of_row = (round(row.per_second), round(1e6 / row.per_second, 1))
            writer.writerow((*said, platform.python_version(), os.cpu_count(), row.what, *figures_of_row))


if __name__ == "__main__":
    main()
