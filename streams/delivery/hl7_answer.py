"""
An acknowledgement of HL7 v2, read: AA and CA are taken, AE and CE may be later, AR and CR never.

An answer belongs to a message when its MSA-2 is the message's control id; one to another message, late perhaps, says
nothing about this one. Pure.
"""

import re
from typing import Final

from streams.delivery.answer import Answer, Verdict
from streams.feeds.hl7v2.segments import Message, read_message

_VERDICTS: Final[dict[str, Verdict]] = {
    "AA": "accepted", "CA": "accepted", "AE": "again", "CE": "again", "AR": "refused", "CR": "refused",
}  # fmt: skip
_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,20}")


def answer_to(control_id: str, raw: bytes) -> Answer | None:
    """Return what an acknowledgement says of the message with this id; None when it says nothing of it."""
    read = read_message(raw)
    if not isinstance(read, Message):
        return None
    said = read.first("MSA")
    verdict = _VERDICTS.get(said.text(1).upper())
    if verdict is None or said.text(2) != control_id:
        return None
    return Answer(verdict, said.text(1).upper(), None if verdict == "accepted" else _reason(read))


def _reason(read: Message) -> str | None:
    """Return the codes of the error and where it is; text is left out, since it may say whose account it was."""
    error = read.first("ERR")
    place = [error.text(2, number) for number in range(1, 4)]
    parts = [
        part
        for part in (error.text(3), error.text(4), "-".join(one for one in place if one), error.text(5))
        if _CODE.fullmatch(part)
    ]
    return " ".join(parts) or None
