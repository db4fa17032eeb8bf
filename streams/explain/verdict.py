"""
What to call the minutes that earned a line: billed only where the charges are released.

A held stay, a preview and a cancelled one have bills nobody sent, and no page of them may say otherwise.
"""

from typing import Final, NamedTuple

from models.charge import Status


class Verdict(NamedTuple):
    """The words for one status of a set."""

    title: str
    lines: str
    """The heading over its lines."""
    refused: str
    """The heading over what earned no line."""
    billed: str
    unbilled: str
    given: str
    unpaid: str
    share: str
    """What a row's minutes mean that read billed/flowed."""
    under: str
    released: bool


_FINAL: Final = Verdict(
    title="Final charges",
    lines="Charges",
    refused="Not billed",
    billed="billed",
    unbilled="flowed, not billed",
    given="given and billed",
    unpaid="given, not billed",
    share="billed of flowed",
    under="billed under",
    released=True,
)
_OPEN: Final = _FINAL._replace(
    title="Preview: not final",
    lines="Charges so far",
    refused="Earns no line",
    billed="coded so far",
    unbilled="flowed, earns no line",
    given="given and coded so far",
    unpaid="given, earns no line",
    share="coded of flowed",
    under="coded so far as",
    released=False,
)
_HELD: Final = _OPEN._replace(
    title="Held: not released",
    lines="Charges, held: none is released",
    billed="coded, held",
    given="given and coded, held",
    under="coded as",
)
_VERDICTS: Final[dict[Status, Verdict]] = {
    "final": _FINAL,
    "preview": _OPEN,
    "held": _HELD,
    "cancelled": _OPEN._replace(title="Cancelled", lines="Charges", billed="coded", given="given and coded"),
}


def verdict(status: Status) -> Verdict:
    """Return the words for a status."""
    return _VERDICTS[status]
