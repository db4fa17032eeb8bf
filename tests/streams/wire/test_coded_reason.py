"""A reason charted as FHIR writes one is the text it comes to; anything else there is refused."""

from json import dumps
from typing import Any

import pytest

from models.event import AdministrationCharted
from streams.wire.event_json import read
from streams.wire.rejects import Reject

ICD = "http://hl7.org/fhir/sid/icd-10-cm"


def event(indication: object) -> bytes:
    """Return a chart entry with this reason, as a publisher sends it."""
    return dumps(
        {
            "event_id": "L1",
            "type": "administration_charted",
            "encounter_id": "E1",
            "occurred_at": "2026-03-02T08:00:00-05:00",
            "administration_id": "A1",
            "indication": indication,
        }
    ).encode()


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("E86.0", "E86.0"),
        ({"system": ICD, "code": "E86.0", "display": "Dehydration"}, "E86.0"),
        (
            {
                "coding": [
                    {"system": "http://snomed.info/sct", "code": "34095006", "display": "Dehydration"},
                    {"system": ICD, "code": "E86.0"},
                ],
                "text": "fluid loss",
            },
            "E86.0",
        ),
        ({"coding": [{"system": "http://snomed.info/sct", "code": "1"}], "text": "fluid loss"}, "fluid loss"),
        (
            [{"concept": {"text": "vomiting"}}, {"system": ICD, "code": "N17.9"}, "E86.0"],
            "vomiting; N17.9; E86.0",
        ),
        ([], ""),
        ({}, ""),
        ([None, {}, "E86.0"], "E86.0"),
    ],
)
def test_a_coded_reason_is_the_text_it_comes_to(reason: Any, text: str) -> None:
    """The code where it is ICD-10, else the words; several are parted by a semicolon."""
    read_event = read(event(reason))
    assert isinstance(read_event, AdministrationCharted)
    assert read_event.indication == text


@pytest.mark.parametrize("reason", [[3], [["E86.0"]], {"coding": []}, {"code": 3}, {"coding": 3}, 3, True])
def test_what_says_no_reason_is_refused(reason: Any) -> None:
    """By its field, in words for the publisher."""
    refused = read(event(reason))
    assert isinstance(refused, Reject)
    assert refused.field == "indication"


def test_a_reason_that_is_too_long_is_refused() -> None:
    """Whatever it was written as."""
    refused = read(event({"text": "x" * 2001}))
    assert isinstance(refused, Reject)
    assert refused.says == "too long"
