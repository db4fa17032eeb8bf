"""
The headers of a refused message: why it was refused, and where it lay.

Value and key stay as they came, byte for byte, so that it can be read again once the fault is mended. Our headers
stand beside its own. Pure.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from rules.version import RULEBOOK_VERSION
from streams.wire.message import Headers

REASON: Final = "infusion-reject-reason"
TOPIC: Final = "infusion-reject-topic"
PARTITION: Final = "infusion-reject-partition"
OFFSET: Final = "infusion-reject-offset"
RULEBOOK: Final = "infusion-reject-rulebook"

REPLAY: Final = "infusion-replay"
"""Marks a message that was refused before and sent again; its value is ``partition:offset`` of the reject."""

PREFIX: Final = "infusion-reject-"
"""Of every header a reject of ours has beside its own."""


class Origin(NamedTuple):
    """Where a refused message came from, and why it was refused."""

    reason: str
    topic: str
    partition: int
    offset: int
    rulebook: str
    """The release that refused it; another one may take it."""


def reject_headers(
    original_headers: Iterable[tuple[str, bytes]],
    reason: str,
    topic: str,
    partition: int,
    offset: int,
    rulebook: str = RULEBOOK_VERSION,
) -> Headers:
    """
    Return the headers of a reject: the message's own, then why it was refused and where it was.

    ``reason`` must not quote the message: it is shown to people who may not see patients' data.
    """
    return (
        *original_headers_of(original_headers),
        (REASON, reason.encode()),
        (TOPIC, topic.encode()),
        (PARTITION, b"%d" % partition),
        (OFFSET, b"%d" % offset),
        (RULEBOOK, rulebook.encode()),
    )


def original_headers_of(headers: Iterable[tuple[str, bytes]]) -> Headers:
    """Return a reject's headers without ours: those the message came with."""
    return tuple((name, value) for name, value in headers if not name.startswith(PREFIX))


def origin(headers: Iterable[tuple[str, bytes]]) -> Origin | None:
    """Return why and from where a message was refused; None when its headers are not those of a reject of ours."""
    ours = {
        name: (value or b"").decode(errors="replace") for name, value in headers if name.startswith(PREFIX)
    }
    try:
        return Origin(
            ours[REASON], ours[TOPIC], int(ours[PARTITION]), int(ours[OFFSET]), ours.get(RULEBOOK, "")
        )
    except (KeyError, ValueError):
        return None
