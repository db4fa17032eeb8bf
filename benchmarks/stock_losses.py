"""
What a stock Faust loses, and our engine does not, on the same events, the same kills and the same broker.

    .venv/bin/python benchmarks/stock_losses.py [--seeds 3] [--events 8000]

Each run kills one worker twice with SIGKILL while its agent awaits a millisecond over each event, as an agent that
does any I/O would. The broker is the embedded one, and answers after as long as one across a city would.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from counting import Counting, Verdict

KILLS: Final = 2
KEYS: Final = 500
ROUND_TRIP_MS: Final = 20
STILL_S: Final = 15
"""For so long nothing new may come out before a run is called over: longer than two session timeouts."""


async def run(kind: str, seed: int, events: int) -> Verdict:
    """Return what is there when nothing more comes, or everything has come."""
    instants = random.Random(seed)  # noqa: S311 -- instants, not secrets
    with tempfile.TemporaryDirectory() as folder, Counting(kind, Path(folder), await_s=0.001) as group:
        await group.publish(events, keys=KEYS)
        group.broker.set_round_trip(ROUND_TRIP_MS)
        group.start()
        for _ in range(KILLS):
            # A start, its recovery and then some: the kill comes in the middle of the work.
            await asyncio.sleep(instants.uniform(4, 7))
            group.kill("one")
            group.start()
        now = asyncio.get_running_loop().time
        last, since = await group.verdict(), now()
        while now() - since < STILL_S and not (last.committed == len(last.sent) == events):
            await asyncio.sleep(1)
            seen = await group.verdict()
            if seen.committed > last.committed or sum(seen.sent.values()) > sum(last.sent.values()):
                since = now()
            last = seen
        return last


def main() -> None:
    """Print a row a run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--seeds", type=int, default=3, help="runs of each kind")
    parser.add_argument("--events", type=int, default=8_000, help="events a run")
    asked = parser.parse_args()
    table = Table(title=f"{asked.events} events, {KILLS} kills, an agent that awaits")
    for column in ("engine", "seed", "never sent on", "not in the state", "not committed", "sent again"):
        table.add_column(column, justify="left" if column == "engine" else "right")
    for seed in range(1, asked.seeds + 1):
        for kind in ("stock", "ours"):
            seen = asyncio.run(run(kind, seed, asked.events))
            table.add_row(
                kind,
                str(seed),
                str(asked.events - len(seen.sent)),
                str(asked.events - len(seen.kept)),
                str(asked.events - seen.committed),
                str(sum(seen.sent.values()) - len(seen.sent)),
            )
    Console().print(table)


if __name__ == "__main__":
    main()
