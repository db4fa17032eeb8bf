"""Counting workers as processes, on a broker: what is published, what is done to them, and what came out."""

import asyncio
import json
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from counting_worker import CHANGELOG, GROUP, OUT, PARTITIONS, SOURCE
from forked import Forked

from streams.kafka.embedded import EmbeddedBroker

_LOOK_S: Final = 0.1


class Verdict(NamedTuple):
    """What a run comes to; events by their values."""

    sent: Counter[bytes]
    """How often each was sent on."""
    kept: set[bytes]
    """In the state as the changelog has it."""
    committed: int
    """Records before the committed positions, over all partitions."""


class Counting:
    """Workers of one kind on one embedded broker; ``options`` go to every worker."""

    def __init__(self, kind: str, folder: Path, **options: Any) -> None:
        self.kind, self.folder, self.options = kind, folder, options
        self.broker = EmbeddedBroker()
        self.broker.create_topics([SOURCE, OUT, CHANGELOG], PARTITIONS)
        self.workers: dict[str, Forked] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers.values():
            worker.kill()
            worker.wait()
        self.broker.close()

    def start(self, name: str = "one", **more: Any) -> Forked:
        """Start a worker under this name."""
        data = self.folder / name
        data.mkdir(exist_ok=True)
        given = {
            "kind": self.kind, "servers": self.broker.bootstrap_servers, "id": name, "data": str(data),
            **self.options, **more,
        }  # fmt: skip
        with self.log(name).open("ab") as log:
            self.workers[name] = Forked(
                [json.dumps(given)], target="counting_worker:main", stdout=log, stderr=log
            )
        return self.workers[name]

    def kill(self, name: str) -> None:
        """End a worker at this instant."""
        self.workers[name].send_signal(signal.SIGKILL)
        self.workers[name].wait()

    def log(self, name: str) -> Path:
        """Return where a worker's words are."""
        return self.folder / f"{name}.log"

    def said(self, name: str = "one") -> str:
        """Return all that a worker under this name has said."""
        return self.log(name).read_text(encoding="utf-8", errors="replace")

    async def publish(self, count: int, keys: int, *, first: int = 0) -> None:
        """Send events ``ev0``, ``ev1`` and so on, spread over so many keys."""
        async with AIOKafkaProducer(bootstrap_servers=self.broker.bootstrap_servers, linger_ms=5) as producer:
            for number in range(first, first + count):
                await producer.send(SOURCE, b"ev%d" % number, key=b"k%d" % (number % keys))
            await producer.flush()

    @asynccontextmanager
    async def _reader(self, topic: str, group: str | None = None) -> AsyncIterator[AIOKafkaConsumer]:
        reader = AIOKafkaConsumer(
            bootstrap_servers=self.broker.bootstrap_servers,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",  # a seek after `assign` races with the reset that `assign` has begun
        )
        await reader.start()
        try:
            reader.assign([TopicPartition(topic, partition) for partition in range(PARTITIONS)])
            yield reader
        finally:
            await reader.stop()

    async def _all(self, topic: str) -> list[Any]:
        async with self._reader(topic) as reader:
            ends = await reader.end_offsets(reader.assignment())
            found: list[Any] = []
            while any([await reader.position(tp) < end for tp, end in ends.items()]):
                for records in (await reader.getmany(timeout_ms=200)).values():
                    found += records
            return found

    async def verdict(self) -> Verdict:
        """Return what has come out by now; the positions are asked for first, so that the rest is at least as new."""
        async with self._reader(SOURCE, GROUP) as reader:
            committed = sum([await reader.committed(tp) or 0 for tp in reader.assignment()])
        sent = Counter(record.value for record in await self._all(OUT))
        last = {record.key: record.value for record in await self._all(CHANGELOG)}
        kept = {value for state in last.values() for value in (state or b"").split(b",")} - {b""}
        return Verdict(sent, kept, committed)

    async def until(self, enough: Callable[[Verdict], bool], patience: float = 60) -> Verdict:
        """Return the first verdict that is enough, or the last when patience ends."""
        now = asyncio.get_running_loop().time
        end = now() + patience
        while not enough(verdict := await self.verdict()) and now() < end:  # noqa: ASYNC110 -- a broker tells nobody when it has got something
            await asyncio.sleep(_LOOK_S)
        return verdict


async def ended(worker: Forked, patience: float = 60) -> int:
    """Return the exit status of a worker that ends by itself."""
    return await asyncio.to_thread(worker.wait, patience)
