"""
Codes of single products that other lists translate: clinical and branded drugs of RxNorm, and National Drug Codes.

``parameters/drugs/rxnorm.csv`` says which product a concept above or below the ingredient is: by the product's key, or
by the RxNorm identifier of its ingredient. ``parameters/drugs/ndc.csv`` says which HCPCS code a package is billed
with, and ``ndc_rxnorm.csv``, which only a refresh brings, which concept a package is. A site adds its own rows to the
first two; each file is read when the first code of its kind comes. A later edition's row lies over the earlier rows of
the same code (``drug_editions``).
"""

from collections import Counter
from collections.abc import Collection, Iterator
from csv import DictReader
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from re import compile as pattern
from typing import Final, NamedTuple

from rules.data_files import DRUGS
from rules.formulary.drug_editions import DrugEdition, DrugListError, DrugTable, editions, laid_over, rows

RXNORM: Final = "rxnorm.csv"
NDC: Final = "ndc.csv"

TERM_TYPES: Final = frozenset(
    {"IN", "PIN", "MIN", "BN", "SCDC", "SBDC", "SCDF", "SBDF", "SCDG", "SBDG", "SCD", "SBD", "GPCK", "BPCK"}
)
"""RxNorm's kinds of concept that name a drug (TTY): from the ingredient to the branded pack."""

_SEGMENTS: Final = (5, 4, 2)
"""Digits of labeler, product and package in the billing form; a shorter segment lacks its leading zeros."""

_SPELT: Final = pattern(r"(\d{4,5})-(\d{3,4})-(\d{1,2})")
_ELEVEN: Final = sum(_SEGMENTS)
_TEN: Final = _ELEVEN - 1


class RxNormConcept(NamedTuple):
    """One row of the crosswalk; ``product`` is empty where the concept is the ingredient's, whatever its form."""

    rxcui: str
    tty: str
    ingredient: str
    product: str


_COLUMNS: Final = {RXNORM: {"rxcui", "tty", "ingredient", "product", "cite"}, NDC: {"ndc", "hcpcs"}}


def _rows(file: str, folder: Path) -> Iterator[dict[str, str]]:
    with (folder / file).open(encoding="utf-8", newline="") as lines:
        yield from DictReader(line for line in lines if not line.startswith("#"))


@cache
def rxnorm_concepts(folder: Path = DRUGS) -> dict[str, RxNormConcept]:
    """Return every concept of the crosswalk by its identifier."""
    return {
        rxcui: RxNormConcept(rxcui, row["tty"], row["ingredient"], row["product"])
        for rxcui, (row, *_) in laid_over("rxnorm", "rxcui", folder).items()
    }


@cache
def ndc_hcpcs(folder: Path = DRUGS) -> dict[str, tuple[str, ...]]:
    """Return the HCPCS codes each package is billed with, by its eleven digits."""
    packages = laid_over("ndc", "ndc", folder)
    return {ndc: tuple(row["hcpcs"] for row in found) for ndc, found in packages.items()}


@cache
def ndc_concepts(folder: Path = DRUGS) -> dict[str, str]:
    """Return the RxNorm concept of each package an RxNorm release lists, by its eleven digits."""
    return {ndc: row["rxcui"] for ndc, (row, *_) in laid_over("ndc_rxnorm", "ndc", folder).items()}


@lru_cache(maxsize=4096)
def eleven_digits(code: str) -> tuple[str, ...]:
    """
    Return the eleven-digit forms a National Drug Code may stand for; none when it is no such code.

    Hyphens tell which of the three segments lacks its zero. Ten digits without them do not, so there are three
    readings (K: 4-4-2, 5-3-2 and 5-4-1 are the forms the FDA assigns, 5-4-2 the one bills carry).
    """
    spelt = code.strip()
    if parted := _SPELT.fullmatch(spelt):
        segments = parted.groups()
        if sum(map(len, segments)) < _TEN:
            return ()
        return ("".join(part.zfill(size) for part, size in zip(segments, _SEGMENTS, strict=True)),)
    if not (spelt.isascii() and spelt.isdigit()):
        return ()
    if len(spelt) == _ELEVEN:
        return (spelt,)
    if len(spelt) != _TEN:
        return ()
    return tuple(dict.fromkeys((f"0{spelt}", f"{spelt[:5]}0{spelt[5:]}", f"{spelt[:9]}0{spelt[9:]}")))


def problems(
    products: Collection[str],
    ingredients: Collection[str],
    hcpcs: Collection[str],
    known: Collection[str],
    folder: Path = DRUGS,
) -> Iterator[str]:
    """
    Yield what is wrong with the crosswalks, the shipped ones and those of each dated edition.

    ``products`` are the keys, ``ingredients`` the RxNorm identifiers of ``products.csv``, ``hcpcs`` the codes of
    ``hcpcs.csv``, ``known`` the bibliography. A dated edition that cannot be read at all is ``drug_editions``' to say.
    """
    known_concepts: set[str] = set(ingredients)
    for file, columns in _COLUMNS.items():
        try:
            table = list(_rows(file, folder))
        except (OSError, UnicodeDecodeError) as error:
            yield f"{file}: cannot be read ({type(error).__name__}); mend or restore it."
            continue
        whole = [row for row in table if row.keys() == columns and None not in row.values()]
        if len(whole) < len(table):
            yield f"{file}: write {', '.join(sorted(columns))} in every row, and no more."
        elif file == RXNORM:
            known_concepts.update(row["rxcui"] for row in whole)
            yield from _wrong_concepts(file, whole, products, ingredients, known)
        else:
            yield from _wrong_packages(file, whole, hcpcs)
    for edition in _dated(folder):
        try:
            whole = [row for _, row in rows(edition)]
        except DrugListError as error:
            yield str(error)
            continue
        if edition.table == "rxnorm":
            known_concepts.update(row["rxcui"] for row in whole)
            yield from _wrong_concepts(edition.place, whole, products, ingredients, known)
        elif edition.table == "ndc":
            yield from _wrong_packages(edition.place, whole, hcpcs)
        else:
            yield from _wrong_concept_packages(edition.place, whole, known_concepts)


_CHECKED_HERE: Final[tuple[DrugTable, ...]] = ("rxnorm", "ndc", "ndc_rxnorm")


def _dated(folder: Path) -> list[DrugEdition]:
    """Return the dated editions of the crosswalks, concepts before the packages that lean on them."""
    try:
        found = editions(folder)
    except DrugListError:
        return []
    return [edition for table in _CHECKED_HERE for edition in found[table] if edition.effective != date.min]


def _wrong_concepts(
    file: str,
    whole: list[dict[str, str]],
    products: Collection[str],
    ingredients: Collection[str],
    known: Collection[str],
) -> Iterator[str]:
    for row in whole:
        yield from _wrong_concept(file, row, products, ingredients, known)
    counted = Counter(row["rxcui"] for row in whole)
    yield from (f"{file}: {rxcui} stands {n} times." for rxcui, n in counted.items() if n > 1)


def _wrong_packages(file: str, whole: list[dict[str, str]], hcpcs: Collection[str]) -> Iterator[str]:
    for row in whole:
        if len(row["ndc"]) != _ELEVEN or not row["ndc"].isdigit():
            yield f"{file}: {row['ndc']!r} is not eleven digits without hyphens."
        if row["hcpcs"] not in hcpcs:
            yield f"{file}: {row['ndc']} is billed with {row['hcpcs']!r}, which is not in hcpcs.csv."


def _wrong_concept_packages(
    file: str, whole: list[dict[str, str]], concepts: Collection[str]
) -> Iterator[str]:
    for row in whole:
        if len(row["ndc"]) != _ELEVEN or not row["ndc"].isdigit():
            yield f"{file}: {row['ndc']!r} is not eleven digits without hyphens."
        if row["rxcui"] not in concepts:
            yield f"{file}: {row['ndc']} is concept {row['rxcui']!r}, which rxnorm.csv does not hold."


def _wrong_concept(
    file: str,
    row: dict[str, str],
    products: Collection[str],
    ingredients: Collection[str],
    known: Collection[str],
) -> Iterator[str]:
    at = f"{file}: {row['rxcui']}"
    if not row["rxcui"].isdigit():
        yield f"{file}: rxcui {row['rxcui']!r} is no number."
    if row["tty"] not in TERM_TYPES:
        yield f"{at}: tty {row['tty']!r} is no kind of drug; write {', '.join(sorted(TERM_TYPES))}."
    if bool(row["ingredient"]) == bool(row["product"]):
        yield f"{at}: write an ingredient or a product, one of them."
    if row["product"] and row["product"] not in products:
        yield f"{at}: {row['product']!r} is not in products.csv."
    if row["ingredient"] and row["ingredient"] not in ingredients:
        yield f"{at}: ingredient {row['ingredient']!r} is no rxcui of products.csv."
    if row["cite"] not in known:
        yield f"{at}: cites {row['cite']}, which rules/sources.toml does not hold."
