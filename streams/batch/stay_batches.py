"""Stays coded together: the amount of work that is passed about, what becomes of it, and how."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from models.charge import ChargeSet
from rules.engine import Profile
from rules.screening.other_accounts import account_of
from rules.site_folder import SiteFolderError
from streams.batch.coder import Outcome, code_linked, code_stay
from streams.batch.error_place import fault
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
