"""What one stay is to the other stays of its patient, as it travels between partitions: an account, or none any more."""

from datetime import date
from typing import Any, Final, NamedTuple

from rules.screening.other_accounts import Account

_PATIENT: Final = "\0"
_DIRECTORY: Final = _PATIENT.encode()
"""In front of a patient's key where the ids of encounters stand, which hold no such character."""


class AccountNotice(NamedTuple):
    """
    A stay's word about itself, passed on by the directory of its patient.

    ``version`` grows with each change of the stay's account; without an ``account`` the stay is none of this patient's.
    """

    patient_key: str
    encounter_id: str
    version: int
    account: Account | None


def directory_name(patient_key: str) -> str:
    """Return the name under which a patient's directory is kept and asked, among those of encounters."""
    return _PATIENT + patient_key


def is_directory(key: bytes | None) -> bool:
    """Tell whether a record's key names a patient's directory and no encounter."""
    return key is not None and key.startswith(_DIRECTORY)


def plain(notice: AccountNotice) -> list[Any]:
    """Return a notice as a list for JSON."""
    key, encounter_id, version, account = notice
    return [key, encounter_id, version, *plain_account(account)]


def plain_account(account: Account | None) -> list[str | None]:
    """Return what a stay says of itself beside its names, as a list for JSON; empty for none."""
    return [] if account is None else [account.first.isoformat(), account.last.isoformat(), account.follows]


def notice_of(listed: Any) -> AccountNotice:
    """
    Return the notice that a list from JSON holds.

    Raises:
        TypeError, ValueError: it holds none.
    """
    key, encounter_id, version, *days = listed
    names = (str(key), str(encounter_id))
    return AccountNotice(*names, int(version), account_from(*names, days))


def account_from(patient_key: str, encounter_id: str, days: list[Any]) -> Account | None:
    """
    Return the account that ``plain_account`` made a list of.

    Raises:
        TypeError, ValueError: it is no such list.
    """
    if not days:
        return None
    first, last, follows = days
    return Account(patient_key, encounter_id, date.fromisoformat(first), date.fromisoformat(last), follows)
