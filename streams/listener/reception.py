"""
What becomes of one message at the door, whichever way it came: stored in Kafka as it is, or kept with the rejects.

Nothing is read but the header: what a message says is the worker's affair, so that a fault of ours in reading it
never keeps a sender waiting.
"""

import asyncio
from collections.abc import Mapping
from typing import Final, NamedTuple

from streams.listener.acknowledgement import Outcome
from streams.listener.door_figures import DoorFigures, sender_of
from streams.listener.hl7_header import Hl7Header, read_header
from streams.listener.raw_log import Log
from streams.wire import topics
from streams.wire.message import Headers, OutboundMessage
from streams.wire.reject_headers import reject_headers
from streams.wire.rejects import Reject

HL7: Final = b"application/hl7-v2"
FHIR: Final = b"application/fhir+json"

NOT_STORED: Final = Reject("message", "Kafka does not answer", "send it again; it is not ours yet")
TOO_LARGE: Final = Reject("message", "larger than Kafka takes", "send less, or see infusion topics")

NO_PLACE: Final = -1
"""Partition and offset of a reject that never lay on a topic."""


class Received(NamedTuple):
    """A message on its way into Kafka."""

    header: Hl7Header
    sender: str
    problem: Reject | None
    """Why it cannot be read, if it cannot."""
    answer: "asyncio.Future[Outcome]"
    """What becomes of it: for one that cannot be read, whether it lies with the rejects."""
    began: float
    """When it was there, by the loop's clock."""

    async def outcome(self) -> tuple[Outcome, Reject | None]:
        """Return what became of it, and what to say of it."""
        outcome = await self.answer
        if outcome == "later":
            return "later", NOT_STORED
        if self.problem is not None:
            return "refused", self.problem
        return outcome, TOO_LARGE if outcome == "refused" else None


class Reception:
    """
    Takes messages in; ``facility`` is the key of those that name none.

    ``facilities`` is by what name a sender's messages are kept, where it is not its own: a gateway of pumps names its
    vendor, and its messages lie with those of the hospital they are joined to.
    """

    def __init__(
        self, log: Log, figures: DoorFigures, facility: bytes, facilities: Mapping[bytes, bytes] | None = None
    ) -> None:
        self._log, self._facility, self._facilities = log, facility, facilities or {}
        self.figures = figures

    async def hl7(self, message: bytes, door: str, headers: Headers = ()) -> Received:
        """Take an HL7 v2 message in; returns once it has its place behind those before it."""
        header, problem = read_header(message)
        return await self._take(message, header, problem, door, headers)

    async def oversized(self, beginning: bytes, size: int, most: int, door: str) -> Received:
        """Take in what was kept of a message that is too large; it is refused."""
        header, _ = read_header(beginning)
        problem = Reject(
            "message", f"longer than {most:,} bytes: it had {size:,}, and its beginning is kept",
            "send less at once, or raise INFUSION_LISTEN_MAX_MESSAGE_BYTES",
        )  # fmt: skip
        return await self._take(beginning, header, problem, door, ())

    async def fhir(
        self, resource: bytes, sender: str, door: str, headers: Headers, problem: Reject | None
    ) -> Received:
        """Take a FHIR resource in, or a body that is none, with the problem it has."""
        began = asyncio.get_running_loop().time()
        self.figures.received(door, sender, len(resource))
        message = self._message(
            topics.RAW_FHIR, self._facility, resource, (("content-type", FHIR), *headers), problem
        )
        return Received(read_header(b"")[0], sender, problem, await self._log.write(message), began)

    async def _take(
        self, message: bytes, header: Hl7Header, problem: Reject | None, door: str, headers: Headers
    ) -> Received:
        began = asyncio.get_running_loop().time()
        sender = sender_of(header)
        self.figures.received(door, sender, len(message))
        key = self._facilities.get(header.facility, header.facility) or self._facility
        kept = self._message(topics.RAW_HL7V2, key, message, (("content-type", HL7), *headers), problem)
        return Received(header, sender, problem, await self._log.write(kept), began)

    def _message(
        self, topic: str, key: bytes, value: bytes, headers: Headers, problem: Reject | None
    ) -> OutboundMessage:
        if problem is None:
            return OutboundMessage(topic, key, value, headers)
        why = reject_headers(headers, problem.reason, topic, NO_PLACE, NO_PLACE)
        return OutboundMessage(topics.REJECTS, key, value, why)
