"""What a batch of records does: stays kept, messages, commands, and every record that is refused, with its words."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from encounter_states import DAY, HOUR, T0, TIMEOUTS, Shelf, asked, injection, line, records
from orjson import loads

from rules.engine import Profile
from rules.policy.resolve import PolicyError
from streams.batch.coder import code_linked, code_stay
from streams.lifecycle import event_processor, reject_reasons
from streams.lifecycle.commands import Command, MisroutedRecord, from_bytes
from streams.lifecycle.event_processor import EncounterProcessor
from streams.lifecycle.merged_view import encounter_of
from streams.lifecycle.processed_records import ProcessedRecords
from streams.lifecycle.reject_reasons import EMPTY, FAULT, FORGOTTEN, LONGEST, TOO_HEAVY, TOO_LONG
from streams.wire import topics
from streams.wire.closed_encounter_json import from_bytes as closed_from_bytes
from streams.wire.message import OutboundMessage
from streams.wire.reject_headers import origin
from streams.wire.rejects import TWICE, Reject

TWO_IDS = Reject("encounter_id", TWICE, "send the event again with one of them")
OPENED = line("encounter_opened")
LEFT = line("encounter_discharged", 60)


def refused(followed: ProcessedRecords) -> list[tuple[bytes | None, str]]:
    """Return the values on the rejects topic, and why."""
    return [(one.value, place(one).reason) for one in followed.messages if one.topic == topics.REJECTS]


def place(message: OutboundMessage) -> MisroutedRecord:
    """Return where a reject came from."""
    found = origin(message.headers)
    assert found is not None
    return found


def closed(followed: ProcessedRecords) -> list[tuple[int, str]]:
    """Return version and status of every closed encounter sent."""
    found = [closed_from_bytes(one.value or b"") for one in followed.messages if one.topic == topics.CLOSED]
    return [(one.version, one.status) for one in found]


def asked_of(followed: ProcessedRecords) -> list[Command]:
    """Return the commands sent."""
    return [from_bytes(one.value) for one in followed.commands]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, EMPTY),
        (b" " * (LONGEST + 1), TOO_LONG),
        (b'{"encounter_id":"E9",' + injection()[1:], TWO_IDS),
    ],
)
def test_a_record_that_cannot_be_taken_is_refused_as_it_was(value: bytes | None, why: Reject) -> None:
    """With its key, its headers, its place; and the others are taken."""
    shelf = Shelf()
    followed = shelf.follow(value, OPENED)
    assert refused(followed) == [(value, why.reason)]
    message = followed.messages[0]
    assert (message.key, message.headers[0]) == (b"key", ("h", b"1"))
    assert place(message)[1:4] == (topics.EVENTS, 1, 0)
    assert "E1" in shelf.stays


REFUSED = injection(event_id="r1").replace(b"+00:00", b"")
"""An event without an offset: it cannot be used, and its encounter can be read."""


def test_an_event_that_cannot_be_used_marks_its_stay_until_it_is_sent_again() -> None:
    """The reject is on its topic, the refusal in the state; the event under the same id takes it away."""
    shelf = Shelf()
    followed = shelf.follow(OPENED, REFUSED)
    assert [value for value, _ in refused(followed)] == [REFUSED]
    state = shelf.load("E1")
    assert state is not None
    marked = encounter_of(state)
    assert marked is not None
    assert [refusal.refused_event_id for refusal in marked.refused_events] == ["r1"]
    shelf.follow(injection(event_id="r1"), first=2)
    state = shelf.load("E1")
    assert state is not None
    mended = encounter_of(state)
    assert mended is not None
    assert mended.refused_events == ()


def test_a_refused_event_of_a_final_stay_has_it_coded_again() -> None:
    """At once, as any late event does."""
    shelf = Shelf()
    shelf.follow(OPENED, injection(), LEFT)
    shelf.process_commands(Command("due", "E1"), at=T0 + 90 * HOUR)
    late = shelf.follow(REFUSED, at=T0 + 91 * HOUR, first=3)
    assert [status for _, status in closed(late)] == ["final"]


def test_a_stay_of_which_every_event_was_refused_is_never_closed() -> None:
    """There is nothing to code; the state waits for the events that may still come."""
    shelf = Shelf()
    shelf.follow(REFUSED)
    assert closed(shelf.process_commands(Command("due", "E1"), at=T0 + 10 * DAY)) == []
    assert closed(shelf.follow(OPENED, injection(), LEFT, first=1, at=T0 + 10 * DAY)) == []
    (again,) = shelf.process_commands(Command("due", "E1"), at=T0 + 20 * DAY, first=1).messages
    assert [
        refusal.refused_event_id for refusal in closed_from_bytes(again.value or b"").encounter.refused_events
    ] == ["r1"]


def test_a_refused_event_of_another_partitions_stay_is_forwarded_as_a_refusal() -> None:
    """Its home marks the stay."""
    astray = Shelf(home=False)
    (command,) = asked_of(astray.follow(REFUSED))
    (line,) = command.stays["E1"]
    assert b'"event_refused"' in line
    assert astray.stays == {}


def test_the_longest_event_is_taken() -> None:
    """One byte more is too long."""
    assert refused(Shelf().follow(OPENED + b" " * (LONGEST - len(OPENED)))) == []


def test_an_id_that_stands_twice_is_refused_in_the_words_of_the_file_coder() -> None:
    """Whichever of the two it goes by."""
    told = b'{"encounter_id":"E9",' + injection()[1:]
    found = code_stay("E9", [(0, 1, told)], Profile()).rejects
    assert [one.reason for one in found] == [TWO_IDS.reason]


def test_a_byte_order_mark_does_not_trip_the_next_reading() -> None:
    """The stay is read again from its bytes."""
    shelf = Shelf()
    shelf.follow(b"\xef\xbb\xbf" + OPENED)
    assert shelf.follow(LEFT, first=1, at=T0 + 9 * HOUR).faults == 0


def test_a_repeated_event_changes_nothing() -> None:
    """Nor does it count as a word from the stay."""
    shelf = Shelf()
    shelf.follow(OPENED)
    before = dict(shelf.stays)
    assert shelf.follow(OPENED, first=1, at=T0 + DAY) == ProcessedRecords([], [], [], 0)
    assert shelf.stays == before


def test_a_departure_known_and_due_is_closed_and_said_again_when_its_record_comes_again() -> None:
    """The same bytes under the same id: whoever crashed before sending sends now."""
    shelf = Shelf()
    shelf.follow(OPENED, injection(), LEFT)
    first = shelf.process_commands(Command("due", "E1"), at=T0 + DAY)
    assert closed(first) == [(1, "preview")]
    again = shelf.process_commands(Command("due", "E1"), at=T0 + DAY + 5)
    assert again.messages == first.messages
    assert shelf.process_commands(Command("due", "E1"), first=1, at=T0 + DAY + 6).messages == []


def test_a_command_for_a_stay_that_is_not_here_does_nothing() -> None:
    """It may have been deleted by hand."""
    assert Shelf().process_commands(Command("due", "E1")) == ProcessedRecords([], [], [], 0)


def test_a_record_that_is_no_command_is_refused() -> None:
    """The others are obeyed."""
    shelf = Shelf()
    shelf.follow(OPENED)
    followed = shelf.process_commands(b"nonsense", Command("due", "E1"))
    assert [value for value, _ in refused(followed)] == [b"nonsense"]
    assert len(followed.states) == 1


def test_an_event_in_another_stays_partition_is_forwarded_with_where_it_lay() -> None:
    """There it is taken once; what is wrong with it is said of its first place."""
    astray = Shelf(home=False)
    followed = astray.follow(OPENED)
    assert followed.states == []
    (command,) = asked_of(followed)
    assert command == Command("event", "E1", {"E1": (OPENED,)}, MisroutedRecord(1, 0, b"key", (("h", b"1"),)))
    home = Shelf()
    assert len(home.process_commands(command).states) == 1
    assert home.process_commands(command, first=1).states == []
    home.process_commands(Command("due", "E1"), first=2, at=T0 + 2 * TIMEOUTS.retention)
    home.process_commands(Command("due", "E1"), first=3, at=T0 + 4 * TIMEOUTS.retention)
    late = home.process_commands(command, first=4)
    assert refused(late) == [(OPENED, FORGOTTEN.reason)]
    assert place(late.messages[0])[1:4] == (topics.EVENTS, 1, 0)
    assert late.messages[0].headers[0] == ("h", b"1")


def test_a_stay_known_here_is_kept_here_wherever_its_home_is() -> None:
    """So that a change of mind about homes does not split it."""
    shelf = Shelf()
    shelf.follow(OPENED)
    shelf.home = False
    assert asked_of(shelf.follow(LEFT, first=1)) == []


def test_a_stay_too_heavy_refuses_what_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the last byte it takes."""
    more = injection()
    monkeypatch.setattr(event_processor, "HEAVIEST", len(OPENED) + len(more))
    shelf = Shelf()
    assert refused(shelf.follow(OPENED, more)) == []
    over = injection(name="b")
    assert refused(shelf.follow(over, first=2)) == [(over, TOO_HEAVY.reason)]
    told = shelf.process_commands(Command("told", "E1", {"E2": (injection(stay="E2"),)}))
    assert [why for _, why in refused(told)] == [TOO_HEAVY.reason]


def forgotten() -> Shelf:
    """Return a partition whose one stay was closed and forgotten."""
    shelf = Shelf()
    shelf.follow(OPENED, injection(), LEFT)
    for number in range(4):
        shelf.process_commands(Command("due", "E1"), first=number, at=T0 + (number + 1) * TIMEOUTS.retention)
    state = shelf.load("E1")
    assert state is not None
    assert state.phase == "forgotten"
    return shelf


def test_an_event_after_forgetting_is_refused_and_changes_nothing() -> None:
    """However often it comes."""
    shelf = forgotten()
    late = injection(name="b")
    followed = shelf.follow(late, late, first=9)
    assert refused(followed) == [(late, FORGOTTEN.reason)] * 2
    assert (followed.states, closed(followed)) == ([], [])


def test_a_merge_into_a_forgotten_stay_is_refused_and_another_stays_news_is_not() -> None:
    """Else what was charged under the other number would vanish without a word."""
    shelf = forgotten()
    into = line("encounter_merged", 70, "E2", into_encounter_id="E1")
    away = line("encounter_merged", 70, "E1", into_encounter_id="E2")
    followed = shelf.process_commands(Command("told", "E1", {"E2": (into,)}), first=9)
    assert [why for _, why in refused(followed)] == [reject_reasons.MERGED_INTO_FORGOTTEN.reason]
    assert (
        refused(
            shelf.process_commands(
                Command("told", "E1", {"E2": (injection(stay="E2"),), "E1": (away,)}), first=10
            )
        )
        == []
    )


def test_a_restored_stay_is_coded_again_with_the_next_version() -> None:
    """From all its events."""
    shelf = forgotten()
    followed = shelf.process_commands(
        Command("restored", "E1", {"E1": (OPENED, injection(), LEFT)}), first=9, at=T0 + 9 * DAY
    )
    assert closed(followed) == [(2, "final")]


def test_a_merge_tells_the_stay_it_went_into_each_event_once() -> None:
    """And hears nothing back while that one stays."""
    merge = line("encounter_merged", 70, "E1", into_encounter_id="E2")
    shelf, other = Shelf(), Shelf()
    (told,) = asked_of(shelf.follow(OPENED, merge))
    assert (told.kind, told.encounter_id, told.stays) == ("told", "E2", {"E1": (OPENED, merge)})
    assert asked_of(other.process_commands(told)) == []
    late = injection()
    (told,) = asked_of(shelf.follow(late, first=2))
    assert (told.encounter_id, told.stays) == ("E2", {"E1": (late,)})
    assert asked_of(other.process_commands(told, first=1)) == []


def test_where_a_stay_went_on_to_is_told_to_those_that_went_into_it() -> None:
    """By the lines that decide it alone; what came through it goes on with its own."""
    first = line("encounter_merged", 70, "E1", into_encounter_id="E2")
    second = line("encounter_merged", 80, "E2", into_encounter_id="E3")
    own = injection(stay="E2")
    shelf = Shelf()
    shelf.process_commands(Command("told", "E2", {"E1": (OPENED, first)}))
    down, up = sorted(asked_of(shelf.follow(own, second)), key=lambda one: one.encounter_id)
    assert (down.encounter_id, down.stays) == ("E1", {"E2": (second,)})
    assert (up.encounter_id, up.stays) == ("E3", {"E2": (own, second), "E1": (OPENED, first)})


def test_what_was_told_before_a_crash_is_told_again_whole() -> None:
    """The record comes again, and nobody knows what was sent."""
    merge = line("encounter_merged", 70, "E1", into_encounter_id="E2")
    shelf = Shelf()
    shelf.follow(OPENED, merge)
    shelf.follow(injection(), first=2)
    (told,) = asked_of(shelf.follow(OPENED, merge))
    assert len(told.stays["E1"]) == 3


def test_what_is_too_much_for_one_command_is_told_in_several(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left out, and nothing is told twice."""
    from streams.lifecycle import messages  # noqa: PLC0415 - only to make one of its limits small

    lines = [
        line("encounter_merged", 70, "E1", into_encounter_id="E2"),
        *(injection(n, name=str(n)) for n in range(5)),
    ]
    monkeypatch.setattr(messages, "_CHUNK_BYTES", 2 * max(map(len, lines)))
    commands = asked_of(Shelf().follow(*lines))
    assert len(commands) > 2
    assert [one for command in commands for one in command.stays["E1"]] == lines


CANCELLED = line("encounter_cancelled", 30, recorded=30)
AFTER = injection(10, recorded_at="2026-03-02T08:45:00Z")


def words(*lines: bytes) -> list[str]:
    """Return what ``infusion code`` says of these lines."""
    return [
        one.reason for one in code_stay("E1", [(0, n, one) for n, one in enumerate(lines)], Profile()).rejects
    ]


@pytest.mark.parametrize("order", [(OPENED, CANCELLED, AFTER), (AFTER, OPENED, CANCELLED)])
@pytest.mark.parametrize("at_once", [True, False])
def test_an_event_stored_after_its_stay_was_cancelled_is_refused_once(
    order: tuple[bytes, ...],
    at_once: bool,  # noqa: FBT001 - in one batch or in three
) -> None:
    """With the file coder's words, in whatever order they come; and again only with the record that showed it."""
    shelf = Shelf()
    batches = [order] if at_once else [(one,) for one in order]
    found: list[Any] = []
    for number, batch in enumerate(batches):
        followed = shelf.follow(*batch, first=number)
        found += refused(followed)
    assert found == [(AFTER, why) for why in words(*order)]
    assert len(found) == 1
    again = shelf.follow(*batches[-1], first=len(batches) - 1)
    assert refused(again) == found
    assert again.messages == followed.messages
    assert refused(shelf.follow(*order, injection(20), first=10)) == []


def test_an_event_refused_counts_once_the_stay_is_reopened() -> None:
    """It was kept, and nothing is refused a second time."""
    shelf = Shelf()
    shelf.follow(OPENED, CANCELLED, AFTER)
    followed = shelf.follow(line("encounter_reopened", 50, recorded=50), LEFT, first=3, at=T0 + DAY)
    assert refused(followed) == []
    due = shelf.process_commands(Command("due", "E1"), at=T0 + 2 * DAY)
    assert closed(due) == [(1, "preview")]
    assert closed_from_bytes(due.messages[0].value or b"").encounter.administrations


def test_a_merge_left_out_because_it_closes_a_circle_is_refused_once() -> None:
    """By the stay that stays."""
    first = line("encounter_merged", 70, "E1", into_encounter_id="E2")
    last = line("encounter_merged", 80, "E2", into_encounter_id="E1")
    shelf = Shelf()
    found, offset = [], 0
    todo = asked_of(shelf.follow(first, last))
    while todo:
        followed = shelf.process_commands(todo.pop(0), first=offset)
        found += refused(followed)
        todo += asked_of(followed)
        offset += 1
    said = code_linked([(0, 0, first), (0, 1, last)], Profile()).rejects
    assert found == [(first, one.reason) for one in said]
    assert len(found) == 1


class Failing:
    """A fold that fails until it is mended."""

    def __init__(self, error: Callable[[], Exception]) -> None:
        self.error: Callable[[], Exception] | None = error

    def __call__(self, encounter: Any) -> Any:
        """Answer as ever, or fail."""
        if self.error is not None:
            raise self.error()
        return asked(encounter)


def take(shelf: Shelf, topic: str, values: Any, at: int, policy: Any) -> ProcessedRecords:
    """Have a batch settled under a policy, and keep what comes of it."""
    batch = EncounterProcessor(topic, 1, at, shelf.load, lambda _: True)
    (batch.process_events if topic == topics.EVENTS else batch.process_commands)(values)
    followed = batch.finish(TIMEOUTS, policy)
    shelf.stays |= {state.encounter_id: state.to_bytes() for state in followed.states}
    return followed


def test_a_stay_that_fails_us_is_refused_once_and_tried_again_every_hour() -> None:
    """Its events are kept; after the fix it is closed as any other."""
    shelf, failing = Shelf(), Failing(ZeroDivisionError)
    followed = take(shelf, topics.EVENTS, records(OPENED, LEFT), T0, failing)
    assert followed.faults == 1
    assert refused(followed) == [(LEFT, FAULT.reason)]
    due = records(b'{"command":"due","encounter_id":"E1","stays":{}}')
    state = shelf.load("E1")
    assert state is not None
    assert (state.due_at, state.due_for) == (T0 + HOUR, "retry")
    assert refused(take(shelf, topics.COMMANDS, due, T0 + HOUR, failing)) == []
    failing.error = None
    take(shelf, topics.EVENTS, records(LEFT, first=9), T0 + HOUR, failing)
    state = shelf.load("E1")
    assert state is not None
    assert (state.standing, state.due_for) == ("discharged", "close")


def test_a_policy_that_does_not_exist_stops_the_worker() -> None:
    """It is wrong for every stay."""
    with pytest.raises(PolicyError):
        take(Shelf(), topics.EVENTS, records(OPENED), T0, Failing(partial(PolicyError, "no such policy")))


def test_no_reject_says_what_stood_in_the_event() -> None:
    """The bytes are in the value alone."""
    followed = Shelf().follow(b'{"type":"injection_given","event_id":"secret-1"}')
    assert all(b"secret" not in value for _, value in followed.messages[0].headers)
    assert loads(followed.messages[0].value or b"")["event_id"] == "secret-1"
