"""Which stays of an input meet another account of their patient, found out before the first of them is drawn."""

from collections.abc import Callable

from orjson import loads

from rules.engine import Profile
from rules.screening.other_accounts import account_of
from streams.batch.coder import Outcome, code_linked, code_stay
from streams.batch.patient_accounts import PatientAccounts, PlacedAccount
from streams.batch.sorted_runs import Spool
from streams.batch.spill_buckets import Buckets
from streams.encounter.merge_groups import MergeGroups
from streams.wire.encounter_key import InputLine
from streams.wire.rejects import Reject


def other_accounts_in(
    buckets: Buckets, again: Buckets, links: MergeGroups, profile: Profile, refuse: Callable[[Reject], None]
) -> dict[str, tuple[str, ...]]:
    """
    Return the other accounts of each stay that has any, by its id; ``again`` then holds the lines of ``buckets``.

    It codes every stay once, so ask only where patients have keys.
    """
    named = frozenset(links.ids())
    with Buckets() as linked, Spool() as spool, PatientAccounts(refuse) as accounts:
        for stays in buckets.drain():
            for key in sorted(stays):
                lines = stays.pop(key)
                again.add(key, lines)
                if key in named:
                    linked.add(links.group(key), lines)
                else:
                    _add(accounts, code_stay(key.decode(errors="replace"), lines, profile), lines)
        for groups in linked.drain():
            for lines in groups.values():
                _add(accounts, code_linked(sorted(lines), profile), lines)
        return {key.decode(): tuple(loads(others)) for key, others in accounts.others(spool)}


def _add(accounts: PatientAccounts, outcome: Outcome, lines: list[InputLine]) -> None:
    found = [account_of(stay.encounter) for stay in outcome.stays]
    accounts.add(PlacedAccount(account, *min(lines)[:2]) for account in found if account is not None)
