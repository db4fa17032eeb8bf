"""Which event states which instant: every live event once, with its source and who charted it."""

from typing import Any

from orjson import dumps

from models.event import Event
from streams.encounter.charted_times import charted_times
from streams.wire.event_json import validate


def event(kind: str, event_id: str, clock: str, encounter_id: str = "E1", **fields: Any) -> Event:
    """Return one event of the second of March."""
    told = {"type": kind, "event_id": event_id, "encounter_id": encounter_id}
    return validate(dumps(told | {"occurred_at": f"2026-03-02T{clock}:00-05:00"} | fields))


def told(*events: Event, name: str = "A1") -> list[tuple[str, str, str | None, str | None, bool]]:
    """Return what is stated of an administration, in order."""
    times = charted_times(events)[name]
    return [(one.what, one.event_id, one.source, one.role, one.whole) for one in times]


def test_every_event_states_its_own_instant() -> None:
    """As it went, with the rates; who charted it is a role."""
    about = {"administration_id": "A1"}
    assert told(
        event("infusion_stopped", "m4", "09:31", **about, charted_by_role="device", source="pump"),
        event("infusion_started", "m1", "08:00", **about, charted_by_role="nurse", source="emar"),
        event("infusion_paused", "m2", "08:30", **about),
        event("infusion_rate_changed", "m3", "08:40", rate_ml_per_h=125, **about),
    ) == [
        ("start", "m1", "emar", "nurse", False),
        ("pause", "m2", None, None, False),
        ("rate 125 mL/h", "m3", None, None, False),
        ("stop", "m4", "pump", "device", False),
    ]


def test_an_entry_made_afterwards_states_every_end_it_names() -> None:
    """Its own instant counts only where it names none."""
    whole = event(
        "administration_charted", "c1", "12:00", administration_id="A1",
        started_at="2026-03-02T08:00:00-05:00", stopped_at="2026-03-02T09:00:00-05:00",
    )  # fmt: skip
    empty = event("administration_charted", "c2", "13:00", administration_id="A1")
    assert told(whole, empty) == [
        ("start", "c1", None, None, True),
        ("stop", "c1", None, None, True),
        ("entry without times", "c2", None, None, True),
    ]


def test_what_was_voided_states_nothing() -> None:
    """A stop entered in error is not in the letter."""
    about = {"administration_id": "A1"}
    events = (
        event("infusion_started", "m1", "08:00", **about),
        event("infusion_stopped", "m2", "09:00", **about),
        event("infusion_stopped", "m3", "09:31", **about),
        event("event_voided", "v1", "10:00", voids_event_id="m2"),
    )
    assert [what for _, what, *_ in told(*events)] == ["m1", "m3"]


def test_one_id_of_two_sources_stands_twice() -> None:
    """Ids are unique within a source alone."""
    about = {"administration_id": "A1"}
    both = [event("infusion_started", "1", "08:00", source=source, **about) for source in ("emar", "pump")]
    assert [source for _, _, source, *_ in told(*both)] == ["emar", "pump"]
    assert [source for _, _, source, *_ in told(*reversed(both))] == ["emar", "pump"]


def test_the_events_of_a_merged_stay_stand_under_the_names_they_have_now() -> None:
    """Two administrations of one name stay two."""
    about = {"administration_id": "A1"}
    own = [event("push_given", "n1", "08:00", "E2", **about)]
    other = [
        event("push_given", "m1", "09:00", "E1", **about),
        event("encounter_merged", "x1", "10:00", "E1", into_encounter_id="E2"),
    ]
    times = charted_times(own, {"E1": other})
    assert {name: [one.event_id for one in stated] for name, stated in times.items()} == {
        "A1": ["n1"],
        "E1/A1": ["m1"],
    }
