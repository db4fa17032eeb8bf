"""
One message while it is read: who sent it, when it was recorded, and what it has come to so far.

Whatever is refused of a message whose stay is known leaves an ``event_refused`` in its place: the stay is held, and is
not final on half its facts (R-DOC-9).
"""

from typing import Any, Final
from zoneinfo import ZoneInfo

from streams.feeds.conversion import Conversion, Note
from streams.feeds.event_id import event_id
from streams.feeds.facts import Fact
from streams.feeds.hl7v2.segments import Message, Segment
from streams.feeds.hl7v2.times import TimeFault, WireTime, read_time
from streams.feeds.one_line import one_line
from streams.feeds.site_mapping import SiteMapping, Words
from streams.wire.refused_event import NO_MOMENT
from streams.wire.rejects import Reject

_LONGEST: Final = 200
"""Characters of an id the contract takes."""


class MessageContext:
    """What is known of a message, and what it has come to."""

    __slots__ = (
        "_refused",
        "control_id",
        "encounter_id",
        "events",
        "facts",
        "kind",
        "message",
        "notes",
        "patient_secret",
        "recorded_at",
        "rejects",
        "sender",
        "site",
        "source",
        "words",
        "zone",
    )

    def __init__(
        self,
        message: Message,
        site: SiteMapping,
        kind: str,
        source: str,
        patient_secret: bytes | None = None,
    ) -> None:
        header = message.header
        self.message = message
        self.site = site
        self.words: Words = site.words
        self.zone: ZoneInfo | None = site.zone
        self.kind = kind
        self.source = source
        self.patient_secret = patient_secret
        self.sender = f"{header.raw(3)}|{header.raw(4)}"
        # A sender that numbers nothing still sends at different times.
        self.control_id = header.text(10) or header.raw(7)
        self.events: list[dict[str, Any]] = []
        self.rejects: list[Reject] = []
        self.notes: list[Note] = list(message.notes)
        self.facts: list[Fact] = []
        self.encounter_id = ""
        self.recorded_at: str | None = None
        self._refused = 0

    def note(self, place: str, says: str) -> None:
        """Keep something a person who connects the feed wants to know."""
        self.notes.append(Note(place, says))

    def refuse(self, place: str, says: str, remedy: str) -> None:
        """Refuse what stands at a place; where the stay is known, it is told that something is missing."""
        reject = Reject(place, says, remedy)
        self.rejects.append(reject)
        self._refused += 1
        if self.encounter_id:
            fields = {"reason": reject.reason}
            self.tell("event_refused", f"{place} {self._refused}", NO_MOMENT, fields)

    def refuse_time(self, place: str, fault: TimeFault) -> None:
        """Refuse a time."""
        self.refuse(place, fault.says, fault.remedy)

    def tell(
        self,
        kind: str,
        administration: str,
        occurred_at: str,
        fields: dict[str, Any],
        recorded_at: str | None = None,
    ) -> None:
        """Add an event; fields that are None are left out."""
        event: dict[str, Any] = {
            "type": kind,
            "event_id": event_id(self.sender, self.control_id, kind, occurred_at, administration),
            "encounter_id": self.encounter_id,
            "occurred_at": occurred_at,
            "source": self.source,
        }
        recorded = recorded_at or self.recorded_at
        if recorded is not None:
            event["recorded_at"] = recorded
        event |= {name: value for name, value in fields.items() if value is not None and value != ""}
        if not "".join([value for value in event.values() if value.__class__ is str]).isprintable():
            for name, value in event.items():
                if isinstance(value, str):
                    event[name] = one_line(value, 2000)
        self.events.append(event)

    def tell_once(self, named: str, administration_id: str, occurred_at: str) -> None:
        """Add the word that an administration was not given, under an id that every message of it gives it."""
        self.events.append(
            {
                "type": "administration_voided",
                "event_id": named,
                "encounter_id": self.encounter_id,
                "occurred_at": occurred_at,
                "source": self.source,
                "administration_id": administration_id,
            }
        )

    def time(self, segment: Segment, field: int) -> WireTime | TimeFault:
        """Return the time of a field, or why it names none."""
        return read_time(segment.text(field), self.zone)

    def done(self) -> Conversion:
        """Return what the message came to."""
        return Conversion(tuple(self.events), tuple(self.rejects), None, tuple(self.notes), tuple(self.facts))


def find_encounter(context: MessageContext, pid: Segment, visit: Segment) -> str:
    """Return the id of the stay by the site's fields, in their order; empty where none of them holds anything."""
    for place in context.site.encounter:
        segment = pid if place == "PID-18" else visit
        named = segment.text(int(place[4:]))
        if named:
            return one_line(f"{context.site.encounter_prefix}{named}", _LONGEST + 1)
    return ""


def header_time(context: MessageContext) -> bool:
    """
    Take MSH-7 for when the message's facts were recorded; False where it is refused.

    It orders corrections and bills nothing. So a missing offset or an hour that came twice costs no more than a note;
    a time in another format says that the sender's times cannot be read at all.
    """
    header = context.message.header
    read = read_time(header.text(7), context.zone, later=True)
    if isinstance(read, WireTime):
        context.recorded_at = read.text
        return True
    if read.kind == "format":
        context.refuse_time("MSH-7", read)
        return False
    context.note("MSH-7", f"{read.says}; corrections are put in order by their own times")
    return True


def stay_known(context: MessageContext) -> bool:
    """Tell whether the message names its stay; where not, it is refused."""
    if context.encounter_id:
        return True
    places = context.site.encounter
    context.refuse(
        places[0], "names no stay", f"send it in {' or '.join(places)}, or name the field in the site file"
    )
    return False
