"""
What runs beside the workers in a long trial: the front door with a raw feed, the console, and delivery to a billing system.

Each is killed, stopped and paused as a seed says, and started again. Afterwards what they hold is compared with the
topics: see ``chaos_beside_verdict.py``.
"""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final, Self

from billing_receiver import BillingReceiver, Taken
from chaos_beside_verdict import Difference, console_differences, delivery_differences, raw_differences
from chaos_plan import Deed
from chaos_raw import RawFeed
from chaos_worker import INFUSION, Worker
from confluent_kafka import Consumer, TopicPartition
from kafka_settings import free_ports
from orjson import loads

from models.line_change import LINE_CHANGE
from streams.console.read_model import FILE
from streams.demo.reader import Reader
from streams.wire import topics

_WORD_S: Final = 15
_AT_WORK_S: Final = 10
_LOOK_S: Final = 0.002
_ANSWER_S: Final = 0.05
"""What billing takes for a message: long enough that a kill at its arrival comes before the answer."""

_PUT_OFF: Final = 13
"""Each so many messages billing says that it cannot take one now."""


class Companion(Worker):
    """A verb beside the workers; ``moved`` grows, or changes, as it works."""

    def __init__(
        self, verb: str, folder: Path, servers: str, moved: Callable[[], float], more: Mapping[str, str]
    ) -> None:
        super().__init__(verb, folder, servers, command=(*INFUSION, verb), more=more)
        self._moved = moved

    def at_a_word(self, seconds: float = _WORD_S) -> None:
        """Return as soon as it has done something more, or after so many seconds."""
        until, before = monotonic() + seconds, self._moved()
        while monotonic() < until and self._moved() == before:
            sleep(_LOOK_S)

    def _until_at_work(self, over: threading.Event) -> None:
        until, before = monotonic() + _AT_WORK_S, self._moved()
        while monotonic() < until and not over.is_set() and self._moved() == before:
            self._mind(0.1, over)


class Beside:
    """All of them, and the senders and the receiver that nobody touches; ``with`` starts and ends everything."""

    def __init__(self, servers: str, folder: Path, raw: Mapping[str, Sequence[str]], seconds: float) -> None:
        mllp, http, console = free_ports(3)
        self._servers = servers
        self._file = folder / "console" / FILE
        self._billing = BillingReceiver(pause=_ANSWER_S)
        self._billing.answers = self._answer
        self.feed: Final = RawFeed(mllp, raw, seconds)
        self._doors = {"INFUSION_LISTEN_MLLP": str(mllp), "INFUSION_LISTEN_HTTP": str(http)}
        self._pages = {
            "INFUSION_CONSOLE_BIND": str(console),
            "INFUSION_CONSOLE_DATA_DIR": str(self._file.parent),
        }
        self._folder = folder
        self.companions: list[Companion] = []

    def __enter__(self) -> Self:
        """Start all of them."""
        self._billing.__enter__()
        about: tuple[tuple[str, Callable[[], float], Mapping[str, str]], ...] = (
            ("listen", lambda: self.feed.acknowledged, self._doors),
            ("console", self._written, self._pages),
            ("deliver", lambda: len(self._billing.seen), {"INFUSION_DELIVER_TO": self._billing.address}),
        )
        for verb, moved, more in about:
            made = Companion(verb, self._folder, self._servers, moved, more)
            self.companions.append(made)
            made.start()
        self.feed.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End all of them."""
        for one in self.companions:
            one.kill()
        self._billing.__exit__(None, None, None)

    def suffering(
        self, planned: Mapping[str, Sequence[Deed]], over: threading.Event
    ) -> list[Callable[[], None]]:
        """Return what does to each what is planned for its verb."""

        def one(companion: Companion) -> Callable[[], None]:
            return lambda: companion.suffer(planned[companion.name], over, companion.at_a_word)

        return [one(companion) for companion in self.companions]

    def arrived(self) -> None:
        """
        Return when the raw feed is through; the door is started again meanwhile where it ended by itself.

        Raises:
            NotSentError: something was not acknowledged.
        """
        while self.feed.running:
            self._mind()
            sleep(0.1)
        self.feed.arrived()

    def _mind(self) -> None:
        for one in self.companions:
            one.mind()

    def differences(self, reader: Reader, partitions: int, seconds: float) -> Difference:
        """Return what is not as the topics say, once nothing is or so many seconds are over."""
        until = monotonic() + seconds
        while True:
            self._mind()
            found = self._compared(reader, partitions)
            if not (found.lost or found.double) or monotonic() > until:
                return found
            sleep(1)

    def _compared(self, reader: Reader, partitions: int) -> Difference:
        changes = [
            LINE_CHANGE.validate_json(one) for one in whole(self._servers, topics.CHARGE_LINES, partitions)
        ]
        written = [loads(one) for one in whole(self._servers, topics.DELIVERIES, partitions)]
        stored = whole(self._servers, topics.RAW_HL7V2, partitions)
        return (
            delivery_differences(changes, written, [*self._billing.taken], reader.lines)
            + console_differences(self._file, reader, changes=len(changes), deliveries=len(written))
            + raw_differences(self.feed.acknowledged_ids(), stored)
        )

    def done(self, partitions: int) -> Counter[str]:
        """Return what was done to each, how each ended by itself, and how much went through."""
        done: Counter[str] = Counter()
        for one in self.companions:
            done.update({f"{one.name}: {what}": count for what, count in one.done.items()})
            done.update({f"{one.name}: ended with {status}": count for status, count in one.ended.items()})
        ids = Counter(one.control_id for one in self._billing.taken)
        done["deliver: messages taken"] += len(ids)
        done["deliver: taken again under the same id"] += ids.total() - len(ids)
        stored = whole(self._servers, topics.RAW_HL7V2, partitions)
        done["listen: messages acknowledged"] += self.feed.acknowledged
        done["listen: stored again under the same id"] += len(stored) - len({*stored})
        return done

    def _answer(self, _: Taken) -> str:
        return "AE" if len(self._billing.seen) % _PUT_OFF == 0 else "AA"

    def _written(self) -> float:
        """Return when the console wrote its file last."""
        try:
            return self._file.with_name(f"{FILE}-wal").stat().st_mtime
        except OSError:
            return 0


def whole(servers: str, topic: str, partitions: int) -> list[bytes]:
    """Return the values that lie on a topic now, partition after partition."""
    about = {"bootstrap.servers": servers, "log_level": 0, "group.id": "chaos", "enable.auto.commit": False}
    consumer = Consumer({**about, "enable.partition.eof": True})
    values: dict[int, list[bytes]] = {number: [] for number in range(partitions)}
    waiting = {*values}
    try:
        consumer.assign([TopicPartition(topic, number, 0) for number in values])
        while waiting:
            found: list[Any] = consumer.consume(2_000, timeout=0.5)
            for message in found:
                if message.error() is None:
                    values[message.partition()].append(message.value())
                elif message.partition() >= 0:
                    waiting.discard(message.partition())
    finally:
        consumer.close()
    return [value for number in values for value in values[number]]
