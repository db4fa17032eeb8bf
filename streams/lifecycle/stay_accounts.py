"""What a stay knows of its patient's other stays, and what it has told of itself; pure."""

from typing import Any

from models.encounter import Encounter
from rules.screening.other_accounts import Account, account_of, others_beside
from streams.lifecycle.account_notice import AccountNotice, account_from, directory_name, plain_account
from streams.lifecycle.commands import Command

Known = tuple[int, Account | None]
"""The version of another stay's last word, and its account; None where it is no account any more."""


class StayAccounts:
    """The accounts of one stay's patient as that stay knows them; kept with its state."""

    __slots__ = ("keys", "known", "others_when_closed", "own", "shared", "version")

    def __init__(self) -> None:
        self.own: Account | None = None
        """Its own account as of the last look; None while it has no key, or is cancelled or merged away."""
        self.version = 0
        """Grows with each change of its own account."""
        self.shared = 0
        """The version that the directories were last told."""
        self.keys: dict[str, None] = {}
        """Every key its patient ever had: the directory of each has to hear when it is no account there any more."""
        self.known: dict[str, dict[str, Known]] = {}
        """The other stays, by patient's key and encounter."""
        self.others_when_closed: tuple[str, ...] = ()
        """Which of them its last closed encounter named."""

    def note(self, account: Account | None) -> None:
        """Take in its own account as it is now."""
        if account == self.own:
            return
        self.own = account
        self.version += 1
        if account is not None:
            self.keys[account.patient_key] = None

    def hear(self, notice: AccountNotice) -> bool:
        """Take in the word of another stay; tell whether it was new."""
        known = self.known.setdefault(notice.patient_key, {})
        if notice.encounter_id in known and known[notice.encounter_id][0] >= notice.version:
            return False
        known[notice.encounter_id] = (notice.version, notice.account)
        return True

    def others(self) -> tuple[str, ...]:
        """Return the stays beside this one that nothing explains, sorted."""
        if self.own is None:
            return ()
        known = self.known.get(self.own.patient_key, {})
        return others_beside(self.own, [account for _, account in known.values() if account is not None])

    def notices(self, encounter_id: str) -> list[Command]:
        """Return its word to every directory it was ever in, and count it as said."""
        self.shared = self.version
        return [
            Command("account", directory_name(key), notice=self._notice(key, encounter_id))
            for key in self.keys
        ]

    def _notice(self, key: str, encounter_id: str) -> AccountNotice:
        own = self.own if self.own is not None and self.own.patient_key == key else None
        return AccountNotice(key, encounter_id, self.version, own)

    def plain(self) -> list[Any]:
        """Return it as a list for JSON."""
        known = {
            key: {name: [version, *plain_account(account)] for name, (version, account) in stays.items()}
            for key, stays in self.known.items()
        }
        own = None if self.own is None else [self.own.patient_key, *plain_account(self.own)]
        return [own, self.version, self.shared, list(self.keys), known, list(self.others_when_closed)]


def accounts_from(listed: list[Any] | None, encounter_id: str) -> StayAccounts | None:
    """Return what ``StayAccounts.plain`` made a list of; None for none."""
    if listed is None:
        return None
    accounts = StayAccounts()
    own, accounts.version, accounts.shared, keys, known, others = listed
    accounts.own = None if own is None else account_from(own[0], encounter_id, own[1:])
    accounts.keys = dict.fromkeys(keys)
    accounts.known = {
        key: {name: (entry[0], account_from(key, name, entry[1:])) for name, entry in stays.items()}
        for key, stays in known.items()
    }
    accounts.others_when_closed = tuple(others)
    return accounts


def noted(accounts: StayAccounts | None, encounter: Encounter) -> StayAccounts | None:
    """Return the accounts of a stay once its encounter is known: begun where its patient has a key."""
    account = account_of(encounter)
    if accounts is None and account is not None:
        accounts = StayAccounts()
    if accounts is not None:
        accounts.note(account)
    return accounts
