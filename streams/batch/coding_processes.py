"""Other processes that code: batches sent to them, and buckets of files that they share."""

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.reduction import DupFd
from typing import IO, Any

from streams.batch.bucket_coding import Bucket, CodedBucket, code_bucket
from streams.batch.garbage_collection import pause
from streams.batch.spill_buckets import BUFFER
from streams.batch.stay_batches import Batch, Recipe, Unit, code_batch


class SharedFiles:
    """
    Open files that another process opens too when it is started with them.

    They have no names, and need none: the other process inherits them.
    """

    def __init__(self, files: list[IO[bytes]]) -> None:
        self.files = files

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what makes them anew in a process that is being started."""
        return _inherited, ([DupFd(file.fileno()) for file in self.files],)


def _inherited(duplicates: list[Any]) -> SharedFiles:
    return SharedFiles([open(found.detach(), "r+b", buffering=BUFFER) for found in duplicates])  # noqa: PTH123 -- by number; open as long as the process


@contextmanager
def processes(
    recipe: Recipe, jobs: int, files: Sequence[IO[bytes]]
) -> Iterator[
    tuple[
        Callable[[Iterable[list[Unit]]], Iterator[Batch]], Callable[[Iterable[Bucket]], Iterator[CodedBucket]]
    ]
]:
    """Give what codes batches, and the buckets in ``files``, in so many processes, the results in their order."""
    code = partial(code_batch, recipe)
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _start_process, (SharedFiles(list(files)),))
    ahead = 2 * jobs + 2
    try:
        for _ in range(jobs):  # they start and import while the input is read
            pool.submit(code, [])
        yield partial(_in_order, pool, code, ahead), partial(_in_order, pool, partial(_bucket, recipe), ahead)
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
