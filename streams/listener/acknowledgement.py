"""
Acknowledgements: which one a sender wants, and its text. Pure.

Built from fields, never by echoing a message: MSH-9 is ACK, the sender's trigger and ACK; MSA-2 is its MSH-10. AA says
that the message is ours now, AE that it may be sent again later, AR that sending it again is of no use.
"""

import re
from typing import Final, Literal

from streams.listener.hl7_header import Hl7Header
from streams.wire.rejects import Reject

AckMode = Literal["commit", "never", "msh"]
"""``commit``: AA, AE or AR for every message. ``msh``: as MSH-15 and MSH-16 ask. ``never``: nothing is answered."""

Outcome = Literal["stored", "later", "refused"]
"""In Kafka; not in Kafka yet, so that it must come again; unreadable, and kept with the rejects."""

_LETTER: Final[dict[Outcome, str]] = {"stored": "A", "later": "E", "refused": "R"}
_ASKED: Final[dict[bytes, frozenset[Outcome]]] = {
    b"AL": frozenset({"stored", "later", "refused"}),
    b"NE": frozenset(),
    b"ER": frozenset({"later", "refused"}),
    b"SU": frozenset({"stored"}),
}
"""HL7 table 0155: when a sender wants to be answered."""

_OURS: Final = b"|^~\\&"
_PLAIN: Final = re.compile(rb"[^\x00-\x1f|]*")
_ESCAPED: Final = str.maketrans({"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "~": "\\R\\", "&": "\\T\\"})
_LONGEST: Final = 1_000
"""Bytes of a field that is repeated."""

_CODES: Final[dict[str, str]] = {
    "AE": "207^Application internal error^HL70357",
    "AR": "100^Segment sequence error^HL70357",
    "AR-field": "102^Data type error^HL70357",
}
_PLACE: Final = re.compile(r"([A-Z][A-Z0-9]{2})(?:-(\d+))?")

ACK_CODES: Final = ("AA", "AE", "AR", "CA", "CE", "CR", "none")
"""What an answer may be, for figures; ``none`` where the sender wants no answer."""


def code_of(outcome: Outcome, header: Hl7Header, mode: AckMode) -> str:
    """Return the code to answer with, ``none`` for no answer."""
    if mode == "never":
        return "none"
    accept, application = header.field(15).upper(), header.field(16).upper()
    if mode == "commit" or not (accept or application):
        return f"A{_LETTER[outcome]}"
    if outcome in _ASKED.get(accept, frozenset()):
        return f"C{_LETTER[outcome]}"
    # Who wants no accept acknowledgement may want that of the application, and ours is the only one there will be.
    answers = accept in {b"", b"NE"} and outcome in _ASKED.get(application, frozenset())
    return f"A{_LETTER[outcome]}" if answers else "none"


def acknowledgement(
    code: str, header: Hl7Header, at: str, control_id: str, problem: Reject | None = None
) -> bytes:
    """
    Return an acknowledgement without its frame.

    ``at`` is the instant as HL7 writes it and ``control_id`` the answer's own. ``problem`` goes into ERR and MSA-3;
    it quotes nothing of the message.
    """
    trigger = header.component(9, 2)
    fields = (
        b"MSH", b"^~\\&", _repeated(header, 5), _repeated(header, 6), _repeated(header, 3), _repeated(header, 4),
        at.encode(), b"", b"ACK^%b^ACK" % trigger if trigger.isalnum() else b"ACK", control_id.encode(),
        _repeated(header, 11) or b"P", _repeated(header, 12) or b"2.5.1",
    )  # fmt: skip
    segments = [b"|".join(fields), b"|".join((b"MSA", code.encode(), _repeated(header, 10)))]
    if problem is not None:
        text = problem.reason.translate(_ESCAPED).encode()
        segments[1] += b"|" + text
        segments.append(
            b"|".join((b"ERR", b"", _location(problem), _error(code, problem), b"E", b"", b"", text))
        )
    return b"\r".join((*segments, b""))


def _repeated(header: Hl7Header, number: int) -> bytes:
    """Return a field of theirs as a field of ours, whatever delimiters they have."""
    value = header.field(number)[:_LONGEST]
    if header.fields[1] + header.fields[2][:4] == _OURS and _PLAIN.fullmatch(value):
        return value
    components = (part.strip() for part in value.split(header.component_mark))
    texts = (part.decode("latin-1").translate(_ESCAPED).encode("latin-1") for part in components)
    return b"^".join(bytes(byte for byte in text if byte >= 0x20) for text in texts)  # noqa: PLR2004 - ASCII's blank


def _location(problem: Reject) -> bytes:
    place = _PLACE.match(problem.field)
    return (
        b"" if place is None else b"^".join((place[1].encode(), b"1", (place[2] or "").encode())).rstrip(b"^")
    )


def _error(code: str, problem: Reject) -> bytes:
    kind = "AE" if code.endswith("E") else "AR-field" if "-" in problem.field else "AR"
    return _CODES[kind].encode()
