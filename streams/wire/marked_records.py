"""
Records that the reader marked: it could read them only in part, or moved past damage because an operator said so. Pure.

They are refused with their bytes, like any other record that cannot be used, and never taken for what they say.
"""

from collections.abc import Iterable
from typing import Final

from streams.wire.message import OutboundMessage, Record
from streams.wire.message_size import reject_message
from streams.wire.rejects import WHOLE_LINE, Reject

HEADER_NAME: Final = Reject(
    "headers", "a header has a name that is not UTF-8", "name it in UTF-8, and send the event again"
)
DAMAGED: Final = Reject(
    WHOLE_LINE,
    "skipped, as INFUSION_SKIP_RECORDS says: damaged in Kafka, so none of its bytes can be trusted",
    "send the event again from where it came from; do not replay this",
)
_REASONS: Final = {"header_name": HEADER_NAME, "damaged": DAMAGED}


def refusal_of(record: Record) -> Reject | None:
    """Return why a record cannot be used as it was read; None for one that was read whole."""
    return _REASONS.get(getattr(record, "fault", ""))


def without_marked(
    records: Iterable[Record], topic: str, partition: int
) -> tuple[list[Record], list[OutboundMessage], list[Reject]]:
    """Return the records of a topic of ours that were read whole, and the rejects of the others with their reasons."""
    whole: list[Record] = []
    messages: list[OutboundMessage] = []
    reasons: list[Reject] = []
    for record in records:
        reject = refusal_of(record)
        if reject is None:
            whole.append(record)
            continue
        place = (topic, partition, record.offset)
        messages.append(reject_message(record.key, record.value, record.headers, reject.reason, *place))
        reasons.append(reject)
    return whole, messages, reasons
