"""A charge line as the message that goes to a billing system. Pure: its time is that of the record it was read from."""

from datetime import UTC, datetime
from typing import Literal, NamedTuple

from orjson import dumps

from models.line_change import LineChange
from streams.feeds.charge_codes import ChargeCodes
from streams.feeds.control_id import control_id
from streams.feeds.fhir.charge_item import charge_item_of_change
from streams.feeds.hl7v2.dft import dft_of_change
from streams.wire.rejects import Reject

Form = Literal["dft", "chargeitem"]


class Outgoing(NamedTuple):
    """One message: its bytes, its id, and where below the address it goes."""

    control_id: str
    body: bytes
    content_type: str
    method: Literal["POST", "PUT"] = "POST"
    path: str = ""


def outgoing(change: LineChange, form: Form, codes: ChargeCodes, at_ms: int) -> Outgoing | Reject:
    """
    Return the message for a line that changed, the same bytes each time; or which code the site's table lacks.

    ``at_ms`` is when the change was stored, in epoch milliseconds.
    """
    at = datetime.fromtimestamp(at_ms // 1000, UTC)
    if form == "dft":
        body = dft_of_change(change, codes, at)
        if isinstance(body, Reject):
            return body
        return Outgoing(control_id(change), body, "application/hl7-v2; charset=UTF-8")
    item = charge_item_of_change(change, codes, at)
    if isinstance(item, Reject):
        return item
    path = f"ChargeItem/{item['id']}"
    return Outgoing(control_id(change), dumps(item), "application/fhir+json", "PUT", path)
