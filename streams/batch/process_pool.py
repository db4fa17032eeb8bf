"""Batches and buckets of stays, coded here or by a pool of processes, the results in their order either way."""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from typing import IO, Any, Final, NamedTuple

from streams.batch.bucket_coding import Bucket, CodedBucket, SharedFiles, code_bucket
from streams.batch.garbage_collection import pause, paused
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
    code = partial(code_batch, recipe)
    if jobs == 1:
        with paused():
            yield Coders(partial(map, code), None)
        return
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _start_process, (SharedFiles(list(files)),))
    ahead = 2 * jobs + 2
    try:
        for _ in range(jobs):  # they start and import while the input is read
            pool.submit(code, [])
        yield Coders(
            partial(_in_order, pool, code, ahead), partial(_in_order, pool, partial(_bucket, recipe), ahead)
        )
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(
    pool: ProcessPoolExecutor, code: Callable[[Any], Any], ahead: int, work: Iterable[Any]
) -> Iterator[Any]:
    waiting: deque[Future[Any]] = deque()
    for part in work:
        waiting.append(pool.submit(code, part))
        if len(waiting) > ahead:  # as much in memory, however long the input
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


_files: list[IO[bytes]] = []
"""In a process of the pool, the files of the buckets."""


def _bucket(recipe: Recipe, bucket: Bucket) -> CodedBucket:
    return code_bucket(recipe, _files[bucket.number], bucket)


def _start_process(shared: SharedFiles) -> None:
    # Ctrl-C reaches every process of the terminal; the parent alone answers it and ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _files[:] = shared.files
    pause()
