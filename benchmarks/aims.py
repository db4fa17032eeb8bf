"""What each figure is to reach: one line a row of the page, in its order; an aim of None is shown beside and judged by nobody."""

from typing import Final, Literal, NamedTuple

Bound = Literal["<=", ">=", "<"]


class Aim(NamedTuple):
    """A row of the page: its part and words, which measured row it shows, and the aim of its ratio or its figure."""

    part: str
    words: str
    name: str
    beside: str
    bound: Bound = "<="
    limit: float | None = None
    of: Literal["ratio", "figure"] = "ratio"
    unit: str = ""


RATES: Final = (100, 500, 2_000, 4_000)
COPIES: Final = "three copies, acks=all: "
FLAT: Final = 1.1
"""Flat is what is within a tenth of what it was after a minute."""

_LATENCY: Final = (("p50", 15.0), ("p99", 10.0))
_CONTENDERS: Final[tuple[tuple[str, float | None], ...]] = (
    ("bare aiokafka", 0.85),
    ("Bytewax", 1.3),
    ("Quix Streams", None),
    ("Faust, tuned, bytes", None),
    ("Faust, tuned", None),
    ("Faust, defaults", None),
)

AIMS: Final = (
    Aim("coder", "one process, CPU", "infusion code --jobs 1", "floor's CPU", "<=", 5.0),
    Aim("coder", "two processes, wall", "infusion code --jobs 2", "floor's wall", "<=", 3.0),
    Aim("coder", "one process, varied month, CPU", "infusion code --jobs 1, varied", "floor's CPU"),
    Aim("coder", "two processes, varied month, wall", "infusion code --jobs 2, varied", "floor's wall"),
    Aim("coder", "orjson, nothing checked, CPU", "orjson, nothing checked", "floor's CPU"),
    Aim("coder memory", "of a month, one process", "memory of a month", "that of a tenth", "<=", 1.3),
    Aim("race", "ours, rocksdb", "ours, rocksdb: events/s", "ours over it"),
    *(Aim("race", name, f"{name}: events/s", "ours over it", ">=", limit) for name, limit in _CONTENDERS),
    *(
        Aim("race, three copies", name, f"{COPIES}{name}: events/s", "ours over it")
        for name in ("ours, rocksdb", "bare aiokafka")
    ),
    *(
        Aim(
            "latency", f"{rate:,} events/s, {word}",
            f"departure to charges, {word} at {rate} events/s", f"round trip {word}", "<=", limit,
        )
        for rate in RATES
        for word, limit in _LATENCY
    ),
    *(
        Aim(
            "latency, three copies", f"{rate:,} events/s, {word}",
            f"{COPIES}departure to charges, {word} at {rate} events/s", f"round trip {word}",
        )
        for rate in RATES
        for word, _ in _LATENCY
    ),
    Aim(
        "recovery", "empty disk, less the start",
        "recovery, empty disk, less an empty start", "bare read of the changelog", "<=", 3.0,
    ),
    Aim(
        "recovery", "empty disk, less the start, CPU",
        "recovery, empty disk, less an empty start, CPU", "bare read of the changelog",
    ),
    Aim("start", "nothing to restore", "start with nothing to restore", "", "<", 1.5, "figure", "s"),
    Aim("growth", "an event beside 1,000,000 open stays, CPU", "CPU beside 1000000 open stays", "1000 open", "<=", 1.05),
    Aim("growth", "memory of a kept stay", "memory of an open stay", "", "<=", 128, "figure", "bytes"),
    Aim(
        "growth", "1,000,000 kept stays ready, empty disk",
        "start with 1000000 open stays and an empty disk", "1000 open", "<=", 8.0, "figure", "s",
    ),
    Aim("soak", "minutes", "soak: minutes", "", ">=", 30, "figure"),
    Aim("soak", "memory, less what stays kept may take", "soak: memory", "after a minute", "<=", FLAT),
    Aim("soak", "open files", "soak: files", "after a minute", "<=", FLAT),
    Aim("soak", "unread events", "soak: unread", "those of a second", "<=", 2.0),
    Aim("chaos", "newest seeds", "chaos: seeds", "", ">=", 20, "figure"),
    Aim("chaos", "lost", "chaos: lost", "", "<=", 0, "figure"),
    Aim("chaos", "double", "chaos: double", "", "<=", 0, "figure"),
)  # fmt: skip
