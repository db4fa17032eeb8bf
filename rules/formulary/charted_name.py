"""
The grammar of a charted drug name: what it joins, what it carries, and what of it identifies a drug.

::

    name   = { head } part { joint part }
    part   = { word | amount | aside | tail | form }
    aside  = "(" { word | amount } ")"
    tail   = ( "over" | "at" | "x" | ... ) ( number | time | amount )

A part keeps its identifying words in their order, its bracketed asides, and its amounts; forms, routes, containers,
tails and heads are dropped, fluids are spelt out. Which drug the words are, if any, the catalogue says
(``name_reading``). A word that is not understood stays, and then no drug is found.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from rules.formulary.name_respelling import respelt
from rules.formulary.name_tokens import Amount, Token, plain, tokens
from rules.formulary.name_words import Vocabulary, vocabulary

Key = tuple[str, ...]
"""The identifying words of a name, sorted, each once."""

Edge = Literal["joint", "soft", "none"]
"""What stands before a word: a joint, a hyphen or a slash, or nothing."""


VOLUMES: Final = frozenset({"ml", "l", "liter", "litre"})
"""What an amount may be dissolved in after its own word: ``20 mEq KCl/L``, ``350 mg iodine/mL``."""


SILENT: Final = frozenset({"amount", "time", "ratio", "code", "close"})
"""Lexemes that name no drug."""


class Word(NamedTuple):
    """An identifying word or number and what stood before it."""

    text: str
    edge: Edge = "none"

    @property
    def numeric(self) -> bool:
        """Tell whether it is a number or a percentage."""
        return self.text[0].isdigit()


class Part(NamedTuple):
    """What stands between two joints; ``joint`` is the one that leads to it, empty for the first."""

    joint: str
    words: tuple[Word, ...]
    asides: tuple[tuple[Word, ...], ...] = ()
    amounts: tuple[Amount, ...] = ()


class ChartedName(NamedTuple):
    """A name taken apart; ``purposes`` are what the order itself says it is for."""

    parts: tuple[Part, ...]
    purposes: frozenset[str] = frozenset()


def key(name: str) -> Key:
    """Return the strictest reading of a name: all its identifying words, sorted."""
    return keyed(
        word for part in charted(name).parts for words in (part.words, *part.asides) for word in words
    )


def keyed(words: Iterable[Word]) -> Key:
    """Return words as the catalogue files them."""
    return tuple(sorted({word.text for word in words}))


def spoken(name: str) -> str:
    """Return a name in its own word order without strength, form and head: the identity of an unknown drug."""
    said = [
        word.text for part in charted(name).parts for words in (part.words, *part.asides) for word in words
    ]
    return " ".join(said) or " ".join(plain(name).replace("+", " ").split())


@lru_cache(maxsize=4096)
def patient_controlled(name: str) -> bool:
    """Tell whether a name says that the patient presses the button: ``hydromorphone PCA``."""
    words, read = vocabulary(), tokens(name)
    if not any(token.text in words.button for token in read):  # nearly every name
        return False
    return any(token.text in words.patient_controlled for token in respelt(list(read), words))


@lru_cache(maxsize=4096)
def charted(name: str) -> ChartedName:
    """Return a charted name taken apart; a spelling in use is parsed once and remembered."""
    words = vocabulary()
    return _in_bare_words(name, words) or _Parser(name, words).parse()


def _in_bare_words(name: str, words: Vocabulary) -> ChartedName | None:
    """Return a name that is nothing but words of a drug's name, as most of a catalogue are; None for any other."""
    said = name.split(" ")
    bare = name.islower() and name.isascii() and words.telling.isdisjoint(said)
    if not bare or not all(map(str.isalpha, said)):
        return None
    first, *others = said
    return ChartedName((Part("", (Word(first, "joint"), *map(Word, others))),))


def _headless(read: tuple[Token, ...], words: Vocabulary) -> tuple[list[Token], set[str]]:
    """Return the lexemes after the head, and the purposes the head names."""
    at, purposes = 0, set[str]()
    for place, token in enumerate(read):
        if token.kind == "mark" or (token.kind == "word" and token.text in words.heads):
            purposes |= {words.purposes[token.text]} if token.text in words.purposes else set()
            at = place + 1
            continue
        colon = place + 1 < len(read) and read[place + 1].text == ":"
        if not (colon and token.text in words.heads_with_colon):
            break
        at = place + 1
    return list(read[at:]), purposes


class _Parser:
    """Reads the lexemes of one name from left to right."""

    def __init__(self, name: str, words: Vocabulary) -> None:
        self._words = words
        read, self._purposes = _headless(tokens(name), words)
        self._read = respelt(read, words)
        self._parts: list[Part] = []
        self._begin("")

    def _begin(self, joint: str) -> None:
        self._joint = joint
        self._said: list[Word] = []
        self._asides: list[tuple[Word, ...]] = []
        self._amounts: list[Amount] = []
        self._edge: Edge = "joint"

    def _end(self) -> None:
        if self._said or self._asides or self._amounts:
            part = Part(self._joint, tuple(self._said), tuple(self._asides), tuple(self._amounts))
            if (
                not self._said and not self._asides and self._parts
            ):  # "ceftriaxone, 1 g": the dose of what came before
                last = self._parts.pop()
                part = last._replace(amounts=last.amounts + part.amounts)
            self._parts.append(part)

    def parse(self) -> ChartedName:
        """Return the parts; brackets that never close end with the name."""
        at = 0
        while at < len(self._read):
            token = self._read[at]
            if token.kind == "joint":
                self._end()
                self._begin(token.text)
                at += 1
            elif token.kind == "open":
                at = self._aside(at + 1)
            else:
                at = self._plain(at, self._said)
        self._end()
        return ChartedName(tuple(self._parts), frozenset(self._purposes))

    def _aside(self, at: int) -> int:
        """Read up to the closing bracket; one that begins with a joint is a part of its own: ``(+ mesna)``."""
        if at < len(self._read) and self._read[at].kind == "joint":
            self._end()
            self._begin(self._read[at].text)
            return at + 1
        inside: list[Word] = []
        edge, self._edge = self._edge, "none"
        while at < len(self._read) and self._read[at].kind != "close":
            if self._read[at].kind == "joint" and self._read[at].text in ",;":  # two brands of one drug
                self._close_aside(inside)
                inside = []
            if self._read[at].kind in {"joint", "open"}:
                at += 1
            else:
                at = self._plain(at, inside)
        self._edge = edge if not self._said else "none"
        self._close_aside(inside)
        return at + 1

    def _close_aside(self, inside: list[Word]) -> None:
        """Keep a bracketed remark, unless it only names a maker."""
        if not {word.text for word in inside} <= self._words.makers:
            self._asides.append(tuple(inside))

    def _plain(self, at: int, said: list[Word]) -> int:
        """Read one lexeme outside brackets and joints, or a tail of two; return the place after it."""
        token = self._read[at]
        kind, text, amount, _ = token
        words = self._words
        after = self._read[at + 1] if at + 1 < len(self._read) else None
        if after is not None and self._belong(token, after):
            self._amounts += [amount] if amount is not None else []
            return at + 2
        if amount is not None:
            self._amounts.append(amount)
        elif kind == "mark":
            self._edge = "soft" if text in "-/:|" and said else self._edge
        elif text in words.purposes:
            self._purposes.add(words.purposes[text])
        elif kind not in SILENT and text not in words.forms and not self._counts(token):
            said.append(Word(text, self._edge))
            self._edge = "none"
        return at + 1

    def _belong(self, token: Token, after: Token) -> bool:
        """Tell whether two lexemes are one thing that names no drug: a tail, a dose and its word, a count of vials."""
        if token.amount is not None:
            return after.text in self._words.of_amount
        if token.kind == "number":
            return after.text in self._words.containers
        if token.text in {"/", "per"}:
            return after.text in VOLUMES
        return token.text in self._words.tails and after.kind in {"number", "time", "amount"}

    @staticmethod
    def _counts(token: Token) -> bool:
        """Tell whether a word is a frequency or a count: ``q8h``, ``q6wk``, ``x2``."""
        return token.kind == "word" and token.text[0] in "qx" and token.text[1:2].isdigit()
