"""
The lexemes of a charted drug name: words, numbers with and without a unit, percentages, brackets and joints.

Nothing is dropped here and nothing is understood: ``Zosyn 3.375 g/50 mL`` becomes a word and an amount that knows
its volume. What the words mean is in ``name_words``, how they stand together in ``charted_name``.
"""

from collections.abc import Iterator
from functools import lru_cache
from re import VERBOSE, Match
from re import compile as pattern
from typing import Final, Literal, NamedTuple, cast
from unicodedata import normalize

Kind = Literal[
    "word", "number", "percent", "amount", "time", "ratio", "open", "close", "joint", "mark", "code"
]


class Amount(NamedTuple):
    """
    A charted quantity: mass in mg, ``meq``, ``mmol``, ``unit`` or volume in ``ml``.

    ``per_ml`` is the volume it is dissolved in, ``rate`` tells that it is per hour or minute: how fast, not how much.
    """

    value: float
    unit: str
    per_ml: float | None = None
    rate: bool = False


class Token(NamedTuple):
    """One lexeme; ``glued`` tells that a hyphen ties it to the one before."""

    kind: Kind
    text: str
    amount: Amount | None = None
    glued: bool = False


UNITS: Final = {
    **dict.fromkeys(("mg", "mgs", "milligram", "milligrams", "mgi"), ("mg", 1.0)),
    **dict.fromkeys(("g", "gm", "gms", "gram", "grams"), ("mg", 1000.0)),
    **dict.fromkeys(("mcg", "mcgs", "ug", "\u03bcg", "microgram", "micrograms"), ("mg", 0.001)),
    **dict.fromkeys(("ng",), ("mg", 0.000001)),
    **dict.fromkeys(("kg",), ("mg", 1_000_000.0)),
    **dict.fromkeys(("meq", "meqs"), ("meq", 1.0)),
    **dict.fromkeys(("mmol", "mmols", "mmole", "mmoles"), ("mmol", 1.0)),
    **dict.fromkeys(("mol",), ("mmol", 1000.0)),
    **dict.fromkeys(("unit", "units", "u", "iu", "unt", "unts"), ("unit", 1.0)),
    **dict.fromkeys(("mci", "millicurie", "millicuries", "mcl", "lf", "pfu"), ("unit", 1.0)),
    **dict.fromkeys(("ml", "mls", "cc", "milliliter", "milliliters"), ("ml", 1.0)),
    **dict.fromkeys(("l", "liter", "liters", "litre", "litres"), ("ml", 1000.0)),
}
"""Spellings of units, each with the unit it is counted in and how many of those it is."""

HOURS: Final = (
    *("h", "hr", "hrs", "hour", "hours", "min", "mins", "minute", "minutes", "sec"),
    *("d", "day", "days", "wk", "week", "weeks", "mo", "month", "months"),
)
"""Spellings of time: an amount per one of them is a rate, a number of them a duration."""

_VALUE = r"(?:\d+(?:\.\d+)?|\.\d+)"
_SPELT = "|".join(sorted({*UNITS}, key=len, reverse=True))
_TIMES = "|".join(sorted(HOURS, key=len, reverse=True))
_PER = rf"\s*(?:/|\bper\b)\s*(?:{_VALUE}\s*)?(?:{_SPELT}|kg|m2|vial|bag|dose|syringe|syr|amp|each|actuation|{_TIMES})\b"
_LEXEME = pattern(
    rf"""(?P<season>20\d\d\s*-\s*(?:20)?\d\d(?![\d.]))
    |(?P<ndc>\b\d{{4,5}}-\d{{3,4}}-\d{{1,2}}\b)
    |(?P<ratio>\b\d+\s?:\s?\d+(?![\w.]))
    |(?P<percent>{_VALUE}\s*%)
    |(?P<amount>{_VALUE}(?:\s*[-/]\s*{_VALUE})*\s*-?\s*(?:k(?=\s*units?\b)|million|mill)?\s*(?:{_SPELT})(?:-(?:{_SPELT}))*(?![a-z0-9])(?:{_PER})*(?:-%)?)
    |(?P<time>{_VALUE}(?:\s*-\s*{_VALUE})?\s*-?\s*(?:{_TIMES})\b(?!(?<=day)\s*\d))
    |(?P<fraction>(?:[13]/4|1/[23])(?!\d))
    |(?P<dextrose>d(?P<strength>70|50|40|30|25|20|10|2\.5|5)(?:\s?w\b)?(?=$|[^a-z0-9]|ns|nacl|lr|rl|[.0]|1/[234])|d\s(?P<spaced>5|10|50)\s?w\b)
    |(?P<glued>(?:ns|lr|nacl|kcl)(?=\d))
    |(?P<code>\b[a-z]\d{{4}}\b)
    |(?P<number>{_VALUE})
    |(?P<initials>\b(?:[a-z]\.){{2,}}[a-z]?)
    |(?P<without>\bw/o\b)
    |(?P<with>\bw/(?=\s|[a-z]{{3,}}))
    |(?P<word>[^\W\d_]\w*)
    |(?P<open>[(\[{{])|(?P<close>[)\]}}])
    |(?P<joint>[+&;,])
    |(?P<mark>\S)""",
    VERBOSE,
)
_THOUSANDS = pattern(r"(?<=\d),(?=\d{3}(?!\d))")
_UNWRITTEN = pattern("[\u00ae\u00a9\u2122\u2120\u2019'\u2018`*\"]")
JOINTS: Final = frozenset(("in", "with", "and", "plus"))
"""Words that join the parts of a name."""
_MEASURE: Final = pattern(
    rf"({_VALUE})(?:\s*[-/]\s*{_VALUE})*\s*-?\s*(k(?=\s*units?\b)|million|mill)?\s*({_SPELT})(?![a-z0-9])"
)
_PER_VOLUME: Final = pattern(
    r"(?:/|\bper\b)\s*(\d+(?:\.\d+)?|\.\d+)?\s*(mls?|cc|milliliters?|l|liters?|litres?)\b"
)
_PER_TIME: Final = pattern(rf"(?:/|\bper\b)\s*(?:\d+\s*)?(?:{_TIMES})\b")
_SAY: Final = {"k": 1000.0, "mill": 1e6, "million": 1e6}


def plain(text: str) -> str:
    """Return a name in one case and one spelling of fractions, apostrophes and thousands."""
    text = (
        normalize("NFKC", _UNWRITTEN.sub("", text))
        .casefold()
        .replace("\u2044", "/")
        .replace("\u00b5", "\u03bc")
    )
    return _THOUSANDS.sub("", text)


def percent(value: str) -> str:
    """Return a percentage in one spelling, ``.90 %`` as ``0.9%``."""
    return f"{float(value.rstrip('% ')):g}%"


def _amount(text: str) -> Amount | None:
    read = _MEASURE.match(text)
    if read is None:
        return None
    unit, factor = UNITS[read[3]]
    value = float(read[1]) * factor * _SAY.get(read[2] or "", 1.0)
    rest = text[read.end() :]
    if not rest:  # most are a number and its unit
        return Amount(value, unit)
    volume = _PER_VOLUME.search(rest)
    per = None if volume is None else float(volume[1] or 1) * UNITS[volume[2]][1]
    return Amount(value, unit, per, rate=_PER_TIME.search(rest) is not None)


_KINDS: Final[dict[str, Kind]] = {
    "season": "time",
    "ndc": "code",
    "fraction": "word",
    "glued": "word",
    "initials": "word",
    "without": "word",
    "with": "joint",
}
"""Lexemes that are read as another kind."""


def _token(named: str, found: Match[str], *, glued: bool) -> Iterator[Token]:
    text = found[0]
    kind = _KINDS.get(named, cast("Kind", named))
    if named == "dextrose":
        yield Token("word", "dextrose", glued=glued)
        yield Token("percent", percent(found["strength"] or found["spaced"]))
    elif kind == "percent":
        yield Token(kind, percent(text))
    elif kind == "number":
        yield Token(kind, f"{float(text):g}", glued=glued)
    elif kind == "joint":
        yield Token("joint", text.removesuffix("/"))
    else:
        yield Token(kind, "without" if named == "without" else text.replace(".", ""), glued=glued)


@lru_cache(maxsize=512)
def tokens(name: str) -> tuple[Token, ...]:
    """Return the lexemes of a charted name in their order; the newest names are remembered, for each is asked twice."""
    text = plain(name)
    read: list[Token] = []
    tied = False
    for found in _LEXEME.finditer(text):
        named = str(found.lastgroup)
        if named == "word":  # most are
            said = found[0]
            read.append(Token("joint", said) if said in JOINTS else Token("word", said, None, tied))
            tied = False
        elif named == "amount":
            said = found[0]
            read.append(Token("amount", said, _amount(said)))
            tied = False
        elif named == "mark":
            said = found[0]
            read.append(Token("mark", said.replace(".", ""), None, tied))
            tied = said == "-" and text[found.end() : found.end() + 1].isalnum() and found.start() > 0
        else:
            read.extend(_token(named, found, glued=tied))
            tied = False
    return tuple(read)
