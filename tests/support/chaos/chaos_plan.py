"""
What is done to workers and broker while events come in: drawn from a seed, so that a run can be had again. Pure.

Each has a list of deeds of its own and goes through it by itself; what comes together is chance.
"""

from collections.abc import Mapping
from random import Random
from typing import Final, NamedTuple


class Deed(NamedTuple):
    """Something done to one process: after so many seconds, and for so many."""

    wait_s: float
    what: str
    for_s: float


class Habit(NamedTuple):
    """How often a deed is drawn beside the others, and for how many seconds it lasts."""

    weight: int
    least_s: float
    most_s: float


SESSION_S: Final = 6
"""After which a worker that says nothing has lost its partitions."""

TO_A_WORKER: Final[Mapping[str, Habit]] = {
    "kill": Habit(3, 0.2, 3),
    "kill at a word": Habit(8, 0.2, 3),
    "kill and be missed": Habit(1, SESSION_S + 1, SESSION_S + 3),
    "stop": Habit(2, 0.2, 3),
    "stop and be missed": Habit(1, SESSION_S + 1, SESSION_S + 3),
    "lose its disk": Habit(2, 0.2, 2),
    "pause": Habit(1, 1, SESSION_S - 2),
    "pause and be missed": Habit(2, SESSION_S + 1, SESSION_S + 4),
    "spoil its disk": Habit(1, 0.2, 2),
    "get another cluster's disk": Habit(1, 0.2, 2),
    "get an old disk": Habit(1, 0.2, 2),
    "start with few files": Habit(1, 3, 6),
    "start with a full disk": Habit(1, 3, 6),
    "get a double": Habit(1, 3, 8),
    "stop in a deal": Habit(2, SESSION_S + 1, SESSION_S + 2),
}
"""
``at a word``: at the instant something was written, when its position is not committed yet.
``missed``: for longer than its session, so that the others get its partitions; paused, it comes back a zombie.
``a double``: a second process under its id. ``in a deal``: missed, back, and stopped as soon as partitions are dealt.
"""

TO_THE_BROKER: Final[Mapping[str, Habit]] = {
    "kill": Habit(2, 0, 3),
    "stop": Habit(2, 0, 3),
    "pause": Habit(1, 1, 5),
    "refuse": Habit(3, 0.5, 4),
}
"""``refuse``: one of the topics the worker writes takes nothing meanwhile."""

TO_A_COMPANION: Final[Mapping[str, Mapping[str, Habit]]] = {
    "listen": {
        "kill": Habit(2, 0.2, 3), "kill at a word": Habit(3, 0.2, 3), "stop": Habit(1, 0.2, 3), "pause": Habit(1, 1, 4),
    },
    "console": {
        "kill": Habit(2, 0.2, 3), "kill at a word": Habit(3, 0.2, 3), "stop": Habit(1, 0.2, 3), "lose its disk": Habit(2, 0.2, 2),
    },
    "deliver": {
        "kill": Habit(2, 0.2, 3), "kill at a word": Habit(3, 0.2, 3), "stop": Habit(1, 0.2, 3), "pause": Habit(1, 1, 4),
    },
}  # fmt: skip
"""
What is done to the verbs that run beside the workers, by verb. ``at a word``: when a message was acknowledged, the file
written, or something sent to billing. The console's disk is its file.
"""


class Plan(NamedTuple):
    """All that a seed says of one run."""

    workers: list[list[Deed]]
    broker: list[Deed]
    kinds: list[str]
    """Of the workers: on disk, in memory, or with a clock that jumps; the first is on disk."""
    again: bool
    """Whether everything is published a second time, by ``infusion publish``."""


def plan(seed: int, workers: int, seconds: float, frozen_s: float = 0) -> Plan:
    """
    Return what is to be done to so many workers and their broker within so many seconds.

    Before anything else is done to it, the broker is frozen for ``frozen_s``.
    """
    rng = Random(seed)  # noqa: S311 - repeatable, not secret
    return Plan(
        [drawn(rng, TO_A_WORKER, seconds, (2, 7)) for _ in range(workers)],
        _frozen(frozen_s) + drawn(rng, TO_THE_BROKER, seconds - frozen_s, (6, 14)),
        ["disk", *rng.choices(["disk", "memory", "clock"], [2, 1, 1], k=workers - 1)],
        rng.random() < 1 / 3,
    )


def plan_beside(seed: int, seconds: float) -> dict[str, list[Deed]]:
    """Return what is to be done within so many seconds to what runs beside the workers, by verb; a kill comes first."""
    rng = Random(f"{seed} beside")  # noqa: S311 - repeatable, not secret
    first = Deed(2, "kill at a word", 1)
    return {
        verb: [first, *drawn(rng, habits, seconds - first.wait_s - first.for_s, (2, 7))]
        for verb, habits in TO_A_COMPANION.items()
    }


def _frozen(seconds: float) -> list[Deed]:
    return [Deed(6, "freeze", seconds)] if seconds else []


def drawn(rng: Random, habits: Mapping[str, Habit], seconds: float, gap_s: tuple[float, float]) -> list[Deed]:
    """Return deeds for so many seconds, with gaps between them drawn from a range."""
    deeds: list[Deed] = []
    left = seconds
    names = sorted(habits)
    weights = [habits[name].weight for name in names]
    while True:
        wait = rng.uniform(*gap_s)
        what = rng.choices(names, weights)[0]
        lasts = rng.uniform(habits[what].least_s, habits[what].most_s)
        left -= wait + lasts
        if left < 0:
            return deeds
        deeds.append(Deed(round(wait, 2), what, round(lasts, 2)))
