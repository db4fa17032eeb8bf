"""MedicationAdministration of three releases: one infusion however it is written, and nothing guessed."""

import json
from collections.abc import Mapping
from copy import deepcopy
from itertools import permutations
from typing import Any

import pytest

from models.event import EVENT
from streams.encounter.fold import fold
from streams.feeds.conversion import Conversion
from streams.feeds.fhir.resources import convert_resource, convert_text
from streams.feeds.read_wire import convert
from streams.feeds.site_mapping import DEFAULT_SITE, SiteMapping

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CEFTRIAXONE = {"coding": [{"system": RXNORM, "code": "2193", "display": "ceftriaxone"}]}
IV = {"coding": [{"system": "http://snomed.info/sct", "code": "47625008"}]}
START, STOP = "2026-03-02T08:00:00-05:00", "2026-03-02T09:31:00-05:00"
R4: dict[str, Any] = {
    "resourceType": "MedicationAdministration",
    "id": "m1",
    "status": "completed",
    "medicationCodeableConcept": CEFTRIAXONE,
    "context": {"reference": "Encounter/e1"},
    "effectivePeriod": {"start": START, "end": STOP},
    "dosage": {"route": IV},
}


def charted(resource: Mapping[str, Any], site: SiteMapping = DEFAULT_SITE) -> dict[str, Any]:
    """Return the one chart entry a resource comes to, without the ids."""
    conversion = convert_resource(resource, site)
    assert not conversion.rejects
    (event,) = (dict(event) for event in conversion.events if event["type"] == "administration_charted")
    return event


def changed(**fields: Any) -> dict[str, Any]:
    """Return the R4 resource with other fields; None takes one away."""
    resource = {**deepcopy(R4), **fields}
    return {name: value for name, value in resource.items() if value is not None}


def flows(*conversions: Conversion) -> tuple[tuple[int, int | None], ...]:
    """Return the stretches of flow of the one administration that all events together tell of, in minutes from its start."""
    events = [EVENT.validate_json(json.dumps(event)) for one in conversions for event in one.events]
    opened = {"type": "encounter_opened", "event_id": "o", "encounter_id": "e1", "occurred_at": START}
    encounter = fold([EVENT.validate_json(json.dumps(opened)), *events])
    (administration,) = encounter.administrations
    start = administration.flows[0].start if administration.flows else 0
    return tuple(
        ((flow.start - start) // 60, None if flow.stop is None else (flow.stop - start) // 60)
        for flow in administration.flows
    )


def test_three_releases_tell_the_same_infusion() -> None:
    """R5 spells occurence with one r, R6 with two; both say encounter for context and wrap the medication."""
    wrapped = {"medicationCodeableConcept": None, "medication": {"concept": CEFTRIAXONE}}
    period = {"start": START, "end": STOP}
    common = {"context": None, "encounter": {"reference": "Encounter/e1"}, "effectivePeriod": None, **wrapped}
    r5 = changed(**common, occurencePeriod=period)
    r6 = changed(**common, occurrencePeriod=period)
    told = [charted(resource) for resource in (R4, r5, r6)]
    for event in told:
        del event["event_id"]
    assert told[0] == told[1] == told[2]
    assert told[0]["started_at"] == START
    assert told[0]["stopped_at"] == STOP
    assert told[0]["drug"] == {"code": "2193", "system": "rxnorm", "name": "ceftriaxone"}


def test_without_an_end_the_stop_is_unknown() -> None:
    """Completed says that it is over, not when."""
    event = charted(changed(effectivePeriod={"start": START}))
    assert "stopped_at" not in event
    assert event["technique"] == "infusion"


def test_an_instant_with_rate_and_volume_leaves_the_stop_to_be_calculated() -> None:
    """The rulebook's policy calculates it, or does not."""
    dosage = {
        "route": IV,
        "dose": {"value": 250, "unit": "mL"},
        "rateRatio": {"numerator": {"value": 125, "unit": "mL"}, "denominator": {"value": 1, "unit": "h"}},
    }
    event = charted(changed(effectivePeriod=None, effectiveDateTime=START, dosage=dosage))
    assert (event["volume_ml"], event["rate_ml_per_h"]) == (250, 125)
    assert event["technique"] == "infusion"
    assert "stopped_at" not in event


@pytest.mark.parametrize(
    ("rate", "told"),
    [
        ({"rateQuantity": {"value": 2, "code": "mL/min"}}, {"rate_ml_per_h": 120}),
        ({"rateQuantity": {"value": 0.1, "unit": "L/h"}}, {"rate_ml_per_h": 100}),
        ({"rateQuantity": {"value": 20, "code": "min"}}, {"planned_minutes": 20}),
        (
            {
                "rateRatio": {
                    "numerator": {"value": 1500, "code": "mg"},
                    "denominator": {"value": 30, "code": "min"},
                }
            },
            {"planned_minutes": 20},
        ),
        ({"rateQuantity": {"value": 5, "code": "mg/h"}}, {"planned_minutes": 12000}),
        ({"rateQuantity": {"value": 5, "code": "ug/kg/min"}}, {}),
        (
            {
                "rateRatio": {
                    "numerator": {"value": 5, "code": "mL"},
                    "denominator": {"value": 0, "code": "h"},
                }
            },
            {},
        ),
    ],
)
def test_a_rate_by_its_units(rate: dict[str, Any], told: dict[str, Any]) -> None:
    """Millilitres an hour, or by the dose how long it was to run; what is neither says nothing."""
    event = charted(changed(dosage={"route": IV, "dose": {"value": 1000, "code": "mg"}, **rate}))
    assert {name: event[name] for name in ("rate_ml_per_h", "planned_minutes") if name in event} == told


def test_the_extension_for_how_long_it_was_to_run() -> None:
    """As one vendor sends an instant with infuse-over-time."""
    over = {"url": "https://vendor.example/infuse-over-time", "valueDuration": {"value": 0.5, "code": "h"}}
    event = charted(
        changed(effectivePeriod=None, effectiveDateTime=START, dosage={"route": IV, "extension": [over]})
    )
    assert event["planned_minutes"] == 30
    assert event["technique"] == "infusion"


def test_one_instant_and_nothing_else_is_a_push_unless_the_site_asks() -> None:
    """The same switch of the site file as for a stop that is its start."""
    resource = changed(effectivePeriod=None, effectiveDateTime=START)
    assert charted(resource)["technique"] == "push"
    assert charted(resource, SiteMapping(equal_times="ask"))["technique"] == "infusion"


@pytest.mark.parametrize(
    ("method", "technique"),
    [
        ({"coding": [{"code": "420620005"}]}, "push"),
        ({"text": "IV Push"}, "push"),
        ({"text": "Infuse over 30 min"}, "infusion"),
        ({"coding": [{"code": "422145002", "display": "Inject"}]}, "injection"),
    ],
)
def test_the_method_says_how(method: dict[str, Any], technique: str) -> None:
    """By its code, else by its words."""
    resource = changed(effectivePeriod={"start": START, "end": START}, dosage={"route": IV, "method": method})
    assert charted(resource)["technique"] == technique


def test_a_push_of_ten_hours_is_refused() -> None:
    """One of the two is wrong, and a person knows which."""
    long = {"start": START, "end": "2026-03-02T18:00:00-05:00"}
    conversion = convert_resource(
        changed(effectivePeriod=long, dosage={"route": IV, "method": {"text": "push"}}), DEFAULT_SITE
    )
    assert [event["type"] for event in conversion.events] == ["event_refused"]
    assert conversion.rejects[0].field == "MedicationAdministration.dosage.method"


def test_stopped_counts_its_minutes() -> None:
    """Halted early is partly given."""
    event = charted(changed(status="stopped"))
    assert (event["stopped_at"], event["stop_reason"]) == (STOP, "discontinued")


@pytest.mark.parametrize("status", ["not-done", "entered-in-error"])
def test_what_was_not_given_is_taken_back(status: str) -> None:
    """All of this id, in any version; an error may have lost its times."""
    for resource in (
        changed(status=status),
        changed(status=status, effectivePeriod=None, meta={"lastUpdated": STOP}),
    ):
        (event,) = convert_resource(resource, DEFAULT_SITE).events
        assert (event["type"], event["administration_id"]) == ("administration_voided", "m1")


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"context": None}, "encounter"),
        ({"id": None}, "id"),
        ({"status": "unknown"}, "status"),
        ({"status": "given"}, "status"),
        ({"effectivePeriod": None}, "effective"),
        ({"effectivePeriod": {"start": "2026-03-02T08:00:00"}}, "effectivePeriod.start"),
        ({"effectivePeriod": None, "effectiveDateTime": "2026-03-02"}, "effectiveDateTime"),
        ({"effectivePeriod": {"start": START, "end": "2026-03-02"}}, "effectivePeriod.end"),
        ({"effectivePeriod": {"start": "03/02/2026 08:00"}}, "effectivePeriod.start"),
        ({"dosage": {"route": IV, "dose": {"value": -1, "unit": "mg"}}}, "dosage"),
    ],
)
def test_what_is_missing_is_named_and_holds_the_stay(fields: dict[str, Any], place: str) -> None:
    """A reject names the path; where the stay is known it is held."""
    conversion = convert_resource(changed(**fields), DEFAULT_SITE)
    (reject,) = conversion.rejects
    assert reject.field == f"MedicationAdministration.{place}"
    known = place not in {"encounter", "id"}
    assert [event["type"] for event in conversion.events] == (["event_refused"] if known else [])


def test_a_time_without_offset_is_on_the_clock_of_the_site() -> None:
    """And the hour that came twice is refused."""
    site = SiteMapping(time_zone="America/New_York")
    event = charted(
        changed(effectivePeriod={"start": "2026-03-02T08:00:00", "end": "2026-03-02T09:31"}), site
    )
    assert event["started_at"] == START
    twice = convert_resource(changed(effectivePeriod={"start": "2026-11-01T01:30:00"}), site)
    assert "twice" in twice.rejects[0].says


def test_an_amount_of_fifty_digits_is_refused_in_a_line() -> None:
    """It is neither rounded nor a traceback."""
    raw = json.dumps(changed(dosage={"route": IV, "dose": {"value": 0, "unit": "g"}})).replace(
        '"value": 0', '"value": 1.' + "0" * 53 + "1"
    )
    conversion = convert_text(raw.encode(), DEFAULT_SITE)
    assert "54 digits" in conversion.rejects[0].says or "55 digits" in conversion.rejects[0].says


def test_code_and_display_that_disagree_reach_a_person() -> None:
    """The route has both words, and nobody knows such a route."""
    route = {"coding": [{"system": "http://snomed.info/sct", "code": "34206005", "display": "Oral route"}]}
    event = charted(changed(dosage={"route": route}))
    assert event["route"] == "34206005 / Oral route"


def test_a_medication_is_found_contained_in_the_bundle_or_not_at_all() -> None:
    """One that was not sent leaves the drug open, and the coder holds the stay."""
    medication = {"resourceType": "Medication", "id": "x", "code": CEFTRIAXONE}
    by_reference = changed(medicationCodeableConcept=None, medicationReference={"reference": "Medication/x"})
    contained = changed(
        medicationCodeableConcept=None, medicationReference={"reference": "#x"}, contained=[medication]
    )
    assert charted(contained)["drug"]["name"] == "ceftriaxone"
    bundle = {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [
            {"resource": by_reference},
            {"fullUrl": "https://ehr.example/fhir/Medication/x", "resource": medication},
        ],
    }
    assert charted(bundle)["drug"]["name"] == "ceftriaxone"
    assert "drug" not in charted(by_reference)


def test_every_ingredient_of_a_mixture_is_told() -> None:
    """By concept in R4, by item in R5, by a reference in either."""
    part = {"resourceType": "Medication", "id": "k", "code": {"text": "potassium chloride"}}
    medication = {
        "resourceType": "Medication",
        "id": "x",
        "ingredient": [
            {"itemReference": {"reference": "#k"}},
            {"item": {"concept": {"text": "magnesium sulfate"}}},
        ],
    }
    resource = changed(
        medicationCodeableConcept=None, medicationReference={"reference": "#x"}, contained=[medication, part]
    )
    assert charted(resource)["drug"] == {
        "ingredients": [{"name": "potassium chloride"}, {"name": "magnesium sulfate"}]
    }


VERSIONS = [
    changed(status="in-progress", effectivePeriod={"start": START}, meta={"versionId": "1", "lastUpdated": "2026-03-02T08:02:00-05:00"}),
    changed(status="on-hold", effectivePeriod={"start": START}, meta={"versionId": "2", "lastUpdated": "2026-03-02T08:30:00-05:00"}),
    changed(status="in-progress", effectivePeriod={"start": START}, meta={"versionId": "3", "lastUpdated": "2026-03-02T09:00:00-05:00"}),
    changed(meta={"versionId": "4", "lastUpdated": "2026-03-02T09:33:00-05:00"}),
]  # fmt: skip


def test_a_hold_is_no_flow_in_whatever_order_the_versions_come() -> None:
    """The last version no longer tells of it; the one that did counts all the same."""
    for versions in permutations(VERSIONS):
        told = [convert_resource(version, DEFAULT_SITE) for version in (*versions, versions[0])]
        assert flows(*told) == ((0, 30), (60, 91))


def test_the_latest_version_replaces_the_one_before() -> None:
    """A corrected start and a corrected stop, in either order of arrival."""
    first = changed(meta={"versionId": "1", "lastUpdated": "2026-03-02T09:33:00-05:00"})
    period = {"start": "2026-03-02T08:10:00-05:00", "end": "2026-03-02T09:00:00-05:00"}
    second = changed(
        effectivePeriod=period, meta={"versionId": "2", "lastUpdated": "2026-03-02T10:00:00-05:00"}
    )
    for versions in permutations((first, second)):
        assert flows(*(convert_resource(version, DEFAULT_SITE) for version in versions)) == ((0, 50),)


def test_a_resource_sent_again_is_the_same_events() -> None:
    """With a version or without one."""
    for resource in (R4, VERSIONS[1]):
        again = convert_resource(json.loads(json.dumps(resource)), DEFAULT_SITE)
        assert again.events == convert_resource(resource, DEFAULT_SITE).events


def test_a_child_of_a_continuous_infusion_is_a_step_of_its_rate() -> None:
    """Not a second infusion beside it."""
    child = changed(
        id="m2",
        partOf=[{"reference": "MedicationAdministration/m1"}],
        dosage={"route": IV, "rateQuantity": {"value": 75, "code": "mL/h"}},
    )
    (event,) = convert_resource(child, DEFAULT_SITE).events
    assert (event["type"], event["administration_id"]) == ("infusion_rate_changed", "m1")


def test_what_else_the_resource_says_has_its_field() -> None:
    """Order, reason, procedure, device; the reason 'given as ordered' is none."""
    resource = changed(
        request={"reference": "MedicationRequest/o7"},
        partOf=[{"reference": "Procedure/p1"}],
        device=[{"reference": "Device/d1"}],
        reasonCode=[
            {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/reason-medication-given", "code": "b"}
                ]
            },
            {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "E86.0"}]},
        ],
        dosage={"route": IV, "site": {"coding": [{"code": "LH", "display": "left hand"}]}},
    )
    event = charted(resource)
    assert {
        name: event[name] for name in ("order_id", "procedure_id", "device_id", "indication", "site_id")
    } == {
        "order_id": "o7",
        "procedure_id": "p1",
        "device_id": "d1",
        "indication": "E86.0",
        "site_id": "lh",
    }


def test_whatever_is_sent_is_an_event_the_contract_takes_or_a_reject() -> None:
    """Null items, wrong kinds, long texts: nothing escapes."""
    for name in (*R4, "contained", "partOf", "meta", "performer", "device", "reasonCode", "identifier"):
        for odd in (
            None,
            1,
            "x" * 5000,
            [],
            {},
            [None],
            [[1]],
            {"coding": "x"},
            {"reference": 7},
            True,
            "\x1b[2J",
        ):
            conversion = convert(json.dumps({**R4, name: odd}).encode(), "fhir", DEFAULT_SITE)
            assert conversion.events or conversion.rejects or conversion.ignored


def test_every_reason_counts_and_of_each_its_icd_code() -> None:
    """By the system's address or its object identifier; what is only a term is told in its words."""
    reasons = [
        {"concept": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "Z51.11"}]}},
        {"concept": {"coding": [{"system": "urn:oid:2.16.840.1.113883.6.90", "code": "N17.9"}]}},
        {"concept": {"coding": [{"system": "http://snomed.info/sct", "code": "1", "display": "vomiting"}]}},
    ]
    assert charted(changed(reason=reasons))["indication"] == "Z51.11; N17.9; vomiting"


def test_a_condition_that_is_referred_to_is_a_reason_unless_it_is_doubted() -> None:
    """R4's reasonReference and R5's reason; one that was not sent is noted, and no reason."""
    code = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "E86.0"}]}
    refuted = {"coding": [{"code": "refuted"}]}
    conditions = [
        {"resourceType": "Condition", "id": "c1", "code": code},
        {
            "resourceType": "Condition",
            "id": "c2",
            "code": {"text": "vomiting"},
            "verificationStatus": refuted,
        },
    ]
    references = [{"reference": "#c1"}, {"reference": "#c2"}, {"reference": "Condition/unsent"}]
    assert charted(changed(contained=conditions, reasonReference=references))["indication"] == "E86.0"
    newer = [{"reference": one} for one in references]
    assert charted(changed(contained=conditions, reason=newer))["indication"] == "E86.0"
    assert "indication" not in charted(changed(contained=conditions, reason=newer[1:]))
