"""Encounter of FHIR R4, R5 and R6 as events of the stay: arrival, class, place, departure, cancellation."""

from typing import Any, Final

from streams.feeds.conversion import Conversion
from streams.feeds.fhir.context import ResourceContext
from streams.feeds.fhir.elements import Element, codings, concept_words, element, elements, text
from streams.feeds.fhir.instants import Instant
from streams.feeds.fhir.references import reference_id
from streams.feeds.patient_key import patient_key
from streams.feeds.site_mapping import spelled

_BEFORE: Final = frozenset({"planned", "arrived", "triaged", "in-progress", "onleave", "on-hold"})
_LEFT: Final = frozenset({"finished", "discharged", "completed", "discontinued"})
_NEVER: Final = frozenset({"cancelled", "entered-in-error"})
_INPATIENT: Final = frozenset({"IMP", "ACUTE", "NONAC"})
"""ActEncounterCode of HL7 v3."""


def convert(context: ResourceContext) -> Conversion:
    """Return the events of one version of a stay."""
    resource = context.resource
    if not context.id:
        context.refuse("id", "missing", "send the resource's id: administrations name the stay by it")
        return context.done()
    context.encounter_id = f"{context.site.encounter_prefix}{context.id}"
    status = text(resource, "status")
    period = element(resource, "actualPeriod", "period")
    start, end = text(period, "start"), text(period, "end")
    if status in _NEVER:
        at = context.recorded or _instant(context, end or start)
        if at is None:
            context.refuse("meta.lastUpdated", "missing, and the stay has no times", "send either")
        else:
            context.tell("encounter_cancelled", at.text, {})
        return context.done()
    if status not in _BEFORE | _LEFT:
        context.refuse(
            "status",
            "is none that says where the stay is",
            "send planned, in-progress, finished or cancelled",
        )
        return context.done()
    if status == "planned":
        return Conversion(ignored="Encounter: planned", notes=tuple(context.notes))
    arrived = context.instant(start, "period.start") if start else None
    if start and arrived is None:
        return context.done()
    _tell_stay(context, arrived)
    if status in _LEFT:
        if not end:
            context.refuse("period.end", f"missing in a stay that is {status}", "send when the patient left")
        elif (left := context.instant(end, "period.end")) is not None:
            context.tell("encounter_discharged", left.text, {})
    return context.done()


def _instant(context: ResourceContext, written: str) -> Instant | None:
    return context.instant(written, "period") if written else None


def _tell_stay(context: ResourceContext, arrived: Instant | None) -> None:
    at = arrived or context.recorded
    if at is None:
        context.refuse("period.start", "missing", "send when the patient came")
        return
    if arrived is not None:
        context.tell("encounter_opened", arrived.text, {"arrived_at": arrived.text}, of="arrival")
    context.tell("encounter_updated", at.text, _facts(context))
    admitted = _admitted(context, at)
    if admitted is not None:
        context.tell("inpatient_ordered", admitted.text, {}, of="class")


def _facts(context: ResourceContext) -> dict[str, Any]:
    resource, site = context.resource, context.site
    department = None
    named = ""
    for place in elements(resource, "location"):
        for word in (text(element(place, "location"), "display"), reference_id(place, "location")):
            named = named or word
            department = department or (site.words.departments.get(spelled(word)) if word else None)
    facility = (
        (department and department.facility) or site.facility or reference_id(resource, "serviceProvider")
    )
    return {
        "setting": (department and department.setting) or site.setting,
        "facility": facility or None,
        "department": (department and department.name) or named[:200] or None,
        "department_modifier": department and department.modifier,
        "time_zone": site.time_zone,
        "patient_key": _patient_key(context),
    }


def _patient_key(context: ResourceContext) -> str | None:
    patient = reference_id(context.resource, "subject")
    secret = context.patient_secret
    return None if secret is None or not patient else patient_key(secret, "fhir", patient)


def _admitted(context: ResourceContext, at: Instant) -> Instant | None:
    """Return since when the stay is an inpatient one; None for an outpatient."""
    if _is_inpatient(context.resource):
        return at
    for former in elements(context.resource, "classHistory"):
        if _is_inpatient(former) and (since := text(element(former, "period"), "start")):
            return context.instant(since, "classHistory.period.start")
    return None


def _is_inpatient(parent: Element) -> bool:
    for concept in elements(parent, "class"):
        if any(coding.code.upper() in _INPATIENT for coding in codings(concept)):
            return True
        if not codings(concept) and any("inpatient" in said.casefold() for said in concept_words(concept)):
            return True
    return False
