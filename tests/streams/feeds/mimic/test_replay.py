"""Rows of MIMIC's tables as events: what each column becomes, and what a rewritten row leaves."""

from typing import Any

import pytest

from streams.feeds.mimic.replay import replay
from streams.feeds.mimic.tables import table_of

ROW = {
    "hadm_id": "7",
    "itemid": "225798",
    "orderid": "11",
    "linkorderid": "10",
    "starttime": "2150-03-02 08:00:00",
    "endtime": "2150-03-02 09:31:00",
    "storetime": "2150-03-02 09:33:00",
    "statusdescription": "FinishedRunning",
    "ordercategoryname": "02-Fluids (Crystalloids)",
    "ordercategorydescription": "Continuous IV",
    "ordercomponenttypedescription": "Main order parameter",
    "amount": "250",
    "amountuom": "ml",
    "rate": "125",
    "rateuom": "mL/hour",
    "comments_date": "",
}
ITEMS = [{"itemid": "225798", "label": "Vancomycin"}]
STAY = {
    "hadm_id": "7",
    "admittime": "2150-03-01 23:10:00",
    "dischtime": "2150-03-03 10:00:00",
    "edregtime": "2150-03-01 20:00:00",
    "insurance": "Medicare",
}


def charted(**changes: str) -> dict[str, Any]:
    """Return the chart entry of the row with these columns changed."""
    replayed = replay([{**ROW, **changes}], ITEMS, [STAY])
    assert not replayed.rejects
    return dict(next(event for event in replayed.events if event["type"] == "administration_charted"))


def test_a_stretch_of_an_order() -> None:
    """Its times are moved by whole weeks into January of 2026, its times of day stay."""
    event = charted()
    assert (event["started_at"], event["stopped_at"]) == (
        "2026-01-05T08:00:00+00:00",
        "2026-01-05T09:31:00+00:00",
    )
    assert event["recorded_at"] == "2026-01-05T09:33:00+00:00"
    assert event["administration_id"] == "11-225798"
    assert (event["order_id"], event["dose_id"]) == ("10", "10-225798")
    assert event["drug"] == {"name": "Vancomycin"}
    assert (event["rate_ml_per_h"], event["volume_ml"], event["technique"]) == (125, 250, "infusion")
    assert event["stop_reason"] == "completed"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ordercategorydescription": "Drug Push"}, {"technique": "push", "route": "IV"}),
        ({"ordercomponenttypedescription": "Mixed solution"}, {"intent": "carrier"}),
        ({"ordercategoryname": "14-Oral/Gastric Intake"}, {"route": "PO"}),
        ({"ordercategoryname": "11-Prophylaxis (Non IV)"}, {"route": "SC"}),
        ({"ordercategoryname": "16-Pre Admission"}, {"prehospital": True}),
        ({"amountuom": "mg"}, {"dose": 250, "dose_unit": "mg"}),
        ({"itemid": "1"}, {"drug": {"name": "item 1"}}),
    ],
)
def test_what_else_a_row_says(changes: dict[str, str], told: dict[str, Any]) -> None:
    """By its category, its component and its units."""
    event = charted(**changes)
    assert {name: event[name] for name in told} == told


def test_a_rewritten_row_is_told_and_taken_back_when_it_was_rewritten() -> None:
    """It stood in the chart until then."""
    for comment, at in (("2150-03-02 12:00:00", "12:00"), ("", "09:33")):
        events = replay(
            [{**ROW, "statusdescription": "Rewritten", "comments_date": comment}], ITEMS, []
        ).events
        told, voided = events
        assert voided["type"] == "event_voided"
        assert voided["voids_event_id"] == told["event_id"]
        assert at in voided["recorded_at"]


def test_the_stay_is_opened_and_ended_as_an_outpatient_one() -> None:
    """From the emergency department on."""
    events = {event["type"]: event for event in replay([ROW], ITEMS, [STAY]).events}
    assert events["encounter_opened"]["arrived_at"] == "2026-01-04T20:00:00+00:00"
    assert events["encounter_opened"]["payer"] == "medicare"
    assert events["encounter_discharged"]["occurred_at"] == "2026-01-06T10:00:00+00:00"


def test_events_come_in_the_order_of_their_storing() -> None:
    """Not in that of the bedside."""
    late = {**ROW, "orderid": "9", "storetime": "2150-03-02 20:00:00", "starttime": "2150-03-02 07:00:00"}
    ids = [event.get("administration_id") for event in replay([late, ROW], ITEMS, []).events]
    assert ids == ["11-225798", "9-225798"]


@pytest.mark.parametrize(
    "changes",
    [
        {"starttime": "soon"},
        {"orderid": " "},
        {"hadm_id": ""},
        {"comments_date": "x", "statusdescription": "Rewritten"},
    ],
)
def test_a_row_that_says_too_little_is_counted(changes: dict[str, str]) -> None:
    """The others are replayed."""
    replayed = replay([{**ROW, **changes}, ROW], ITEMS, [])
    assert [refused.row for refused in replayed.rejects] == [1]
    assert replayed.events


def test_tables_are_told_by_their_columns() -> None:
    """In whatever case a dump writes them."""
    assert table_of(["ROW_ID", "ITEMID", "LABEL"]) == "items"
    assert table_of(ROW) == "inputs"
    assert table_of(STAY) == "admissions"
    assert table_of(["cpt_cd"]) is None
