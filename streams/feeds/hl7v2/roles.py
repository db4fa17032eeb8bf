"""RXA-10, who gave it: the role alone, by degree (XCN-6) or professional suffix (XCN-21), never the name or the number."""

from collections.abc import Mapping
from typing import Final

from models.field import ChartedByRole
from streams.feeds.hl7v2.segments import Segment

_ROLES: Final[Mapping[str, ChartedByRole]] = {
    **dict.fromkeys(("RN", "LPN", "LVN", "BSN", "MSN", "APRN", "NP", "CRNA"), "nurse"),
    **dict.fromkeys(("RPH", "PHARMD", "PHD PHARM"), "pharmacist"),
    **dict.fromkeys(("MD", "DO", "MBBS"), "physician"),
}
"""HL7 table 0360 and what senders write instead."""

_DEGREE: Final = 6
_SUFFIX: Final = 21


def role_of(rxa: Segment) -> ChartedByRole | None:
    """Return the role of whoever gave it; None where the field tells none that is known."""
    if not rxa.raw(10):
        return None
    for component in (_DEGREE, _SUFFIX):
        role = _ROLES.get(rxa.text(10, component).upper().replace(".", ""))
        if role is not None:
            return role
    return None
