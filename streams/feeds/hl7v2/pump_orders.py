"""
RGV^O15, and IHE PCD-03 among it: an order as it is sent to a pump, with its patient. An intent, never an administration.

The pump echoes the order's number (ORC-2 is its OBR-2), or is named by OBX-18. Source: IHE PCD TF vol. 2, PCD-03.
"""

from typing import Final

from streams.feeds.conversion import Conversion
from streams.feeds.facts import OrderTold
from streams.feeds.hl7v2.context import MessageContext, header_time
from streams.feeds.hl7v2.drug_field import drug_of
from streams.feeds.hl7v2.pump_place import patient_of, stay_of
from streams.feeds.hl7v2.pump_rows import device_id, names_pump
from streams.feeds.hl7v2.route_fields import route_of
from streams.feeds.hl7v2.segments import Segment
from streams.feeds.hl7v2.times import WireTime, read_time

_CANCELLED: Final = frozenset({"CA", "OC", "CR", "DC", "OD"})
"""ORC-1, HL7 table 0119."""

_LONGEST: Final = 160


def convert(context: MessageContext) -> Conversion:
    """Return what an order came to."""
    if not header_time(context):
        return context.done()
    group: list[Segment] = []
    for segment in context.message.segments:
        if segment.name == "ORC":
            _order(context, group)
            group = []
        if segment.name == "ORC" or group:
            group.append(segment)
    _order(context, group)
    if not (context.facts or context.rejects):
        context.refuse("ORC", "no order in the message", "send one ORC for each order")
    return context.done()


def _order(context: MessageContext, group: list[Segment]) -> None:
    if not group:
        return
    orc = group[0]
    numbers = (orc.text(int(place[-1]))[:_LONGEST] for place in context.site.order)
    number = next(filter(None, numbers), "")
    if not number:
        context.refuse("ORC-2", "an order without a number", "send the placer order number")
        return
    at = read_time(orc.text(9), context.zone, later=True) if orc.raw(9) else None
    if not isinstance(at, WireTime):
        at = read_time(context.message.header.text(7), context.zone, later=True)
    if not isinstance(at, WireTime):
        context.refuse_time("ORC-9", at)
        return
    given = next((segment for segment in group if segment.name == "RXG"), None)
    drug = drug_of(given, 4, context.words) if given is not None else {}
    route = route_of([one for one in group if one.name == "RXR"], drug.get("name", ""), context.words)
    stay, patient = stay_of(context), patient_of(context)
    if not (stay or patient):
        context.note("PV1-19", "the order names no stay; a pump is not linked by it")
    context.facts.append(
        OrderTold(
            order=number,
            at=at.instant.timestamp(),
            encounter_id=stay,
            patient=patient,
            device=device_id(one for one in group if one.name == "OBX" and names_pump(one)),
            drug=drug,
            fields={name: value for name, value in route.fields.items() if value},
            cancelled=orc.text(1).upper() in _CANCELLED,
        )
    )
