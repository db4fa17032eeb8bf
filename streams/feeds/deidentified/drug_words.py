"""
A charted drug as it may be shared: names of words the formulary knows, codes of public lists. Pure.

A name it does not know is a keyed hash: the same unknown drug twice is the same, and nobody reads it.
"""

import re
import tomllib
from datetime import date
from typing import Any, Final

from models.drug import Drug
from rules.data_files import DRUG_WORDS
from rules.formulary.lookup import entries, lookup
from rules.parameter import NotInForceError
from rules.site_folder import cached_by_site
from streams.feeds.deidentified.keyed import Keyed

_WORD: Final = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)?|[^\w\s]|_")
_LONGEST_NUMBER: Final = 5
"""Digits of a strength; a longer number may be anybody's."""
_PUBLIC: Final = {
    "rxnorm": re.compile(r"\d{1,8}"),
    "ndc": re.compile(r"\d{4,6}-?\d{3,4}-?\d{1,2}"),
    "hcpcs": re.compile(r"[A-Z]\d{4}|\d{5}"),
}
_DOSE_WORDS: Final = frozenset(
    [
        "mg",
        "g",
        "gm",
        "kg",
        "mcg",
        "ug",
        "ng",
        "ml",
        "l",
        "meq",
        "mmol",
        "unit",
        "units",
        "iu",
        "hr",
        "h",
        "min",
        "per",
        "in",
        "and",
        "with",
        "w",
        "of",
    ]
)


def drug(charted: dict[str, Any], keyed: Keyed, on: date) -> tuple[dict[str, Any], bool]:
    """Return a charted drug with known names and public codes alone, and whether any name or code was taken away."""
    made: dict[str, Any] = {}
    changed = False
    if "billing_class" in charted:
        made["billing_class"] = charted["billing_class"]
    if charted.get("name") is not None:
        made["name"] = _name(charted["name"], keyed, on)
        changed |= made["name"] != charted["name"]
    if charted.get("code") is not None:
        made["code"] = _code(charted["code"], charted.get("system"), keyed, on)
        changed |= made["code"] != charted["code"]
    if charted.get("system") is not None:
        made["system"] = charted["system"]
    inside: list[str | dict[str, Any]] = []
    for part in charted.get("ingredients") or ():
        if isinstance(part, str):
            inside.append(_name(part, keyed, on))
            changed |= inside[-1] != part
        else:
            one, other = drug(part, keyed, on)
            inside.append(one)
            changed |= other
    if inside:
        made["ingredients"] = inside
    return {name: made[name] for name in charted if name in made}, changed


def _name(text: str, keyed: Keyed, on: date) -> str:
    known = _entry(Drug(name=text), on)
    kept = _of_known_words(text)
    if kept == text and known is not None:
        return text
    if known is not None:
        again = _entry(Drug(name=kept), on) if kept else None
        same = again is not None and again.ingredient == known.ingredient
        return kept if same else known.ingredient.replace("+", " / ").replace("-", " ")
    return keyed.name("drug", text)


def _of_known_words(text: str) -> str:
    """Return a name without the words that stand in no list of drugs."""
    kept: list[str] = []
    at = 0
    for found in _WORD.finditer(text):
        token = found[0]
        known = (
            len(re.sub(r"\D", "", token)) <= _LONGEST_NUMBER
            if token[0].isdigit()
            else not token[0].isalpha() or token.casefold() in _vocabulary()
        )
        if known:
            kept.append((" " if kept and found.start() > at else "") + token)
        at = found.end()
    made = "".join(kept).strip()
    return text if re.sub(r"\s+", "", made) == re.sub(r"\s+", "", text) else made


def _code(code: str, system: str | None, keyed: Keyed, on: date) -> str:
    public = _PUBLIC.get((system or "").casefold())
    if public is not None and public.fullmatch(code):
        return code
    try:
        if _entry(Drug.model_validate({"code": code, "system": system}), on) is not None:
            return code
    except ValueError:
        pass
    return keyed.name("code", code)


def _entry(charted: Drug, on: date) -> Any:
    try:
        return lookup(charted, on)
    except NotInForceError:
        return None


@cached_by_site()
def _vocabulary() -> frozenset[str]:
    texts = [text for product in entries() for text in (product.key, product.ingredient, *product.names)]
    table = tomllib.loads(DRUG_WORDS.read_text("utf-8"))
    texts += [str(value) for value in _leaves(table)]
    words = {one for text in texts for one in re.findall(r"[^\W\d_]+", text.casefold())}
    return frozenset(words | _DOSE_WORDS)


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for name, inside in value.items() for leaf in (name, *_leaves(inside))]
    if isinstance(value, list):
        return [leaf for inside in value for leaf in _leaves(inside)]
    return [value]
