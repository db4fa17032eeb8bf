"""
RAS^O17 and RAS^O01, what the medication administration record says was given.

An RXA with its times states an administration: ``administration_charted``, which one that was recorded later replaces. So
the start may come first and the stop with the next message, in any order. Where the record sends its actions one by
one (new bag, rate change, stopped), each is an event of an infusion as it goes. Source: HL7 v2.9, 4A.5 and 4A.7.
"""

from collections.abc import Callable
from typing import Final

from models.coded_reason import BETWEEN
from streams.feeds.conversion import Conversion
from streams.feeds.facts import OrderTold
from streams.feeds.hl7v2.administration_ids import AdministrationIds, order_number
from streams.feeds.hl7v2.amounts import amounts_of
from streams.feeds.hl7v2.context import MessageContext, find_encounter, header_time, stay_known
from streams.feeds.hl7v2.drug_field import given_drug
from streams.feeds.hl7v2.flow_actions import tell_flow
from streams.feeds.hl7v2.given import GivenRecord
from streams.feeds.hl7v2.mar_action import COMPLETION, Done, done_by
from streams.feeds.hl7v2.orders import Given, Order, orders
from streams.feeds.hl7v2.roles import role_of
from streams.feeds.hl7v2.route_fields import route_of
from streams.feeds.hl7v2.segments import Segment
from streams.feeds.hl7v2.times import WireTime, read_time
from streams.feeds.hl7v2.whole_administration import tell_whole
from streams.feeds.mar_words import FLOW
from streams.feeds.one_line import one_line

_CANCELLED: Final = frozenset({"CA", "OC", "CR"})
"""ORC-1, HL7 table 0119: the order never was."""

_ICD_10: Final = frozenset({"I10", "I10C", "ICD10", "ICD-10", "ICD10CM", "ICD-10-CM"})


def convert(context: MessageContext) -> Conversion:
    """Return what a RAS message came to."""
    message = context.message
    visit = message.first("PV1")
    context.encounter_id = find_encounter(context, message.first("PID"), visit)
    dated = header_time(context)
    if not stay_known(context) or not dated:
        return context.done()
    if context.words.patient_classes.get(visit.text(2).casefold()) == "inpatient":
        context.note(
            "PV1-2",
            "an inpatient by now; which of the stay's hours are outpatient is told by its ADT messages",
        )
    ids = AdministrationIds()
    several = [segment.name for segment in message.segments].count("RXA") > 1
    number = 0
    for order in orders(message.segments):
        for given in order.given:
            number += 1
            _administration(context, order, given, ids, f" of RXA {number}" if several else "")
    if not number:
        context.refuse("RXA", "no administration in the message", "send one RXA for each administration")
    return context.done()


def _administration(
    context: MessageContext, order: Order, given: Given, ids: AdministrationIds, place: str
) -> None:
    rxa = given.rxa
    done = done_by(rxa, context, place)
    if done is None:
        return
    recorded = read_time(rxa.text(22), context.zone, later=True) if rxa.raw(22) else None
    if recorded is not None and not isinstance(recorded, WireTime):
        if recorded.kind == "format":
            context.refuse_time(f"RXA-22{place}", recorded)
            return
        context.note(f"RXA-22{place}", f"{recorded.says}; MSH-7 says when it was recorded")
    number = order_number(order, context)
    if not number:
        context.note(
            "ORC-2",
            "no order number; the administration is known by its drug and its start, so no correction finds it",
        )
    drug = given_drug(order, rxa, context.words)
    route = route_of(order.routes_of(given), drug.get("name", ""), context.words)
    for contradiction in route.contradictions:
        context.note(f"{contradiction}{place}", "contradicts the route of RXR-1: held for a person")
    amounts = amounts_of(rxa, context.words)
    record = GivenRecord(
        context=context,
        rxa=rxa,
        place=place,
        done=done,
        route=route,
        amounts=amounts,
        recorded_at=recorded.text if isinstance(recorded, WireTime) else None,
        ids=ids,
        number=number,
        drug=drug,
        fields={
            "order_id": number or None,
            "dose_id": ids.dose(number, rxa),
            "drug": drug or None,
            **route.fields,
            "charted_by_role": role_of(rxa),
            "indication": _indication(rxa),
            "rate_ml_per_h": amounts.rate_ml_per_h,
            "volume_ml": amounts.volume_ml,
            "dose": amounts.dose,
            "dose_unit": amounts.dose_unit,
        },
    )
    if number:
        context.facts.append(OrderTold(number, 0.0, context.encounter_id, by="chart"))
    control = order.orc.text(1).upper() if order.orc is not None else ""
    if control in _CANCELLED:
        record = record._replace(done=Done("not_given", "add", f"ORC-1{place}"))
    _teller(record)(record)


def _teller(record: GivenRecord) -> Callable[[GivenRecord], None]:
    return tell_flow if record.done.action in FLOW else tell_whole


def _indication(rxa: Segment) -> str | None:
    """Return why it was given, every repetition of RXA-19: ICD-10 codes as such, else words; no completion status."""
    said = [_reason(rxa, number) for number in range(1, rxa.repetitions(19) + 1)]
    return one_line(BETWEEN.join(dict.fromkeys(filter(None, said))), 2000) or None


def _reason(rxa: Segment, number: int) -> str:
    """Return one reason: of its two codings the ICD-10 one, else the words, else the code."""
    of_both = [tuple(rxa.text(19, first + at, repetition=number) for at in range(3)) for first in (1, 4)]
    (code, text, _), (_, other_text, _) = of_both
    if not text and code.upper() in COMPLETION:
        return ""
    coded = (one for one, _, system in of_both if one and system.upper() in _ICD_10)
    return next(coded, "") or text or other_text or code
