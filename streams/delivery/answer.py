"""What a billing system said to a message, and what follows from it. Pure."""

from typing import Literal, NamedTuple, Protocol

from streams.delivery.outgoing import Outgoing

Verdict = Literal["accepted", "again", "refused"]
"""It has it; it may take it later; it never will."""


class Answer(NamedTuple):
    """One answer to one message."""

    verdict: Verdict
    code: str
    """The acknowledgement code of HL7 v2, or the status of HTTP."""
    reason: str | None = None
    """Codes and places of the error as the answer gives them; no free text, which may name a patient."""


class UnreachableError(Exception):
    """The billing system gave no answer to this message: no connection, none in time, or none that can be read."""


class Client(Protocol):
    """One connection to a billing system, with one message on its way at a time."""

    async def send(self, message: Outgoing) -> Answer:
        """
        Return what the billing system says to a message.

        Raises:
            UnreachableError: it says nothing, or nothing to this message.
        """

    async def close(self) -> None:
        """Close the connection."""
