"""
The accounts of each patient over a whole input, in bounded memory: which stays share a day with which (R-ENC-2).

A stay is coded without the others, and its charge set waits: a flag is all that they may add to it.
"""

import pickle
from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from types import TracebackType
from typing import Final, NamedTuple, Self

from orjson import dumps, loads

from models.charge import CHARGE_SET, ChargeSet
from rules.screening.other_accounts import MOST_ACCOUNTS, Account, others_beside, with_other_accounts
from streams.batch.sorted_runs import Record, Spool, key_of_record
from streams.batch.spill_buckets import Buckets
from streams.wire.charge_json import written
from streams.wire.rejects import Reject

_UNFINISHED: Final = b"\0"
"""In front of a charge set that waits for the patient's other accounts; nothing that is written begins with it."""

_BUDGET: Final = 16 * 1024 * 1024
"""Bytes of accounts held in memory; an account takes about two hundred."""

TOO_MANY: Final = Reject(
    "patient_key",
    f"more than {MOST_ACCOUNTS} encounters have one key, so that it is no patient's and tells of none of them",
    "ask who makes the keys; an empty record number has one too",
)


class PlacedAccount(NamedTuple):
    """An account, and the input and line at which its stay begins."""

    account: Account
    file: int
    number: int


def unfinished(charge_set: ChargeSet) -> bytes:
    """Return a charge set as it waits for the patient's other accounts."""
    return _UNFINISHED + written(charge_set)


class PatientAccounts:
    """The accounts of all patients; put them in as stays are coded, ask for the others once all are."""

    def __init__(self, refuse: Callable[[Reject], None]) -> None:
        self._buckets = Buckets(_BUDGET)
        self._refuse = refuse

    def __enter__(self) -> Self:
        self._buckets.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._buckets.__exit__(kind, error, trace)

    def add(self, accounts: Iterable[PlacedAccount]) -> None:
        """Take in accounts."""
        for account, file, number in accounts:
            self._buckets.add(account.patient_key.encode(), [(file, number, pickle.dumps(account))])

    def others(self, spool: Spool) -> Iterator[Record]:
        """Yield the ids of each account that has others beside it, with theirs in JSON, in the order of the ids."""
        runs = []
        for patients in self._buckets.drain():
            beside = sorted(self._beside(patients.values()), key=key_of_record)
            runs.append(spool.add(beside) if self._buckets.spilled else iter(beside))
        return merge(*runs, key=key_of_record)

    def _beside(self, patients: Iterable[list[tuple[int, int, bytes]]]) -> Iterator[Record]:
        for entries in patients:
            if len(entries) > MOST_ACCOUNTS:
                file, number, _ = min(entries)
                self._refuse(TOO_MANY.at(file, number))
                continue
            if len(entries) > 1:
                accounts: list[Account] = [pickle.loads(entry) for _, _, entry in entries]  # noqa: S301 -- written by this process
                for account in accounts:
                    if others := others_beside(account, accounts):
                        yield account.encounter_id.encode(), dumps(others)


def finished(
    records: Iterable[Record], others: Iterable[Record], write: Callable[[ChargeSet], bytes]
) -> Iterator[Record]:
    """Yield records, those that waited finished with what ``others`` has of them; both are in the order of the ids."""
    waiting = iter(others)
    told = next(waiting, None)
    for key, value in records:
        while told is not None and told[0] < key:
            told = next(waiting, None)
        if not value.startswith(_UNFINISHED):
            yield key, value
            continue
        line = value[len(_UNFINISHED) :]
        beside = tuple(loads(told[1])) if told is not None and told[0] == key else ()
        if write is written and not beside:
            yield key, line
        else:
            yield key, write(with_other_accounts(CHARGE_SET.validate_json(line), beside))
