"""
One worker on a real Kafka for some minutes: what it holds in memory and on disk while stays come and go.

    python benchmarks/soak.py --minutes 5 --rate 1500

Stays are sent at a steady rate, their ids new in each round; the process is looked at from outside. What is printed is
the memory after a minute, at the end and at the most, against the bound of streams/README.md: the base, the stores' and
the cache's share, and what each stay that is not forgotten takes.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import click

sys.path[:0] = [str(Path(__file__).resolve().parent / "streaming")]

import ground  # noqa: E402 - found where the line above says
from running import Running  # noqa: E402 - as above
from terms import Terms  # noqa: E402 - as above

_ROUND: Final = 2_000
"""Stays of one round; the next one has the same under other ids."""

_BASE_MIB: Final = 170
_SHARED_MIB: Final = 64 + 32 + 64 + 32
"""Blocks, write buffers and states cached, and answers of the broker under way."""

_STAY_BYTES: Final = 350


@click.command()
@click.option("--minutes", default=5.0)
@click.option("--rate", default=1_500, help="Events a second.")
@click.option("--partitions", default=ground.PARTITIONS, help="Of each topic.")
def soak(minutes: float, rate: int, partitions: int) -> None:
    """Run, and print what was held."""
    events = ground.generated(_ROUND, 20261128)
    with tempfile.TemporaryDirectory(prefix="soak-") as name, ground.broker(Path(name)) as kafka:
        terms = Terms(kafka.bootstrap, "soak-", "soak.events", partitions, Path(name) / "soak", "rocksdb")
        ground.make_topics(kafka, terms, events=True)
        with Running("ours", terms) as running:
            running.word("READY", 120)
            begun, sent, number = time.time(), 0, 0
            while time.time() < begun + 60 * minutes:
                number += 1
                for first in range(0, len(events), rate):
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
                stays = number * _ROUND
                look = running.looks[-1]
                print(
                    f"{look.at - begun:6.0f} s  {stays:9,} stays  {sent:10,} events  {look.rss_mib:6.0f} MiB",
                    flush=True,
                )
            bound = _BASE_MIB + _SHARED_MIB + stays * _STAY_BYTES / (1 << 20)
            print(
                f"after a minute {running.at(begun + 60).rss_mib:.0f} MiB, at the end {running.looks[-1].rss_mib:.0f}, "
                f"at the most {running.peak_mib():.0f}; the bound for {stays:,} stays is {bound:.0f}"
            )


def _renamed(line: bytes, number: int) -> bytes:
    head, mark, rest = line.partition(b'"encounter_id"')
    before, quote, value = rest.partition(b'"')
    return head + mark + before + quote + b"%d-" % number + value


if __name__ == "__main__":
    soak()
