"""How stays of one patient learn of each other: notices, the directory, and a stay that is coded again."""

from collections.abc import Iterable
from datetime import date

import pytest
from encounter_states import DAY, HOUR, T0, Shelf, injection, line, records
from orjson import loads

from rules.screening.other_accounts import Account
from streams.lifecycle import patient_directory
from streams.lifecycle.account_notice import AccountNotice, directory_name, is_directory
from streams.lifecycle.commands import Command, from_bytes, to_bytes
from streams.lifecycle.patient_directory import (
    DirectoryRecords,
    PatientDirectory,
    directory_from,
    process_notices,
)
from streams.lifecycle.processed_records import OutboundCommand, ProcessedRecords
from streams.lifecycle.reject_reasons import TOO_MANY_ACCOUNTS
from streams.lifecycle.state import UnknownFormatError
from streams.wire import topics
from streams.wire.reject_headers import origin

MONDAY, TUESDAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 6)
OPENED = line("encounter_opened", patient_key="k1", setting="facility")
LEFT = line("encounter_discharged", 60)


def account(name: str, first: date = MONDAY, last: date | None = None) -> Account:
    """Return an account of the patient."""
    return Account("k1", name, first, last or first, None)


def notice(name: str, version: int = 1, first: date = MONDAY, last: date | None = None) -> AccountNotice:
    """Return a stay's word about itself."""
    return AccountNotice("k1", name, version, account(name, first, last))


class Drawer:
    """One patient's directory, kept as bytes between two batches."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def tell(self, *notices: AccountNotice, at: int = T0) -> DirectoryRecords:
        """Tell it what stays are."""
        values = [to_bytes(Command("account", directory_name("k1"), notice=one)) for one in notices]
        return self.process(*values, at=at)

    def process(self, *values: bytes, at: int = T0) -> DirectoryRecords:
        """Hand it records."""
        done = process_notices(records(*values), 1, at, 120 * DAY, self._load)
        self.kept |= {directory_name(one.patient_key): one.to_bytes() for one in done.directories}
        return done

    def _load(self, name: str) -> PatientDirectory | None:
        return directory_from(self.kept[name]) if name in self.kept else None


def heard(commands: Iterable[OutboundCommand]) -> list[tuple[str, str, int, bool]]:
    """Return who hears of whom: at which version, and whether it is an account still."""
    found = [(one.encounter_id, from_bytes(one.value).notice) for one in commands]
    return sorted(
        (hearer, said.encounter_id, said.version, said.account is not None) for hearer, said in found if said
    )


def closings(done: ProcessedRecords) -> list[tuple[int, str, list[str]]]:
    """Return version, reason and other accounts of every closed encounter sent."""
    found = [loads(one.value or b"") for one in done.messages if one.topic == topics.CLOSED]
    return [(one["version"], one["reason"], one["encounter"].get("other_accounts", [])) for one in found]


def test_the_first_account_of_a_patient_hears_of_nobody() -> None:
    """There is nobody yet."""
    assert heard(Drawer().tell(notice("E1")).commands) == []


def test_two_accounts_of_one_day_hear_of_each_other() -> None:
    """And of one on another day neither hears."""
    drawer = Drawer()
    drawer.tell(notice("E1"), notice("E3", first=FRIDAY))
    assert heard(drawer.tell(notice("E2")).commands) == [("E1", "E2", 1, True), ("E2", "E1", 1, True)]


def test_the_same_notice_has_the_same_said_again() -> None:
    """After a crash nobody knows which of the answers was sent."""
    drawer = Drawer()
    drawer.tell(notice("E1"))
    first = drawer.tell(notice("E2")).commands
    assert drawer.tell(notice("E2")).commands == first


def test_an_older_notice_changes_nothing_and_the_newer_is_said_again() -> None:
    """Versions count, not the order of arrival."""
    drawer = Drawer()
    drawer.tell(notice("E1"), notice("E2", version=3))
    assert heard(drawer.tell(notice("E2", version=2, first=FRIDAY)).commands) == [
        ("E1", "E2", 3, True),
        ("E2", "E1", 1, True),
    ]


def test_who_was_told_of_a_day_is_told_that_it_is_that_day_no_longer() -> None:
    """And a stay that is no account any more is told as such, and hears of nobody."""
    drawer = Drawer()
    drawer.tell(notice("E1"), notice("E2"))
    assert ("E1", "E2", 2, True) in heard(drawer.tell(notice("E2", version=2, first=FRIDAY)).commands)
    gone = AccountNotice("k1", "E2", 3, None)
    assert heard(drawer.tell(gone).commands) == [("E1", "E2", 3, False)]


def test_a_notice_that_finds_no_room_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """So is what is no notice."""
    monkeypatch.setattr(patient_directory, "MOST_ACCOUNTS", 2)
    drawer = Drawer()
    done = drawer.tell(notice("E1"), notice("E2"), notice("E3"))
    (refused,) = done.messages
    found = origin(refused.headers)
    assert found is not None
    assert (refused.topic, found.reason) == (topics.REJECTS, TOO_MANY_ACCOUNTS.reason)
    assert drawer.process(b"{}").messages[0].value == b"{}"


def test_a_full_directory_keeps_what_was_heard_of_lately(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the time after which a stay is forgotten."""
    monkeypatch.setattr(patient_directory, "MOST_ACCOUNTS", 2)
    drawer = Drawer()
    drawer.tell(notice("E1"))
    drawer.tell(notice("E2"), at=T0 + 200 * DAY)
    assert drawer.tell(notice("E3"), at=T0 + 241 * DAY).messages == []
    assert set(directory_from(drawer.kept[directory_name("k1")]).entries) == {"E2", "E3"}


def test_a_directory_of_a_newer_worker_is_not_guessed_at() -> None:
    """As a stay is not."""
    with pytest.raises(UnknownFormatError, match="start the version that wrote it"):
        directory_from(b"\xff[]")
    assert is_directory(directory_name("k1").encode())
    assert not is_directory(b"E1")
    assert not is_directory(None)


def test_a_stay_tells_the_directory_what_it_is_and_again_when_its_record_comes_again() -> None:
    """Once for each change; the same word after a crash."""
    shelf = Shelf()
    first = shelf.follow(OPENED)
    assert [one.encounter_id for one in first.commands] == [directory_name("k1")]
    assert shelf.follow(injection(), first=1).commands == []
    assert shelf.follow(OPENED).commands == first.commands
    cancelled = shelf.follow(line("encounter_cancelled", 90), first=2)
    (gone,) = (from_bytes(one.value).notice for one in cancelled.commands)
    assert gone == AccountNotice("k1", "E1", 2, None)


def test_a_stay_under_another_key_leaves_the_first_directory() -> None:
    """Both hear of it."""
    shelf = Shelf()
    shelf.follow(OPENED)
    moved = shelf.follow(line("encounter_updated", 5, patient_key="k2", recorded=5), first=1)
    said = {one.encounter_id: from_bytes(one.value).notice for one in moved.commands}
    left, entered = said[directory_name("k1")], said[directory_name("k2")]
    assert left is not None
    assert entered is not None
    assert (left.version, left.account, entered.version) == (2, None, 2)
    assert entered.account is not None


def test_a_coded_stay_that_meets_another_account_is_coded_again_once() -> None:
    """A word it knows says nothing; the same record after a crash has the same closed encounter sent again."""
    shelf = Shelf()
    shelf.follow(OPENED, injection(), LEFT)
    shelf.process_commands(Command("due", "E1"), at=T0 + 90 * HOUR)
    beside = Command("beside", "E1", notice=notice("E2"))
    met = shelf.process_commands(beside, at=T0 + 91 * HOUR, first=1)
    assert closings(met) == [(2, "other_account", ["E2"])]
    assert shelf.process_commands(beside, at=T0 + 92 * HOUR, first=2).messages == []
    again = shelf.process_commands(beside, at=T0 + 93 * HOUR, first=1)
    assert [one.value for one in again.messages] == [one.value for one in met.messages]
    gone = Command("beside", "E1", notice=AccountNotice("k1", "E2", 2, None))
    assert closings(shelf.process_commands(gone, at=T0 + 94 * HOUR, first=3)) == [(3, "other_account", [])]


def test_an_open_stay_that_meets_another_account_waits_until_it_closes() -> None:
    """It is coded with it then."""
    shelf = Shelf()
    shelf.follow(OPENED, injection())
    assert shelf.process_commands(Command("beside", "E1", notice=notice("E2")), first=1).messages == []
    shelf.follow(LEFT, first=2)
    done = shelf.process_commands(Command("due", "E1"), at=T0 + 90 * HOUR, first=2)
    assert closings(done) == [(1, "discharged", ["E2"])]


def test_a_stay_without_a_key_asked_for_nothing() -> None:
    """Nor does one that is not there."""
    shelf = Shelf()
    shelf.follow(line("encounter_opened"))
    for name in ("E1", "E9"):
        assert shelf.process_commands(Command("beside", name, notice=notice("E2"))).states == []
