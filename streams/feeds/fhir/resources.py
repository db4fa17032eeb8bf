"""
The resources: which module reads each. Of a bundle every entry is read, and finds there what it refers to.

What no module reads is acknowledged, counted and ignored under its kind. A further resource is a line in ``READERS``.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal

from streams.feeds.conversion import Conversion, Note
from streams.feeds.facts import Fact
from streams.feeds.fhir import encounter, medication_administration
from streams.feeds.fhir.context import ResourceContext
from streams.feeds.fhir.documents import read_resource
from streams.feeds.fhir.elements import NOTHING, Element, codings, element, elements, text
from streams.feeds.fhir.known_medications import remembered
from streams.feeds.fhir.references import addresses
from streams.feeds.site_mapping import SiteMapping
from streams.wire.rejects import Reject

Reader = Callable[[ResourceContext], Conversion]
SourceName = Literal["emar", "adt"]

READERS: Final[Mapping[str, tuple[Reader, SourceName]]] = {
    "MedicationAdministration": (medication_administration.convert, "emar"),
    "Encounter": (encounter.convert, "adt"),
}

_KNOWN_KINDS: Final = 64
"""Characters of a resource type that are repeated as a kind."""

_TEST_DATA: Final = frozenset({"HTEST"})
"""ActReason of HL7 v3: what bears it was made for a test."""


def convert_text(
    raw: bytes, site: SiteMapping, patient_secret: bytes | None = None, known: Mapping[str, Element] = NOTHING
) -> Conversion:
    """Return what the bytes of one resource came to; never raises for what is in them."""
    resource = read_resource(raw)
    if isinstance(resource, Reject):
        return Conversion(rejects=(resource,))
    return convert_resource(resource, site, patient_secret, known)


def convert_resource(
    resource: Element,
    site: SiteMapping,
    patient_secret: bytes | None = None,
    known: Mapping[str, Element] = NOTHING,
) -> Conversion:
    """
    Return what one resource came to.

    ``known`` are resources by ``Type/id`` that it may refer to: those of its bundle, or Medications of the same export.
    """
    kind = text(resource, "resourceType")
    if kind == "Bundle":
        return _bundle(resource, site, patient_secret, known)
    if kind not in READERS:
        return Conversion(
            ignored=f"FHIR {kind[:_KNOWN_KINDS]}" if kind.isascii() and kind.isalnum() else "FHIR",
            facts=remembered(resource),
        )
    security = elements(element(resource, "meta"), "security")
    marked = any(coding.code in _TEST_DATA for one in security for coding in codings(one))
    if marked and site.fhir_test_data == "ignore":
        return Conversion(ignored=f"FHIR {kind}: test data")
    reader, source = READERS[kind]
    context = ResourceContext(resource, site, getattr(site.sources, source), patient_secret, known)
    if marked:
        context.note("meta.security", "marks test data; the site file can have it ignored (fhir_test_data)")
    return reader(context)


_NESTED: Final = Reject("Bundle.entry", "a bundle within a bundle", "send each bundle by itself")


def _bundle(
    bundle: Element, site: SiteMapping, patient_secret: bytes | None, known: Mapping[str, Element]
) -> Conversion:
    entries = elements(bundle, "entry")
    inside = {**known, **{name: element(entry, "resource") for entry in entries for name in addresses(entry)}}
    parts: list[Conversion] = []
    for entry in entries:
        resource = element(entry, "resource")
        if text(element(entry, "request"), "method").upper() == "DELETE":
            parts.append(_deleted(entry))
        elif text(resource, "resourceType") == "Bundle":
            parts.append(Conversion(rejects=(_NESTED,)))
        elif resource:
            parts.append(convert_resource(resource, site, patient_secret, inside))
    return _joined(parts)


def _deleted(entry: Element) -> Conversion:
    """Return the refusal of a deletion of what is billed: it names no stay, so that nothing can be taken back by it."""
    kind = text(element(entry, "request"), "url").lstrip("/").partition("/")[0]
    if kind not in READERS:
        return Conversion(ignored="FHIR deletion")
    return Conversion(
        rejects=(
            Reject(
                "Bundle.entry.request",
                f"deletes a {kind} without naming its stay",
                "send it as entered-in-error",
            ),
        )
    )


def _joined(parts: Iterable[Conversion]) -> Conversion:
    events: list[Mapping[str, object]] = []
    rejects: list[Reject] = []
    notes: list[Note] = []
    facts: list[Fact] = []
    ignored: dict[str, None] = {}
    for part in parts:
        events += part.events
        rejects += part.rejects
        notes += part.notes
        facts += part.facts
        if part.ignored is not None:
            ignored[part.ignored] = None
    if events or rejects:
        notes += [Note("Bundle.entry", f"{kind}: used for nothing but references to it") for kind in ignored]
        return Conversion(tuple(events), tuple(rejects), None, tuple(notes), tuple(facts))
    kinds = ", ".join(sorted(ignored))[:200] or "FHIR Bundle without a resource of ours"
    return Conversion(ignored=kinds, notes=tuple(notes), facts=tuple(facts))
