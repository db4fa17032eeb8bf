"""Released drug lines on their way through the stream: deltas, holds and credits as of any other line."""

from datetime import datetime
from typing import Any

from encounter_states import HOUR
from orjson import dumps, loads
from stay_stream import Stream

from models.event import EVENT
from rules.engine import Profile
from streams.charging.recode import compare
from streams.encounter.fold import fold
from streams.lifecycle.commands import Command
from streams.wire import topics
from streams.wire.closed_encounter_json import ClosedEncounter, to_bytes

RELEASED = Profile(overrides=(("drug_lines", "release"),))
NIGHT = int(datetime.fromisoformat("2026-03-02T23:00:00-05:00").timestamp())


def event(kind: str, number: int, clock: str, **fields: Any) -> bytes:
    """Return one event of the stay."""
    at = f"2026-03-02T{clock}:00-05:00"
    return dumps({"type": kind, "event_id": f"e{number}", "encounter_id": "E1", "occurred_at": at} | fields)


OPENED = event(
    "encounter_opened", 1, "07:40", setting="facility", payer="medicare", time_zone="America/New_York"
)
STARTED = event(
    "infusion_started", 2, "08:00", administration_id="A1", drug={"name": "Remicade"}, route="IV", dose=305,
    dose_unit="mg", complexity_documented=True,
)  # fmt: skip
STOPPED = event("infusion_stopped", 3, "10:05", administration_id="A1", reason="completed")
WASTED = event("drug_wasted", 4, "10:10", administration_id="A1", amount=95, unit="mg")
LEFT = event("encounter_discharged", 5, "13:00")
ALL = (OPENED, STARTED, STOPPED, WASTED, LEFT)
GIVEN = ["charge 96413 1", "charge 96415 1"]


def changes(said: dict[str, list[bytes | None]]) -> list[str]:
    """Return what was charged and credited, sorted."""
    told = [loads(value or b"") for value in said.get(topics.CHARGE_LINES, [])]
    return sorted(
        f"{one['change']} {'-'.join((one['line']['code'], *one['line']['modifiers']))} {one['line']['units']}"
        for one in told
    )


def closed(stream: Stream, *lines: bytes) -> dict[str, list[bytes | None]]:
    """Return what the stay's first closing writes."""
    stream.take(*lines, at=NIGHT)
    return stream.coded(stream.shelf.process_commands(Command("due", "E1"), at=NIGHT + 100 * HOUR))


def test_waste_that_comes_late_is_charged_and_a_wrong_one_credited() -> None:
    """The administration's lines stay; the drug's, whose reason is another, is credited and charged as any line is."""
    stream = Stream(RELEASED)
    assert changes(closed(stream, OPENED, STARTED, STOPPED, LEFT)) == [*GIVEN, "charge J1745 31"]
    late = stream.coded(stream.take(WASTED, at=NIGHT + 101 * HOUR))
    assert changes(late) == ["charge J1745 31", "charge J1745-JW 9", "credit J1745 31"]
    void = event("event_voided", 6, "14:00", voids_event_id="e4")
    none = event("drug_wasted", 7, "14:00", administration_id="A1", amount=0)
    taken_back = stream.coded(stream.take(void, none, at=NIGHT + 102 * HOUR))
    assert changes(taken_back) == ["charge J1745-JZ 31", "credit J1745 31", "credit J1745-JW 9"]


def test_a_hold_on_an_administration_holds_its_drug() -> None:
    """And once the stop is charted both are charged."""
    stream = Stream(RELEASED)
    assert changes(closed(stream, OPENED, STARTED, WASTED, LEFT)) == []
    released = stream.coded(stream.take(STOPPED, at=NIGHT + 101 * HOUR))
    assert changes(released) == [*GIVEN, "charge J1745 31", "charge J1745-JW 9"]


def test_a_cancelled_stay_credits_its_drugs() -> None:
    """With every other line."""
    stream = Stream(RELEASED)
    charged = changes(closed(stream, *ALL))
    assert charged == [*GIVEN, "charge J1745 31", "charge J1745-JW 9"]
    gone = stream.coded(stream.take(event("encounter_cancelled", 8, "15:00"), at=NIGHT + 101 * HOUR))
    assert changes(gone) == [line.replace("charge", "credit") for line in charged]


def test_a_suggested_drug_is_in_the_set_and_never_among_the_changes() -> None:
    """Nor does its waste make a revision that charges anything."""
    stream = Stream()
    said = closed(stream, OPENED, STARTED, STOPPED, LEFT)
    assert changes(said) == GIVEN
    assert b'"drug_lines"' in (said[topics.CHARGES][0] or b"")
    assert changes(stream.coded(stream.take(WASTED, at=NIGHT + 101 * HOUR))) == []


def test_recoding_compares_what_releasing_drugs_would_charge() -> None:
    """``infusion recode --compare --set drug_lines=release`` shows the drugs as new lines, with their amounts."""
    stream = Stream()
    said = closed(stream, *ALL)
    stay = ClosedEncounter(
        "E1", 1, "final", NIGHT, "discharged", None, 5, fold(map(EVENT.validate_json, ALL))
    )
    (again,) = compare([to_bytes(stay)], {"E1": said[topics.CHARGES][0]}, RELEASED)
    made = [(one.change, one.line.code, one.line.units, one.line.expected_payment) for one in again.changes]
    assert [(change, code, units) for change, code, units, _ in made] == [
        ("charge", "J1745", 31),
        ("charge", "J1745", 9),
    ]
    assert sum(paid.cents or 0 for *_, paid in made if paid is not None) == 129692
