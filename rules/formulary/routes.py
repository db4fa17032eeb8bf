"""
Reads a route as feeds write it, by the dated list ``parameters/routes.toml``.

``IV``, ``Intravenous (PICC)``, ``IV Push``, ``47625008`` and ``Subcutaneous (SC)`` each name one route; some also say
how the drug was given. A text is read word by word, the longest known phrase first, for feeds put route, access
and manner into one field.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Final, NamedTuple

from models.field import Technique
from rules.data_files import ROUTES

OUTSIDE: Final = "OUTSIDE"
"""The route of everything these codes do not cover: by mouth, inhaled, onto the skin and the like."""

BONE: Final = "INTRAOSSEOUS"
BONE_OR_EYE: Final = "IO"
"""Intraosseous at the bedside, intraocular in HL7 table 0162; neither is of these codes."""

_LONGEST_PHRASE: Final = 5
_WORD: Final = re.compile(r"[A-Z0-9]+")
_DROPPED: Final = str.maketrans("", "", ".'\u2019")
_MEASURE: Final = re.compile(r"\d{1,3}(?:G|GA|FR|MIN|ML|H|HR)?")


class ChartedRoute(NamedTuple):
    """What a charted route says: the route, if it names one, and how the drug was given, if it says that."""

    route: str | None
    technique: Technique | None = None
    kind: str | None = None
    """For a route outside these codes, which: ``by_mouth``, ``inhaled``, ``skin`` and so on."""


NOT_NAMED: Final = ChartedRoute(None)


class _Words(NamedTuple):
    """The list, ready to be looked up: firm spellings, weak ones, manners of giving, words to pass over."""

    firm: dict[str, str]
    weak: dict[str, str]
    manner: dict[str, Technique]
    aside: frozenset[str]
    says: dict[str, str]

    def knows(self, phrase: str) -> bool:
        return phrase in self.firm or phrase in self.weak or phrase in self.manner or phrase in self.aside


def _spelled(table: dict[str, Iterable[str]]) -> dict[str, str]:
    return {spelling: meant for meant, spellings in table.items() for spelling in spellings}


@cache
def _words() -> _Words:
    table = tomllib.loads(ROUTES.read_text("utf-8"))
    outside = table["outside"]
    manner: dict[str, Technique] = {}
    for technique in ("infusion", "injection", "push"):
        manner |= dict.fromkeys(table["technique"][technique], technique)
    return _Words(
        {
            **_spelled({kind: entry["spellings"] for kind, entry in outside.items()}),
            **_spelled(table["routes"]),
        },
        {**dict.fromkeys(table["access"]["words"], "IV"), **_spelled(table["codes"])},
        manner,
        frozenset(table["aside"]["words"]),
        {kind: entry["says"] for kind, entry in outside.items()},
    )


def _phrases(text: str) -> Iterator[str]:
    """Yield the known phrases of a text from left to right, and each word between them that is not known."""
    known, words = _words(), _WORD.findall(text)
    place = 0
    while place < len(words):
        for end in range(min(len(words), place + _LONGEST_PHRASE), place, -1):
            phrase = "".join(words[place:end])
            if known.knows(phrase) or end == place + 1:
                yield phrase
                place = end
                break


def _named(meant: set[str]) -> ChartedRoute | None:
    """Return the one route that words mean, or None when they mean several."""
    if meant == {"IT", "INTRAVENTRICULAR"}:  # a reservoir is a way into the spinal fluid
        meant = {"INTRAVENTRICULAR"}
    outside = meant & _words().says.keys()
    if outside and outside == meant:
        return ChartedRoute(OUTSIDE, None, min(outside))
    if len(meant) != 1:
        return None
    (route,) = meant
    return ChartedRoute(OUTSIDE, None, route) if route in {BONE, BONE_OR_EYE} else ChartedRoute(route)


@lru_cache(maxsize=4096)
def read_route(charted: str | None) -> ChartedRoute | None:
    """
    Return what a charted route says, or None where nobody knows it or its words name two routes.

    A text that only tells the manner of giving, ``Continuous infusion``, names no route, as a route left out.
    """
    if charted is None or not charted.strip():
        return NOT_NAMED
    known = _words()
    text = charted.upper().translate(_DROPPED)
    whole = "".join(_WORD.findall(text))
    phrases = [whole] if known.knows(whole) and whole not in known.aside else list(_phrases(text))
    firm = {known.firm[phrase] for phrase in phrases if phrase in known.firm}
    weak = {known.weak[phrase] for phrase in phrases if phrase in known.weak and phrase not in known.firm}
    manners = {known.manner[phrase] for phrase in phrases if phrase in known.manner}
    technique = manners.pop() if len(manners) == 1 else None
    if firm:
        named = _named(firm)
        return named._replace(technique=technique) if named is not None else None
    if any(not known.knows(phrase) and not _MEASURE.fullmatch(phrase) for phrase in phrases):
        return None
    if weak:
        named = _named(weak)
        return named._replace(technique=technique) if named is not None else None
    return ChartedRoute(None, technique) if technique is not None else None


def why_outside(kind: str) -> str:
    """Return the sentence for a route outside these codes, by its kind."""
    return _words().says[kind]
