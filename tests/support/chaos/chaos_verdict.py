"""What came out, read as a consumer would that keeps the newest of each key; and what ``infusion code`` says instead."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final, NamedTuple

import forked
from chaos_feed import Sent
from chaos_worker import environment
from confluent_kafka import OFFSET_END, Consumer, KafkaException, TopicPartition
from orjson import loads

from streams.demo.comparison import Comparison, compare
from streams.demo.reader import Reader, billed
from streams.wire import topics

OUT: Final = (topics.CHARGES, topics.CHARGE_LINES, topics.REVIEW, topics.REJECTS)
IN: Final = (topics.EVENTS, topics.COMMANDS, topics.CLOSED)

_STILL_S: Final = 3
"""Without a new message, with everything read and everything there: the dust has settled."""

_GIVEN_UP_S: Final = 75
"""Without a new message while something is still missing: a stay is asked for again after thirty."""


def coded(lines: Iterable[bytes], folder: Path) -> list[bytes]:
    """Return the charge sets that ``infusion code`` gives for these events, one line each."""
    file = folder / "events.jsonl"
    file.write_bytes(b"\n".join(lines) + b"\n")
    made = forked.run(["code", "--quiet", str(file)], environment=environment(""))
    return made.stdout.splitlines(keepends=True)


def next_word(servers: str, partitions: int, seconds: float = 4) -> None:
    """Return as soon as anything new lies on the topics the worker writes, or after so many seconds."""
    consumer = Consumer(
        {"bootstrap.servers": servers, "log_level": 0, "group.id": "chaos", "enable.auto.commit": False}
    )
    spoken = (topics.CLOSED, topics.CHARGES, topics.CHARGE_LINES)
    try:
        consumer.assign(
            [TopicPartition(name, one, OFFSET_END) for name in spoken for one in range(partitions)]
        )
        consumer.poll(seconds)
    finally:
        consumer.close()


class Verdict(NamedTuple):
    """How the stream compares with the file; ``lost`` and ``double`` are nothing where all is well."""

    comparison: Comparison
    lost: tuple[str, ...]
    """Stays and lines that are missing or not as they should be, and poison that is not among the rejects."""
    double: tuple[str, ...]
    """Stays and lines that stand charged and should not, or twice; and rejects of what is no poison."""
    emitted: int
    repeated: int
    """Of the charge sets and line changes emitted, those that had been emitted before, told by their ids."""


class Outcome:
    """Everything the stream has said so far, and what it should say."""

    def __init__(
        self, servers: str, expected: Sequence[bytes], poisoned: Iterable[Sent], partitions: int
    ) -> None:
        self.reader = Reader()
        self.sources = IN
        """Topics that the group is to have read to their ends before the dust has settled."""
        self.in_time = True
        """Whether the dust had settled when a verdict was asked for last; else it says what was not done yet."""
        self._expected = expected
        self._poisoned = {(one.key, one.value) for one in poisoned}
        self._refused: set[tuple[bytes | None, bytes | None]] = set()
        self._ids: Counter[tuple[str, bytes]] = Counter()
        self._net: Counter[tuple[str, str]] = Counter()
        self._partitions = partitions
        about = {"bootstrap.servers": servers, "log_level": 0, "fetch.message.max.bytes": 16 << 20}
        self._asking = Consumer({**about, "group.id": topics.APPLICATION, "enable.auto.commit": False})
        self._consumer = Consumer({**about, "group.id": "chaos", "enable.auto.commit": False})
        self._consumer.assign([TopicPartition(name, one, 0) for name in OUT for one in range(partitions)])

    def close(self) -> None:
        """Close the connections."""
        self._asking.close()
        self._consumer.close()

    @property
    def said(self) -> int:
        """How many charge sets and line changes were read so far."""
        return sum(self._ids.values())

    def read(self) -> int:
        """Read what is new, and return how many messages it was."""
        count = 0
        while found := self._consumer.consume(2_000, timeout=0.3):
            for message in found:
                if message.error() is None:
                    count += 1
                    self._take(message)
        return count

    def _take(self, message: Any) -> None:
        topic, key, value = message.topic(), message.key(), message.value()
        self.reader.read(topic, key, value)
        if topic == topics.REJECTS:
            self._refused.add((key, value))
        if topic not in {topics.CHARGES, topics.CHARGE_LINES}:
            return
        name = (topic, dict(message.headers())["ce_id"])
        self._ids[name] += 1
        if topic == topics.CHARGE_LINES and self._ids[name] == 1:
            said = loads(value)
            line = (said["encounter_id"], said["line"]["line_id"])
            self._net[line] += 1 if said["change"] == "charge" else -1

    def settled(self, seconds: float, minded: Collection[Any] = ()) -> Verdict:
        """
        Return how it compares, once it does or nothing more comes; after so many seconds in any case.

        ``minded`` are workers that are to be up meanwhile; one that ended is started again.
        """
        until = monotonic() + seconds
        last = monotonic()
        while monotonic() < until:
            for worker in minded:
                worker.mind()
            if self.read():
                last = monotonic()
                continue
            still = monotonic() - last
            if still > _STILL_S and self._at_rest() and (still > _GIVEN_UP_S or self._well(self.verdict())):
                return self.verdict()
            sleep(0.3)
        self.in_time = False
        return self.verdict()

    @staticmethod
    def _well(verdict: Verdict) -> bool:
        return not (verdict.lost or verdict.double)

    def at_rest(self, seconds: float) -> None:
        """
        Return once nothing more comes, and the group has committed all there is.

        Raises:
            TimeoutError: that was not so in time.
        """
        until, still = monotonic() + seconds, monotonic()
        while monotonic() - still < _STILL_S or not self._at_rest():
            if self.read():
                still = monotonic()
            if monotonic() > until:
                raise TimeoutError
            sleep(0.1)

    def _at_rest(self) -> bool:
        """Tell whether the group has committed everything that lies on the topics it reads."""
        sources = [TopicPartition(name, one) for name in self.sources for one in range(self._partitions)]
        try:
            committed = self._asking.committed(sources, timeout=10)
            return all(
                one.offset >= self._asking.get_watermark_offsets(one, timeout=10)[1] or self._empty(one)
                for one in committed
            )
        except KafkaException:
            return False

    def _empty(self, place: TopicPartition) -> bool:
        low, high = self._asking.get_watermark_offsets(place, timeout=10)
        return bool(low == high)

    def verdict(self) -> Verdict:
        """Return how what was read so far compares."""
        found = compare(self._expected, self.reader)
        final = [loads(line) for line in self._expected]
        lines = {
            (one["encounter_id"], line["line_id"]): billed(line)
            for one in final
            if one["status"] == "final"
            for line in one["lines"]
        }
        stand = self.reader.lines
        lost = [f"set {name}" for name in (*found.different, *found.missing)]
        lost += [f"line {name}" for name, line in lines.items() if stand.get(name) != line]
        lost += [f"line {name} by ids" for name in lines if self._net[name] < 1]
        lost += [f"reject {key!r}" for key, _ in self._poisoned - self._refused]
        double = [f"set {name}" for name in found.surplus]
        # A stay that an unusable event holds keeps what was charged of it before (R-DOC-9), if anything was.
        held = {
            one["encounter_id"]
            for one in final
            if "F-REFUSED_EVENT" in {flag["flag"] for flag in one["flags"]}
        }
        double += [f"line {name}" for name in stand if name not in lines and name[0] not in held]
        double += [
            f"line {name} by ids"
            for name, net in self._net.items()
            if net > (1 if name[0] in held else name in lines)
        ]
        double += [f"reject {key!r}" for key, _ in self._refused - self._poisoned]
        return Verdict(found, tuple(lost), tuple(double), self.said, self.said - len(self._ids))
