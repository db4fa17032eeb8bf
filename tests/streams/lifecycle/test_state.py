"""What is kept of a stay as bytes, when it is due, and what one partition asks of another."""

from datetime import date

import pytest
from encounter_states import T0, injection, line
from hypothesis import given
from hypothesis import strategies as st

from rules.screening.other_accounts import Account
from streams.lifecycle.account_notice import AccountNotice, directory_name
from streams.lifecycle.commands import Command, MisroutedRecord, NotACommandError, from_bytes, to_bytes
from streams.lifecycle.deadline_index import DeadlineIndex
from streams.lifecycle.state import FORMAT, EncounterState, Told, UnknownFormatError, deadline_of
from streams.lifecycle.state import from_bytes as state_from_bytes
from streams.lifecycle.stay_accounts import StayAccounts
from streams.wire.event_json import as_line

TUESDAY = date(2026, 3, 3)


def made() -> EncounterState:
    """Return a stay with something in every field."""
    state = EncounterState("Ü1", T0)
    state.events = dict.fromkeys([line("encounter_opened"), injection()])
    state.merged_events = {"E2": dict.fromkeys([injection(stay="E2")]), "E3": {}}
    state.phase, state.version, state.status, state.closed_at, state.reason = (
        "closed",
        3,
        "final",
        T0 + 1,
        "overdue",
    )
    state.events_when_closed, state.events_shared, state.standing, state.departed_at = (
        2,
        3,
        "discharged",
        T0 + 2,
    )
    state.last_event_at, state.due_at, state.due_for = T0 + 3, T0 + 4, "confirm"
    state.offsets = {"infusion.events.v1": 7}
    state.standing_stale, state.has_merges, state.confirm_window_s, state.preview_while_open = (
        True,
        True,
        5,
        True,
    )
    state.refused = {"0011": ("infusion.events.v1", 6)}
    state.told = Told({"E0": {"Ü1": 2, "E2": 1}}, {"E2": {"Ü1": 1}})
    state.accounts = StayAccounts()
    state.accounts.note(Account("k1", "Ü1", TUESDAY, TUESDAY, "E0"))
    state.accounts.hear(AccountNotice("k1", "E2", 3, Account("k1", "E2", TUESDAY, TUESDAY, None)))
    state.accounts.hear(AccountNotice("k1", "E3", 1, None))
    state.accounts.shared, state.accounts.others_when_closed = 1, ("E2",)
    return state


def test_a_stay_comes_back_from_its_bytes_with_everything_that_is_written() -> None:
    """Weight, index and read events are made anew."""
    state = made()
    back = state_from_bytes(state.to_bytes())
    made_anew = {"size_bytes", "indexed_at", "parsed", "accounts", "running", "journal", "links"}
    assert back.accounts is not None
    assert state.accounts is not None
    assert back.accounts.plain() == state.accounts.plain()
    assert back.accounts.others() == state.accounts.others() == ("E2",)
    for name in set(EncounterState.__slots__) - made_anew:
        assert getattr(back, name) == getattr(state, name), name
    assert list(back.events) == list(state.events)
    assert back.indexed_at == back.due_at
    assert back.to_bytes() == state.to_bytes()


def test_a_stay_without_events_or_deadline_comes_back_too() -> None:
    """As a forgotten one is."""
    state = EncounterState("E1", T0)
    assert deadline_of(state.to_bytes()) is None
    back = state_from_bytes(state.to_bytes())
    assert (back.events, back.merged_events, back.due_at) == ({}, {}, None)


def test_the_deadline_is_read_without_the_rest() -> None:
    """Whatever stands behind the head."""
    written = made().to_bytes()
    assert deadline_of(written[:9]) == T0 + 4


@pytest.mark.parametrize("written", [b"", b"\x01", b"\x00" * 20, bytes((FORMAT + 1,)) + b"\x00" * 20])
def test_an_unknown_format_says_which_version_to_start(written: bytes) -> None:
    """A newer worker's state is not guessed at."""
    with pytest.raises(UnknownFormatError, match="start the version that wrote it"):
        deadline_of(written)
    with pytest.raises(UnknownFormatError):
        state_from_bytes(written)


@pytest.mark.parametrize(
    ("raw", "as_stored"),
    [
        (b'{"a":1}', b'{"a":1}'),
        (b'{"a":\r\n1}\n', b'{"a":  1} '),
        (b'\xef\xbb\xbf{"a":1}', b'{"a":1}'),
    ],
)
def test_an_event_is_one_line(raw: bytes, as_stored: bytes) -> None:
    """Breaks are blanks, and a byte-order mark is nothing."""
    assert as_line(raw) == as_stored


def test_only_what_is_due_comes_up_and_a_deadline_that_moved_waits_for_it() -> None:
    """At its second, not before."""
    index = DeadlineIndex([(10, b"a"), (10, b"b"), (11, b"c")])
    now = {b"a": 10, b"b": 20, b"c": 11}
    assert not index.has_due(9)
    assert index.has_due(10)
    assert list(index.due(9, now.get, 9)) == []
    assert list(index.due(10, now.get, 9)) == [b"a"]
    assert len(index) == 2
    assert list(index.due(11, now.get, 9)) == [b"c"]
    assert list(index.due(19, now.get, 9)) == []
    assert list(index.due(20, now.get, 9)) == [b"b"]
    assert not index.has_due(1 << 40)


def test_no_more_come_up_at_once_than_asked_for_and_a_stay_without_deadline_never() -> None:
    """The others wait where they are."""
    index = DeadlineIndex([(1, b"a"), (2, b"gone"), (3, b"b"), (4, b"c")])
    now = {b"a": 1, b"b": 3, b"c": 4}
    assert list(index.due(9, now.get, 2)) == [b"a", b"b"]
    index.add(b"a", 5)
    assert list(index.due(9, now.get, 2)) == [b"c", b"a"]
    assert list(index.due(9, now.get, 2)) == []


def test_a_command_comes_back_as_it_was() -> None:
    """Events, and where one lay that went astray, whatever bytes its key and headers are."""
    for command in (
        Command("due", "E1"),
        Command("told", "E1", {"E2": (b'{"a":"\xc3\xbc"}', b"{}"), "E3": ()}),
        Command(
            "event", "E1", {"E1": (b"{}",)}, MisroutedRecord(2, 7, b"\xff\x00k", (("h", b"\xfe"), ("h", b"")))
        ),
        Command("event", "E1", {"E1": (b"{}",)}, MisroutedRecord(2, 7, None, ())),
        Command(
            "account",
            directory_name("k1"),
            notice=AccountNotice("k1", "E1", 2, Account("k1", "E1", TUESDAY, TUESDAY, "E0")),
        ),
        Command("beside", "E1", notice=AccountNotice("k1", "E2", 3, None)),
    ):
        assert from_bytes(to_bytes(command)) == command


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"[]", b"1", b'{"command":"due"}', b'{"command":"run","encounter_id":"E1"}',
        b'{"command":"due","encounter_id":1}', b'{"command":"told","encounter_id":"E1","stays":[]}',
        b'{"command":"told","encounter_id":"E1","stays":{"E2":[1]}}',
        b'{"command":"event","encounter_id":"E1","came":[1]}',
        b'{"command":"event","encounter_id":"E1","came":"abcd"}',
        b'{"command":"beside","encounter_id":"E1"}', b'{"command":"beside","encounter_id":"E1","account":["k1"]}',
        b'{"command":"beside","encounter_id":"E1","account":["k1","E2",1,"Tuesday","2026-03-03",null]}',
    ],
)  # fmt: skip
def test_what_is_no_command_is_refused(raw: bytes) -> None:
    """In words that quote nothing."""
    with pytest.raises(NotACommandError, match="not a command"):
        from_bytes(raw)


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_no_bytes_are_a_surprise(raw: bytes) -> None:
    """They are a command or they are refused."""
    try:
        from_bytes(raw)
    except NotACommandError:
        return
