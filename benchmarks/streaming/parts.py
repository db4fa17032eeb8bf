"""What is measured, part by part, as rows: each figure beside its yardstick."""

import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

import click
import ground
import latency
import open_stays
import throughput
from rivals import rivals
from rows import Row, over
from terms import Terms
from throughput import Contender, Result

OURS: Final = "ours, rocksdb"
BARE: Final = "bare aiokafka"
COPIED: Final = (OURS, "ours, memory", BARE)
"""Who can run on three copies: the others make changelogs of their own, each in one copy."""

SEED: Final = 20261005
EVENTS: Final = "bench.events"
_UVLOOP: Final = {"tuned", "raw"}
"""Variants of Faust that take uvloop from the others' environment."""


def contenders(names: Iterable[str]) -> list[Contender]:
    """Return who takes part, ours and the ceiling first; the environment of the others is made when one is asked for."""
    wanted = set(names)
    own = sys.executable
    every = [
        Contender(OURS, "ours", "rocksdb", own),
        Contender("ours, memory", "ours", "memory", own),
        Contender(BARE, "bare_loop", "", own),
        Contender("Faust, defaults", "stock_faust", "default", own),
        Contender("Faust, tuned", "stock_faust", "tuned", own),
        Contender("Faust, tuned, bytes", "stock_faust", "raw", own),
        Contender("Quix Streams", "quix", "", ""),
        Contender("Bytewax", "bytewax_flow", "", ""),
    ]
    unknown = wanted - {one.name for one in every}
    if unknown:
        message = f"no contender {min(unknown)}; there are {', '.join(one.name for one in every)}"
        raise click.BadParameter(message)
    who = [one for one in every if not wanted or one.name in wanted]
    if any(one.variant in _UVLOOP or not one.python for one in who):
        other = rivals()
        who = [
            one._replace(
                python=one.python or other.python, path=other.packages if one.variant in _UVLOOP else ""
            )
            for one in who
        ]
    return who


def raced(kafka: ground.Kafka, folder: Path, stays: int, rounds: int, who: list[Contender]) -> list[Row]:
    """Measure every contender in interleaved rounds on the same events."""
    events = ground.generated(stays, SEED)
    expected = ground.coded(events, folder)
    terms = Terms(kafka.bootstrap, "", EVENTS, ground.PARTITIONS, folder)
    kafka.create_topic(EVENTS, ground.PARTITIONS)
    ground.publish(kafka.bootstrap, terms.events, ((ground.key_of(line), line) for line in events))
    found: dict[str, list[Result]] = {}
    number = 0
    for _ in range(rounds):
        for one in who:
            number += 1
            begun = perf_counter()
            result = throughput.run(
                kafka,
                one,
                EVENTS,
                len(events),
                expected,
                folder,
                number=number,
                within=60 + len(events) / 100,
            )
            took = perf_counter() - begun
            print(
                f"{one.name:<22} {result.events_s:7,.0f} events/s  {result.cpu_us:6,.0f} us CPU/event  ({took:.0f} s)"
            )
            found.setdefault(one.name, []).append(result)
    return throughput_rows(found, len(events), rounds)


def throughput_rows(found: dict[str, list[Result]], count: int, rounds: int) -> list[Row]:
    """Return the rows of all contenders: the median of the rounds, and ours over each of the others."""
    middles = {name: throughput.middle(results) for name, results in found.items()}
    ours = middles.get(OURS)
    n = f"{count} events, {rounds} rounds"
    rows = []
    for name, one in middles.items():
        spread = [result.events_s for result in found[name]]
        rows.append(
            Row(
                f"{name}: events/s", one.events_s, "events/s", f"ours over it; {min(spread):.0f}-{max(spread):.0f}",
                over(ours.events_s, one.events_s) if ours else None, n,
            )
        )  # fmt: skip
        rows.append(
            Row(
                f"{name}: CPU",
                one.cpu_us,
                "us/event",
                "ours",
                over(one.cpu_us, ours.cpu_us) if ours else None,
                n,
            )
        )
        rows.append(Row(f"{name}: peak RSS", one.peak_mib, "MiB", "", None, n))
        rows.append(Row(f"{name}: times a stay was closed", one.closings, "closings", "", None, n))
        rows.append(Row(f"{name}: charge sets as infusion code has them", one.told, "sets", "", None, n))
        rows.append(Row(f"{name}: charge sets that differ", one.wrong, "sets", "", None, n))
    return rows


def timed(kafka: ground.Kafka, folder: Path, stays: int, a_second: float) -> list[Row]:
    """Measure how long charges take at a load, and what the worker used meanwhile."""
    found = latency.measure(kafka, ground.generated(stays, SEED + 1), a_second, folder)
    charges, n = found.charges, f"{found.charges.n} departures at {found.sent_s:.0f} events/s"
    at = f" at {a_second:.0f} events/s"
    rows = [
        Row(f"departure to charges, {word}{at}", figure, "ms", f"{beside} {name}", over(figure, yardstick), n)
        for word, figure, beside, name, yardstick in (
            ("p50", charges.p50, "round trip", "p50", found.loaded.p50),
            ("p99", charges.p99, "round trip", "p99", found.loaded.p99),
            ("p99", charges.p99, "round trip", "mean", found.loaded.mean),
            ("p99", charges.p99, "idle round trip", "p99", found.idle.p99),
        )
    ]
    rows.append(Row(f"departures without charges of their own{at}", found.unanswered, "stays"))
    rows.append(Row(f"CPU{at}", found.cpu_us, "us/event", n=n))
    for name, one in (
        ("departure stored to stay closed", found.to_closed),
        ("stay closed to charges stored", found.to_charges),
        ("round trip beside it", found.loaded),
        ("round trip, idle", found.idle),
    ):
        rows += [
            Row(f"{name}, {word}{at}", figure, "ms", n=str(one.n))
            for word, figure in (("p50", one.p50), ("p99", one.p99), ("mean", one.mean))
        ]
    return rows


def stated(
    kafka: ground.ApacheKafka, folder: Path, few: int, many: int, stays: int, rounds: int
) -> list[Row]:
    """Measure what an event costs beside many open stays and beside few; both workers stand all the while."""
    patterns = open_stays.patterns(ground.generated(500, SEED + 2), 1)
    with open_stays.standing(
        kafka, patterns, many // 2, folder
    ) as half:  # its caches are as full as with all of them
        half_rss_mib = half.rss_mib
    found: dict[int, list[open_stays.Beside]] = {}
    with (
        open_stays.standing(kafka, patterns, few, folder) as little,
        open_stays.standing(kafka, patterns, many, folder) as much,
    ):
        for number in range(rounds + 1):
            events = ground.generated(stays, SEED + 100 + number)
            for worker in (little, much):
                one = open_stays.beside(worker, events)
                print(
                    f"{worker.open_stays:>9,} open stays      {one.events_s:7,.0f} events/s  {one.cpu_us:6,.0f} us CPU/event"
                )
                if number:  # the first round fills caches
                    found.setdefault(worker.open_stays, []).append(one)
    cheap, dear = (
        open_stays.Beside(*(median(column) for column in zip(*found[count], strict=True)))
        for count in (few, many)
    )
    n = f"about {stays * 10} events, {rounds} rounds"
    each = (1 << 20) / (many - few)
    of_many = f"{many} open stays"
    return [
        Row(f"CPU beside {of_many}", dear.cpu_us, "us/event", f"{few} open", over(dear.cpu_us, cheap.cpu_us), n),
        Row(f"speed beside {of_many}", dear.events_s, "events/s", f"{few} open", over(dear.events_s, cheap.events_s), n),
        Row(
            "memory of an open stay", (much.rss_mib - half_rss_mib) * (1 << 20) / (many - many // 2), "bytes",
            n=f"{many} beside {many // 2} open stays",
        ),
        Row("disk of an open stay", (much.disk_mib - little.disk_mib) * each, "bytes", n=of_many),
        Row("changelog of an open stay", (much.changelog_mib - little.changelog_mib) * each, "bytes", n=of_many),
        Row(f"memory with {of_many}", much.rss_mib, "MiB", f"{few} open", over(much.rss_mib, little.rss_mib)),
        Row(
            f"start with {of_many} and an empty disk", much.ready_s, "s", f"{few} open",
            over(much.ready_s, little.ready_s),
        ),
    ]  # fmt: skip


def recovered(kafka: ground.ApacheKafka, folder: Path, count: int) -> list[Row]:
    """Measure how long a worker takes until it works again."""
    patterns = open_stays.patterns(ground.generated(500, SEED + 4), 6)
    found = open_stays.recovery(kafka, patterns, count, folder)
    n = f"{count} open stays, {found.changelog_mib:.0f} MiB"
    rows = []
    for part, word in ((0, ""), (1, ", CPU")):
        empty, kept, bare, start = (one[part] for one in (found.empty, found.kept, found.bare, found.start))
        for name, figure in (
            ("recovery, empty disk", empty),
            ("recovery, empty disk, less an empty start", empty - start),
            ("recovery, disk kept", kept),
            ("recovery, disk kept, less an empty start", kept - start),
        ):
            rows.append(Row(name + word, figure, "s", "bare read of the changelog", over(figure, bare), n))
        rows.append(Row(f"start with nothing to restore{word}", start, "s"))
        rows.append(Row(f"bare read of the changelog{word}", bare, "s", n=n))
    return rows
