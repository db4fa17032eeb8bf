"""Stays coded together: the amount of work that is passed about, what becomes of it, and how."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from models.charge import ChargeSet
from rules.engine import Profile
from rules.screening.other_accounts import Account, account_of
from rules.site_folder import SiteFolderError
from rules.steps import Steps
from streams.batch.coder import Outcome, code_linked, stay_steps
from streams.batch.error_place import fault
from streams.batch.in_step import in_step
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

_IN_STEP: Final = 25
"""Stays read, folded, coded and written step by step; a linked batch may have more of few lines each."""


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
    """
    Return what becomes of a batch; a fault of ours in one stay is reported and the others are coded.

    Raises:
        SiteFolderError: the site's folder cannot be used, which is wrong for every stay.
    """
    batch = Batch([], [], [], Tally(), sum(len(lines) for _, lines in units), [])
    for start in range(0, len(units), _IN_STEP):
        some = units[start : start + _IN_STEP]
        coded = in_step(_coded(recipe, key, lines) for key, lines in some)
        for (_, lines), unit in zip(some, coded, strict=True):
            if isinstance(unit, SiteFolderError):
                raise unit
            if isinstance(unit, Exception):
                batch.rejects.append(_coding_fault(unit, lines))
            else:
                _add(batch, unit, lines)
    batch.tally.rejected = len(batch.rejects)
    return batch


class _CodedUnit(NamedTuple):
    outcome: Outcome
    accounts: list[Account | None]
    records: list[Record]


def _coded(recipe: Recipe, key: bytes | None, lines: list[InputLine]) -> Steps[_CodedUnit]:
    if key is None:
        outcome = code_linked(lines, recipe.profile, recipe.as_of)
    else:
        name = key.decode(errors="replace")
        outcome = yield from stay_steps(name, lines, recipe.profile, recipe.as_of)
    yield
    accounts = [account_of(stay.encounter) for stay in outcome.stays]
    records = [
        (
            charge_set.encounter_id.encode(),
            recipe.write(charge_set) if account is None else unfinished(charge_set),
        )
        for charge_set, account in zip(outcome.charge_sets, accounts, strict=True)
    ]
    return _CodedUnit(outcome, accounts, records)


def _add(batch: Batch, unit: _CodedUnit, lines: list[InputLine]) -> None:
    batch.records.extend(unit.records)
    for account in unit.accounts:
        if account is not None:  # few inputs name their patients
            batch.accounts.append(PlacedAccount(account, *min(lines)[:2]))
    batch.rejects.extend(unit.outcome.rejects)
    batch.faults.extend(unit.outcome.faults)
    for charge_set in unit.outcome.charge_sets:
        batch.tally.count(charge_set)


def _coding_fault(error: Exception, lines: list[InputLine]) -> Reject:
    file, number, _ = min(lines, key=lambda line: line[:2])
    return fault_of_ours(
        f"coding it ({fault(error)}), so nothing of it was coded",
        "encounter",
        "report the fault with the events of this encounter",
    ).at(file, number)
