"""
From bytes to text: MSH-18 first, then what the site says, then Latin-1 with a note.

HL7 table 0211 names the character sets. Senders write names of their own too, or none, or one that is wrong.
"""

import re
from typing import Final, NamedTuple

from streams.feeds.conversion import Note

_BY_NAME: Final = {
    "ascii": "utf-8",  # a superset, and what many mean
    "unicode": "utf-8",
    "unicode utf-8": "utf-8",
    "unicode utf8": "utf-8",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "unicode utf-16": "utf-16",
    "unicode utf-32": "utf-32",
    "8859/1": "iso8859-1",
    "8859/2": "iso8859-2",
    "8859/3": "iso8859-3",
    "8859/4": "iso8859-4",
    "8859/5": "iso8859-5",
    "8859/6": "iso8859-6",
    "8859/7": "iso8859-7",
    "8859/8": "iso8859-8",
    "8859/9": "iso8859-9",
    "8859/15": "iso8859-15",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "iso ir6": "ascii",
    "iso ir14": "shift_jis",
    "iso ir87": "iso2022_jp",
    "iso ir159": "iso2022_jp_1",
    "gb 18030-2000": "gb18030",
    "ks x 1001": "euc_kr",
    "cns 11643-1992": "big5",
    "big-5": "big5",
}
"""HL7 table 0211, and what senders write instead, in small letters."""

_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_MARKED: Final = (b"\xef", b"\xff", b"\xfe")
_HEADER: Final = re.compile(rb"MSH(.)[^\r\n]*", re.DOTALL)
_MSH_18: Final = 17
"""Where MSH-18 stands when the header is split at its separator, which is MSH-1 itself."""


class Decoded(NamedTuple):
    """A message as text, the charset it was read by, and what was odd about it."""

    text: str
    charset: str
    notes: tuple[Note, ...] = ()


def decode(raw: bytes, default_charset: str = "utf-8") -> Decoded:
    """
    Return a message as text; every byte string has one, for Latin-1 reads them all.

    ``default_charset`` is Python's name of what the site sends where MSH-18 says nothing. No character is ever
    replaced: an identifier is either as sent or visibly wrong.
    """
    notes: list[Note] = []
    for mark, charset in _MARKS if raw[:1] in _MARKED else ():
        if raw.startswith(mark):
            try:
                return Decoded(raw.decode(charset).lstrip("\ufeff"), charset)
            except UnicodeDecodeError:
                notes.append(Note("message", f"begins with the mark of {charset} and is not {charset}"))
                raw = raw.removeprefix(mark)
    declared, note = _declared(raw)
    if note is not None:
        notes.append(note)
    for charset in dict.fromkeys((declared or default_charset, default_charset)):
        try:
            return Decoded(raw.decode(charset), charset, tuple(notes))
        except (UnicodeDecodeError, LookupError):
            notes.append(Note("MSH-18" if charset == declared else "message", f"is not {charset}"))
    notes.append(Note("message", "read as Latin-1, since nothing better fits; check its texts"))
    return Decoded(raw.decode("iso8859-1"), "iso8859-1", tuple(notes))


def _declared(raw: bytes) -> tuple[str | None, Note | None]:
    header = _HEADER.search(raw)
    if header is None:
        return None, None
    fields = header[0].split(header[1])
    if len(fields) <= _MSH_18:
        return None, None
    # Repetitions name what escapes may switch to; the first is what the message is written in.
    name = re.split(rb"[~^&\\]", fields[_MSH_18].strip())[0].decode("ascii", "replace").strip()
    if not name:
        return None, None
    charset = _BY_NAME.get(name.casefold())
    return charset, None if charset else Note(
        "MSH-18", "names a character set that HL7 table 0211 does not have"
    )
