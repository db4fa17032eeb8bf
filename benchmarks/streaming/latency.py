"""From a departure sent to its charges received, at a given load, beside round trips of single messages."""

import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, quantiles
from typing import Final, NamedTuple

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from ground import PARTITIONS, Kafka, all_of, asking, drop_topics, key_of, make_topics, producer
from running import Running
from terms import Terms

from streams.wire import topics

_WARM_UP: Final = 0.2
"""Share of the events after which departures count."""

_ON_COPIES: Final = {"max.in.flight.requests.per.connection": 5}
"""
A broker answers one request of a connection at a time, on copies after some milliseconds. With as many under way as a client
likes each has one record, and what is measured is the sender's own queue: at 500 events/s 11.7 s, not 1.3 s.
"""

_LAST_S: Final = 5.0
_EVERY_S: Final = 0.002
_ROUND_TRIPS: Final = "round-trips"


class Spread(NamedTuple):
    """Milliseconds: the middle, the slowest hundredth, the mean; of so many."""

    p50: float
    p99: float
    mean: float
    n: int


class Latency(NamedTuple):
    """Departure to charges, and round trips beside it: while the worker works, and with the broker idle."""

    charges: Spread
    loaded: Spread
    idle: Spread
    sent_s: float
    """Events a second that were sent."""
    to_closed: Spread
    """From the departure stored to the closed stay stored, by the broker's clock."""
    to_charges: Spread
    """From the closed stay stored to its charges stored, by the broker's clock."""
    unanswered: int
    """Departures without charges of their own: their stays were charged before, and nothing changed."""
    cpu_us: float
    """Processor time of the worker an event, while they were sent."""


def _spread(seconds: Sequence[float]) -> Spread:
    cuts = quantiles(seconds, n=100)
    return Spread(cuts[49] * 1e3, cuts[98] * 1e3, fmean(seconds) * 1e3, len(seconds))


def round_trips(servers: str, name: str, until: threading.Event, most: int) -> list[float]:
    """Send one message and wait until it is read, again and again; return what each took, in seconds."""
    sending = producer(servers, **{"linger.ms": 0})
    reading = asking(servers, **{"fetch.wait.max.ms": 500})
    end = reading.get_watermark_offsets(TopicPartition(name, 0), timeout=10)[1]
    reading.assign([TopicPartition(name, 0, end)])
    found: list[float] = []
    value = b"x" * 300
    try:
        for _ in range(20):  # connections and caches
            _round(sending, reading, name, value)
        while not until.is_set() and len(found) < most:
            found.append(_round(sending, reading, name, value))
            time.sleep(0.005)
    finally:
        reading.close()
    return found


def _round(sending: Producer, reading: Consumer, name: str, value: bytes) -> float:
    begun = time.perf_counter()
    sending.produce(name, value, partition=0)
    sending.poll(0)
    while (record := reading.poll(5.0)) is None or record.error():
        pass
    return time.perf_counter() - begun


class _Received:
    """When the first charges of each stay came, after each of its departures was sent."""

    def __init__(self, terms: Terms) -> None:
        self.at: dict[bytes, float] = {}
        self._ended = False
        self._consumer = asking(terms.servers, **{"fetch.wait.max.ms": 500})
        name = terms.prefix + topics.CHARGES
        self._consumer.assign(
            [TopicPartition(name, number, OFFSET_BEGINNING) for number in range(terms.partitions)]
        )
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while not self._ended:
            record = self._consumer.poll(0.2)
            if record is not None and not record.error():
                self.at.setdefault(record.key(), time.perf_counter())

    def close(self) -> None:
        self._ended = True
        self._thread.join()
        self._consumer.close()


def measure(kafka: Kafka, events: Sequence[bytes], a_second: float, folder: Path) -> Latency:
    """Send events at a pace to a worker of ours, and return how long charges took to come back."""
    name = f"lat{a_second:.0f}"
    terms = Terms(kafka.bootstrap, f"{name}-", f"{name}.events", PARTITIONS, folder / name, "rocksdb")
    make_topics(kafka, terms, events=True)
    if _ROUND_TRIPS not in kafka.admin().list_topics(timeout=30).topics:
        kafka.create_topic(_ROUND_TRIPS, 1)
    switching = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    stop = threading.Event()
    idle = round_trips(terms.servers, _ROUND_TRIPS, stop, 400)
    try:
        with Running("ours", terms) as running:
            running.word("READY", 60)
            received = _Received(terms)
            beside: list[float] = []
            trips = threading.Thread(
                target=lambda: beside.extend(round_trips(terms.servers, _ROUND_TRIPS, stop, 100_000)),
                daemon=True,
            )
            trips.start()
            before = running.looks[-1]
            left, took = _send(terms, events, a_second)
            time.sleep(_LAST_S)
            stop.set()
            trips.join()
            received.close()
            running.require()
            used = running.looks[-1].cpu_s - before.cpu_s
            stored = _stored(terms)
    finally:
        sys.setswitchinterval(switching)
        drop_topics(kafka, terms)
    # A stay charged before its departure was sent says nothing of how long that one took.
    counted = {key: sent for key, sent in left.items() if received.at.get(key, sent) >= sent}
    waited = [received.at[key] - sent for key, sent in counted.items() if key in received.at]
    departed, closed, charged = stored
    whole = [key for key in counted if key in departed and key in closed and key in charged]
    return Latency(
        _spread(waited),
        _spread(beside),
        _spread(idle),
        len(events) / took,
        _spread([closed[key] - departed[key] for key in whole]),
        _spread([charged[key] - closed[key] for key in whole]),
        len(left) - len(waited),
        used / len(events) * 1e6,
    )


def _stored(terms: Terms) -> list[dict[bytes, float]]:
    """Return when the broker stored each stay's first departure, its first closing and its first charges."""
    names = [terms.events, terms.prefix + topics.CLOSED, terms.prefix + topics.CHARGES]
    stored: dict[str, dict[bytes, float]] = {name: {} for name in names}
    for record in all_of(terms.servers, names, terms.partitions):
        if record.topic() != terms.events or b'"encounter_discharged"' in record.value():
            stored[record.topic()].setdefault(record.key(), record.timestamp()[1] / 1e3)
    return [stored[name] for name in names]


def _send(terms: Terms, events: Sequence[bytes], a_second: float) -> tuple[dict[bytes, float], float]:
    """Send the events evenly; return when the first departure of each stay was sent, and how long sending took."""
    keyed = [(key_of(line), line, b'"encounter_discharged"' in line) for line in events]
    copied = "," in terms.servers
    sending = producer(terms.servers, **{"linger.ms": 0, **(_ON_COPIES if copied else {})})
    left: dict[bytes, float] = {}
    begun = time.perf_counter()
    for number, (key, line, departs) in enumerate(keyed):
        due = begun + number / a_second
        while (early := due - time.perf_counter()) > 0:
            sending.poll(0)
            time.sleep(min(_EVERY_S, early))
        now = time.perf_counter()
        sending.produce(terms.events, line, key)
        if departs and number > len(keyed) * _WARM_UP:
            left.setdefault(key, now)
    took = time.perf_counter() - begun
    sending.flush()
    return left, took
