"""
Two accounts of one patient on one day: a person is told on both, and nothing is merged (R-ENC-2).

They may be one stay registered twice, or a return that nobody marked. Which it is registration says, by a merge or by
``follows_encounter_id``; then nobody is asked any more.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Final, NamedTuple

from models.charge import ChargeSet
from models.encounter import Encounter
from rules.flags import FLAGS
from rules.worksheet.service_dates import Calendar

MOST_ACCOUNTS: Final = 500
"""Accounts that one patient may have: a key of more is no patient's, and whoever makes it has to be asked."""

_SHOWN: Final = 5


class Account(NamedTuple):
    """A stay that stands, as the patient's other stays see it: its first and last day, and the stay it says it follows."""

    patient_key: str
    encounter_id: str
    first: date
    last: date
    follows: str | None


def account_of(encounter: Encounter) -> Account | None:
    """Return the account of a stay; None where its patient has no key, or where it was cancelled or merged away."""
    if encounter.patient_key is None or encounter.standing in {"cancelled", "merged"}:
        return None
    began = [at for at in (encounter.arrived_at, *_begun(encounter)) if at is not None]
    ended = encounter.departed_at
    fallback = ended if ended is not None else encounter.last_recorded_at or 0
    first = min(began, default=fallback)
    last = ended if ended is not None else max([*began, *_ended(encounter)], default=fallback)
    date_of = Calendar(encounter).date_of
    return Account(
        encounter.patient_key,
        encounter.encounter_id,
        date_of(first),
        date_of(max(first, last)),
        encounter.follows_encounter_id,
    )


def _begun(encounter: Encounter) -> Iterator[int | None]:
    for given in encounter.administrations:
        yield given.given_at
        for flow in given.flows[:1]:
            yield flow.start
    for procedure in encounter.procedures:
        yield procedure.started_at


def _ended(encounter: Encounter) -> Iterator[int]:
    """Yield when what was given ended; a pump that goes home ends elsewhere."""
    for given in encounter.administrations:
        if given.technique != "prolonged_pump":
            for flow in given.flows[-1:]:
                yield flow.start if flow.stop is None else flow.stop


def others_beside(account: Account, accounts: Iterable[Account]) -> tuple[str, ...]:
    """Return the other accounts of the patient that share a day with this one and that no ``follows`` explains, sorted."""
    beside = {
        other.encounter_id: other
        for other in accounts
        if other.patient_key == account.patient_key
        and other.encounter_id != account.encounter_id
        and other.first <= account.last
        and account.first <= other.last
    }
    return tuple(sorted(beside.keys() - _explained(account, beside)))


def _explained(account: Account, beside: dict[str, Account]) -> set[str]:
    """Return the accounts that follow this one or that it follows, one after the other."""
    together = {**beside, account.encounter_id: account}
    named: dict[str, set[str]] = {}
    for one in together.values():
        if one.follows in together:
            named.setdefault(one.encounter_id, set()).add(one.follows)
            named.setdefault(one.follows, set()).add(one.encounter_id)
    reached, waiting = {account.encounter_id}, [account.encounter_id]
    while waiting:
        fresh = named.get(waiting.pop(), set()) - reached
        reached |= fresh
        waiting += fresh
    return reached


def with_other_accounts(charge_set: ChargeSet, others: tuple[str, ...]) -> ChargeSet:
    """Return a charge set that tells of the patient's other accounts; the same one where there are none."""
    if not others:
        return charge_set
    more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
    shown = ", ".join(others[:_SHOWN])
    says = f"The same patient has another account on a day of this stay: {shown}{more}."
    flag = FLAGS["F-OTHER_ACCOUNT"].on((), says, encounter_ids=shown, accounts=len(others))
    flags = sorted((*charge_set.flags, flag), key=lambda one: (one.flag, one.administration_ids, one.says))
    return replace(charge_set, flags=tuple(flags))
