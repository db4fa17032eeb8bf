"""Bytes to resources, the stay's own resource, bundles, and what is none of ours."""

import json
from typing import Any

import pytest
from published import shared

from streams.feeds.fhir.documents import DocumentSplitter, documents
from streams.feeds.fhir.explain import explain
from streams.feeds.fhir.known_medications import KnownMedications
from streams.feeds.fhir.resources import convert_resource, convert_text
from streams.feeds.read_wire import convert
from streams.feeds.site_mapping import DEFAULT_SITE, Department, SiteMapping
from streams.wire.rejects import Reject

AMBULATORY = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
STAY: dict[str, Any] = {
    "resourceType": "Encounter",
    "id": "e1",
    "status": "finished",
    "class": AMBULATORY,
    "period": {"start": "2026-03-02T07:40:00-05:00", "end": "2026-03-02T10:00:00-05:00"},
}


def told(resource: dict[str, Any], site: SiteMapping = DEFAULT_SITE) -> dict[str, dict[str, Any]]:
    """Return the events of a resource by type."""
    return {str(event["type"]): dict(event) for event in convert_resource(resource, site).events}


def test_a_stay_opens_and_ends() -> None:
    """With what the site file says of its department."""
    site = SiteMapping(departments={"infusion centre": Department(name="INF", modifier="PO")}, facility="GH")
    events = told({**STAY, "location": [{"location": {"display": "Infusion Centre"}}]}, site)
    assert set(events) == {"encounter_opened", "encounter_updated", "encounter_discharged"}
    assert events["encounter_opened"]["arrived_at"] == STAY["period"]["start"]
    assert events["encounter_discharged"]["occurred_at"] == STAY["period"]["end"]
    assert events["encounter_updated"]["department"] == "INF"
    assert events["encounter_updated"]["department_modifier"] == "PO"
    assert events["encounter_updated"]["facility"] == "GH"


def test_r5_says_the_same_in_other_names() -> None:
    """A list of concepts for the class, actualPeriod, completed."""
    r5 = {key: value for key, value in STAY.items() if key != "period"}
    r5 |= {"status": "completed", "actualPeriod": STAY["period"], "class": [{"coding": [AMBULATORY]}]}
    assert {kind: event["occurred_at"] for kind, event in told(r5).items()} == {
        kind: event["occurred_at"] for kind, event in told(STAY).items()
    }


def test_an_inpatient_stay_is_one_from_its_admission() -> None:
    """From the start of the class, where it changed."""
    events = told({**STAY, "class": {"code": "IMP"}})
    assert events["inpatient_ordered"]["occurred_at"] == STAY["period"]["start"]
    changed_at = "2026-03-02T09:00:00-05:00"
    history = [{"class": {"code": "IMP"}, "period": {"start": changed_at}}]
    assert told({**STAY, "classHistory": history})["inpatient_ordered"]["occurred_at"] == changed_at


def test_a_cancelled_stay_never_was() -> None:
    """Also one entered in error."""
    for status in ("cancelled", "entered-in-error"):
        assert set(told({**STAY, "status": status})) == {"encounter_cancelled"}


def test_a_finished_stay_without_an_end_is_held() -> None:
    """When the patient left is not guessed."""
    events = told({**STAY, "period": {"start": STAY["period"]["start"]}})
    assert "encounter_discharged" not in events
    assert "event_refused" in events


def test_a_patient_is_a_keyed_hash_or_nothing() -> None:
    """Without the secret no key is made; the reference itself is never passed on."""
    stay = {**STAY, "subject": {"reference": "Patient/123456"}}
    assert "patient_key" not in told(stay)["encounter_updated"]
    events = convert_resource(stay, DEFAULT_SITE, b"secret").events
    key = next(event["patient_key"] for event in events if "patient_key" in event)
    assert "123456" not in str(key)


def test_a_resource_of_another_kind_is_ignored_under_its_kind() -> None:
    """It is acknowledged and counted."""
    assert convert_resource({"resourceType": "Observation"}, DEFAULT_SITE).ignored == "FHIR Observation"
    bundle = {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient"}}]}
    assert convert_resource(bundle, DEFAULT_SITE).ignored == "FHIR Patient"


def test_a_deletion_names_no_stay_and_is_refused() -> None:
    """Entered in error is what takes an administration back."""
    entry = {"request": {"method": "DELETE", "url": "MedicationAdministration/m1"}}
    (reject,) = convert_resource({"resourceType": "Bundle", "entry": [entry]}, DEFAULT_SITE).rejects
    assert reject.field == "Bundle.entry.request"


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"<MedicationAdministration xmlns='http://hl7.org/fhir'/>", "resource"),
        (b"MSH|^~\\&|A|B", "resource"),
        (b"[1, 2]", "resource"),
        (b"{}", "resourceType"),
        (b'{"resourceType": 7}', "resourceType"),
        (b"{" * 5000, "resource"),
        (b'{"resourceType": "MedicationAdministration", "x": NaN}', "resource"),
        ('{"resourceType": "É"}'.encode("latin-1"), "line"),
        (b"", "resource"),
    ],
)
def test_what_is_no_resource_is_a_reject(raw: bytes, field: str) -> None:
    """In one line, with what to do."""
    (reject,) = convert_text(raw, DEFAULT_SITE).rejects
    assert reject.field == field


def test_a_file_is_one_document_or_one_resource_a_line() -> None:
    """As an API writes it, or a bulk export."""
    indented = json.dumps(STAY, indent=1).encode()
    assert list(documents(indented)) == [indented]
    line = json.dumps(STAY).encode()
    assert list(documents(line + b"\n\n" + line + b"\n")) == [line, line]


def test_every_sample_ends_as_events_an_ignored_kind_or_a_reject() -> None:
    """Whatever a public resource looks like."""
    samples = shared() / "samples"
    if not samples.is_dir():
        pytest.skip("no public resources at hand: INFUSION_SHARED names the folder with samples/")
    for path in sorted([*samples.glob("fhir/**/*"), *samples.glob("made/fhir/*")]):
        if path.is_file():
            for document in documents(path.read_bytes()):
                conversion = convert(document, "fhir", DEFAULT_SITE)
                assert conversion.events or conversion.rejects or conversion.ignored, path.name


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_any_pieces_give_the_same_resources(size: int) -> None:
    """By line and as one document."""
    line = json.dumps(STAY).encode()
    for whole in (line + b"\r\n\n" + line, json.dumps(STAY, indent=2).encode(), b"\xef\xbb\xbf" + line, b""):
        splitter = DocumentSplitter()
        pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
        told = [one for piece in pieces for one in splitter.feed(piece)] + list(splitter.end())
        assert told == list(documents(whole))


def test_a_resource_beyond_the_bound_is_rejected_and_skipped() -> None:
    """Those of the other lines are read."""
    line = json.dumps(STAY).encode()
    splitter = DocumentSplitter(len(line))
    told = list(splitter.feed(line + b"\n" + b"x" * 5000))
    told += [*splitter.feed(b"x" * 5000 + b"\n" + line), *splitter.end()]
    assert [type(one) for one in told] == [bytes, Reject, bytes]


def test_medications_of_an_export_are_looked_up() -> None:
    """They are in a file of their own."""
    known = KnownMedications()
    known.add(b'{"resourceType": "Medication", "id": "x", "code": {"text": "ceftriaxone"}, "batch": {}}')
    known.add(b'{"resourceType": "Patient", "id": "x"}')
    assert known == {
        "Medication/x": {"resourceType": "Medication", "id": "x", "code": {"text": "ceftriaxone"}}
    }
    given = {
        "resourceType": "MedicationAdministration",
        "id": "m1",
        "status": "completed",
        "context": {"reference": "Encounter/e1"},
        "medicationReference": {"reference": "https://ehr.example/fhir/Medication/x/_history/2"},
        "effectivePeriod": STAY["period"],
    }
    (event,) = convert(json.dumps(given).encode(), "fhir", DEFAULT_SITE, None, known).events
    assert event["drug"] == {"name": "ceftriaxone"}


def test_an_explanation_names_every_element() -> None:
    """What each became, or that it says nothing; a name that nobody knows is not repeated."""
    odd = {**STAY, "length": {}, "Jane Doe": 1}
    told = explain(json.dumps(odd).encode(), DEFAULT_SITE)
    places = [place for place, _ in (*told.used, *told.left)]
    assert "Encounter.period" in places
    assert "Encounter.length" in places
    assert "Jane" not in " ".join(places)
    assert explain(b"<x/>", DEFAULT_SITE).conversion.rejects
