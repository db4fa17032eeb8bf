"""What the agent ``code`` does with a batch: poison is refused with its bytes, everything else is coded."""

from typing import Any

import pytest
from encounter_states import T0, TIMEOUTS, Shelf, asked, injection, line, records

from rules.engine import Profile
from streams.charging import closed_encounter_processor as coded
from streams.charging.closed_encounter_processor import code_records
from streams.charging.release_state import ReleaseState, UnreadableReleaseError
from streams.lifecycle.event_processor import EncounterProcessor
from streams.wire import topics
from streams.wire.reject_headers import origin


def closed(stay: str) -> bytes:
    """Return a closed encounter with one injection."""
    shelf = Shelf()
    batch = EncounterProcessor(topics.EVENTS, 1, T0 + 10**7, shelf.load, lambda _: True)
    told = (line("encounter_opened", 0, stay), injection(5, stay), line("encounter_discharged", 60, stay))
    batch.process_events(records(*told))
    kept = batch.finish(TIMEOUTS, asked).states[0]
    shelf.stays[stay] = kept.to_bytes()
    due = shelf.process_commands(b'{"command":"due","encounter_id":"%s"}' % stay.encode(), at=T0 + 10**7 + 60)
    (message,) = due.messages
    assert message.value is not None
    return message.value


def nothing(_: bytes) -> ReleaseState | None:
    """Remember nothing."""
    return None


def test_poison_between_good_ones_is_refused_as_it_was_and_the_good_ones_are_coded() -> None:
    """Key, headers and place with it."""
    found = code_records(records(closed("E1"), b"{}", None, closed("E2")), 3, 0, nothing, Profile())
    assert list(found.states) == [b"E1", b"E2"]
    rejects = [one for one in found.messages if one.topic == topics.REJECTS]
    assert [(one.key, one.value) for one in rejects] == [(b"key", b"{}"), (b"key", None)]
    place = origin(rejects[0].headers)
    assert place is not None
    assert (place.topic, place.partition, place.offset) == (topics.CLOSED, 3, 1)
    assert place.reason.startswith("line: not a closed encounter; ")
    assert found.faults == 0
    assert [one.key for one in found.messages if one.topic == topics.CHARGES] == [b"E1", b"E2"]


def test_one_stay_the_rules_stumble_over_is_refused_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are coded."""
    real = coded.release

    def stumbling(previous: Any, one: Any, *args: Any, **more: Any) -> Any:
        if one.encounter_id == "E1":
            raise ZeroDivisionError
        return real(previous, one, *args, **more)

    monkeypatch.setattr(coded, "release", stumbling)
    found = code_records(records(closed("E1"), closed("E2")), 0, 0, nothing, Profile())
    assert (list(found.states), found.faults) == ([b"E2"], 1)


def test_a_state_of_a_newer_worker_stops_this_one() -> None:
    """It would be the same for every stay."""

    def newer(_: bytes) -> ReleaseState | None:
        raise UnreadableReleaseError(wrong="has format 9, not 1")

    with pytest.raises(UnreadableReleaseError):
        code_records(records(closed("E1")), 0, 0, newer, Profile())


def test_the_same_record_twice_in_a_batch_is_coded_once() -> None:
    """What the first one said is known to the second."""
    value = closed("E1")
    found = code_records(records(value, value), 0, 0, nothing, Profile())
    assert [one.topic for one in found.messages] == [topics.CHARGE_LINES, topics.CHARGES]
