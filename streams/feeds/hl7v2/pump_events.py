"""
IHE PCD-10, ORU^R42: what happened at an infusion pump, one event of one source a message.

The message names no stay that could be trusted, so it gives a fact, and the stay is found by ``association``. A pump that
was off-line sends later; the time is that of the event (OBR-7, or OBX-14 of the event), never MSH-7. Source: IHE PCD TF
supplement IPEC rev. 1.5.
"""

from datetime import datetime
from typing import Any, Final

from streams.feeds.conversion import Conversion
from streams.feeds.facts import PumpAction, PumpTold
from streams.feeds.hl7v2.context import MessageContext, header_time
from streams.feeds.hl7v2.drug_field import drug_of
from streams.feeds.hl7v2.pump_place import bed_key, bed_of, patient_of, stay_of
from streams.feeds.hl7v2.pump_rows import PumpRows, Row
from streams.feeds.hl7v2.pump_words import (
    DRUG_LABEL,
    EVENT,
    EVENTS,
    IGNORED_EVENTS,
    RATE_NOW,
    RATE_SET,
    REASON,
    SEGMENT_ML,
    SOURCES,
    STATUS,
    STATUSES,
    TO_INFUSE,
    TOTAL_ML,
    enumerated,
    name_of,
    source_of,
)
from streams.feeds.hl7v2.segments import Segment
from streams.feeds.hl7v2.times import WireTime, read_time
from streams.feeds.one_line import one_line
from streams.feeds.site_mapping import spelled

_NO_NUMBER: Final = frozenset({"", "0"})
_UNKNOWN_CODE: Final = "999999"
_UNKNOWN_DRUGS: Final = frozenset(
    {"unknown medication", "medication unknown", "unknown", "unknown drug", "no drug", "drug unknown"}
)
"""What pumps write where no drug was chosen."""

_LONGEST_NUMBER: Final = 160


def convert(context: MessageContext) -> Conversion:
    """Return what a pump's event came to."""
    rows = PumpRows(context.message)
    row = rows.first(EVENT)
    event = name_of(row.obx, 5) if row is not None else ""
    if event in IGNORED_EVENTS:
        return Conversion(ignored=f"{context.kind}: {IGNORED_EVENTS[event]}", notes=tuple(context.notes))
    action = EVENTS.get(event)
    if row is None or action is None:
        context.refuse(
            "OBX-5 of the event" if row is not None else "OBX",
            "no event of an infusion pump that is known",
            "send MDC_ATTR_EVT_COND with an event of IHE IPEC",
        )
        return context.done()
    if not header_time(context):
        return context.done()
    at = event_time(context, row.obx)
    if at is not None:
        tell(context, rows, action, at)
    else:
        tell_refused(context, rows)
    return context.done()


def tell_refused(context: MessageContext, rows: PumpRows) -> None:
    """Keep that a word of a pump was refused, so that the stay it belongs to is not final without it (R-DOC-9)."""
    if context.recorded_at is not None:
        sent = WireTime(context.recorded_at, datetime.fromisoformat(context.recorded_at))
        tell(context, rows, "refused", sent, why=context.rejects[-1].reason)


def event_time(context: MessageContext, row: Segment | None) -> WireTime | None:
    """Return when it happened: OBX-14 of the row, else OBR-7; None where that is refused, which then has been said."""
    obr = context.message.first("OBR")
    for segment, field in ((row, 14), (obr, 7)):
        if segment is None or not segment.raw(field):
            continue
        read = read_time(segment.text(field), context.zone)
        if not isinstance(read, WireTime):
            context.refuse_time(f"{segment.name}-{field}", read)
            return None
        return read
    context.refuse("OBR-7", "missing", "send when it happened: MSH-7 only says when it was sent")
    return None


def tell(
    context: MessageContext,
    rows: PumpRows,
    action: PumpAction,
    at: WireTime,
    period_s: int = 0,
    why: str = "",
    block: tuple[str, ...] | None = None,
) -> None:
    """Add what a pump says of one source at one instant."""
    order, program = numbers(context.message.first("OBR"))
    device = rows.device()
    if not device and (order or program):
        # Two pumps of a gateway that names none run two programs.
        device = context.message.header.text(3)[:80] or "unnamed"
    if not device:
        context.refuse("OBX-18", "names no pump", "send the pump's id in OBX-18 of the device")
        return
    block = rows.source_block() if block is None else block
    active = rows.of(SOURCES, block)
    source, bolus = source_of(enumerated(active.obx, "pump-source-info-") if active is not None else "")
    if rows.in_secondary(block):
        source, bolus = "secondary", False
    status = _word(rows.of(STATUS, block), "pump-delivery-status-")
    reason = _word(rows.of(REASON, block), "pump-stopped-")
    rate = rows.number(RATE_NOW, block)
    visit = context.message.first("PV1")
    context.facts.append(
        PumpTold(
            device=device,
            channel=block[1] if len(block) > 1 else "",
            source=source,
            program=program,
            order=order,
            action=action,
            status=STATUSES.get(status, ""),
            reason=why or reason,
            bolus=bolus,
            at=at.text,
            recorded_at=context.recorded_at,
            rate=rate or rows.number(RATE_SET, block),
            segment_ml=rows.number(SEGMENT_ML, block),
            total_ml=rows.number(TOTAL_ML, block),
            to_infuse_ml=rows.number(TO_INFUSE, block),
            drug=_drug(context, rows, block),
            place=_place(context, visit, device),
            encounter_id=stay_of(context),
            patient=patient_of(context),
            sender=context.sender,
            period_s=period_s,
            source_name=context.source,
        )
    )


def numbers(obr: Segment) -> tuple[str, str]:
    """
    Return the placer order that a pump echoes, and its own number of the program.

    A pump without an order writes its own number into both; some write the order's into both.
    """
    placer, filler = obr.text(2)[:_LONGEST_NUMBER], obr.text(3)[:_LONGEST_NUMBER]
    placer = "" if placer in _NO_NUMBER else placer
    filler = "" if filler in _NO_NUMBER else filler
    return placer, filler


def _word(row: Row | None, stem: str) -> str:
    return enumerated(row.obx, stem) if row is not None else ""


def _place(context: MessageContext, visit: Segment, device: str) -> str:
    told = bed_of(visit)
    if told:
        return told
    stands = context.site.pumps.beds.get(device, "")
    return bed_key(*[*stands.split("^"), "", ""][:3]) if stands else ""


def _drug(context: MessageContext, rows: PumpRows, block: tuple[str, ...]) -> dict[str, Any]:
    """Return what the pump was told to give: the label of its library, with the code of OBR-4 where that says the same."""
    obr = context.message.first("OBR")
    drug: dict[str, Any] = {} if obr.text(4) == _UNKNOWN_CODE else drug_of(obr, 4, context.words)
    if drug.get("code") == drug.get("name"):
        drug.pop("code", None)
        drug.pop("system", None)
    label = rows.of(DRUG_LABEL, block)
    name = one_line(label.obx.text(5), 200) if label is not None else ""
    if name and spelled(name) != spelled(str(drug.get("name", ""))):
        own = context.words.drug_codes.get(spelled(name))
        drug = {"name": name, **(own.model_dump(exclude_none=True) if own is not None else {})}
    return {} if spelled(str(drug.get("name", ""))) in _UNKNOWN_DRUGS else drug
