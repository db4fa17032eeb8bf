"""
What goes onto the events topic: a generated day as real feeds send one, with what is no event between.

Some events come without a key or in another stay's partition: they are to be coded like the others. Poison is to
be refused, with its bytes.
"""

import threading
from collections.abc import Sequence
from datetime import date
from random import Random
from time import monotonic
from typing import Any, Final, NamedTuple

from confluent_kafka import Producer

from streams.synthetic.arrival_order import Order
from streams.synthetic.generator import generate
from streams.wire.event_message import event_message
from streams.wire.topics import EVENTS

DAY: Final = date(2026, 10, 5)
ORDERS: Final[tuple[Order, ...]] = ("arrival", "grouped", "shuffled")
_TEN_MEGABYTES: Final = 10_000_000


class Sent(NamedTuple):
    """A message; ``partition`` None is where its key belongs, or anywhere without one."""

    key: bytes | None
    value: bytes | None
    partition: int | None = None


def day(seed: int, encounters: int, order: Order = "arrival") -> list[bytes]:
    """Return the events of a day, about ten a stay; stays whole, so that both ends of the comparison are."""
    return list(generate(Random(seed), encounters, DAY, "day", order))  # noqa: S311 - repeatable, not secret


def poison(number: int) -> list[Sent]:
    """Return one of each kind of what is no event; the number makes their bytes their own."""
    name = b"P%d" % number
    return [
        Sent(name, b"this is no JSON %d" % number),
        Sent(name, b'{"encounter_id": "%s", "type": "push_given\x00"}' % name),
        Sent(name, b"\x00\xff\xfe%d" % number),
        Sent(name, None),
        Sent(b"tombstone-%d" % number, b""),
        Sent(None, b"[%d]" % number),
        Sent(name, b'{"type": "push_given", "event_id": "%d", "encounter_id": "%s"}' % (number, name)),
        Sent(name, b'{"a":' * 2_000 + b"%d" % number),
    ]


def giant(number: int) -> Sent:
    """Return a message of ten megabytes that begins like an event."""
    name = b"P%d" % number
    head = b'{"encounter_id": "%s", "type": "' % name
    return Sent(name, head + b"x" * (_TEN_MEGABYTES - len(head)))


def messages(lines: Sequence[bytes], partitions: int, seed: int, *, misrouted: float = 0.01) -> list[Sent]:
    """Return events as messages, a share of them without a key or in any partition."""
    rng = Random(seed)  # noqa: S311 - repeatable, not secret
    sent = []
    for line in lines:
        key, chance = event_message(line).key, rng.random()
        if chance < misrouted / 2:
            sent.append(Sent(None, line, rng.randrange(partitions)))
        else:
            sent.append(Sent(key, line, rng.randrange(partitions) if chance < misrouted else None))
    return sent


def scattered(events: Sequence[Sent], among: Sequence[Sent], seed: int) -> list[Sent]:
    """Return both, the events in their order."""
    rng = Random(seed)  # noqa: S311 - repeatable, not secret
    places = sorted((rng.randrange(len(events) + 1) for _ in among), reverse=True)
    mixed = list(events)
    for place, one in zip(places, rng.sample(among, len(among)), strict=True):
        mixed.insert(place, one)
    return mixed


class NotSentError(Exception):
    """A message of the feed did not arrive: the run proves nothing."""


class Feed:
    """Sends messages in a thread of its own, evenly over some seconds, through whatever happens to the broker."""

    def __init__(self, servers: str, sent: Sequence[Sent], seconds: float) -> None:
        self._sent, self._seconds = sent, seconds
        self._failed: list[str] = []
        self._producer = Producer(
            {
                "bootstrap.servers": servers,
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "message.max.bytes": 13 << 20,
                "queue.buffering.max.kbytes": 256 << 10,
                "message.timeout.ms": 300_000,
                "linger.ms": 5,
                "log_level": 0,
            }
        )
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)

    def start(self) -> "Feed":
        """Begin."""
        self._thread.start()
        return self

    @property
    def running(self) -> bool:
        """Whether there is more to send."""
        return self._thread.is_alive()

    def arrived(self) -> None:
        """
        Return when everything has arrived.

        Raises:
            NotSentError: something did not.
        """
        self._thread.join()
        left = self._producer.flush(300)
        if left or self._failed:
            message = f"{left} messages were not sent; {self._failed[:3]}"
            raise NotSentError(message)

    def _run(self) -> None:
        begun = monotonic()
        for number, one in enumerate(self._sent):
            early = begun + self._seconds * number / len(self._sent) - monotonic()
            self._producer.poll(max(0.0, early) if early > 0.002 else 0)
            self._send(one)

    def _send(self, one: Sent) -> None:
        where = {} if one.partition is None else {"partition": one.partition}
        while True:
            try:
                self._producer.produce(EVENTS, key=one.key, value=one.value, on_delivery=self._note, **where)
            except BufferError:
                self._producer.poll(0.1)
            else:
                return

    def _note(self, error: Any, _: Any) -> None:
        if error is not None:
            self._failed.append(str(error))
