"""
The whole stream on a real broker while things go wrong: a seed says what, ``infusion code`` what must come out.

    with ApacheKafka(folder) as kafka, Stream(kafka, folder, events, poison) as stream:
        ...
"""

import subprocess
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from random import Random
from time import monotonic, time
from typing import Any, Final, NamedTuple, Self

import forked
from apache_kafka import ApacheKafka
from chaos_beside import Beside
from chaos_charts import extremes, mingled
from chaos_feed import ORDERS, Sent, day, giant, messages, poison, scattered
from chaos_plan import TO_A_COMPANION, TO_A_WORKER, Deed, plan, plan_beside
from chaos_publishers import MixedFeed
from chaos_raw import raw_stays
from chaos_verdict import Outcome, Verdict, coded, next_word
from chaos_worker import CLOCKED, Worker, environment
from hl7_feed import events_of
from orjson import dumps

from streams.wire import topics

PARTITIONS: Final = 4
RAW_SHARE: Final = 10
"""For each so many generated stays one more comes in through the front door."""

_CATCH_UP_S: Final = 180
"""Within which console and delivery have what lies on the topics; they follow by themselves."""

WRITTEN: Final = (
    topics.CHARGES, topics.CHARGE_LINES, topics.REVIEW, topics.REJECTS, topics.CLOSED, topics.COMMANDS,
    topics.ENCOUNTERS_CHANGELOG, topics.RELEASES_CHANGELOG,
)  # fmt: skip


class Stream:
    """Topics on a broker, workers, and what they are to make of some events; everything ends with the block."""

    def __init__(
        self, kafka: ApacheKafka, folder: Path, lines: Sequence[bytes], poisoned: Sequence[Sent] = ()
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.kafka, self.folder, self.lines = kafka, folder, lines
        self.workers: list[Worker] = []
        self.beside: Beside | None = None
        """What runs beside the workers, where anything does."""
        self._poisoned = poisoned

    def __enter__(self) -> Self:
        self.infusion("topics", "--create", "--partitions", str(PARTITIONS))
        expected = coded(self.lines, self.folder)
        self.outcome = Outcome(self.kafka.bootstrap, expected, self._poisoned, PARTITIONS)
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.kill()
        self.outcome.close()

    def infusion(self, *words: str) -> None:
        """
        Run a verb against the broker.

        Raises:
            subprocess.CalledProcessError: it failed.
        """
        forked.run(words, environment=environment(self.kafka.bootstrap)).check_returncode()

    def publish(self) -> None:
        """Publish all events, as anybody would; again, if they lie there already."""
        self.infusion("publish", "--quiet", str(self.folder / "events.jsonl"))

    def worker(self, name: str, **wanted: Any) -> Worker:
        """Start a worker."""
        made = Worker(name, self.folder, self.kafka.bootstrap, **wanted)
        self.workers.append(made)
        return made.start()

    def settled(self, seconds: float = 120) -> Verdict:
        """Return what came out once nothing more comes; workers that end are started again meanwhile."""
        minded = [*self.workers, *(self.beside.companions if self.beside else ())]
        return self.outcome.settled(seconds, minded)


class Report(NamedTuple):
    """One seed: what was done, and what came of it."""

    seed: int
    events: int
    done: Mapping[str, int]
    ended: Mapping[int, int]
    """How workers ended by themselves, by exit status."""
    kills: int
    ready: int
    """How often a worker had its tables complete and began."""
    seconds: float
    verdict: Verdict


def trial(  # noqa: PLR0913 - one a thing to be told
    kafka: ApacheKafka,
    folder: Path,
    seed: int,
    *,
    encounters: int,
    seconds: float,
    workers: int = 3,
    wait_s: float = 600,
    frozen_s: float = 0,
    command: Sequence[str] | None = None,
    beside: bool = False,
) -> Report:
    """
    Send a day of events over some seconds while workers and broker suffer what the seed draws, and compare.

    ``frozen_s`` is how long the broker answers nothing, on top of the seconds. ``command`` is another worker to put in
    the place of ours. ``beside``: a tenth as many stays more come in through the front door as HL7 v2, a console follows,
    and the charges are delivered; all three suffer too.
    """
    seconds += frozen_s
    rng, planned = Random(seed), plan(seed, workers, seconds, frozen_s)  # noqa: S311 - repeatable, not secret
    lines = mingled(day(seed, encounters, ORDERS[seed % len(ORDERS)]), extremes(seed), seed)
    bad = [*(one for number in range(5) for one in poison(number)), giant(seed)]
    sent = scattered(messages(lines, PARTITIONS, seed), bad, seed)
    raw = raw_stays(encounters // RAW_SHARE if beside else 0)
    lines += [dumps(event) for said in raw.values() for event in events_of(said)]
    begun = monotonic()
    with Stream(kafka, folder, lines, bad) as stream, ExitStack() as stack:
        feed = MixedFeed(kafka.bootstrap, sent, seconds, seed)
        feed.start()
        for number, kind in enumerate(planned.kinds, 1):
            wanted = _wanted(kind, rng, seconds)
            stream.worker(f"worker-{number}", **(wanted | ({"command": command} if command else {})))
        if beside:
            stream.beside = stack.enter_context(Beside(kafka.bootstrap, folder, raw, seconds))
            stream.outcome.sources = (*stream.outcome.sources, topics.RAW_HL7V2)
        over = threading.Event()
        broker = _Broker(kafka, rng)
        written = partial(next_word, kafka.bootstrap, PARTITIONS)
        with ThreadPoolExecutor(workers + 1 + len(TO_A_COMPANION)) as hands:
            suffering = [
                hands.submit(one.suffer, deeds, over, written)
                for one, deeds in zip(stream.workers, planned.workers, strict=True)
            ]
            suffering.append(hands.submit(broker.suffer, planned.broker, over))
            if stream.beside:
                suffering += map(hands.submit, stream.beside.suffering(plan_beside(seed, seconds), over))
            over.wait(seconds)
            if planned.again:
                with suppress(subprocess.CalledProcessError):
                    stream.publish()  # broken off by a broker that is gone: some of it is there twice
            over.set()
            for one in suffering:
                one.result()
        feed.arrived()
        if stream.beside:
            stream.beside.arrived()
        verdict = stream.settled(wait_s)
        done = (
            broker.done
            + feed.done
            + Counter({f"worker in {kind}": 1 for kind in planned.kinds if kind != "disk"})
        )
        if stream.beside:
            found = stream.beside.differences(stream.outcome.reader, PARTITIONS, _CATCH_UP_S)
            verdict = verdict._replace(
                lost=(*verdict.lost, *found.lost), double=(*verdict.double, *found.double)
            )
            done += stream.beside.done(PARTITIONS)
        done["all published again"] += planned.again
        done["not settled in time"] += not stream.outcome.in_time
        return _report(seed, len(lines), stream, done, begun, verdict)


def _wanted(kind: str, rng: Random, seconds: float) -> dict[str, Any]:
    """Return how a worker of this kind is made."""
    if kind == "memory":
        return {"more": {"INFUSION_STORE": "memory"}}
    if kind == "disk":
        return {}
    jumps = []
    for _ in range(3):
        begin = time() + rng.uniform(0, seconds)
        jumps.append(f"{begin}:{begin + rng.uniform(2, 8)}:{rng.choice((-86_400, -3_600, -60, 5, 20))}")
    return {"command": [*CLOCKED, *jumps]}


class _Broker:
    """What is done to the broker."""

    def __init__(self, kafka: ApacheKafka, rng: Random) -> None:
        self._kafka, self._rng = kafka, rng
        self.done: Counter[str] = Counter()

    def suffer(self, deeds: Sequence[Deed], over: threading.Event) -> None:
        """Go through the deeds; it is left running."""
        for deed in deeds:
            if over.wait(deed.wait_s):
                return
            self.done[f"broker: {deed.what}"] += 1
            if deed.what in {"pause", "freeze"}:
                self._kafka.pause()
                over.wait(deed.for_s)
                self._kafka.resume()
            elif deed.what == "refuse":
                topic = topics.topic(self._rng.choice(WRITTEN))
                self._kafka.set_topic(topic.name, {"max.message.bytes": "1"})
                over.wait(deed.for_s)
                self._kafka.set_topic(topic.name, {"max.message.bytes": str(topic.max_message_bytes)})
            else:
                (self._kafka.kill if deed.what == "kill" else self._kafka.stop)()
                over.wait(deed.for_s)
                self._kafka.start()


def _report(
    seed: int, events: int, stream: Stream, done: Counter[str], begun: float, verdict: Verdict
) -> Report:
    ended: Counter[int] = Counter()
    for worker in stream.workers:
        done += worker.done
        ended += worker.ended
    kills = sum(
        done[one]
        for one in TO_A_WORKER
        if "pause" not in one and not one.startswith(("stop", "get a double"))
    )
    ready = sum(worker.times_ready() for worker in stream.workers)
    return Report(seed, events, dict(done), dict(ended), kills, ready, monotonic() - begun, verdict)
