"""
Wire messages to events: the table of content types, and nothing of what a message means.

A new standard is a module of its own and a line here. Pure: no clock, no file, no environment; what is secret is handed
in.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from streams.feeds.contract_events import validated
from streams.feeds.conversion import Conversion
from streams.feeds.fhir.elements import NOTHING
from streams.feeds.fhir.resources import convert_text
from streams.feeds.hl7v2 import kinds
from streams.feeds.hl7v2.segments import read_message
from streams.feeds.site_mapping import SiteMapping
from streams.wire.rejects import Reject

Wire = Literal["hl7v2", "fhir"]


def convert(
    raw: bytes,
    wire: Wire,
    site: SiteMapping,
    patient_secret: bytes | None = None,
    known: Mapping[str, Mapping[str, Any]] = NOTHING,
) -> Conversion:
    """
    Return what one message came to; never raises for what is in it.

    ``known`` are FHIR resources by ``Type/id`` that a resource may refer to.

    Every event of it is one that the contract takes. ``patient_secret`` makes the keyed hash by which two accounts of
    one patient are found (``patient_key``); without it no such key is made.
    """
    return validated(_READERS[wire](raw, site, patient_secret, known))


def _hl7v2(
    raw: bytes, site: SiteMapping, patient_secret: bytes | None, _known: Mapping[str, Mapping[str, Any]]
) -> Conversion:
    message = read_message(raw, site.default_charset)
    if isinstance(message, Reject):
        return Conversion(rejects=(message,))
    return kinds.convert_message(message, site, patient_secret)


_READERS: Final[
    Mapping[Wire, Callable[[bytes, SiteMapping, bytes | None, Mapping[str, Mapping[str, Any]]], Conversion]]
] = {
    "hl7v2": _hl7v2,
    "fhir": convert_text,
}
"""The content types."""
