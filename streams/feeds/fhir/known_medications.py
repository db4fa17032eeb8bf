"""The Medications of an export, kept for the administrations that refer to them: an export has each kind in a file of its own."""

import re
from typing import Any, Final

from streams.feeds.facts import ResourceTold
from streams.feeds.fhir.documents import read_resource
from streams.feeds.fhir.elements import Element, text
from streams.wire.rejects import Reject

_MEDICATION: Final = re.compile(rb'"resourceType"\s*:\s*"(?:Medication|Substance)"')
_KEPT: Final = ("resourceType", "id", "code", "ingredient")
_LONGEST: Final = 200
MOST: Final = 200_000
"""Medications that are kept; a hospital's formulary has some ten thousand."""


class KnownMedications(dict[str, dict[str, Any]]):
    """Medications by ``Medication/id``, as references name them; only what says what they are."""

    def add(self, raw: bytes) -> None:
        """Keep what the bytes of one resource hold, when it is a Medication and there is room for it."""
        if len(self) >= MOST or not _MEDICATION.search(raw):
            return
        resource = read_resource(raw)
        if isinstance(resource, Reject) or text(resource, "resourceType") not in {"Medication", "Substance"}:
            return
        for told in remembered(resource):
            self[told.name] = dict(told.resource)


def remembered(resource: Element) -> tuple[ResourceTold, ...]:
    """Return a resource that administrations may refer to, without what nobody asks; nothing for any other."""
    kind, name = text(resource, "resourceType"), text(resource, "id")
    if kind not in {"Medication", "Substance"} or not name:
        return ()
    return (
        ResourceTold(f"{kind}/{name}"[:_LONGEST], {key: resource[key] for key in _KEPT if key in resource}),
    )
