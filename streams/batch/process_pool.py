"""Batches and buckets of stays, coded here or by other processes, the results in their order either way."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import IO, Final, NamedTuple

from streams.batch.bucket_coding import Bucket, CodedBucket
from streams.batch.garbage_collection import paused
from streams.batch.stay_batches import Batch, Recipe, Unit, code_batch

_WORTH_A_PROCESS: Final = 8 * 1024 * 1024
"""Bytes of events whose coding takes longer than a process takes to start."""

Code = Callable[[Iterable[list[Unit]]], Iterator[Batch]]
"""From batches to what became of them, in their order."""


class Coders(NamedTuple):
    """What codes."""

    batches: Code
    buckets: Callable[[Iterable[Bucket]], Iterator[CodedBucket]] | None
    """From buckets in shared files to what became of them, in their order; None where this process does all."""


def processes_for(size: int) -> int:
    """Return how many processes an input of so many bytes is worth: one for each core at most."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, size // _WORTH_A_PROCESS))


@contextmanager
def coder(recipe: Recipe, jobs: int, files: Sequence[IO[bytes]] = ()) -> Iterator[Coders]:
    """
    Give what codes batches, and the buckets in ``files``, in ``jobs`` processes (1: this one).

    Processes are started afresh (spawn), so it makes no difference what this one has done or opened.
    """
    if jobs == 1:
        with paused():
            yield Coders(partial(map, partial(code_batch, recipe)), None)
        return
    from streams.batch.coding_processes import processes  # noqa: PLC0415 -- one process needs nothing of a pool, a tenth of its start

    with processes(recipe, jobs, files) as (coded, buckets):
        yield Coders(coded, buckets)
