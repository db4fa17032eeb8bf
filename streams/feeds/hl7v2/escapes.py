r"""Escape sequences of ER7, ``\F\`` and its kin, in one pass from left to right (HL7 v2.9, 2.7)."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

_HEXADECIMAL: Final = re.compile(r"X((?:[0-9A-Fa-f]{2})+)")
_TEXT: Final[Mapping[str, str]] = {"H": "", "N": "", ".br": "\n", ".sp": "\n", ".ce": "\n"}
"""Highlighting says nothing to us; a line break is one."""


@lru_cache(maxsize=64)
def _sequences(escape: str) -> re.Pattern[str]:
    mark = re.escape(escape)
    return re.compile(f"{mark}([^{mark}]*){mark}")


def unescape(text: str, delimiters: str, charset: str) -> str:
    r"""
    Return a text without escape sequences; what is no known sequence stays as it is.

    ``delimiters`` are field, component, repetition, escape and subcomponent, and truncation where the sender
    has one. A lone escape character, or ``\`` at the end, is text. ``\X..\`` holds bytes of the charset.
    """
    escape = delimiters[3:4]
    if not escape or escape not in text:
        return text
    known = {
        "F": delimiters[0],
        "S": delimiters[1],
        "R": delimiters[2],
        "E": escape,
        "T": delimiters[4:5],
        "P": delimiters[5:6],
    }

    def meaning(match: re.Match[str]) -> str:
        name = match[1]
        if name in known:
            return known[name] or match[0]
        if name in _TEXT:
            return _TEXT[name]
        digits = _HEXADECIMAL.fullmatch(name)
        if digits is None:
            return match[0]
        try:
            return bytes.fromhex(digits[1]).decode(charset)
        except UnicodeDecodeError:
            return match[0]

    return _sequences(escape).sub(meaning, text)
