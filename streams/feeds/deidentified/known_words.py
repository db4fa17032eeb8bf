"""
Of texts that a person typed, the words our lists know, and nothing else: a name is no word of a list. Pure.

A word stands as the list has it, so of "hypokalaemia" the beginning that decides is kept and of a surname nothing more
than such a beginning. What a text loses and decides by is told by coding it again, not here.
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from rules.coding.site_reasons import justifies, plain
from rules.data_files import INDICATIONS, ROUTES, SITE_REASONS, VOLUME_REASONS
from rules.formulary.routes import read_route

REMOVED: Final = "text removed"
"""What stands in the place of a text that has to be one."""

_TOKEN: Final = re.compile(r"\b[a-z]\d[0-9a-z](?:\.?[0-9a-z]{1,4})?\b|[^\W\d_]+|[,;.?/\n-]", re.IGNORECASE)
_SMALL: Final = frozenset(
    [
        "no",
        "not",
        "denies",
        "denied",
        "denying",
        "without",
        "w",
        "o",
        "r",
        "rule",
        "ruled",
        "out",
        "ruling",
        "negative",
        "for",
        "absence",
        "of",
        "possible",
        "probable",
        "likely",
        "suspect",
        "suspected",
        "suspects",
        "questionable",
        "consistent",
        "compatible",
        "with",
        "working",
        "diagnosis",
        "due",
        "to",
        "d",
        "t",
        "secondary",
        "from",
        "after",
        "or",
        "nor",
        "but",
        "now",
        "because",
        "and",
        "as",
        "the",
        "a",
        "in",
    ]
)
"""Words that assert, deny or doubt what stands beside them."""

_KINDS: Final = frozenset(
    [
        "peripheral",
        "iv",
        "piv",
        "picc",
        "port",
        "central",
        "midline",
        "cvc",
        "line",
        "power",
        "medi",
        "chest",
        "a",
        "cath",
        "catheter",
        "ivad",
        "lumen",
        "single",
        "double",
        "dual",
        "triple",
        "hickman",
        "broviac",
        "tunneled",
        "implanted",
        "arterial",
        "subcutaneous",
        "butterfly",
        "portable",
        "pump",
        "refill",
        "irrigation",
        "implantable",
        "setup",
        "evaluation",
        "umbilical",
        "reservoir",
        "ommaya",
        "dialysis",
        "imaging",
        "surgery",
        "transfusion",
        "procedure",
        "endoscopy",
        "operation",
        "catheterization",
        "sedation",
    ]
)
_UNITS: Final = frozenset(
    [
        "mg",
        "g",
        "gm",
        "gram",
        "grams",
        "kg",
        "mcg",
        "ug",
        "µg",
        "μg",
        "ng",
        "ml",
        "l",
        "meq",
        "mmol",
        "mosm",
        "unit",
        "units",
        "iu",
        "u",
        "mu",
        "munit",
        "million",
        "%",
        "mg/kg",
        "mcg/kg",
        "mg/ml",
        "mcg/ml",
        "units/kg",
        "vial",
        "vials",
        "dose",
        "doses",
        "mci",
        "ml/h",
        "tablet",
        "syringe",
        "bag",
        "each",
        "ea",
    ]
)


def indication(text: str) -> str:
    """Return what lists of indications know of a text; empty where they know nothing."""
    return _kept(text, _vocabulary(INDICATIONS, VOLUME_REASONS))


def site_reason(text: str) -> str:
    """Return a reason for a second access that counts, or does not, as the text does."""
    kept = _kept(text, _vocabulary(SITE_REASONS))
    if kept and justifies(kept) == justifies(text):
        return kept
    if justifies(text):
        return REMOVED
    return "same line" if plain(text) else ""


def route(text: str) -> str:
    """Return a charted route of known words; ``unknown`` where it names none."""
    kept = " ".join(word for word in re.findall(r"[A-Za-z0-9]+", text) if word.upper() in _vocabulary_upper())
    named = read_route(text)
    return kept if kept and named is not None and read_route(kept) == named else "unknown"


def kind(text: str) -> str | None:
    """Return the kind of an access or a procedure; None where a word of it is none we know."""
    words = re.findall(r"[^\W_]+", text.casefold())
    return text if words and all(word in _KINDS for word in words) else None


def unit(text: str) -> str | None:
    """Return the unit of a dose; None for one we do not know."""
    return text if text.strip().casefold() in _UNITS else None


def _kept(text: str, vocabulary: frozenset[str]) -> str:
    """Return the words of lists, with what asserts or denies them, as far apart as they stood; empty without any."""
    made, end, known = "", 0, False
    for found in _TOKEN.finditer(text.casefold()):
        token = found[0]
        word: str | None = token
        if token not in _SMALL and token[0].isalnum():
            word = _longest(token, vocabulary)
            known = known or word is not None
        if word is not None:
            made += (" " if made and found.start() > end else "") + word
            end = found.end()
    return made.strip() if known else ""


def _longest(token: str, vocabulary: frozenset[str]) -> str | None:
    """Return the longest word of a list that a token begins with."""
    bare = token.replace(".", "")
    return next((bare[:end] for end in range(len(bare), 1, -1) if bare[:end] in vocabulary), None)


@cache
def _vocabulary(*files: Path) -> frozenset[str]:
    """Return every word and code of lists; codes without dots."""
    words: set[str] = set()
    for file in files:
        for text in _texts(tomllib.loads(file.read_text("utf-8")), ""):
            words |= {one for one in re.findall(r"[^\W\d_]+", text) if len(one) > 1}
            if re.fullmatch(r"[a-z]\d[0-9a-z.\-]*", text):
                words.add(text.replace(".", "").removesuffix("-"))
    return frozenset(words)


@cache
def _vocabulary_upper() -> frozenset[str]:
    table = tomllib.loads(ROUTES.read_text("utf-8"))
    return frozenset(one.upper() for text in _texts(table, "") for one in re.findall(r"[a-z0-9]+", text))


def _texts(value: Any, key: str) -> Iterator[str]:
    """Yield the entries of a list in lower case, its labels and citations left out."""
    if isinstance(value, dict):
        for name, inside in value.items():
            if name not in {"cite", "label", "name", "from", "grade"}:
                yield from _texts(inside, name)
    elif isinstance(value, list):
        for inside in value:
            yield from _texts(inside, key)
    elif isinstance(value, str):
        yield value.casefold()
