"""Batches of stays, coded here or by a pool of processes, the results in the order of the batches either way."""

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from typing import Final, NamedTuple

from models.charge import ChargeSet
from rules.engine import Profile
from rules.screening.other_accounts import account_of
from rules.site_folder import SiteFolderError
from streams.batch.coder import Outcome, code_linked, code_stay
from streams.batch.error_place import fault
from streams.batch.garbage_collection import pause, paused
from streams.batch.patient_accounts import PlacedAccount, unfinished
from streams.batch.sorted_runs import Record
from streams.batch.spill_buckets import LinesByEncounter
from streams.batch.tally import Tally
from streams.wire.encounter_key import InputLine
from streams.wire.rejects import Reject, fault_of_ours

Unit = tuple[bytes | None, list[InputLine]]
"""Lines coded together, with the id of their stay, or None for stays that merges link."""

LINES_IN_A_BATCH: Final = 2_000
"""Some tens of milliseconds of work: enough to hide what passing it to a process costs."""


class Recipe(NamedTuple):
    """How every batch is coded and written; goes to each process with the batch, so it must pickle."""

    profile: Profile
    as_of: datetime | None
    write: Callable[[ChargeSet], bytes]


class Batch(NamedTuple):
    """What became of a batch: records to write, messages to show, counts to add."""

    records: list[Record]
    rejects: list[Reject]
    faults: list[Reject]
    tally: Tally
    lines: int
    """Lines put in, for the progress bar."""
    accounts: list[PlacedAccount]
    """The stays whose patient may have others; their records wait for those."""


Code = Callable[[Iterable[list[Unit]]], Iterator[Batch]]
"""From batches to what became of them, in their order."""


def batches(stays: LinesByEncounter, *, linked: bool = False) -> Iterator[list[Unit]]:
    """
    Yield the stays of a bucket in the order of their ids, emptying it, a batch of some 2,000 lines at a time.

    When ``linked``, what lies under one id are the stays merges link, and they stay together.
    """
    batch: list[Unit] = []
    lines = 0
    for key in sorted(stays):
        batch.append((None if linked else key, stays.pop(key)))
        lines += len(batch[-1][1])
        if lines >= LINES_IN_A_BATCH:
            yield batch
            batch, lines = [], 0
    if batch:
        yield batch


def code_batch(recipe: Recipe, units: list[Unit]) -> Batch:
    """Return what becomes of a batch; a fault of ours in one stay is reported and the others are coded."""
    batch = Batch([], [], [], Tally(), sum(len(lines) for _, lines in units), [])
    for key, lines in units:
        try:
            outcome = _outcome_of(recipe, key, lines)
            accounts = [account_of(stay.encounter) for stay in outcome.stays]
            records = [
                (
                    charge_set.encounter_id.encode(),
                    recipe.write(charge_set) if account is None else unfinished(charge_set),
                )
                for charge_set, account in zip(outcome.charge_sets, accounts, strict=True)
            ]
        except SiteFolderError:
            raise  # wrong for every stay
        except Exception as error:  # noqa: BLE001 -- one stay must not cost the night's others; the reject says where
            batch.rejects.append(_coding_fault(error, lines))
            continue
        batch.records.extend(records)
        place = min(lines)[:2]
        batch.accounts.extend(PlacedAccount(account, *place) for account in accounts if account is not None)
        batch.rejects.extend(outcome.rejects)
        batch.faults.extend(outcome.faults)
        for charge_set in outcome.charge_sets:
            batch.tally.count(charge_set)
    batch.tally.rejected = len(batch.rejects)
    return batch


def _outcome_of(recipe: Recipe, key: bytes | None, lines: list[InputLine]) -> Outcome:
    if key is None:
        return code_linked(lines, recipe.profile, recipe.as_of)
    return code_stay(key.decode(errors="replace"), lines, recipe.profile, recipe.as_of)


def _coding_fault(error: Exception, lines: list[InputLine]) -> Reject:
    file, number, _ = min(lines, key=lambda line: line[:2])
    return fault_of_ours(
        f"coding it ({fault(error)}), so nothing of it was coded",
        "encounter",
        "report the fault with the events of this encounter",
    ).at(file, number)


@contextmanager
def coder(recipe: Recipe, jobs: int) -> Iterator[Code]:
    """
    Give a function from batches to results in their order, run by ``jobs`` processes (1: this one).

    Processes are started afresh (spawn), so it makes no difference what this one has done or opened.
    """
    code = partial(code_batch, recipe)
    if jobs == 1:
        with paused():
            yield partial(map, code)
        return
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _start_process)
    try:
        for _ in range(jobs):  # they start and import while the input is read
            pool.submit(code, [])
        yield partial(_in_order, pool, code, 2 * jobs + 2)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(
    pool: ProcessPoolExecutor, code: Callable[[list[Unit]], Batch], ahead: int, units: Iterable[list[Unit]]
) -> Iterator[Batch]:
    waiting: deque[Future[Batch]] = deque()
    for batch in units:
        waiting.append(pool.submit(code, batch))
        if len(waiting) > ahead:  # as many batches in memory, however long the input
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _start_process() -> None:
    # Ctrl-C reaches every process of the terminal; the parent alone answers it and ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pause()
