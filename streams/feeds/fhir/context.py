"""
One resource while it is read: which version of it, when it was stored, and what it has come to so far.

Whatever is refused of a resource whose stay is known leaves an ``event_refused`` in its place, so that the stay is held
and is not final on half its facts (R-DOC-9).
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import orjson

from streams.feeds.conversion import Conversion, Note
from streams.feeds.event_id import event_id
from streams.feeds.fhir.elements import Element, element, elements, text
from streams.feeds.fhir.instants import Instant, read_instant
from streams.feeds.fhir.references import References
from streams.feeds.site_mapping import SiteMapping
from streams.wire.refused_event import NO_MOMENT
from streams.wire.rejects import Reject

_RECORDED: Final = "qicore-recorded"


class ResourceContext:
    """What is known of a resource, and what it has come to."""

    __slots__ = (
        "encounter_id",
        "events",
        "id",
        "kind",
        "notes",
        "patient_secret",
        "recorded",
        "references",
        "rejects",
        "resource",
        "site",
        "source",
        "version",
    )

    def __init__(
        self,
        resource: Element,
        site: SiteMapping,
        source: str,
        patient_secret: bytes | None,
        known: Mapping[str, Element],
    ) -> None:
        self.resource = resource
        self.site = site
        self.source = source
        self.patient_secret = patient_secret
        self.kind = text(resource, "resourceType")
        self.references = References(resource, known)
        self.events: list[dict[str, Any]] = []
        self.rejects: list[Reject] = []
        self.notes: list[Note] = []
        self.encounter_id = ""
        identifiers = [text(one, "value") for one in elements(resource, "identifier")]
        self.id = text(resource, "id") or next(filter(None, identifiers), "")
        self.recorded = self._recorded()
        meta = element(resource, "meta")
        self.version = text(meta, "versionId", "lastUpdated") or _digest(resource)

    def note(self, place: str, says: str) -> None:
        """Keep something a person who connects the feed wants to know."""
        self.notes.append(Note(f"{self.kind}.{place}", says))

    def refuse(self, place: str, says: str, remedy: str) -> None:
        """Refuse what stands at a path; where the stay is known, it is told that something is missing."""
        reject = Reject(f"{self.kind}.{place}", says, remedy)
        self.rejects.append(reject)
        if self.encounter_id:
            self.tell("event_refused", NO_MOMENT, {"reason": reject.reason}, of=f"{place} {self.version}")

    def tell(self, kind: str, occurred_at: str, fields: Mapping[str, Any], *, of: str | None = None) -> None:
        """
        Add an event; fields that are None are left out.

        ``of`` names what of the resource it tells of. With it the event is one over all versions of the resource;
        without it each version has its own, which replaces that of the version stored before it.
        """
        event: dict[str, Any] = {
            "type": kind,
            "event_id": event_id(
                "fhir", f"{self.kind}/{self.id}", kind, occurred_at, of or f"version {self.version}"
            ),
            "encounter_id": self.encounter_id,
            "occurred_at": occurred_at,
            "source": self.source,
        }
        if of is None and self.recorded is not None:
            event["recorded_at"] = self.recorded.text
        event |= {name: value for name, value in fields.items() if value is not None and value != ""}
        self.events.append(event)

    def instant(self, written: str, place: str) -> Instant | None:
        """Return the instant of a text; None where it names none, which is refused then."""
        read = read_instant(written, self.site.zone)
        if isinstance(read, Instant):
            return read
        self.refuse(place, read.says, read.remedy)
        return None

    def done(self) -> Conversion:
        """Return what the resource came to."""
        return Conversion(tuple(self.events), tuple(self.rejects), None, tuple(self.notes))

    def _recorded(self) -> Instant | None:
        """Return when the version was stored; it orders corrections and bills nothing."""
        extensions = elements(self.resource, "extension")
        own = next((one for one in extensions if text(one, "url").endswith(_RECORDED)), {})
        for written in (
            text(element(self.resource, "meta"), "lastUpdated"),
            text(self.resource, "recorded"),
            text(own, "valueDateTime"),
        ):
            read = read_instant(written, self.site.zone, later=True) if written else None
            if isinstance(read, Instant):
                return read
        return None


def _digest(resource: Element) -> str:
    """Return what tells apart two contents of a resource without a version; the same content, the same text."""
    try:
        content = orjson.dumps(resource, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a number that only Python holds
        content = json.dumps(resource, sort_keys=True, default=str).encode()
    return sha256(content).hexdigest()[:32]
