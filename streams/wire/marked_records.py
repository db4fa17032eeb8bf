"""
Records that the reader marked: it could read them only in part, or moved past damage because an operator said so. Pure.

They are refused with their bytes, like any other record that cannot be used, and never taken for what they say.
"""

from collections.abc import Iterable
from typing import Final

from streams.wire.message import OutboundMessage, Record
from streams.wire.reject_headers import reject_headers
from streams.wire.rejects import WHOLE_LINE, Reject
from streams.wire.topics import REJECTS

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
        about = reject_headers(record.headers, reject.reason, topic, partition, record.offset)
        messages.append(OutboundMessage(REJECTS, record.key, record.value, about))
        reasons.append(reject)
    return whole, messages, reasons
