"""
ADT: a stay begins, moves, ends, is taken back or merged; by the trigger of MSH-9.

A hospital's ADT feed is about all its patients. A stay that is an inpatient's from its first hour is told as such, so
that none of its minutes earns an outpatient code. Source: HL7 v2.9, chapter 3.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from streams.feeds.conversion import Conversion
from streams.feeds.facts import StayTold
from streams.feeds.hl7v2.context import MessageContext, find_encounter, stay_known
from streams.feeds.hl7v2.event_moment import event_time
from streams.feeds.hl7v2.merges import MERGES, merge
from streams.feeds.hl7v2.pump_place import bed_of, patient_of
from streams.feeds.hl7v2.registration import arrival, facts, patient_class
from streams.feeds.hl7v2.segments import Segment
from streams.feeds.hl7v2.times import WireTime
from streams.feeds.site_mapping import PatientClass


class Registration:
    """An ADT message with its moments."""

    __slots__ = ("admitted", "at", "context", "kind", "pid", "visit")

    def __init__(self, context: MessageContext, pid: Segment, visit: Segment, at: WireTime) -> None:
        self.context = context
        self.pid = pid
        self.visit = visit
        self.at = at
        """When what it tells happened: EVN-6, else EVN-2, else MSH-7."""
        self.kind: PatientClass = patient_class(context, visit)
        self.admitted = arrival(context, visit)

    def tell(self, kind: str, at: WireTime, fields: Mapping[str, Any] | None = None) -> None:
        """Add an event about the stay."""
        self.context.tell(kind, "", at.text, dict(fields or {}))

    def update(self, *, located: bool = True, expected: bool = False) -> None:
        """
        Tell what registration knows now; the place holds from now on, everything else for the whole stay.

        ``expected`` is a stay nobody came for yet: its PV1-44 is a plan.
        """
        known = facts(self.context, self.pid, self.visit, located=located)
        arrived = None if expected or self.kind == "preadmit" else self._arrived()
        self.tell("encounter_updated", self.at, {**known, "arrived_at": arrived})

    def opened(self) -> None:
        """Tell that the stay began."""
        at = self.admitted or self.at
        known = facts(self.context, self.pid, self.visit)
        self.tell("encounter_opened", at, {**known, "arrived_at": at.text})

    def inpatient_since_admission(self) -> None:
        """
        Tell that a stay of inpatient class is one since PV1-44, unless its conversion is told with a better time.

        The word counts as stored when it says it happened: whatever A06 says was stored later and stands.
        """
        if self.kind == "inpatient" and self.admitted is not None:
            at = self.admitted.text
            self.context.tell("inpatient_ordered", "", at, {}, recorded_at=at)

    def _arrived(self) -> str | None:
        # Of an inpatient PV1-44 may be the admission, long after the patient came.
        return None if self.admitted is None or self.kind == "inpatient" else self.admitted.text


def _open(stay: Registration) -> None:
    stay.opened()
    if stay.kind == "inpatient":
        stay.tell("inpatient_ordered", stay.admitted or stay.at)


def _update(stay: Registration) -> None:
    stay.update()
    stay.inpatient_since_admission()
    if stay.visit.raw(45):
        _discharged(stay)


def _expected(stay: Registration) -> None:
    stay.update(located=False, expected=True)


def _moved(stay: Registration) -> None:
    stay.update()
    stay.inpatient_since_admission()


def _discharge(stay: Registration) -> None:
    stay.update(located=False)
    stay.inpatient_since_admission()
    if stay.visit.raw(45):
        _discharged(stay)
    else:
        stay.tell("encounter_discharged", stay.at)


def _discharged(stay: Registration) -> None:
    left = stay.context.time(stay.visit, 45)
    if isinstance(left, WireTime):
        stay.tell("encounter_discharged", left)
    else:
        stay.context.refuse_time("PV1-45", left)


def _became_inpatient(stay: Registration) -> None:
    stay.update()
    stay.tell("inpatient_ordered", stay.at)


def _became_outpatient(stay: Registration) -> None:
    stay.update()
    stay.context.refuse(
        "MSH-9",
        "an inpatient became an outpatient, and which hours count as outpatient ones no message tells",
        "void the event inpatient_ordered, or dismiss this, once it is decided",
    )


def _cancelled(stay: Registration) -> None:
    stay.tell("encounter_cancelled", stay.at)


def _reopened(stay: Registration) -> None:
    stay.tell("encounter_reopened", stay.at)
    stay.update()


_TRIGGERS: Final[Mapping[str, Callable[[Registration], None]]] = {
    "A01": _open,
    "A02": _moved,
    "A03": _discharge,
    "A04": _open,
    "A05": _expected,
    "A06": _became_inpatient,
    "A07": _became_outpatient,
    "A08": _update,
    "A11": _cancelled,
    "A12": _moved,
    "A13": _reopened,
    "A38": _cancelled,
}

_NEVER: Final = frozenset({"A11", "A38"})
_NOT_THERE: Final = frozenset({"A05"})
"""A patient who is expected lies in no bed yet."""
_ARRIVES: Final = frozenset({"A01", "A04"})


def convert(context: MessageContext) -> Conversion:
    """Return what an ADT message came to."""
    message = context.message
    trigger = context.kind[4:]
    if trigger in MERGES:
        return merge(context)
    tell = _TRIGGERS.get(trigger)
    if tell is None:
        return Conversion(ignored=context.kind, notes=message.notes)
    pid, visit = message.first("PID"), message.first("PV1")
    context.encounter_id = find_encounter(context, pid, visit)
    at = event_time(context)
    if stay_known(context) and at is not None:
        stay = Registration(context, pid, visit, at)
        tell(stay)
        _tell_where(stay, trigger)
    return context.done()


def _tell_where(stay: Registration, trigger: str) -> None:
    """Keep where the patient is, for pumps that only know their bed."""
    context, at = stay.context, stay.at
    if trigger in _NEVER:
        state: Literal["here", "left", "never"] = "never"
    elif trigger == "A03":
        state = "left"
    elif trigger in _NOT_THERE:
        return
    else:
        state = "here"
    if trigger in _ARRIVES and stay.admitted is not None:
        at = stay.admitted
    if trigger in {"A03", "A08"} and stay.visit.raw(45):
        left = context.time(stay.visit, 45)
        if not isinstance(left, WireTime):
            return
        at, state = left, "left"
    place = bed_of(stay.visit) if state == "here" else ""
    context.facts.append(
        StayTold(context.encounter_id, at.instant.timestamp(), state, place, patient_of(context))
    )
