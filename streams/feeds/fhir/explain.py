"""How one resource was read: which of its elements became what, and which say nothing that is billed."""

from collections.abc import Iterator, Mapping
from typing import Final

from streams.feeds.conversion import Conversion
from streams.feeds.explanation import Explanation
from streams.feeds.fhir.documents import read_resource
from streams.feeds.fhir.elements import NOTHING, Element, element, elements, text
from streams.feeds.fhir.resources import READERS, convert_resource
from streams.feeds.site_mapping import SiteMapping
from streams.wire.rejects import Reject

_PERIOD: Final = "started_at and stopped_at"
_INSTANT: Final = "started_at"
_STAY: Final = "encounter_id"
_DRUG: Final = "drug"
_PARENT: Final = "procedure_id of a Procedure; of an administration, whose rate this is a step of"

_MEANINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "MedicationAdministration": {
        "id": "administration_id",
        "meta": "recorded_at, and which version replaces which",
        "recorded": "recorded_at",
        "status": "which event it is",
        "context": _STAY,
        "encounter": _STAY,
        "effectivePeriod": _PERIOD,
        "occurencePeriod": _PERIOD,
        "occurrencePeriod": _PERIOD,
        "effectiveDateTime": _INSTANT,
        "occurenceDateTime": _INSTANT,
        "occurrenceDateTime": _INSTANT,
        "medicationCodeableConcept": _DRUG,
        "medicationReference": _DRUG,
        "medication": _DRUG,
        "contained": "what references are looked up in",
        "dosage": "route, technique, site_id, dose, volume_ml, rate_ml_per_h, planned_minutes",
        "request": "order_id",
        "reasonCode": "indication",
        "reason": "indication",
        "reasonReference": "indication",
        "partOf": _PARENT,
        "device": "device_id",
        "performer": "charted_by_role, where it is a device",
    },
    "Encounter": {
        "id": _STAY,
        "meta": "recorded_at, and which version replaces which",
        "status": "which events there are",
        "class": "whether it is an inpatient stay",
        "classHistory": "from when on it is one",
        "period": "arrived_at and the departure",
        "actualPeriod": "arrived_at and the departure",
        "location": "department and its modifier, by the site file",
        "serviceProvider": "facility",
        "subject": "patient_key, a keyed hash",
    },
}
_NAMELESS: Final = "an element that neither FHIR nor we know"


def explain(
    raw: bytes, site: SiteMapping, patient_secret: bytes | None = None, known: Mapping[str, Element] = NOTHING
) -> Explanation:
    """Return how a resource is read; never raises for what is in it. Of a bundle the entries are told one by one."""
    resource = read_resource(raw)
    if isinstance(resource, Reject):
        return Explanation("unreadable", (), (), Conversion(rejects=(resource,)))
    conversion = convert_resource(resource, site, patient_secret, known)
    kind = text(resource, "resourceType")
    told = [
        (f"entry {at} ", element(entry, "resource"))
        for at, entry in enumerate(elements(resource, "entry"), 1)
    ]
    parts = told if kind == "Bundle" else [("", resource)]
    used, left = [], []
    for place, part in parts:
        of_part = text(part, "resourceType")
        if of_part not in READERS:
            left.append(
                (
                    f"{place}{of_part[:40] if of_part.isalnum() else 'resource'}",
                    "no events are made of its kind",
                )
            )
            continue
        used += [(f"{place}{of_part}.{name}", meaning) for name, meaning in _used(part, of_part)]
        left += [(f"{place}{of_part}.{name}", "says nothing that is billed") for name in _left(part, of_part)]
    return Explanation(
        f"FHIR {kind[:40] if kind.isalnum() else 'resource'}", tuple(used), tuple(left), conversion
    )


def _used(resource: Element, kind: str) -> Iterator[tuple[str, str]]:
    return ((name, _MEANINGS[kind][name]) for name in resource if name in _MEANINGS[kind])


def _left(resource: Element, kind: str) -> Iterator[str]:
    for name in resource:
        if name != "resourceType" and name not in _MEANINGS[kind]:
            yield name if name.isidentifier() and len(name) <= 40 else _NAMELESS  # noqa: PLR2004 - no name of FHIR's is longer
