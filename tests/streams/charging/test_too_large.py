"""A stay whose answer its topic would refuse is refused alone; what was said of it before stands."""

from typing import Any, NamedTuple

import pytest

from models.event import EVENT
from rules.engine import Profile
from streams.charging import closed_encounter_processor
from streams.charging.closed_encounter_processor import code_records
from streams.encounter.fold import fold
from streams.wire import message_size
from streams.wire.closed_encounter_json import ClosedEncounter, to_bytes
from streams.wire.topics import CHARGE_LINES, CHARGES, CLOSED, REJECTS


class Record(NamedTuple):
    """A record of the topic of closed encounters."""

    offset: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


def closed(name: str, offset: int, pushes: int) -> Record:
    """Return a closed stay with so many pushes, a minute apart."""
    about = {"encounter_id": name, "source": "emar"}
    told: list[dict[str, Any]] = [
        {"type": "encounter_opened", "event_id": "o", "occurred_at": "2026-03-02T07:00:00-05:00", "payer": "medicare", "setting": "facility"} | about,
        *(
            {"type": "push_given", "event_id": f"p{number}", "occurred_at": f"2026-03-02T08:{number:02}:00-05:00",
             "administration_id": f"A{number}", "drug": {"name": "ondansetron"}, "route": "IV", "order_id": "O1"} | about
            for number in range(pushes)
        ),
        {"type": "encounter_discharged", "event_id": "d", "occurred_at": "2026-03-02T12:00:00-05:00"} | about,
    ]  # fmt: skip
    events = [EVENT.validate_python(one, strict=False) for one in told]
    made = ClosedEncounter(
        name, offset + 1, "final", 1_772_500_000, "discharged", None, len(events), fold(events)
    )
    return Record(offset, name.encode(), to_bytes(made))


def test_only_the_stay_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The topic takes a small set and not a large one; the one before it stands."""
    small, large = closed("E1", 0, 1), closed("E1", 1, 50)
    (charges,) = [one for one in _coded(small).messages if one.topic == CHARGES]
    limit = message_size.size_of(charges) * 3
    monkeypatch.setattr(message_size, "room_on", lambda name: limit if name == CHARGES else 1 << 20)
    coded = _coded(small, large, closed("E2", 2, 1))
    assert [(one.topic, one.key) for one in coded.messages if one.topic in {CHARGES, REJECTS}] == [
        (CHARGES, b"E1"), (REJECTS, b"E1"), (CHARGES, b"E2"),
    ]  # fmt: skip
    assert {one.key for one in coded.messages if one.topic == CHARGE_LINES} == {b"E1", b"E2"}
    assert coded.states[b"E1"].version == 1
    assert coded.counts.rejects == {"too_large": 1}
    assert coded.faults == 0
    (reject,) = [one for one in coded.messages if one.topic == REJECTS]
    assert dict(reject.headers)["infusion-reject-topic"] == CLOSED.encode()


def test_a_state_that_its_changelog_would_refuse_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds what was said and is not committed yet: each message may fit and all of them not."""
    monkeypatch.setattr(closed_encounter_processor, "_LARGE", 0)
    monkeypatch.setattr(closed_encounter_processor, "room_on", lambda _: 100)
    coded = _coded(closed("E1", 0, 1))
    assert [one.topic for one in coded.messages] == [REJECTS]
    assert not coded.states


def _coded(*records: Record) -> Any:
    return code_records(records, 0, 0, lambda _: None, Profile())
