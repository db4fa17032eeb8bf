"""
The words of IEEE 11073-10101 that pumps use in HL7 v2, by name before code.

Half of the codes were provisional when pumps were built: those send 0 and a name, or a name with the prefix ``MDCX_``. The
names are the same ever since, but for ``MDC_PUMP_`` where the standard has ``MDC_DEV_PUMP_``. Sources: IHE IPEC rev. 1.5,
IHE PCD TF vol. 2 and 3.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from streams.feeds.facts import PumpAction, PumpSource, PumpStatus
from streams.feeds.hl7v2.segments import Segment

_CODES: Final[Mapping[str, str]] = {
    "67972": "ATTR_SYS_ID",
    "68487": "ATTR_EVT_COND",
    "68488": "ATTR_EVT_SOURCE",
    "197288": "EVT_PUMP_DELIV_START",
    "197290": "EVT_PUMP_DELIV_STOP",
    "197292": "EVT_PUMP_DELIV_COMP",
    "184519": "PUMP_INFUSING_STATUS",
    "184514": "DRUG_NAME_LABEL",
    "158005": "PUMP_CURRENT_DELIVERY_STATUS",
    "158006": "PUMP_NOT_DELIVERING_REASON",
    "158014": "FLOW_FLUID_PUMP_CURRENT",
    "158016": "PUMP_ACTIVE_SOURCES",
    "157784": "FLOW_FLUID_PUMP",
    "157884": "VOL_FLUID_TBI",
    "157992": "VOL_FLUID_DELIV_SEGMENT",
    "157993": "VOL_FLUID_DELIV_TOTAL",
    "70071": "PUMP_INFUSATE_SOURCE_PRIMARY",
}
"""MDC codes to names without their prefix. 197290 follows from its neighbours; no public message has it."""

SYSTEM_ID: Final = "ATTR_SYS_ID"
EVENT: Final = "ATTR_EVT_COND"
EVENT_SOURCE: Final = "ATTR_EVT_SOURCE"
INFUSING: Final = "PUMP_INFUSING_STATUS"
STATUS: Final = "PUMP_CURRENT_DELIVERY_STATUS"
REASON: Final = "PUMP_NOT_DELIVERING_REASON"
SOURCES: Final = "PUMP_ACTIVE_SOURCES"
DRUG_LABEL: Final = "DRUG_NAME_LABEL"
RATE_NOW: Final = "FLOW_FLUID_PUMP_CURRENT"
RATE_SET: Final = "FLOW_FLUID_PUMP"
TO_INFUSE: Final = "VOL_FLUID_TBI"
SEGMENT_ML: Final = "VOL_FLUID_DELIV_SEGMENT"
TOTAL_ML: Final = "VOL_FLUID_DELIV_TOTAL"

EVENTS: Final[Mapping[str, PumpAction]] = {
    "EVT_PUMP_DELIV_START": "start",
    "EVT_PUMP_DELIV_STOP": "stop",
    "EVT_PUMP_DELIV_COMP": "complete",
    "EVT_PUMP_PROG_CLEARED": "end",
    "EVT_PUMP_AUTO_PROG_CLEARED": "end",
    "EVT_PATIENT_CHANGE": "end",
    "EVT_DEVICE_TIME_CHANGED": "clock",
}
"""Events of IPEC that say something of what flows. The loss of a connection says nothing of it."""

IGNORED_EVENTS: Final[Mapping[str, str]] = {
    "EVT_COMM_STATUS_CHANGE": "connection lost or back",
    "EVT_PATIENT_ID_CHANGE": "patient id changed",
    "EVT_PATIENT_PARAMETER_CHANGE": "patient parameter changed",
    "EVT_PUMP_VOL_COUNTERS_CLEARED": "counters cleared",
    "EVT_PUMP_RELAY_PROG": "relay",
}

STATUSES: Final[Mapping[str, PumpStatus]] = {
    "delivering": "delivering",
    "transitioning": "transitioning",
    "kvo": "kvo",
    "not-delivering": "not_delivering",
}

_SOURCES: Final[Mapping[str, PumpSource]] = {
    "secondary": "secondary",
    "pca": "pca",
    "intermittent": "primary",
}
_BOLUS: Final = frozenset({"clinician", "loading"})


def name_of(segment: Segment, field: int) -> str:
    """Return the name of a coded field without its prefix, by its name and else by its code; empty where it is neither."""
    for component in (2, 5, 1):
        name = bare(segment.text(field, component))
        if name:
            return name
    return _CODES.get(segment.text(field), "")


@lru_cache(maxsize=4096)
def row_name(raw: str, mark: str) -> str:
    """Return the name of a coded field as sent, with the mark between its components: a pump sends the same ones all day."""
    parts = [part.strip() for part in raw.split(mark)] if mark else [raw.strip()]
    for place in (1, 4, 0):
        if len(parts) > place and (name := bare(parts[place])):
            return name
    return _CODES.get(parts[0], "")


def bare(text: str) -> str:
    """Return an MDC name without ``MDC_`` or ``MDCX_`` and without ``DEV_`` before ``PUMP_``; empty for any other text."""
    word = text.upper()
    for prefix in ("MDCX_", "MDC_"):
        if word.startswith(prefix):
            word = word.removeprefix(prefix)
            return word.removeprefix("DEV_") if word.startswith("DEV_PUMP_") else word
    return ""


def enumerated(segment: Segment, stem: str) -> str:
    """Return the end of an enumerated value such as ``^pump-delivery-status-kvo``, in small letters."""
    for component in (2, 1):
        word = segment.text(5, component).casefold()
        if word:
            return word.removeprefix(stem)
    return ""


def source_of(word: str) -> tuple[PumpSource, bool]:
    """Return which source a word of active sources is, and whether it is a bolus out of the primary one's bag."""
    return _SOURCES.get(word, "primary"), word in _BOLUS
