"""
One worker on a real Kafka for some minutes: what it holds in memory and on disk while stays come and go.

    python benchmarks/soak.py --minutes 30 --rate 1500

Stays are sent at a steady rate, their ids new in each round; the process is looked at from outside. What is told is
the memory after a minute, at the end and at the most, against the bound of streams/README.md: the base, the stores' and
the cache's share, and what each stay that is not forgotten takes; and beside it the files it has open, its disk, and how
many events lie unread. A row goes to ``soak.csv``, and none is ever edited.
"""

import csv
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import click

_HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE / "streaming"), str(_HERE.parent)]

import ground  # noqa: E402 - found where the line above says
from confluent_kafka import TopicPartition  # noqa: E402 - as above
from rows import head  # noqa: E402 - as above
from running import Running  # noqa: E402 - as above
from terms import Terms  # noqa: E402 - as above

from streams.wire import topics  # noqa: E402 - as above

_ROUND: Final = 2_000
"""Stays of one round; the next one has the same under other ids."""

_BASE_MIB: Final = 170
_SHARED_MIB: Final = 16 + 32 + 64 + 32
"""Blocks, write buffers and states cached, and answers of the broker under way."""

_STAY_BYTES: Final = 128

_FILE: Final = _HERE / "soak.csv"
_COLUMNS: Final = (
    "date", "commit", "minutes", "events/s", "stays", "events", "MiB after a minute", "MiB at the end", "MiB at the most",
    "bound", "files after a minute", "files at the end", "disk MiB", "unread after a minute", "unread at the end",
    "us CPU/event",
)  # fmt: skip


@click.command()
@click.option("--minutes", default=30.0)
@click.option("--rate", default=1_500, help="Events a second.")
@click.option("--partitions", default=ground.PARTITIONS, help="Of each topic.")
@click.option("--record/--no-record", default=True, help="Append to soak.csv.")
def soak(minutes: float, rate: int, partitions: int, *, record: bool) -> None:
    """Run, and tell what was held."""
    events = ground.generated(_ROUND, 20261128)
    with tempfile.TemporaryDirectory(prefix="soak-") as name, ground.broker(Path(name)) as kafka:
        terms = Terms(kafka.bootstrap, "soak-", "soak.events", partitions, Path(name) / "soak", "rocksdb")
        ground.make_topics(kafka, terms, events=True)
        with Running("ours", terms) as running:
            running.word("READY", 120)
            begun, sent, number = time.time(), 0, 0
            cpu_before, early = running.looks[-1].cpu_s, None
            until = begun + 60 * minutes
            while time.time() < until:
                number += 1
                for first in range(0, len(events), rate):
                    if time.time() >= until:
                        break
                    some = [
                        (b"%d-%s" % (number, ground.key_of(line)), line)
                        for line in events[first : first + rate]
                    ]
                    ground.publish(
                        kafka.bootstrap, terms.events,
                        ((key, _renamed(line, number)) for key, line in some),
                    )  # fmt: skip
                    sent += len(some)
                    running.require()
                    time.sleep(max(0.0, begun + sent / rate - time.time()))
                stays = round(sent / len(events) * _ROUND)
                look = running.looks[-1]
                files, unread = _files(running.pid), _unread(terms)
                if look.at > begun + 60 and early is None:
                    early = look.rss_mib, files, unread
                print(
                    f"{look.at - begun:6.0f} s  {stays:9,} stays  {sent:10,} events  {look.rss_mib:6.0f} MiB"
                    f"  {files} files  {unread:6,} unread",
                    flush=True,
                )
            took = time.time() - begun
            bound = _BASE_MIB + _SHARED_MIB + stays * _STAY_BYTES / (1 << 20)
            after = early or (look.rss_mib, files, unread)
            disk = sum(one.stat().st_size for one in (terms.folder / "worker").rglob("*") if one.is_file())
            row = (
                *head(), f"{took / 60:.1f}", f"{sent / took:.0f}", stays, sent, f"{after[0]:.0f}", f"{look.rss_mib:.0f}",
                f"{running.peak_mib():.0f}", f"{bound:.0f}", after[1], files, f"{disk / (1 << 20):.0f}", after[2], unread,
                f"{(look.cpu_s - cpu_before) / sent * 1e6:.0f}",
            )  # fmt: skip
    for name, value in zip(_COLUMNS, row, strict=True):
        print(f"{name:>22}  {value}")
    if record:
        _append(row)


def _files(pid: int) -> int:
    """Return how many files and connections a process has open."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def _unread(terms: Terms) -> int:
    """Return how many events lie behind the worker's committed positions: up to a second's are on their way."""
    asking = ground.asking(terms.servers, **{"group.id": terms.prefix + topics.APPLICATION})
    try:
        places = [TopicPartition(terms.events, number) for number in range(terms.partitions)]
        read = sum(max(0, place.offset) for place in asking.committed(places, timeout=10))
        return ground.ends(asking, terms.events, terms.partitions) - read
    finally:
        asking.close()


def _append(row: tuple[object, ...]) -> None:
    new = not _FILE.exists()
    with _FILE.open("a", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        if new:
            out.writerow(_COLUMNS)
        out.writerow(row)


def _renamed(line: bytes, number: int) -> bytes:
    head, mark, rest = line.partition(b'"encounter_id"')
    before, quote, value = rest.partition(b'"')
    return head + mark + before + quote + b"%d-" % number + value


if __name__ == "__main__":
    soak()
