"""Where a pump and a patient are: PV1-3 as the key of a bed, and who a pump was told its patient is."""

from typing import Final

from streams.feeds.hl7v2.context import MessageContext, find_encounter
from streams.feeds.hl7v2.registration import key_of_patient
from streams.feeds.hl7v2.segments import Segment

_LONGEST: Final = 160


def bed_of(visit: Segment) -> str:
    """Return the bed of PV1-3 as point of care, room and bed; empty where neither room nor bed is told: a ward is no bed."""
    for repetition in range(1, visit.repetitions(3) + 1):
        ward, room, bed = (visit.text(3, component, repetition=repetition) for component in (1, 2, 3))
        if room or bed:
            return bed_key(ward, room, bed)
    return ""


def bed_key(*parts: str) -> str:
    """Return the parts of a place as one key, in small letters."""
    return "^".join(" ".join(part.casefold().split()) for part in parts)[:_LONGEST]


def patient_of(context: MessageContext) -> str:
    """Return the key of the patient of PID-3; empty where the sender says that it does not know who it is (PID-31)."""
    pid = context.message.first("PID")
    if pid.text(31).upper() == "Y":
        return ""
    return key_of_patient(context, pid) or ""


def stay_of(context: MessageContext) -> str:
    """Return the stay that a message names; empty where it names none, or does not know its patient."""
    pid = context.message.first("PID")
    if pid.text(31).upper() == "Y":
        return ""
    named = find_encounter(context, pid, context.message.first("PV1"))
    return named if len(named) <= _LONGEST else ""
