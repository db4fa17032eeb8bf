"""Whether a closed encounter was coded in the batch that closed the stay, as a header of its record. Pure."""

from collections.abc import Iterable
from typing import Final

CODED: Final = "infusion-coded"


def coded_header(version: int) -> tuple[str, bytes]:
    """Return the header of a closed encounter of this version that is coded already."""
    return CODED, b"%d" % version


def coded_version(headers: Iterable[tuple[str, bytes | None]]) -> int | None:
    """Return the version that headers say is coded; None where they say nothing that can be read."""
    said = next((value for name, value in headers if name == CODED), None)
    return int(said) if said is not None and said.isdigit() else None
