"""
The kinds of HL7 v2 messages: which module reads each, by MSH-9 and never by EVN-1.

What no module reads is acknowledged, counted and ignored under its kind. A further kind is a line in ``READERS``.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, Literal

from streams.feeds.conversion import Conversion
from streams.feeds.hl7v2 import adt, pump_events, pump_orders, pump_reports, ras
from streams.feeds.hl7v2.context import MessageContext
from streams.feeds.hl7v2.segments import Message
from streams.feeds.site_mapping import SiteMapping
from streams.wire.rejects import Reject

Reader = Callable[[MessageContext], Conversion]
SourceName = Literal["emar", "adt", "pump"]

READERS: Final[Mapping[str, tuple[Reader, SourceName]]] = {
    "RAS": (ras.convert, "emar"),
    "ADT": (adt.convert, "adt"),
    "ORU^R42": (pump_events.convert, "pump"),
    "ORU^R01": (pump_reports.convert, "pump"),
    "RGV": (pump_orders.convert, "pump"),
}
"""By MSH-9.1, or by ``MSH-9.1^MSH-9.2`` where only some of a kind are read; and whose name their events bear."""

_KIND: Final = re.compile(r"[A-Z][A-Z0-9]{2}")
_FOR_NO_BILL: Final = frozenset({"T", "D"})
"""MSH-11, HL7 table 0103: training and debugging."""


def kind_of(message: Message) -> str | None:
    """Return ``RAS^O17`` for a message, from MSH-9; None where it names no kind."""
    header = message.header
    return _kind(header.text(9).upper(), header.text(9, 2).upper())


@lru_cache(maxsize=1024)
def _kind(kind: str, trigger: str) -> str | None:
    if not _KIND.fullmatch(kind):
        return None
    return f"{kind}^{trigger}" if _KIND.fullmatch(trigger) else kind


def convert_message(message: Message, site: SiteMapping, patient_secret: bytes | None = None) -> Conversion:
    """Return what a message came to; never raises for what is in it."""
    header = message.header
    kind = kind_of(message)
    if kind is None:
        reject = Reject("MSH-9", "names no kind of message", "send for example RAS^O17^RAS_O17")
        return Conversion(rejects=(reject,), notes=message.notes)
    processing = header.text(11).upper()
    if processing in _FOR_NO_BILL:
        return Conversion(ignored=f"processing id {processing}", notes=message.notes)
    reader, source = READERS.get(kind) or READERS.get(kind[:3]) or (None, "emar")
    if reader is None:
        return Conversion(ignored=kind, notes=message.notes)
    own = site.of_sender(header.text(3), header.text(4)) if site.senders else site
    context = MessageContext(message, own, kind, getattr(own.sources, source), patient_secret)
    conversion = reader(context)
    if not (conversion.events or conversion.rejects or conversion.ignored or conversion.facts):
        return conversion._replace(ignored=f"{kind}: nothing that is billed changed")
    return conversion
