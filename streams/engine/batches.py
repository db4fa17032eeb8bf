"""
A batch: the records of one partition from one fetch, handed to an agent as one event.

Faust's own plumbing costs some 70 microseconds an event, whatever the agent does; here it is paid once a fetch.
"""

from collections.abc import Sequence
from typing import Any

import faust
from faust.types import TP


class PartitionBatch:
    """
    Consecutive records of one partition, in order.

    Whoever has done all that follows from them calls ``finish``. Nothing else moves the position that is
    committed: not the end of the loop body, not an exception that leaves it.
    """

    __slots__ = ("__weakref__", "finished", "first", "next", "records", "tp")

    def __init__(self, tp: TP, records: Sequence[Any], end: int | None = None) -> None:
        self.tp = tp
        self.records = records
        """Whatever the driver makes of a record: it has offset, key, value, headers and timestamp."""
        self.first: int = records[0].offset
        self.next: int = max(records[-1].offset + 1, end or 0)
        """Nothing lies between the last record and here: markers of transactions, or what is compacted."""
        self.finished = False

    @property
    def timestamp(self) -> int:
        """Return the first record's timestamp in milliseconds; 0 where it has none."""
        return getattr(self.records[0], "timestamp", 0)

    def finish(self) -> None:
        """Say that every record is accounted for in the states and messages of the checkpoint to come."""
        self.finished = True


class BatchSchema(faust.Schema[None, PartitionBatch]):
    """Tells Faust that there is nothing to decode: agents get the bytes."""

    def loads_key(self, app: Any, message: Any, *, loads: Any = None, serializer: Any = None) -> Any:  # noqa: ARG002 - Faust's signature
        """Return no key: a batch has as many as it has records."""
        return None

    def loads_value(self, app: Any, message: Any, *, loads: Any = None, serializer: Any = None) -> Any:  # noqa: ARG002 - Faust's signature
        """Return the batch."""
        return message.value
