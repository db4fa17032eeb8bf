"""
The directory of one patient's accounts, in the partition of the patient's key: which stays must hear of which.

A patient's stays lie in any partitions, so none of them sees the others. Each tells the directory of itself, and the
directory passes that on to those that may share a day with it, and theirs to it. What it says follows from what it
keeps alone: a notice that comes again, in whatever order, has the same said again, and stays take only what is newer.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Final, NamedTuple

from orjson import dumps, loads

from rules.screening.other_accounts import MOST_ACCOUNTS, Account
from streams.lifecycle.account_notice import AccountNotice, account_from, directory_name, plain_account
from streams.lifecycle.commands import Command, NotACommandError, from_bytes
from streams.lifecycle.processed_records import OutboundCommand, outbound
from streams.lifecycle.reject_reasons import TOO_MANY_ACCOUNTS
from streams.lifecycle.state import UnknownFormatError
from streams.wire import topics
from streams.wire.message import OutboundMessage, Record
from streams.wire.message_size import reject_message
from streams.wire.rejects import WHOLE_LINE, Reject

_FORMAT: Final = 2
"""Of the bytes."""

_KEPT: Final = 2
"""Times the retention of stays that a full directory keeps an account of which nothing is heard."""


class Entry(NamedTuple):
    """
    One stay of the patient: its last word, when that was heard, and the days it ever had.

    Whoever shares one of those days may have been told of it, and has to be told of every change.
    """

    version: int
    account: Account | None
    days: tuple[date, date] | None
    heard_at: int


class PatientDirectory:
    """The accounts of one patient; a value in the table of stays, under ``directory_name`` of the key."""

    def __init__(self, patient_key: str) -> None:
        self.patient_key = patient_key
        self.entries: dict[str, Entry] = {}

    def hear(self, notice: AccountNotice, at: int, retention: int) -> bool:
        """Take in the word of a stay, at an epoch second; tell whether there was room for it."""
        name = notice.encounter_id
        before = self.entries.get(name)
        if before is not None and before.version >= notice.version:
            return True
        if before is None and len(self.entries) >= MOST_ACCOUNTS:
            self._drop_silent(at - _KEPT * retention)
            if len(self.entries) >= MOST_ACCOUNTS:
                return False
        days = None if before is None else before.days
        if notice.account is not None:
            first, last = notice.account.first, notice.account.last
            days = (first, last) if days is None else (min(first, days[0]), max(last, days[1]))
        self.entries[name] = Entry(notice.version, notice.account, days, at)
        return True

    def _drop_silent(self, since: int) -> None:
        self.entries = {name: entry for name, entry in self.entries.items() if entry.heard_at >= since}

    def answers(self, encounter_id: str) -> list[OutboundCommand]:
        """Return what others have to hear of a stay, and the stay of others."""
        own = self.entries[encounter_id]
        said = []
        for name, entry in sorted(self.entries.items()):
            if name == encounter_id or not _meet(own.days, entry.days):
                continue
            if entry.account is not None:
                said.append(self._beside(name, encounter_id, own))
            if own.account is not None:
                said.append(self._beside(encounter_id, name, entry))
        return said

    def _beside(self, hearer: str, name: str, entry: Entry) -> OutboundCommand:
        notice = AccountNotice(self.patient_key, name, entry.version, entry.account)
        return outbound(Command("beside", hearer, notice=notice))

    def to_bytes(self) -> bytes:
        """Return the bytes to keep: the number of the format, then JSON."""
        entries = {
            name: [
                entry.version, entry.heard_at, [day.isoformat() for day in entry.days or ()], *plain_account(entry.account),
            ]
            for name, entry in self.entries.items()
        }  # fmt: skip
        return bytes((_FORMAT,)) + dumps([self.patient_key, entries])


def _meet(one: tuple[date, date] | None, other: tuple[date, date] | None) -> bool:
    return one is not None and other is not None and one[0] <= other[1] and other[0] <= one[1]


def directory_from(stored: bytes) -> PatientDirectory:
    """
    Return the directory that bytes hold.

    Raises:
        UnknownFormatError: a newer worker wrote them.
    """
    if stored[:1] != bytes((_FORMAT,)):
        raise UnknownFormatError(stored[0] if stored else 0)
    patient_key, entries = loads(stored[1:])
    directory = PatientDirectory(patient_key)
    for name, (version, heard_at, days, *account) in entries.items():
        first_and_last = (date.fromisoformat(days[0]), date.fromisoformat(days[1])) if days else None
        directory.entries[name] = Entry(
            version, account_from(patient_key, name, account), first_and_last, heard_at
        )
    return directory


class DirectoryRecords(NamedTuple):
    """The results of a batch: directories to keep, commands for stays, and rejects for this partition."""

    directories: list[PatientDirectory]
    commands: list[OutboundCommand]
    messages: list[OutboundMessage]


LoadDirectory = Callable[[str], PatientDirectory | None]
"""Returns the directory kept under a name."""


def process_notices(
    records: Iterable[Record], partition: int, at: int, retention: int, load: LoadDirectory
) -> DirectoryRecords:
    """Take in records of the command topic that patients' directories are asked by; ``at`` is in epoch seconds."""
    directories: dict[str, PatientDirectory] = {}
    commands: list[OutboundCommand] = []
    messages: list[OutboundMessage] = []

    def refuse(record: Record, reject: Reject) -> None:
        place = (topics.COMMANDS, partition, record.offset)
        messages.append(reject_message(record.key, record.value, record.headers, reject.reason, *place))

    for record in records:
        try:
            notice = from_bytes(record.value or b"").notice
        except NotACommandError as error:
            refuse(record, Reject(WHOLE_LINE, str(error).partition(": ")[2], "nothing is lost by that"))
            continue
        if notice is None:
            continue
        name = directory_name(notice.patient_key)
        directory = directories.get(name) or load(name) or PatientDirectory(notice.patient_key)
        if not directory.hear(notice, at, retention):
            refuse(record, TOO_MANY_ACCOUNTS)
            continue
        directories[name] = directory
        commands += directory.answers(notice.encounter_id)
    return DirectoryRecords(list(directories.values()), commands, messages)
