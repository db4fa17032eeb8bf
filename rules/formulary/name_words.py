"""
What the words of a charted drug name mean: the lists of ``parameters/drugs/words.toml`` and ``charting.toml``.

The first says what never makes another drug (forms, salts, a maker's four letters), the second how a chart is
written: heads, phrases, abbreviations, tails, carriers. Both are data for a pharmacist; the grammar that uses them
is in ``charted_name``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tomllib import TOMLDecodeError, load
from typing import Any, Final

from rules.data_files import DRUGS
from rules.formulary.name_tokens import JOINTS, tokens

WORDS: Final = "words.toml"
CHARTING: Final = "charting.toml"

LISTS: Final = (
    "heads",
    "qualifiers",
    "of_amount",
    "tails",
    "contrary",
    "makers",
    "containers",
    "patient_controlled",
)
"""Tables of ``charting.toml`` that are a list of words."""

Spelling = tuple[str, ...]
"""The lexemes of a phrase."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The lists, ready to be asked."""

    forms: frozenset[str]
    salts: frozenset[str]
    endings: tuple[str, ...]
    heads: frozenset[str]
    heads_with_colon: frozenset[str]
    qualifiers: frozenset[str]
    of_amount: frozenset[str]
    tails: frozenset[str]
    contrary: frozenset[str]
    makers: frozenset[str]
    containers: frozenset[str]
    patient_controlled: frozenset[str]
    button: frozenset[str]
    """Lexemes of which a name has one, as it is charted, where it says that the patient presses the button."""
    phrases: Mapping[str, tuple[tuple[Spelling, Spelling], ...]]
    """By its first lexeme, each phrase, the longest first, with what it means."""
    abbreviations: Mapping[str, str]
    carriers: tuple[str, ...]
    purposes: Mapping[str, str]
    """Each word that names a purpose, with the purpose."""
    telling: frozenset[str]
    """Words that may be more or less than a word of the drug's name; any other stays what it is beside such."""


def _read(file: str, folder: Path) -> dict[str, Any]:
    with (folder / file).open("rb") as lines:
        return load(lines)


def _lexemes(text: str) -> Spelling:
    """Return the lexemes of a phrase; ``~0.9%`` stays one."""
    pieces: list[str] = []
    for word in text.split():
        pieces += [word] if word.startswith("~") else [token.text for token in tokens(word)]
    return tuple(piece for piece in pieces if piece != "-")


def _phrases(table: Mapping[str, str]) -> dict[str, tuple[tuple[Spelling, Spelling], ...]]:
    spelt = sorted(
        (
            (tuple(t.text for t in tokens(said) if t.kind != "mark"), _lexemes(meant))
            for said, meant in table.items()
        ),
        key=lambda pair: -len(pair[0]),
    )
    first: dict[str, tuple[tuple[Spelling, Spelling], ...]] = {}
    for said, meant in spelt:
        first[said[0]] = (*first.get(said[0], ()), (said, meant))
    return first


def _button(
    said: frozenset[str],
    phrases: Mapping[str, tuple[tuple[Spelling, Spelling], ...]],
    abbreviations: Mapping[str, str],
) -> frozenset[str]:
    """Return words with what begins a phrase that means one of them, and the abbreviations of all these."""
    begin = {first for first, ways in phrases.items() if any(not said.isdisjoint(meant) for _, meant in ways)}
    spelt = said | begin
    return spelt | {short for short, meant in abbreviations.items() if meant in spelt}


@cache
def vocabulary(folder: Path = DRUGS) -> Vocabulary:
    """Return the words a name may be written with; read once."""
    words, charting = _read(WORDS, folder), _read(CHARTING, folder)
    lists = {name: frozenset(charting[name]["words"].split()) for name in LISTS}
    phrases, abbreviations = _phrases(charting["phrases"]), charting["abbreviations"]
    forms = frozenset(words["forms"].split())
    purposes = {word: purpose for purpose, said in charting["purposes"].items() for word in said.split()}
    return Vocabulary(
        forms=forms,
        salts=frozenset(words["salts"].split()),
        endings=tuple(sorted(words["biologics"].split())),
        heads=lists["heads"],
        heads_with_colon=frozenset(charting["heads"]["with_colon"].split()),
        qualifiers=lists["qualifiers"],
        of_amount=lists["of_amount"],
        tails=lists["tails"],
        contrary=lists["contrary"],
        makers=lists["makers"],
        containers=lists["containers"],
        patient_controlled=lists["patient_controlled"],
        button=_button(lists["patient_controlled"], phrases, abbreviations),
        phrases=phrases,
        abbreviations=abbreviations,
        carriers=tuple(charting["carriers"]["names"]),
        purposes=purposes,
        telling=frozenset({"per", *JOINTS, *phrases, *abbreviations, *lists["heads"], *forms, *purposes}),
    )


def problems(known: Mapping[str, object], folder: Path = DRUGS) -> Iterator[str]:
    """Yield what is wrong with the lists, ``known`` being the bibliography; nothing when they are in order."""
    for file in (WORDS, CHARTING):
        try:
            _read(file, folder)
        except (OSError, TOMLDecodeError) as error:
            yield f"{file}: cannot be read as TOML ({type(error).__name__}); mend or restore it."
            return
    try:
        read = vocabulary(folder)
    except (KeyError, TypeError, AttributeError) as error:
        yield f"{WORDS} or {CHARTING}: has no usable {error}; see the comments of the shipped ones."
        return
    for cite in _read(CHARTING, folder).get("cites", ()):
        if cite not in known:
            yield f"{CHARTING}: cites {cite}, which rules/sources.toml does not hold."
    for word in sorted(read.contrary & (read.forms | read.qualifiers | read.heads)):
        yield f"{CHARTING}: {word!r} is both contrary and dropped; it can be one."
