"""
Runs one contender until it is ended: ``python contender.py MODULE``, with its terms in the environment.

It prints two lines: ``READY`` when its state is restored, where that can be told, and ``FIRST`` when the first
records reach the fold, each with the time and the CPU seconds used until then.
"""

import importlib
import os
import sys
import time
from collections.abc import Iterable
from typing import Any

from terms import rename, told


def tell(word: str) -> None:
    """Print a word for the runner, with the time and the CPU seconds of this process."""
    # Not print: Faust takes stdout for its log.
    os.write(1, f"{word} {time.time()} {time.process_time()}\n".encode())


def _tell_first() -> None:
    from streams.lifecycle.event_processor import EncounterProcessor  # noqa: PLC0415 - after the topics are renamed

    follow = EncounterProcessor.process_events

    def first(self: EncounterProcessor, records: Iterable[Any]) -> None:
        EncounterProcessor.process_events = follow  # type: ignore[method-assign] -- once, to see the first batch
        tell("FIRST")
        follow(self, records)

    EncounterProcessor.process_events = first  # type: ignore[method-assign] -- once, to see the first batch


if __name__ == "__main__":
    sys.modules["contender"] = sys.modules["__main__"]
    terms = told()
    rename(terms.prefix, terms.events)
    _tell_first()
    importlib.import_module(sys.argv[1]).run(terms)
