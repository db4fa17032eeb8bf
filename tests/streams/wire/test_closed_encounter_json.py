"""A closed encounter as bytes and back: nothing lost, nothing rounded, nothing read that was not written."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from golden import all_cases
from hypothesis import given, settings
from hypothesis import strategies as st
from second_coder_timelines import BLANK, EMPTY
from strategies import encounters
from timeline import events_of

from models.drug import Drug, Ingredient
from models.encounter import (
    AccessSite,
    Decision,
    DepartmentPeriod,
    Dispense,
    Encounter,
    Flow,
    Procedure,
    RefusedEvent,
    Review,
    Waste,
)
from rules.engine import Profile, code_encounter
from streams.encounter.fold import fold
from streams.wire.charge_json import written
from streams.wire.closed_encounter_json import ClosedEncounter, NotAClosedEncounterError, from_bytes, to_bytes

MORNING = int(datetime(2026, 3, 2, 13, tzinfo=UTC).timestamp())
WASTE = Waste("w1", "A1", Decimal("95.50"), "mg", "the rest", MORNING + 90)

FULL = EMPTY._replace(
    encounter_id="E1",
    standing="discharged",
    setting="facility",
    payer="medicare",
    facility="F1",
    department="ED",
    department_modifier="PO",
    time_zone="America/New_York",
    utc_offset_s=-18000,
    arrived_at=MORNING,
    departed_at=MORNING + 7200,
    inpatient_ordered_at=MORNING + 7100,
    key_reason_order_id="O1",
    follows_encounter_id="E0",
    last_recorded_at=MORNING + 8000,
    sites=(AccessSite("left", "port", MORNING, MORNING + 60, "right", "protocol"),),
    procedures=(Procedure("P1", "biopsy", MORNING, MORNING + 600),),
    administrations=(
        BLANK._replace(
            administration_id="A1",
            drug=Drug(
                name="ceftriaxone",
                code="2193",
                system="rxnorm",
                ingredients=("ceftriaxone", Ingredient(name="lidocaine", code="6387", system="rxnorm")),
                billing_class="therapeutic",
            ),
            order_id="O1",
            order_status="signed",
            dose_id="D1",
            site_id="left",
            intent="treat",
            indication="pneumonia",
            rate_ml_per_h=Decimal("120.50"),
            volume_ml=Decimal("1E+2"),
            planned_minutes=60,
            dose=Decimal("0.10"),
            dose_unit="g",
            prehospital=False,
            device_id="pump-1",
            counselling=True,
            lesion_count=2,
            complexity_documented=False,
            procedure_id="P1",
            lumen="proximal",
            charted_by_role="nurse",
            supplied_by="white_bag",
            research=True,
            order_modifiers=("Q1", "GA"),
            ordered_dose=Decimal("0.125"),
            ordered_dose_unit="g",
            weight_kg=Decimal("70.50"),
            body_surface_m2=Decimal("1.82"),
            given_at=MORNING,
            flows=(Flow(MORNING, MORNING + 60), Flow(MORNING + 90, None)),
            pump_flows=(Flow(MORNING, MORNING + 61),),
            rates=((MORNING, Decimal("120.50")), (MORNING + 30, Decimal(0))),
            bag_changes=(MORNING + 30,),
            stop_reason="completed",
            touched=(MORNING + 30, MORNING + 60),
            faults=("no_duration",),
            open_pause=Flow(MORNING + 60, MORNING + 90),
            last_seen_at=MORNING + 90,
            wasted=(WASTE,),
        ),
    ),
    voided=("A0",),
    decisions=(
        Decision("C1", "96379", 1, ("A1",), "no listed code", "96365", MORNING),
        Decision("C2", "96549", 2, (), "no listed code", None, MORNING),
    ),
    conflicts=("m1",),
    departments=(DepartmentPeriod(MORNING, "ED", "ER"), DepartmentPeriod(MORNING + 60, "OBS", "PO")),
    overruled=("d2",),
    merged_into="E2",
    patient_key="9f2c61d8",
    other_accounts=("E7",),
    wasted_apart=(WASTE._replace(administration_id="A0"),),
    dispensed=(Dispense("D1", "A1", "O1", Drug(name="ceftriaxone"), Decimal("1.10"), "g", MORNING),),
    refused_events=(
        RefusedEvent("refused-1", None, "line: cut off"),
        RefusedEvent("refused-2", "m7", "route: no"),
    ),
    reviews=(
        Review(
            "r1",
            "F-PCA",
            ("A1",),
            ("refused-1",),
            "code",
            "96379",
            "96365",
            "a basal rate ran",
            "coder-7",
            MORNING,
            ("A1",),
            ("payer",),
        ),
        Review("r2", "F-MUE", (), (), "accept", None, None, "each was needed", "coder-7", MORNING),
    ),
)
"""A stay in which nothing is left out."""


def closed(encounter: Encounter, **told: Any) -> ClosedEncounter:
    """Return a closed encounter, final unless told otherwise."""
    return ClosedEncounter(
        encounter.encounter_id, 3, "final", MORNING + 9000, "confirmed", None, 12, encounter
    )._replace(**told)


FIGURES = st.one_of(
    st.integers(0, 10_000_000).map(Decimal),
    st.decimals(0, 10_000_000, allow_nan=False, allow_infinity=False),
    st.sampled_from(["0.10", "1E+2", "0.1234567890123456789012", "9007199254740993", "0E-7"]).map(Decimal),
)


@st.composite
def closings(draw: st.DrawFn) -> ClosedEncounter:
    """Draw a closed encounter: any stay, figures with any number of digits, names in any script."""
    stay = draw(encounters())
    name = draw(st.text(st.characters(exclude_categories=("C",)), min_size=1, max_size=20))
    figures = draw(st.lists(FIGURES, min_size=4, max_size=4))
    first = stay.administrations[0]._replace(
        volume_ml=figures[0],
        dose=figures[1],
        rates=((MORNING, figures[2]), (MORNING + 60, figures[3])),
        indication=name,
    )
    stay = stay._replace(
        encounter_id=name,
        administrations=(first, *stay.administrations[1:]),
        procedures=draw(st.sampled_from(((), FULL.procedures, (Procedure("P2", None, None, None),)))),
        decisions=draw(st.sampled_from(((), FULL.decisions))),
        reviews=draw(st.sampled_from(((), FULL.reviews))),
        departments=draw(st.sampled_from(((), FULL.departments, (DepartmentPeriod(MORNING, None, None),)))),
        voided=draw(st.sampled_from(((), ("A8", "A9")))),
    )
    return ClosedEncounter(
        name,
        draw(st.integers(0, 1 << 40)),
        draw(st.sampled_from(("preview", "final", "withdrawn"))),
        draw(st.integers(MORNING, MORNING + 10**8)),
        draw(st.sampled_from(("discharged", "inactive", "late_event", "merged"))),
        draw(st.sampled_from((None, "E2"))),
        draw(st.integers(0, 10_000)),
        stay,
    )


@settings(max_examples=150, deadline=None)
@given(closings())
def test_what_is_read_is_what_was_written(one: ClosedEncounter) -> None:
    """To the last digit of a figure: the text of the tuples is compared too, for 120.5 equals 120.50."""
    back = from_bytes(to_bytes(one))
    assert back == one
    assert repr(back) == repr(one)
    assert to_bytes(back) == to_bytes(one)


def folded() -> Iterator[Encounter]:
    """Yield the stay of every golden case."""
    for _, case in all_cases():
        yield fold(events_of(case))


def test_every_golden_case_comes_back_and_is_coded_alike() -> None:
    """The stays people wrote down, as their events tell them: the same facts, the same bytes of charges."""
    differing = []
    for stay in folded():
        back = from_bytes(to_bytes(closed(stay))).encounter
        sets = [written(code_encounter(one, Profile()).charge_set) for one in (stay, back)]
        if repr(back) != repr(stay) or sets[0] != sets[1]:
            differing.append(stay)
    assert differing == []


def test_a_stay_with_everything_comes_back() -> None:
    """No field of any model is forgotten: in this stay none is left out."""
    parts = [
        *FULL.sites,
        *FULL.procedures,
        *FULL.administrations,
        FULL.decisions[0],
        FULL.reviews[0],
        *FULL.departments,
        *FULL.wasted_apart,
        *FULL.dispensed,
    ]
    blank = [
        f"{type(part).__name__}.{name}"
        for part in (FULL, *parts)
        for name, held in zip(part._fields, part, strict=True)
        if held is None or held == ()
    ]
    assert blank == []
    assert repr(from_bytes(to_bytes(closed(FULL)))) == repr(closed(FULL))


def test_modifiers_taken_back_come_back_as_taken_back() -> None:
    """No modifier any more is not the same as never a word about one."""
    given = FULL.administrations[0]._replace(order_modifiers=())
    stay = FULL._replace(administrations=(given,))
    assert from_bytes(to_bytes(closed(stay))).encounter == stay


def test_what_is_not_known_is_left_out() -> None:
    """As in events: no field without a value, none empty."""
    said = json.loads(to_bytes(closed(EMPTY._replace(encounter_id="E1", standing="open"))))
    assert said["merged_into"] is None
    assert None not in said["encounter"].values()
    assert [] not in said["encounter"].values()


def test_the_fields_stand_in_their_order_and_instants_are_utc() -> None:
    """Canonical bytes: the same closing is the same bytes on every machine."""
    value = to_bytes(closed(FULL))
    assert [*json.loads(value)] == [
        "encounter_id", "version", "status", "closed_at", "reason", "merged_into", "events", "encounter",
    ]  # fmt: skip
    assert value.startswith(
        b'{"encounter_id":"E1","version":3,"status":"final","closed_at":"2026-03-02T15:30:00Z",'
        b'"reason":"confirmed","merged_into":null,"events":12,"encounter":{"encounter_id":"E1",'
    )
    assert b'"volume_ml":1E+2,' in value
    assert b'"rate_ml_per_h":120.50' in value


def changed(path: tuple[Any, ...], to: Any) -> bytes:
    """Return the full stay's record with one value changed."""
    record = json.loads(to_bytes(closed(FULL)))
    place = record
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return json.dumps(record).encode()


DRIP = ("encounter", "administrations", 0)


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (b"", "record"),
        (b"secret", "record"),
        (b"null", "record"),
        (b"[]", "record"),
        (b"{}", "encounter_id"),
        (changed(("secret",), "secret"), "record"),
        (changed((*DRIP, "secret"), "secret"), "encounter.administrations.0"),
        (changed((*DRIP, "technique"), "secret"), "encounter.administrations.0.technique"),
        (changed((*DRIP, "given_at"), "secret"), "encounter.administrations.0.given_at"),
        (changed((*DRIP, "given_at"), 1772463600), "encounter.administrations.0.given_at"),
        (changed((*DRIP, "given_at"), "2026-03-02T13:00:00"), "encounter.administrations.0.given_at"),
        (changed((*DRIP, "given_at"), "2026-03-02T13:00:00.5Z"), "encounter.administrations.0.given_at"),
        (changed((*DRIP, "dose"), -1), "encounter.administrations.0.dose"),
        (changed((*DRIP, "dose"), "secret"), "encounter.administrations.0.dose"),
        (changed(("encounter", "encounter_id"), "secret"), "encounter.encounter_id"),
        (changed(("version",), "3"), "version"),
        (changed(("version",), -1), "version"),
    ],
)
def test_what_is_no_closed_encounter_is_refused_without_quoting_it(value: bytes, where: str) -> None:
    """The message says the field and what to do, and nothing of what stood there."""
    with pytest.raises(NotAClosedEncounterError) as refused:
        from_bytes(value)
    assert f"closed encounter: {where}" in str(refused.value)
    assert "run the release that wrote" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_refusal_is_a_value_error_and_nothing_else_escapes() -> None:
    """Whoever reads the topic has one error to expect."""
    assert issubclass(NotAClosedEncounterError, ValueError)


WHOLE = to_bytes(closed(FULL))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60) | st.integers(0, len(WHOLE) - 1).map(lambda length: WHOLE[:length]))
def test_any_other_bytes_are_refused_and_never_crash(value: bytes) -> None:
    """Cut off, or never ours."""
    with pytest.raises(NotAClosedEncounterError):
        from_bytes(value)
