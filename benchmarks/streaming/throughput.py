"""How fast each contender works off the same events, and whether what it says is what ``infusion code`` says."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from ground import PARTITIONS, Kafka, all_of, asking, drop_topics, ends, make_topics
from running import Running
from terms import Terms

from streams.demo.comparison import Comparison, compare
from streams.demo.reader import Reader
from streams.wire import topics

_STILL_S: Final = 3.0
"""Nothing new on any topic for so long: it is done. Longer than any commit interval among the contenders."""

_COMMITTED_S: Final = 1.5
"""After the last charge: by then its offsets are committed, and the CPU that took is counted."""


class Contender(NamedTuple):
    """Who takes part; ``module`` and ``variant`` say what is run, ``python`` with what."""

    name: str
    module: str
    variant: str
    python: str
    path: str = ""


class Result(NamedTuple):
    """One run; ``told`` counts the charge sets identical to those of the file, ``wrong`` those that differ."""

    events_s: float
    cpu_us: float
    peak_mib: float
    told: int
    missing: int
    wrong: int
    closings: int


def run(
    kafka: Kafka, contender: Contender, events: str, count: int, expected: Sequence[bytes], folder: Path, *,
    number: int, within: float,
) -> Result:  # fmt: skip
    """Let a contender work off ``count`` events and return what it took; its topics and files are gone afterwards."""
    terms = Terms(
        kafka.bootstrap, f"r{number}-", events, PARTITIONS, folder / f"run-{number}", contender.variant
    )
    make_topics(kafka, terms)
    try:
        with Running(contender.module, terms, contender.python, contender.path) as running:
            first = running.word("FIRST", 60)
            _until_still(running, terms, within, len(expected) * 0.9)
            running.require()
            reader, last, closings = _read(terms)
            done = running.at(last + _COMMITTED_S)
            used = done.cpu_s - running.words["FIRST"][1]
            said = compare(expected, reader)
            peak = running.peak_mib()
    finally:
        drop_topics(kafka, terms)
        shutil.rmtree(terms.folder / "worker", ignore_errors=True)
    return Result(
        count / (last - first),
        used / count * 1e6,
        peak,
        said.identical,
        len(said.missing),
        _wrong(said),
        closings,
    )


def _wrong(said: Comparison) -> int:
    return len(said.different) + len(said.surplus)


def _until_still(running: Running, terms: Terms, within: float, least: float) -> None:
    names = [terms.prefix + name for name in (topics.CLOSED, topics.CHARGES, topics.COMMANDS)]
    consumer = asking(terms.servers)
    until, before, since = time.time() + within, [0], time.time()
    try:
        while time.time() < until:
            running.require()
            now = [ends(consumer, name, terms.partitions) for name in names]
            if now != before:
                before, since = now, time.time()
            elif now[1] >= least and time.time() - since > _STILL_S:
                return
            time.sleep(0.25)
    finally:
        consumer.close()


def _read(terms: Terms) -> tuple[Reader, float, int]:
    """Return what was said, when the broker stored the last charge set, and how often a stay was closed."""
    reader, last = Reader(), 0.0
    said = {terms.prefix + name: name for name in (topics.CHARGES, topics.CHARGE_LINES, topics.REVIEW)}
    for record in all_of(terms.servers, said, terms.partitions):
        name = said[record.topic()]
        reader.read(name, record.key(), record.value())
        if name == topics.CHARGES:
            last = max(last, record.timestamp()[1] / 1e3)
    consumer = asking(terms.servers)
    try:
        return reader, last, ends(consumer, terms.prefix + topics.CLOSED, terms.partitions)
    finally:
        consumer.close()


def middle(results: Sequence[Result]) -> Result:
    """Return the medians of several runs; of what is missing or wrong the worst."""
    columns = list(zip(*results, strict=True))
    return Result(
        *(median(column) for column in columns[:3]),
        min(columns[3]),
        max(columns[4]),
        max(columns[5]),
        max(columns[6]),
    )
