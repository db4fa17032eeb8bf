"""Laws of de-identifying: coded alike, intervals and weekdays and wall clocks kept, nothing of a person left."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from golden import all_cases
from hypothesis import example, given, settings
from hypothesis import strategies as st
from orjson import dumps, loads
from timeline import events_of

from models.charge import ChargeSet
from rules.engine import Profile
from streams.batch.coder import code_linked
from streams.feeds.deidentified.date_shift import shifts
from streams.feeds.deidentified.event import instants_of
from streams.feeds.deidentified.keyed import Keyed
from streams.feeds.deidentified.stay import Deidentified, deidentified

LAW = settings(max_examples=25, deadline=None)
NEW_YORK = ZoneInfo("America/New_York")
PHRASE = "Zzyx Qwerty 5551234"


@cache
def cases() -> list[list[dict[str, Any]]]:
    """Return the events of each golden case as JSON has them."""
    found = []
    for number, (_, case) in enumerate(all_cases()):
        told = [loads(event.model_dump_json(exclude_unset=True)) for event in events_of(case)]
        found.append([one | {"encounter_id": f"case {number}"} for one in told])
    return found


def code(lines: Any) -> dict[str, ChargeSet]:
    """Code lines as ``infusion code`` does."""
    given_lines = [(0, number, raw) for number, raw in enumerate(lines)]
    return {one.encounter_id: one for one in code_linked(given_lines, Profile()).charge_sets}


def made(events: list[dict[str, Any]], secret: bytes, weeks: int = 52) -> Deidentified:
    """Make events anew."""
    return deidentified([dumps(one) for one in events], secret, weeks, lambda name: name, code)


def shape(sets: dict[str, ChargeSet]) -> list[Any]:
    """Return what has to be the same: codes, units, modifiers and minutes, line by line, and how the set stands."""
    return [
        (one.status, sorted((line.code, line.units, line.modifiers, str(line.minutes)) for line in one.lines))
        for one in sets.values()
    ]


@settings(LAW, max_examples=12)
@given(st.integers(0), st.binary(min_size=32, max_size=32))
def test_a_stay_is_coded_as_before(number: int, secret: bytes) -> None:
    """The same codes, units and minutes; else it is told, and tables of another date are the reason."""
    events = cases()[number % len(cases())]
    found = made(events, secret)
    if found.same:
        assert shape(code(found.lines)) == shape(code([dumps(one) for one in events]))
    else:
        assert found.tables_moved
    assert len(found.lines) == len(events)
    assert made(events, secret).lines == found.lines, "the same key gives the same bytes"


@LAW
@given(st.integers(0), st.binary(min_size=32, max_size=32))
def test_intervals_and_weekdays_stay(number: int, secret: bytes) -> None:
    """Every instant of a stay moves by the same time, but for the offset, and by whole weeks on the wall."""
    events = cases()[number % len(cases())]
    before = [at for one in events for at in instants_of(one)]
    after = [at for one in map(loads, made(events, secret).lines) for at in instants_of(one)]
    assert {new - old for old, new in zip(before, after, strict=True)} == {after[0] - before[0]}
    walls = {
        new.replace(tzinfo=None) - old.replace(tzinfo=None) for old, new in zip(before, after, strict=True)
    }
    assert all(move % timedelta(weeks=1) == timedelta() for move in walls)


@LAW
@example(datetime(2026, 3, 8, 6, 30, tzinfo=ZoneInfo("UTC")), 90)  # across the change to daylight saving time
@example(datetime(2026, 11, 1, 5, 30, tzinfo=ZoneInfo("UTC")), 60)  # within the hour that comes twice
@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2026, 12, 1), timezones=st.just(ZoneInfo("UTC"))),  # noqa: DTZ001 -- their zone is the next argument
    st.integers(1, 2_000),
)
def test_a_change_of_clocks_is_moved_onto_another_or_not_at_all(begin: datetime, minutes: int) -> None:
    """Wall clocks of the zone are those of before, and so is every interval."""
    instants = [begin, begin + timedelta(minutes=minutes)]
    for shift, _ in zip(shifts(Keyed(b"s"), "g", 60, instants, [NEW_YORK]), range(20), strict=False):
        moved = [shift.moved(at.astimezone(NEW_YORK), [NEW_YORK]) for at in instants]
        assert moved[1] - moved[0] == timedelta(minutes=minutes)
        for old, new in zip(instants, moved, strict=True):
            there = new.astimezone(NEW_YORK)
            assert there.replace(tzinfo=None) - old.astimezone(NEW_YORK).replace(tzinfo=None) == timedelta(
                weeks=shift.weeks
            )
            assert there.utcoffset() == new.utcoffset()


def _with_person(value: Any, name: str) -> Any:
    """Return a value with a person in every text that a publisher is free to write."""
    free = {"encounter_id", "event_id", "administration_id", "order_id", "dose_id", "site_id", "restart_of", "device_id",
            "facility", "department", "payer", "indication", "separate_site_reason", "lumen", "procedure_id", "route",
            "name", "decided_by", "decision_id", "patient_key", "source", "dose_unit", "kind", "into_encounter_id"}  # fmt: skip
    if isinstance(value, dict):
        return {key: _with_person(inside, key) for key, inside in value.items()}
    if isinstance(value, list):
        return [_with_person(inside, "name" if name == "ingredients" else name) for inside in value]
    return f"{value} {PHRASE}" if isinstance(value, str) and name in free else value


@LAW
@given(st.integers(0))
def test_nothing_of_a_person_is_left(number: int) -> None:
    """Wherever a name or a number stood, beside a word that is known or alone; unknown fields are gone and counted."""
    events = [
        _with_person(one, "") | {"note": PHRASE, "x": {"y": PHRASE}} for one in cases()[number % len(cases())]
    ]
    found = deidentified([dumps(one) for one in events], b"k" * 32, 52, lambda _: None, code)
    text = b"\n".join(found.lines).lower()
    assert found.lines
    assert not any(word in text for word in (b"zzyx", b"qwerty", b"5551234", b"case "))
    assert found.dropped == {"note": len(events), "x": len(events)}
