"""Many open stays: what an event costs beside them, what each takes, and how long a worker takes to have them again."""

import asyncio
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

import same_work
from aiokafka.partitioner import murmur2
from apache_kafka import ApacheKafka
from ground import PARTITIONS, asking, drop_topics, ends, key_of, make_topics, producer, publish
from running import Running
from same_work import Read
from terms import Terms

from streams.lifecycle.state import EncounterState
from streams.wire import topics

_READS: Final = 3
"""How often a yardstick is read."""


_SETTLES_WITHIN: Final = 240
_IDLE_FOR_S: Final = 3.0
_IDLE: Final = 0.05
"""Of one core, over so many seconds: a worker that counts uses a fifth."""


class Standing(NamedTuple):
    """A worker with so many open stays in its state, ready."""

    open_stays: int
    terms: Terms
    running: Running
    ready_s: float
    """From the start of the process, with an empty disk, until its streams ran."""
    rss_mib: float
    disk_mib: float
    changelog_mib: float


class Beside(NamedTuple):
    """What events of new stays cost beside the open ones."""

    cpu_us: float
    events_s: float
    """From the first one sent to the last charges stored."""


class Took(NamedTuple):
    """Seconds of something: by the clock, and of processor time, which a busy machine moves less."""

    wall_s: float
    cpu_s: float


class Recovery(NamedTuple):
    """What coming back takes, from the start of a process."""

    open_stays: int
    empty: Took
    """Until ready, with an empty disk."""
    kept: Took
    """Until ready, with the disk it left behind."""
    bare: Took
    """A bare read of the same changelogs: the median of three, so that it is a warm one."""
    start: Took
    """Until ready with nothing to restore: what starting takes by itself."""
    changelog_mib: float


def patterns(events: Sequence[bytes], most: int) -> list[EncounterState]:
    """Return stays under way: of each the first ``most`` events, its departure not among them."""
    by_stay: dict[bytes, list[bytes]] = {}
    for line in events:
        by_stay.setdefault(key_of(line), []).append(line)
    kept: dict[str, EncounterState] = {}
    for key, lines in by_stay.items():
        before = [line for line in lines if b"encounter_discharged" not in line and b"merged" not in line][
            :most
        ]
        records = [Read(number, key, line) for number, line in enumerate(before)]
        for one in same_work.follow(topics.EVENTS, 0, records, kept.get).states:
            if one.standing == "open":
                kept[one.encounter_id] = one
    return list(kept.values())


def clones(stays: Sequence[EncounterState], count: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield keys and states of so many open stays, copies of a few under names of their own, of the same length."""
    written = [(one.encounter_id.encode(), one.to_bytes()) for one in stays]
    for number in range(count):
        key, state = written[number % len(written)]
        name = b"Z" + f"{number:x}".rjust(len(key) - 1, "0").encode()
        yield name, state.replace(key, name)


def fill(kafka: ApacheKafka, terms: Terms, states: Iterator[tuple[bytes, bytes]]) -> None:
    """Write states into the changelog as the worker would have."""
    name = terms.prefix + topics.ENCOUNTERS_CHANGELOG
    sending = producer(
        kafka.bootstrap, **{"linger.ms": 50, "batch.size": 1 << 20, "compression.type": "none"}
    )
    for key, state in states:
        number = int((murmur2(key) & 0x7FFFFFFF) % terms.partitions)
        while True:
            try:
                sending.produce(name, state, key, partition=number)
                break
            except BufferError:
                sending.poll(0.1)
        sending.poll(0)
    sending.flush()


@contextmanager
def standing(
    kafka: ApacheKafka, stays: Sequence[EncounterState], count: int, folder: Path
) -> Iterator[Standing]:
    """Give a worker that was started with an empty disk beside a changelog of so many open stays."""
    terms = Terms(
        kafka.bootstrap,
        f"open{count}-",
        f"open{count}.events",
        PARTITIONS,
        folder / f"open{count}",
        "rocksdb",
    )
    make_topics(kafka, terms, events=True)
    fill(kafka, terms, clones(stays, count))
    try:
        with Running("ours", terms) as running:
            ready = running.word("READY", 900) - running.begun
            _settled(running)
            yield Standing(
                count,
                terms,
                running,
                ready,
                running.looks[-1].rss_mib,
                _size(terms.folder / "worker"),
                _size(kafka_folder(folder), topics.ENCOUNTERS_CHANGELOG, terms.prefix),
            )
    finally:
        drop_topics(kafka, terms)
        shutil.rmtree(terms.folder / "worker", ignore_errors=True)


def _settled(running: Running) -> None:
    """Wait until a worker does nothing any more: it counts what is live, and its store tidies up after recovery."""
    until = time.time() + _SETTLES_WITHIN
    while time.time() < until:
        before = running.looks[-1]
        time.sleep(_IDLE_FOR_S)
        if running.looks[-1].cpu_s - before.cpu_s < _IDLE * _IDLE_FOR_S:
            return


def beside(one: Standing, events: Sequence[bytes]) -> Beside:
    """Send events of new stays to a worker, and return what they cost it."""
    before = one.running.looks[-1]
    charged = _charges(one.terms)
    publish(one.terms.servers, one.terms.events, ((key_of(line), line) for line in events))
    last = _until_still(one.running, one.terms, charged + len(events) / 10 * 0.9)
    done = one.running.at(last + 1)
    return Beside((done.cpu_s - before.cpu_s) / len(events) * 1e6, len(events) / (last - before.at))


def _charges(terms: Terms) -> int:
    consumer = asking(terms.servers)
    try:
        return ends(consumer, terms.prefix + topics.CHARGES, terms.partitions)
    finally:
        consumer.close()


def recovery(kafka: ApacheKafka, stays: Sequence[EncounterState], count: int, folder: Path) -> Recovery:
    """Start a worker with an empty disk, again with its disk kept, and read the same changelog bare."""
    terms = Terms(
        kafka.bootstrap,
        f"back{count}-",
        f"back{count}.events",
        PARTITIONS,
        folder / f"back{count}",
        "rocksdb",
    )
    make_topics(kafka, terms, events=True)
    try:
        _ready(terms._replace(folder=folder / "nothing"))  # once, so that all is compiled and warm
        nothing = _middle(
            [_ready(terms._replace(folder=folder / f"nothing{number}")) for number in range(_READS)]
        )
        fill(kafka, terms, clones(stays, count))
        log = _size(kafka_folder(folder), topics.ENCOUNTERS_CHANGELOG, terms.prefix)
        bare = _middle([asyncio.run(_read_bare(terms)) for _ in range(_READS)])
        empty = []
        for _ in range(_READS):
            shutil.rmtree(terms.folder / "worker", ignore_errors=True)
            empty.append(_ready(terms))
        kept = _middle([_ready(terms) for _ in range(_READS)])
    finally:
        drop_topics(kafka, terms)
        shutil.rmtree(terms.folder / "worker", ignore_errors=True)
    return Recovery(count, _middle(empty), kept, bare, nothing, log)


def _middle(found: Sequence[Took]) -> Took:
    return Took(*(median(column) for column in zip(*found, strict=True)))


def kafka_folder(folder: Path) -> Path:
    """Return where the broker of a run keeps its logs."""
    return folder / "kafka" / "data"


def _ready(terms: Terms) -> Took:
    with Running("ours", terms) as running:
        ready = running.word("READY", 600) - running.begun
        took = Took(ready, running.cpu_until("READY"))
        time.sleep(1)
        running.end()  # in order, so that it leaves its group and its disk as a stopped worker does
    return took


async def _read_bare(terms: Terms) -> Took:
    from bare_loop import changelog_records  # noqa: PLC0415 - it names topics as this process does, unprefixed

    begun, used = time.perf_counter(), time.process_time()
    names = [terms.prefix + name for name in (topics.ENCOUNTERS_CHANGELOG, topics.RELEASES_CHANGELOG)]
    async for _ in changelog_records(terms.servers, terms.partitions, names):
        pass
    return Took(time.perf_counter() - begun, time.process_time() - used)


def _until_still(running: Running, terms: Terms, least: float) -> float:
    """Wait for the charges; return when the last of them was seen, in epoch seconds."""
    consumer = asking(terms.servers)
    before, since, until = -1, time.time(), time.time() + 300
    try:
        while time.time() < until:
            running.require()
            now = ends(consumer, terms.prefix + topics.CHARGES, terms.partitions)
            if now != before:
                before, since = now, time.time()
            elif now >= least and time.time() - since > 3:  # noqa: PLR2004 - seconds without a new one
                break
            time.sleep(0.1)
    finally:
        consumer.close()
    return since


def _size(folder: Path, name: str = "", prefix: str = "") -> float:
    """Return the MiB of the files under a folder, or of those in the partitions of one topic there."""
    files = (one for one in folder.rglob("*") if one.is_file())
    # Index files are laid out ahead and mostly empty: the blocks in use are what they take.
    return sum(
        one.stat().st_blocks * 512 for one in files if not name or one.parent.name.startswith(prefix + name)
    ) / (1 << 20)
