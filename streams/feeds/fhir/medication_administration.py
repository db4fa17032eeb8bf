"""
MedicationAdministration of FHIR R4, R5 and R6 as events.

The whole resource states an administration and each version replaces the one before (``administration_charted``). Its
period tells the outer times; that it was on hold is told by an event of its own, for no later version tells it again.
"""

from datetime import timedelta
from typing import Any, Final, NamedTuple

from models.field import Technique
from streams.feeds.conversion import Conversion
from streams.feeds.fhir.context import ResourceContext
from streams.feeds.fhir.dosage import Given, given_of
from streams.feeds.fhir.elements import element, elements, text
from streams.feeds.fhir.instants import Instant
from streams.feeds.fhir.medication import drug_of
from streams.feeds.fhir.reasons import indication
from streams.feeds.fhir.references import reference_id, reference_type

_RUNNING: Final = frozenset({"in-progress", "on-hold"})
_ENDED: Final = frozenset({"completed", "stopped"})
_NEVER: Final = frozenset({"entered-in-error", "not-done"})
_MOMENTARY: Final = frozenset({"push", "injection"})
_INTO_A_VESSEL: Final = frozenset({"IV", "IA"})
"""Its codes say that it was ordered, not why."""
_LONGEST_MOMENT: Final = timedelta(minutes=30)
"""Beyond it a push and a period contradict each other; up to 15 minutes are a push anyway (R-TIME-1)."""


class _Times(NamedTuple):
    start: Instant | None
    stop: Instant | None
    momentary: bool
    """Whether one instant was sent in place of a period."""


def convert(context: ResourceContext) -> Conversion:
    """Return the events of one version of an administration."""
    resource = context.resource
    stay = reference_id(resource, "context", "encounter")
    if not context.id:
        context.refuse("id", "missing", "send the resource's id: a correction is known by it")
        return context.done()
    if not stay:
        context.refuse("encounter", "names no stay", "send a reference to the Encounter (R4: context)")
        return context.done()
    context.encounter_id = f"{context.site.encounter_prefix}{stay}"
    status = text(resource, "status")
    if status in _NEVER:
        _void(context, status)
    elif status in _RUNNING | _ENDED:
        _tell(context, status)
    else:
        context.refuse(
            "status",
            "says not whether it was given" if status == "unknown" else "is none of FHIR's",
            "send in-progress, on-hold, completed, stopped, not-done or entered-in-error",
        )
    return context.done()


def _void(context: ResourceContext, status: str) -> None:
    """Take back whatever this id was; an error may have no times, and then the moment of its storing stands for one."""
    written = _written_times(context)
    place = next((text_ for _, text_ in written if text_), "")
    read = _silently(context, place)
    at = read or context.recorded
    if at is None:
        context.refuse("meta.lastUpdated", f"missing, and {status} has no time of its own", "send either")
        return
    context.tell("administration_voided", at.text, {"administration_id": context.id})


def _silently(context: ResourceContext, written: str) -> Instant | None:
    if not written:
        return None
    rejects, events = len(context.rejects), len(context.events)
    read = context.instant(written, "effective")
    del context.rejects[rejects:], context.events[events:]
    return read


def _written_times(context: ResourceContext) -> tuple[tuple[str, str], ...]:
    """Return path and text of the start, of the stop, and of the instant sent in place of a period."""
    resource = context.resource
    for name in ("effective", "occurrence", "occurence"):
        period = element(resource, f"{name}Period")
        if period:
            return (
                (f"{name}Period.start", text(period, "start")),
                (f"{name}Period.end", text(period, "end")),
                ("", ""),
            )
        instant = text(resource, f"{name}DateTime", f"{name}Instant")
        if instant:
            return (("", ""), ("", ""), (f"{name}DateTime", instant))
        timing = element(resource, f"{name}Timing")
        times = timing.get("event")
        if isinstance(times, list) and len(times) == 1 and isinstance(times[0], str):
            return (("", ""), ("", ""), (f"{name}Timing.event", times[0]))
    return (("", ""), ("", ""), ("", ""))


def _times(context: ResourceContext) -> _Times | None:
    (start_at, start), (stop_at, stop), (moment_at, moment) = _written_times(context)
    if not (start or moment):
        context.refuse(
            "effective", "tells no start", "send effectivePeriod or effectiveDateTime with an offset"
        )
        return None
    began = context.instant(start or moment, start_at if start else moment_at)
    if began is None:
        return None
    ended = None
    if stop:
        ended = context.instant(stop, stop_at)
        if ended is None:
            return None
    return _Times(began, ended, bool(moment))


def _tell(context: ResourceContext, status: str) -> None:
    given = given_of(context)
    if given is None:
        return
    times = _times(context)
    if times is None or times.start is None:
        return
    parent = _parent(context)
    if parent and given.fields["rate_ml_per_h"] is not None:
        # A child of a continuous infusion is a step of its rate, not an infusion beside it.
        context.tell(
            "infusion_rate_changed",
            times.start.text,
            {"administration_id": parent, "rate_ml_per_h": given.fields["rate_ml_per_h"]},
        )
        return
    technique = _technique(context, given, times)
    if (
        technique in _MOMENTARY
        and times.stop is not None
        and times.stop.at - times.start.at > _LONGEST_MOMENT
    ):
        context.refuse(
            "dosage.method",
            "says that it was given in a moment, and the period is longer than half an hour",
            "send the method or the period that is true",
        )
        return
    fields = _fields(context, given)
    stop = times.stop if status in _ENDED else None
    if stop is not None and technique in _MOMENTARY and stop.at == times.start.at:
        stop = None
    context.tell(
        "administration_charted",
        times.start.text,
        {
            **fields,
            "technique": technique,
            "started_at": times.start.text,
            "stopped_at": stop.text if stop else None,
            "stop_reason": "discontinued" if status == "stopped" and stop else None,
            "pauses_apart": None if technique in _MOMENTARY else True,
        },
    )
    _tell_hold(context, status, times, times.start)


def _tell_hold(context: ResourceContext, status: str, times: _Times, start: Instant) -> None:
    """Tell that it was on hold from some time, or that at some time it was not."""
    about = {"administration_id": context.id}
    if status == "on-hold":
        since = times.stop or context.recorded
        if since is None:
            context.refuse(
                "meta.lastUpdated", "missing, so it is unknown since when it is on hold", "send it"
            )
            return
        context.tell("infusion_paused", since.text, about, of="hold")
    elif status == "in-progress" and context.recorded is not None and context.recorded.at > start.at:
        context.tell("infusion_resumed", context.recorded.text, about, of="hold")


def _parent(context: ResourceContext) -> str:
    parents = elements(context.resource, "partOf")
    return next(
        (
            reference_id({"partOf": parent}, "partOf")
            for parent in parents
            if reference_type({"partOf": parent}, "partOf") == "MedicationAdministration"
        ),
        "",
    )


def _fields(context: ResourceContext, given: Given) -> dict[str, Any]:
    resource = context.resource
    procedure = next(
        (
            reference_id({"partOf": parent}, "partOf")
            for parent in elements(resource, "partOf")
            if reference_type({"partOf": parent}, "partOf") == "Procedure"
        ),
        None,
    )
    devices = elements(resource, "device")
    return {
        "administration_id": context.id,
        "order_id": reference_id(resource, "request") or None,
        "drug": drug_of(context),
        "indication": indication(context),
        "procedure_id": procedure,
        "device_id": (reference_id({"device": devices[0]}, "device") if devices else None) or None,
        "charted_by_role": _role(context),
        **given.fields,
    }


def _role(context: ResourceContext) -> str | None:
    performers = elements(context.resource, "performer")
    kinds = [reference_type(element(one, "actor", "function"), "reference") for one in performers] + [
        reference_type(one, "actor") for one in performers
    ]
    return "device" if "Device" in kinds else None


def _technique(context: ResourceContext, given: Given, times: _Times) -> Technique | None:
    """Return how it was given where the resource tells; else None, and its route and its times decide."""
    if given.technique is not None or given.kind not in _INTO_A_VESSEL:
        return given.technique
    planned = given.fields["rate_ml_per_h"] is not None or given.fields["planned_minutes"] is not None
    if times.stop is not None and times.start is not None and times.stop.at > times.start.at:
        return "infusion"
    if times.momentary or times.stop is not None:
        if planned:
            return "infusion"
        if context.site.equal_times == "push" and text(context.resource, "status") in _ENDED:
            context.note("effective", "one instant and no rate: given in a moment, so a push")
            return "push"
    return "infusion"
