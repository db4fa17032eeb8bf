"""HL7 messages for tests, field by field: numbers invented, names opaque."""

from collections.abc import Mapping
from typing import Any

from streams.feeds.conversion import Conversion
from streams.feeds.read_wire import convert
from streams.feeds.site_mapping import SiteMapping

SITE = SiteMapping(time_zone="America/New_York")
NAME = "Wilhelmina-4711"
"""Stands wherever a name could stand, and may stand nowhere else."""


def segment(name: str, **fields: str) -> str:
    """Return a segment; a field is ``f3="..."``."""
    numbered = {int(key[1:]): value for key, value in fields.items()}
    return "|".join([name, *(numbered.get(number, "") for number in range(1, max(numbered, default=0) + 1))])


def header(kind: str = "RAS^O17^RAS_O17", control: str = "C1", **fields: str) -> str:
    """Return an MSH of a message sent at 12:00; fields are ``f7="..."``."""
    chosen = {
        "f3": "EMAR",
        "f4": "GH",
        "f7": "20260302120000-0500",
        "f9": kind,
        "f10": control,
        "f11": "P",
        "f12": "2.5.1",
        **fields,
    }
    numbered = {int(key[1:]): value for key, value in chosen.items()}
    rest = "|".join(numbered.get(number, "") for number in range(3, max(numbered) + 1))
    return f"MSH|^~\\&|{rest}"


PID = segment("PID", f1="1", f3="T0001^^^GH^MR", f5=f"{NAME}^TEST", f18="A0001")


def visit(**fields: str) -> str:
    """Return a PV1 of an outpatient's visit V1."""
    return segment("PV1", **{"f1": "1", "f2": "O", "f3": "ED1^1^1^GH", "f19": "V1", **fields})


def rxa(start: str = "0800", stop: str | None = "0931", **fields: str) -> str:
    """Return an RXA of ceftriaxone on 2 March 2026; ``0931`` is a clock time."""
    chosen = {
        "f1": "0",
        "f2": "1",
        "f3": clock(start),
        "f4": clock(stop) if stop else "",
        "f5": "2193^ceftriaxone^RXNORM",
        "f6": "1",
        "f7": "g",
        "f20": "CP",
    }
    return segment("RXA", **{**chosen, **fields})


def clock(time: str) -> str:
    """Return an HL7 time of 2 March 2026 with its offset."""
    return f"20260302{time}00-0500"


IV = "RXR|IV^Intravenous^HL70162"
PUSH = "RXR|IV^Intravenous^HL70162|||IVP^IV Push^HL70165"
PIGGYBACK = "RXR|IV^Intravenous^HL70162|||IVPB^IV Piggyback^HL70165"
IM = "RXR|IM^Intramuscular^HL70162"
ORDER = "ORC|RE|O1^EMAR|F1^RX"


def message(*segments: str) -> bytes:
    """Return segments as one message, each ended by CR."""
    return "".join(f"{one}\r" for one in segments).encode()


def ras(*segments: str, head: str | None = None, pv1: str | None = None) -> bytes:
    """Return a RAS message with these segments behind its PV1."""
    return message(head or header(), PID, pv1 or visit(), *segments)


def adt(trigger: str, *segments: str, pv1: str | None = None, **evn: str) -> bytes:
    """Return an ADT message of an event recorded at 12:01."""
    event = segment("EVN", **{"f2": "20260302120100-0500", **evn})
    return message(header(f"ADT^{trigger}^ADT_A01"), event, PID, *segments, pv1 or visit())


def read(raw: bytes, site: SiteMapping = SITE, secret: bytes | None = None) -> Conversion:
    """Return what a message comes to, having looked for a name in it."""
    conversion = convert(raw, "hl7v2", site, secret)
    assert NAME not in repr(conversion)
    return conversion


def told(conversion: Conversion) -> list[tuple[Any, ...]]:
    """Return the events in short: type, and the fields that tests look at."""
    return [(event["type"], short(event)) for event in conversion.events]


_ASIDE = frozenset({"type", "event_id", "encounter_id", "source", "recorded_at", "occurred_at"})


def short(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event's own fields, times as clock times."""
    return {
        name: value[11:16] if isinstance(value, str) and name.endswith("_at") else value
        for name, value in event.items()
        if name not in _ASIDE
    }
