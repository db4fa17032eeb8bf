"""
Codes of single products that other lists translate: clinical and branded drugs of RxNorm, and National Drug Codes.

``parameters/drugs/rxnorm.csv`` says which product a concept above or below the ingredient is: by the product's key, or
by the RxNorm identifier of its ingredient. ``parameters/drugs/ndc.csv`` says which HCPCS code a package is billed
with. A site adds its own rows to both; each file is read when the first code of its kind comes.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from csv import DictReader
from functools import lru_cache
from itertools import chain
from pathlib import Path
from re import compile as pattern
from typing import Final, NamedTuple

from rules.data_files import DRUGS
from rules.formulary.site_rows import site_cells
from rules.site_folder import cached_by_site, site_in_force

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


@cached_by_site()
def rxnorm_concepts(folder: Path = DRUGS) -> dict[str, RxNormConcept]:
    """Return every concept of the crosswalk by its identifier, a site's own among them."""
    return {
        row["rxcui"]: RxNormConcept(row["rxcui"], row["tty"], row["ingredient"], row["product"])
        for row in chain(_rows(RXNORM, folder), _of_site(RXNORM))
    }


@cached_by_site()
def ndc_hcpcs(folder: Path = DRUGS) -> dict[str, tuple[str, ...]]:
    """Return the HCPCS codes each package is billed with, by its eleven digits."""
    table: dict[str, tuple[str, ...]] = {}
    for row in _rows(NDC, folder):
        table[row["ndc"]] = (*table.get(row["ndc"], ()), row["hcpcs"])
    for own in _of_site(NDC):
        for package in eleven_digits(own["ndc"]):
            table[package] = tuple(dict.fromkeys((*table.get(package, ()), own["hcpcs"])))
    return table


def _of_site(file: str) -> Iterator[Mapping[str, str]]:
    site = site_in_force()
    if site is not None:
        yield from site_cells(site, file)


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
    Yield what is wrong with the two crosswalks; nothing when they are in order.

    ``products`` are the keys, ``ingredients`` the RxNorm identifiers of ``products.csv``, ``hcpcs`` the codes of
    ``hcpcs.csv``, ``known`` the bibliography.
    """
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
            for row in whole:
                yield from _wrong_concept(row, products, ingredients, known)
            counted = Counter(row["rxcui"] for row in whole)
            yield from (f"{RXNORM}: {rxcui} stands {n} times." for rxcui, n in counted.items() if n > 1)
        else:
            for row in whole:
                if len(row["ndc"]) != _ELEVEN or not row["ndc"].isdigit():
                    yield f"{NDC}: {row['ndc']!r} is not eleven digits without hyphens."
                if row["hcpcs"] not in hcpcs:
                    yield f"{NDC}: {row['ndc']} is billed with {row['hcpcs']!r}, which is not in hcpcs.csv."


def _wrong_concept(
    row: dict[str, str], products: Collection[str], ingredients: Collection[str], known: Collection[str]
) -> Iterator[str]:
    at = f"{RXNORM}: {row['rxcui']}"
    if not row["rxcui"].isdigit():
        yield f"{RXNORM}: rxcui {row['rxcui']!r} is no number."
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
