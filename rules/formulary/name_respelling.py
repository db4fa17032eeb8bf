"""
One spelling for what charts spell in many: abbreviations, salines and fluids, makers' letters, ``20K``.

``sod chlor``, ``NaCl`` and ``1/2 NS`` become the words of the label, so that the grammar and the catalogue see one
name for one bag. The spellings are data (``charting.toml``); what is computed here is which strength a saline has
and which bare number is the potassium in a litre.
"""

from typing import Final

from rules.formulary.name_tokens import Amount, Token
from rules.formulary.name_words import Vocabulary

MAKERS_LETTERS: Final = 4
"""Letters of the suffix that tells one maker's biologic from another's, as the FDA coins them."""

_POTASSIUM: Final = frozenset(("k", "kcl"))

MILLIEQUIVALENTS_IN_A_LITER: Final = 60.0
"""The highest bare number before ``K`` that is read as mEq/L: ``D5 1/2NS 20K``."""


def respelt(read: list[Token], words: Vocabulary) -> list[Token]:
    """Return the lexemes with abbreviations and phrases spelt out and makers' letters left out."""
    meant, phrases = words.abbreviations, words.phrases
    spelt: list[Token] = []
    potassium = phrased = False
    for token in read:
        kind, text, amount, glued = token
        if glued and len(text) == MAKERS_LETTERS and text.isalpha() and _biologic(spelt, words):
            continue
        if kind == "word" and text in meant:
            text = meant[text]
            token = Token(kind, text, amount, glued)  # noqa: PLW2901 -- the same one, spelt out
        spelt.append(token)
        potassium = potassium or text in _POTASSIUM
        phrased = phrased or text in phrases or text[:1] == "~"
    if potassium:
        spelt = _doses_of_potassium(spelt)
    # Only a phrase is spelt with a strength that another outweighs; and potassium, as it is read here, may begin one.
    return _without_weak(_phrased(spelt, words)) if phrased or potassium else spelt


def _biologic(spelt: list[Token], words: Vocabulary) -> bool:
    before = next((one for one in reversed(spelt) if one.kind not in {"mark", "close", "open"}), None)
    return before is not None and before.kind == "word" and before.text.endswith(words.endings)


def _doses_of_potassium(read: list[Token]) -> list[Token]:
    """Return ``20K`` and ``KCl 20`` with the number as the mEq in a litre that it is."""
    done: list[Token] = []
    at = 0
    while at < len(read):
        value = _potassium(read, at)
        if value is None:
            done.append(read[at])
            at += 1
        else:
            done += [Token("word", "kcl"), Token("amount", f"{value:g} meq/l", Amount(value, "meq", 1000.0))]
            at += 2
    return done


def _potassium(read: list[Token], at: int) -> float | None:
    """Return the number that stands here beside ``K`` or ``KCl``, else None; a lone K may be the vitamin."""
    if at + 1 >= len(read):
        return None
    one, other = read[at], read[at + 1]
    number, name = (one, other) if one.kind == "number" else (other, one)
    if number.kind != "number" or not (name.text == "kcl" or (name.text == "k" and number is one and at)):
        return None
    value = float(number.text)
    return value if value <= MILLIEQUIVALENTS_IN_A_LITER else None


def _phrased(read: list[Token], words: Vocabulary) -> list[Token]:
    done: list[Token] = []
    at = 0
    while at < len(read):
        for said, meant in words.phrases.get(read[at].text, ()):
            end = _said(read, at, said)
            if end:
                done += [_meant(text) for text in meant]
                at = end
                break
        else:
            done.append(read[at])
            at += 1
    return done


def _said(read: list[Token], at: int, said: tuple[str, ...]) -> int:
    """Return the place after a phrase that begins here, hyphens and slashes between its words aside; else 0."""
    for place, word in enumerate(said):
        while place and at < len(read) and read[at].text in "-/" and read[at].kind == "mark":
            at += 1
        if at >= len(read) or read[at].text != word:
            return 0
        at += 1
    return at


def _meant(text: str) -> Token:
    bare = text.lstrip("~")
    return Token("percent" if bare.endswith("%") else "number" if bare[0].isdigit() else "word", text)


def _without_weak(read: list[Token]) -> list[Token]:
    """Return a saline's strength as charted beside it, or as its name implies: ``0.45% NS`` against ``NS``."""
    done: list[Token] = []
    for at, token in enumerate(read):
        if not token.text.startswith("~"):
            done.append(token)
            continue
        first = at - 2  # a weak strength follows "sodium chloride"
        before = read[first - 1] if first > 0 else None
        owner = read[first - 2].text if first > 1 else ""
        after = read[at + 1] if at + 1 < len(read) else None
        written = (before is not None and before.kind == "percent" and owner != "dextrose") or (
            after is not None
            and after.kind == "percent"
            and (at + 2 == len(read) or read[at + 2].text != "dextrose")
        )
        if not written:
            done.append(token._replace(text=token.text.lstrip("~")))
    return done
