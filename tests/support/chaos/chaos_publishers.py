"""
A feed as many publishers make it: each codec, transactions that are kept, taken back and left open, clocks ahead.

What is taken back would charge more, or be refused, if anybody read it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random
from time import monotonic, time
from typing import Any, Final

from chaos_feed import Feed, Sent
from confluent_kafka import KafkaException, Producer
from orjson import JSONDecodeError, dumps, loads

from streams.wire.topics import EVENTS

CODECS: Final = ("none", "gzip", "snappy", "lz4", "zstd")

_AHEAD_S: Final = 3_000
"""How far a publisher's clock may be ahead: Kafka takes an hour."""

_LEFT_OPEN_MS: Final = 5_000
_TRIES: Final = 60


class MixedFeed(Feed):
    """Sends messages in runs of some, each run by another publisher; ``done`` counts what was done."""

    def __init__(self, servers: str, sent: Sequence[Sent], seconds: float, seed: int) -> None:
        super().__init__(servers, sent, seconds)
        self.done: Counter[str] = Counter()
        self._servers = servers
        self._rng = Random(seed)  # noqa: S311 - repeatable, not secret
        self._by_codec = {one: self._made({"compression.type": one, "linger.ms": 5}) for one in CODECS}
        self._writer: Producer | None = None

    def _run(self) -> None:
        begun = monotonic()
        for first, run in self._runs():
            until = begun + self._seconds * first / len(self._sent)
            while (early := until - monotonic()) > 0:
                self._producer.poll(min(early, 0.2))
            self._publish(run)
        for codec, producer in self._by_codec.items():
            if left := producer.flush(300):
                self._failed.append(f"{left} in {codec}")

    def _runs(self) -> Iterator[tuple[int, Sequence[Sent]]]:
        first = 0
        while first < len(self._sent):
            length = self._rng.randint(10, 150)
            yield first, self._sent[first : first + length]
            first += length

    def _publish(self, run: Sequence[Sent]) -> None:
        how = self._rng.choice((*CODECS, "kept", "kept", "taken back", "left open"))
        if how in CODECS:
            self.done[f"feed: {how}"] += 1
            self._producer = self._by_codec[how]
            for one in run:
                self._send(one)
            return
        self.done[f"feed: transaction {how}"] += 1
        if how == "left open":
            self._leave_open(taken_back(run))
        elif how == "taken back":
            self._transact(taken_back(run), commit=False)
        self._transact(run, commit=True)

    def _transact(self, run: Sequence[Sent], *, commit: bool) -> None:
        """Write a run in one transaction, again from its beginning until it is through."""
        for _ in range(_TRIES):
            try:
                self._once(run, commit=commit)
            except KafkaException as error:
                why, self._writer = error, None
            else:
                return
        self._failed.append(f"a transaction: {why}")

    def _once(self, run: Sequence[Sent], *, commit: bool) -> None:
        if self._writer is None:
            writer = self._made({"transactional.id": "ward", "transaction.timeout.ms": 60_000})
            writer.init_transactions(30)
            self._writer = writer
        self._fill(self._writer, run)
        if commit:
            self._writer.commit_transaction(30)
        else:
            self._writer.flush(30)
            self._writer.abort_transaction(30)

    def _leave_open(self, run: Sequence[Sent]) -> None:
        """Begin a transaction and be gone; the broker takes it back in its own time."""
        about = {"transactional.id": "gone", "transaction.timeout.ms": _LEFT_OPEN_MS}
        producer = self._made(about | {"message.timeout.ms": _LEFT_OPEN_MS})
        try:
            producer.init_transactions(10)
            self._fill(producer, run)
            producer.flush(5)
        except KafkaException:
            return

    def _fill(self, producer: Producer, run: Sequence[Sent]) -> None:
        producer.begin_transaction()
        for one in run:
            self._put(producer, one)

    def _send(self, one: Sent) -> None:
        self._put(self._producer, one, on_delivery=self._note)

    def _put(self, producer: Producer, one: Sent, **more: Any) -> None:
        if one.partition is not None:
            more["partition"] = one.partition
        if self._rng.random() < 1 / 20:
            more["timestamp"] = int((time() + self._rng.uniform(0, _AHEAD_S)) * 1_000)
        while True:
            try:
                producer.produce(EVENTS, key=one.key, value=one.value, **more)
            except BufferError:
                producer.poll(0.1)
            else:
                return

    def _made(self, more: dict[str, Any]) -> Producer:
        return Producer(
            {
                "bootstrap.servers": self._servers,
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "message.max.bytes": 13 << 20,
                "queue.buffering.max.kbytes": 64 << 10,
                "message.timeout.ms": 60_000 if "transactional.id" in more else 300_000,
                "log_level": 0,
                **more,
            }
        )


def taken_back(run: Sequence[Sent]) -> list[Sent]:
    """Return what would do harm if it was read: events again under ids of their own, and what is no event."""
    made = [Sent(b"GONE", b"taken back %d" % number) for number in range(3)]
    for one in run:
        try:
            event = loads(one.value or b"")
        except JSONDecodeError:
            continue
        if isinstance(event, dict) and "administration_id" in event and "event_id" in event:
            event["event_id"] = f"{event['event_id']}-gone"
            event["administration_id"] = f"{event['administration_id']}-gone"
            made.append(Sent(one.key, dumps(event), one.partition))
    return made
