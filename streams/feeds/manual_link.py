"""
A person's word on whose a pump is: the order that was sent to it, as the message a pump's server would have sent. Pure.

It goes the way of every order (RGV^O15), so that what the pump said becomes events by the same path and in any order. Who
said so, and why, stand in ORC-10 and ORC-16.
"""

from datetime import datetime
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from streams.feeds.facts import PumpTold
from streams.feeds.hl7v2.er7_writer import CHARSET, Field, header, message, segment
from streams.feeds.hl7v2.segments import read_message
from streams.feeds.read_wire import convert
from streams.feeds.site_mapping import SiteMapping
from streams.wire.rejects import Reject

_SENDER: Final = "infusion-charges"
_VMD: Final = ("69986", "MDC_DEV_PUMP_INFUS_VMD", "MDC")
_SYSTEMS: Final = {"rxnorm": "RXNORM", "ndc": "NDC", "hcpcs": "HCPCS"}


def link_message(
    raw: bytes, encounter_id: str, site: SiteMapping, who: str, why: str, at: datetime
) -> bytes | Reject:
    """
    Return the order that links a pump's message to a stay, or why it cannot; the same link is the same message.

    ``raw`` is what the pump sent, ``at`` when a person said so. An order the pump names links whatever it said under it.
    Where it names none, the order counts for what the pump gives from then on, so ``raw`` has to be of the start, and to
    name the drug.
    """
    pump = read_message(raw, site.default_charset)
    if isinstance(pump, Reject):
        return pump
    told = [fact for fact in convert(raw, "hl7v2", site).facts if isinstance(fact, PumpTold)]
    if not told:
        return Reject(
            "OBX", "no message of an infusion pump", "link one that was refused as an unlinked pump"
        )
    first = min(told, key=lambda one: (datetime.fromisoformat(one.at), not one.drug))
    echoed = first.order if first.order != first.program else ""
    if not echoed and not first.drug:
        return Reject("OBR-2", "the pump names neither an order nor a drug", "chart the infusion by hand")
    number = echoed or f"manual-{uuid5(NAMESPACE_URL, f'{first.device} {first.at} {encounter_id}')}"
    control = uuid5(NAMESPACE_URL, f"link {number} {encounter_id}").hex[:20]
    pid, visit = _stay(encounter_id, site)
    moment = _clock(datetime.fromisoformat(first.at))
    order: dict[int, Field] = {1: "NW", 9: moment, 10: who, 16: ("", why)}
    order.update((int(place[-1]), number) for place in site.order)
    return message(
        [
            header(
                {
                    3: _SENDER,
                    4: pump.header.text(4),
                    7: _clock(at),
                    9: ("RGV", "O15", "RGV_O15"),
                    10: control,
                    11: "P",
                    12: "2.6",
                    18: CHARSET,
                }
            ),
            segment("PID", {1: "1"} | pid),
            segment("PV1", {1: "1", 2: "O"} | visit),
            segment("ORC", order),
            segment("RXG", {1: "1", 4: _drug(first)}),
            segment("OBX", {1: "1", 3: _VMD, 18: first.device}),
        ]
    )


def _stay(encounter_id: str, site: SiteMapping) -> tuple[dict[int, Field], dict[int, Field]]:
    """Return the fields of PID and of PV1 in which the site's feed names a stay."""
    place, named = site.encounter[0], encounter_id.removeprefix(site.encounter_prefix)
    field: dict[int, Field] = {int(place[4:]): named}
    return (field, {}) if place.startswith("PID") else ({}, field)


def _drug(told: PumpTold) -> tuple[str, ...]:
    drug = told.drug
    system = str(drug.get("system", ""))
    return str(drug.get("code", "")), str(drug.get("name", "")), _SYSTEMS.get(system, system)


def _clock(at: datetime) -> str:
    """Return an instant as HL7 writes it, with its offset."""
    return at.strftime("%Y%m%d%H%M%S%z")
