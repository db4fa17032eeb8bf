"""
The charges and credits that DFT^P03 messages post: ours, or those of another charge system. Pure.

The account is PID-18, else PV1-19. A line's code is FT1-25, else what the site's table says of the charge code in FT1-7,
else FT1-7 itself where it is a CPT or HCPCS code. FT1-2 is the line's id where we wrote the message (a ZCS says so).
"""

import re
from typing import Final

from streams.feeds.charge_codes import ChargeCodes
from streams.feeds.hl7v2.segments import Message, Segment, read_message
from streams.feeds.posted import PostedChange, PostedLine
from streams.feeds.posted_csv import posted_date
from streams.wire.rejects import Reject

_CODE: Final = re.compile(r"[A-Z0-9]{5}")
_DAY: Final = 8
_CREDIT: Final = "CD"


def control_id_of(message: Message) -> str:
    """Return MSH-10, by which a message that came twice is known."""
    return message.header.text(10)


def posted_charges(raw: bytes, codes: ChargeCodes) -> tuple[str, list[PostedChange | Reject]] | Reject:
    """
    Return a message's control id and what each of its FT1 posts, or why the message posts nothing.

    A transaction that cannot be read is a reject of its own, by segment and field; the others of its message count.
    """
    message = read_message(raw)
    if isinstance(message, Reject):
        return message
    if message.header.text(9) != "DFT":
        return Reject("MSH-9", "no DFT", "give the messages that post charges")
    account = message.first("PID").text(18) or message.first("PV1").text(19)
    if not account:
        return Reject("PID-18", "names no account, and PV1-19 no visit", "send the stay's id in either")
    about = message.first("ZCS")
    ours = about.position >= 0
    restates = (about.text(1) or control_id_of(message)) if about.text(4) == "whole" else None
    return control_id_of(message), [
        _posted(one, number, account, codes, restates, ours=ours)
        for number, one in enumerate(message.all("FT1"), 1)
    ]


def _posted(
    ft1: Segment, number: int, account: str, codes: ChargeCodes, restates: str | None, *, ours: bool
) -> PostedChange | Reject:
    code = _code(ft1, codes)
    if code is None:
        return Reject(
            f"FT1[{number}]-25", "no CPT or HCPCS code, and FT1-7 is none that the site's table knows",
            "send the code, or name it in [charges.codes] of the site file",
        )  # fmt: skip
    quantity = ft1.text(10) or "1"
    if not re.fullmatch(r"-?\d{1,7}(?:\.0+)?", quantity):
        return Reject(f"FT1[{number}]-10", "no whole number", "send whole units")
    on = posted_date(ft1.text(4)[:_DAY])
    if on is None:
        return Reject(f"FT1[{number}]-4", "no date of service", "send YYYYMMDD")
    modifiers = tuple(
        sorted(filter(None, (ft1.text(26, 1, 1, place + 1) for place in range(ft1.repetitions(26)))))
    )
    line = PostedLine(code, int(float(quantity)), modifiers, on, (ft1.text(2) or None) if ours else None)
    return PostedChange(account, line, ft1.text(6).upper() == _CREDIT, restates)


def _code(ft1: Segment, codes: ChargeCodes) -> str | None:
    stated = ft1.text(25).upper()
    if _CODE.fullmatch(stated):
        return stated
    charge = ft1.text(7)
    for code, held in codes.codes.items():
        if held.code == charge:
            return code
    return charge.upper() if _CODE.fullmatch(charge.upper()) else None
