"""What an agent sends goes through one door, which lets nothing out that its topic would refuse."""

from typing import Any

from aiokafka.structs import ConsumerRecord
from faust.types import TP

from streams.engine.batches import PartitionBatch
from streams.engine.records import Record
from streams.fetching.records import MarkedRecord
from streams.wire.message import OutboundMessage
from streams.wire.topics import CLOSED, EVENTS, REJECTS
from streams.worker.agents import Agents
from streams.worker.settings import WorkerSettings


class Taking:
    """Stands for the app, its stores and the figures: keeps what it is given."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int, Record]] = []
        self.dropped = 0
        self.reasons: list[tuple[str, list[str]]] = []

    def when_revoked(self, _: Any) -> None:
        """Never call."""

    def send_at_checkpoint(self, topic: str, partition: int, record: Record) -> None:
        """Keep it."""
        self.sent.append((topic, partition, record))

    def refused(self, topic: str, reasons: Any) -> None:
        """Count."""
        self.reasons.append((topic, [reject.field for reject in reasons]))

    def headers_dropped(self, count: int) -> None:
        """Count."""
        self.dropped += count


def test_a_closed_stay_that_is_too_large_is_a_reject_and_the_next_one_goes_out() -> None:
    """It would be refused at every start; headers left out on the way are counted."""
    taking: Any = Taking()
    agents = Agents(taking, taking, taking, WorkerSettings(), 4, lambda: 0.0, taking)
    large = OutboundMessage(CLOSED, b"E1", b"x" * (16 << 20))
    small = OutboundMessage(CLOSED, b"E2", b"y")
    short = OutboundMessage(REJECTS, b"E3", b"z", (("infusion-headers-dropped", b"7"),))
    agents._send(3, [large, small, short])  # noqa: SLF001 -- the door
    assert [(topic, partition, record.key) for topic, partition, record in taking.sent] == [
        (REJECTS, 3, b"E1"), (CLOSED, 3, b"E2"), (REJECTS, 3, b"E3"),
    ]  # fmt: skip
    assert taking.reasons == [(CLOSED, ["encounter_id"])]
    assert taking.dropped == 7


def test_records_that_were_marked_reach_no_agent() -> None:
    """Of topics of our own; each is a reject with its place."""
    taking: Any = Taking()
    agents = Agents(taking, taking, taking, WorkerSettings(), 4, lambda: 0.0, taking)
    whole = ConsumerRecord(EVENTS, 1, 5, 0, 0, b"k", b"v", None, 1, 1, ())
    marked = MarkedRecord(EVENTS, 1, 6, 0, 0, b"k", b"v", None, 1, 1, (), "damaged")
    assert agents._whole(PartitionBatch(TP(EVENTS, 1), [whole, marked])) == [whole]  # noqa: SLF001 -- what both agents ask
    ((topic, partition, record),) = taking.sent
    assert (topic, partition, dict(record.headers)["infusion-reject-offset"]) == (REJECTS, 1, b"6")
    assert taking.reasons == [(EVENTS, ["line"])]
