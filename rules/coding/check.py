"""
Checks the reasons for a second access, ``parameters/site_reasons.toml``, for ``infusion check``.

The file is read raw, so that one bad word is a sentence and not the end of the program.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from re import compile as pattern
from tomllib import TOMLDecodeError, load
from typing import Final

from rules.coding.site_reasons import plain
from rules.data_files import SITE_REASONS
from rules.sources import sources

LISTS: Final = ("same_access", "never", "required", "nothing")
"""The lists a reason is looked for in, in the order in which one stands above the next."""

_KEYS: Final = frozenset({"cite", "words", "codes"})
_CODE: Final = pattern(r"[A-Z][0-9][0-9A-Z](?:\.[0-9A-Z]{1,4})?")
"""An ICD-10-CM code or the beginning of one, with its dot."""

_Words = Mapping[str, list[str]]
"""The words of each list that can be read."""


def problems(file: Path = SITE_REASONS) -> list[str]:
    """Return what is wrong with the list of reasons, one sentence each; nothing when it is in order."""
    try:
        with file.open("rb") as opened:
            table = load(opened)
    except (OSError, UnicodeDecodeError, TOMLDecodeError) as error:
        return [f"{file.name}: cannot be read as TOML ({type(error).__name__}); mend or restore it."]
    found = list(_wrong_frame(table))
    words: dict[str, list[str]] = {}
    for name in LISTS:
        entry = table.get(name)
        if isinstance(entry, dict):
            found += [f"[{name}] {wrong}" for wrong in _wrong_list(entry)]
            words[name] = [word for word in _texts(entry, "words") or () if plain(word)]
    found += _repeated(words)
    found += _never_reached(words)
    return [f"{file.name}: {wrong}" for wrong in found]


def _wrong_frame(table: Mapping[str, object]) -> Iterator[str]:
    if not isinstance(table.get("label"), str):
        yield 'has no label; write label = "Reasons charted for a second access site".'
    for name in LISTS:
        if not isinstance(table.get(name), dict):
            yield f"has no list [{name}]; without it no reason can be judged."
    for name, entry in table.items():
        if isinstance(entry, dict) and name not in LISTS:
            yield f"[{name}] is no list that is read; those are {', '.join(LISTS)}."


def _texts(entry: Mapping[str, object], field: str) -> list[str] | None:
    """Return a list of texts, or None where the field is anything else."""
    listed = entry.get(field)
    if not isinstance(listed, list):
        return None
    texts = [item for item in listed if isinstance(item, str)]
    return texts if len(texts) == len(listed) else None


def _wrong_list(entry: Mapping[str, object]) -> Iterator[str]:
    cite = entry.get("cite")
    if not isinstance(cite, str):
        yield "cites nothing; name the source of its words."
    elif cite not in sources():
        yield f"cites {cite!r}, which rules/sources.toml does not hold; add it or cite a key that is."
    yield from (
        f"has {key!r}, which is not read; a list has cite, words and codes." for key in entry.keys() - _KEYS
    )
    yield from _wrong_words(_texts(entry, "words"))
    yield from _wrong_codes(_texts(entry, "codes"))


def _wrong_words(words: list[str] | None) -> Iterator[str]:
    if words is None:
        yield "words must be a list of text; an empty one is []."
    for word in words or ():
        if not plain(word):
            yield f"word {word!r} holds no letter and no digit; it would be found in every reason."
        elif plain(word) != word:
            yield f"word {word!r} is looked for as {plain(word)!r}; write it so."


def _wrong_codes(codes: list[str] | None) -> Iterator[str]:
    if codes is None:
        yield "codes must be a list of text; an empty one is []."
        return
    for code, times in Counter(codes).items():
        if not _CODE.fullmatch(code):
            yield f"code {code!r} is no ICD-10-CM code or beginning of one; write T82.5 or I80."
        elif times > 1:
            yield f"code {code!r} stands there more than once; keep one."


def _repeated(words: _Words) -> Iterator[str]:
    """Find words that stand twice, in one list or in two that say the opposite of one another."""
    first: dict[str, str] = {}
    for name, listed in words.items():
        for word in listed:
            if word in first:
                yield f"[{name}] word {word!r} already stands in [{first[word]}]; keep one."
            first.setdefault(word, name)


def _never_reached(words: _Words) -> Iterator[str]:
    """Find words that decide nothing, because a word of a list above theirs is found in every text that holds them."""
    above = {"required": "same_access", "never": "required"}
    for name, higher in above.items():
        for word in words.get(name, ()):
            for other in words.get(higher, ()):
                if other != word and f" {word}".find(f" {plain(other)}") >= 0:
                    yield f"[{name}] word {word!r} is never reached: {other!r} of [{higher}] is found in it."
