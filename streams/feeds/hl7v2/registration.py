"""What a registration message says of a stay: PV1, PID and IN1 as the fields of ``encounter_updated``."""

from functools import lru_cache
from typing import Any, Final

from rules.policy.layer_files import shipped_layers
from rules.policy.payers import by_name, payer_named
from streams.feeds.hl7v2.context import MessageContext
from streams.feeds.hl7v2.segments import Segment
from streams.feeds.hl7v2.times import WireTime
from streams.feeds.patient_key import patient_key
from streams.feeds.site_mapping import PatientClass, spelled

_RECORD_NUMBER: Final = "MR"
"""PID-3.5, HL7 table 0203: the medical record number."""


def patient_class(context: MessageContext, visit: Segment) -> PatientClass:
    """Return what kind of stay PV1-2 says it is; ``other`` where it says nothing that is known."""
    code = visit.text(2)
    if not code:
        return "other"
    known = context.words.patient_classes.get(spelled(code))
    if known is None:
        context.note("PV1-2", "a patient class that neither HL7 table 0004 nor the site file knows")
    return known or "other"


def facts(context: MessageContext, pid: Segment, visit: Segment, *, located: bool = True) -> dict[str, Any]:
    """
    Return what registration knows of the stay, without its times.

    ``located`` leaves the department out where a message tells no place to hold from now on.
    """
    point_of_care = visit.text(3)
    department = context.words.departments.get(spelled(point_of_care)) if point_of_care else None
    facility = (department and department.facility) or context.site.facility
    known: dict[str, Any] = {
        "setting": (department and department.setting) or context.site.setting,
        "payer": _payer(context),
        "facility": facility or visit.text(3, 4) or context.message.header.text(4) or None,
        "time_zone": context.site.time_zone,
        "patient_key": key_of_patient(context, pid),
    }
    if located:
        known["department"] = (department and department.name) or point_of_care or None
        known["department_modifier"] = department and department.modifier
        if point_of_care and department is None and context.words.departments:
            context.note(
                "PV1-3", "a point of care that departments of the site file do not name: no modifier"
            )
    return known


def arrival(context: MessageContext, visit: Segment) -> WireTime | None:
    """Return when the patient came, PV1-44; None where it is not told or cannot be read, which is noted."""
    if not visit.raw(44):
        return None
    read = context.time(visit, 44)
    if isinstance(read, WireTime):
        return read
    if read.kind == "ambiguous":
        context.refuse_time("PV1-44", read)
    else:
        context.note("PV1-44", f"{read.says}; the arrival is left open")
    return None


def key_of_patient(context: MessageContext, pid: Segment) -> str | None:
    """Return the patient's key, None where no secret was handed in or PID-3 names nobody."""
    secret = context.patient_secret
    if secret is None or not pid.raw(3):
        return None
    count = pid.repetitions(3)
    chosen = next(
        (number for number in range(1, count + 1) if pid.text(3, 5, repetition=number) == _RECORD_NUMBER), 1
    )
    number = pid.text(3, repetition=chosen)
    return patient_key(secret, pid.text(3, 4, repetition=chosen), number) if number else None


def _payer(context: MessageContext) -> str | None:
    """
    Return the first insurance as the site calls it, else by a name that a shipped policy knows.

    Any other name stays where it is: what stands in IN1 of a patient who pays alone may be a person's.
    """
    plans = list(context.message.all("IN1"))
    if not plans:
        return None
    first = min(plans, key=lambda plan: (int(plan.text(1)) if plan.text(1).isdecimal() else 1, plan.position))
    names = (first.text(3), first.text(4), first.text(2), first.text(2, 2))
    for name in names:
        own = context.words.payers.get(spelled(name)) if name else None
        if own is not None:
            return own
    for name in names[1:]:
        shipped = shipped_payer(name) if name else None
        if shipped is not None:
            return shipped
    context.note("IN1-3", "a payer that payers of the site file do not name: the stay's payer is left open")
    return None


@lru_cache(maxsize=1024)
def shipped_payer(name: str) -> str | None:
    """Return the payer that ships under a name or one of its aliases, None where none does."""
    payer = payer_named(name, by_name(shipped_layers()))
    return None if payer is None else payer.name
