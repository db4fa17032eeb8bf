"""Tells which charted reasons justify a second access, by the dated list under ``parameters/`` (R-SITE-3)."""

import re
import tomllib
from functools import cache, lru_cache
from typing import Final

from rules.data_files import SITE_REASONS

LONGEST: Final = 120
"""How much of a charted reason a flag repeats."""

_NOT_A_WORD: Final = re.compile(r"[^a-z0-9]+")
_LUMEN: Final = re.compile(
    r"(?<!single )(?<!double )(?<!dual )(?<!triple )(?<!multi )(?<!two )(?<!three )\blumen"
)
"""A lumen itself; a double-lumen catheter is a catheter."""


def plain(text: str) -> str:
    """Return a text as it is looked for: lower-case words and digits, one space between."""
    return _NOT_A_WORD.sub(" ", text.casefold()).strip()


@cache
def _lists() -> dict[str, re.Pattern[str]]:
    """Return a pattern for each list; ``nothing`` has to be the whole text, the others stand at a word's start."""
    table = tomllib.loads(SITE_REASONS.read_text("utf-8"))
    patterns = {}
    for name, entry in table.items():
        if not isinstance(entry, dict):
            continue
        parts = [re.escape(plain(word)) for word in entry["words"]]
        for code in entry["codes"]:
            letters, _, after = code.casefold().partition(".")
            parts.append(rf"{letters} ?{after}")
        joined = "|".join(parts)
        patterns[name] = re.compile(rf"(?:{joined})\Z" if name == "nothing" else rf"\b(?:{joined})")
    return patterns


@lru_cache(maxsize=4096)
def justifies(reason: str | None) -> bool:
    """
    Tell whether a charted reason justifies an access beside another.

    What only says that there was another line, lumen or stick does not (R-SITE-3), and neither does a blank.
    """
    text = plain(reason or "")
    lists = _lists()
    if not text or lists["nothing"].match(text) or lists["same_access"].search(text):
        return False
    return bool(lists["required"].search(text)) or not lists["never"].search(text)


@lru_cache(maxsize=4096)
def is_a_lumen(site_id: str, kind: str | None) -> bool:
    """Tell whether a feed sends the lumen of a catheter as an access: its id or kind says so (R-DEF-12)."""
    return _LUMEN.search(plain(f"{site_id} {kind or ''}")) is not None


@lru_cache(maxsize=4096)
def quoted(reason: str) -> str:
    """Return a charted reason as a flag repeats it: one line, nothing that moves a cursor, of bounded length."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in reason).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
