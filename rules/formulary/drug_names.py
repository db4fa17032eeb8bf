"""
How a drug is written on a chart, reduced to what identifies it.

The same drug is charted as ``Zofran 4 mg IVP``, ``ondansetron HCl (PF)`` and ``ONDANSETRON 2 MG/ML``. A reading is
a sorted tuple of words, so word order never matters. Readings come strictest first: as written without
strength and dosage form, then without the salt, then without a percentage or a bare number. A reading that
has lost a percentage or a mass is ``loose``: it may find a drug, never a plain fluid, because 23.4% sodium
chloride is not normal saline and 25 g of dextrose is not a bag of it.
Nothing is guessed: a word that is not understood stays, and the name is then unknown.
"""

from collections.abc import Iterator
from functools import cache
from re import IGNORECASE, Pattern
from re import compile as pattern
from tomllib import load
from typing import NamedTuple
from unicodedata import normalize

from rules.data_files import DRUG_WORDS

Key = tuple[str, ...]
"""The identifying words of a name, sorted."""


class Reading(NamedTuple):
    """One way to read a name; ``loose`` ones have lost a number that tells fluids apart."""

    key: Key
    loose: bool


_VOLUME = r"(?:ml|l|liters?|litres?|cc)"
_MASS = r"(?:mg|g|gm|grams?|mcg|ug|\u03bcg|ng|kg|units?|iu|meq|mmol|mol|million(?:\s+units?)?)"
_UNIT = rf"(?:{_VOLUME}|{_MASS})"
_PER = rf"(?:\s*/\s*(?:\d+(?:\.\d+)?\s*)?(?:{_UNIT}|kg|m2|h|hr|hour|min|dose|vial|bag|day)\b)"
_STRENGTH = pattern(rf"(?<![\w.%/])\d+(?:\.\d+)?(?:\s*-\s*\d+(?:\.\d+)?)?\s*{_UNIT}\b{_PER}*", IGNORECASE)
_HELD = pattern(rf"(?<![\w.%/])\d+(?:\.\d+)?\s*{_MASS}\b", IGNORECASE)
_RATIO = pattern(r"(?<!\S)\d+:\d+(?!\S)")
_THOUSANDS = pattern(r"(?<=\d),(?=\d{3}\b)")
_PERCENT = pattern(r"(?<![\d.])0?(\.\d+|\d+(?:\.\d+)?)\s*%")
_SLASH = pattern(r"(?<!\d)/|/(?!\d)")
_WORD = pattern(r"[\w.%/]+")
_NUMBER = pattern(r"[\d./]+%?")
_ASIDE = pattern(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_JOINT = pattern(r"\s+(?:in|with|and|w/)\s+|\s*[+&;]\s*|,\s+")
_SLASHED = pattern(r"\s*/\s*")


@cache
def _vocabulary(kind: str) -> frozenset[str]:
    with DRUG_WORDS.open("rb") as file:
        return frozenset(load(file)[kind].split())


@cache
def _suffix() -> Pattern[str]:
    """Return what finds the four letters that only tell one maker's biologic from another's."""
    return pattern(rf"({'|'.join(sorted(_vocabulary('biologics')))})-[a-z]{{4}}\b")


def _plain(text: str) -> str:
    text = normalize("NFKC", text).casefold().replace("\u2044", "/").replace("'", "").replace("\u2019", "")
    text = _THOUSANDS.sub("", text.replace("preservative-free", " ").replace("preservative free", " "))
    return _PERCENT.sub(lambda found: ("0" if found[1].startswith(".") else "") + found[1] + "%", text)


def _words(text: str) -> list[str]:
    bare = _SLASH.sub(" ", _RATIO.sub(" ", _STRENGTH.sub(" ", text)))
    forms = _vocabulary("forms")
    words = (word.strip("./") for word in _WORD.findall(bare))
    return [word for word in words if word and word not in forms]


def key(name: str) -> Key:
    """Return the strictest reading of ``name``: its words without strength and dosage form, sorted."""
    return tuple(sorted(_words(_plain(name))))


def spoken(name: str) -> str:
    """Return ``name`` in its own word order, without strength and dosage form: identity of an unknown drug."""
    plain = _plain(name)
    return " ".join(_words(plain)) or " ".join(plain.replace("+", " ").split())


def _steps(text: str) -> Iterator[Reading]:
    words, salts = _words(text), _vocabulary("salts")
    held = _HELD.search(text) is not None
    yield Reading(tuple(sorted(words)), held)
    plain = _suffix().sub(r"\1", text)
    if plain != text:
        words = _words(plain)
        yield Reading(tuple(sorted(words)), held)
    yield Reading(tuple(sorted(word for word in words if word not in salts)), held)
    counted = [word for word in words if not _NUMBER.fullmatch(word)]
    yield Reading(tuple(sorted(counted)), loose=True)
    yield Reading(tuple(sorted(word for word in counted if word not in salts)), loose=True)


def readings(name: str) -> tuple[tuple[Reading, ...], ...]:
    """
    Return how ``name`` may be read: the whole, then what stands outside brackets, then what stands inside.

    ``Decadron (dexamethasone)`` has two halves that each name a drug; whoever looks them up must see that
    both name the same one.
    """
    plain = _plain(name)
    outside = _ASIDE.sub(" ", plain)
    asides = [one or other for one, other in _ASIDE.findall(plain)]
    whole = _ASIDE.sub(lambda found: f" {found[1] or found[2] or ''} ", plain)
    return tuple(tuple(_steps(text)) for text in (whole, *([outside, *asides] if asides else ())))


def parts(name: str) -> tuple[str, ...]:
    """Return what a mixture's name joins, ``vancomycin in NS`` as two; empty when it joins nothing."""
    plain = _plain(name)
    for joint in (_JOINT, _SLASHED):
        pieces = tuple(piece for piece in joint.split(plain) if piece.strip())
        if len(pieces) > 1:
            return pieces
    return ()
