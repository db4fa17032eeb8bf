"""Why nothing is asked about a stay any more, as a header of its tombstone. Pure."""

from collections.abc import Iterable
from typing import Final, Literal

DONE: Final = "infusion-nudges-done"

Done = Literal["answered", "coded", "closed"]
"""``answered`` at the bedside; ``coded`` before an answer came, so that the review asks; ``closed`` by a release that did not say."""


def done_header(*, coded: bool) -> tuple[str, bytes]:
    """Return the header of a tombstone."""
    return DONE, b"coded" if coded else b"answered"


def done_of(headers: Iterable[tuple[str, bytes | None]]) -> Done:
    """Return what a tombstone's headers say."""
    said = next((value for name, value in headers if name == DONE), None)
    return "coded" if said == b"coded" else "answered" if said == b"answered" else "closed"
