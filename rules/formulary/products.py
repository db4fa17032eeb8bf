"""
The formulary's data: what each product is, how it is billed, and by which codes and names it is known.

Of the files in ``parameters/drugs/`` this module reads three. ``products.csv`` has one row a product: the ingredient it shares with
its brands, salts and biosimilars, its class, whether it is ever pushed, how sure we are and who says so.
``hcpcs.csv`` ties product codes to products and keeps the day a code ended. ``formulary.toml`` says from
when the whole is in force and what the pushable column rests on. A row may carry its own ``from`` and
``until``, both inclusive: a class that changes gets a second row, never an edit of the first. What a refresh took in of
CMS's drug codes lies over ``hcpcs.csv``, code by code (``drug_editions``).
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from csv import DictReader
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache, lru_cache
from pathlib import Path
from tomllib import load
from typing import Final, Literal, NamedTuple, cast, get_args

from models.drug import BillingClass
from rules.data_files import DRUGS, FORMULARY
from rules.formulary.charted_name import Key, key
from rules.formulary.crosswalks import eleven_digits, ndc_concepts, ndc_hcpcs, rxnorm_concepts
from rules.formulary.drug_editions import laid_over
from rules.formulary.name_reading import Meaning, Reader
from rules.formulary.name_strengths import by_strength
from rules.parameter import NotInForceError

Pushable = Literal["yes", "never", "unknown"]
"""Whether the drug is ever given as an intravenous push; a site's pharmacist signs it."""

Basis = Literal["product", "cited", "assigned", "unverified", "stated"]
"""
What a class rests on: the kind of product, a source, an assignment nobody has signed, a text nobody has
read, or the word of whoever charted the drug.
"""

FormularyClass = BillingClass | Literal["declot", "chemodenervation", "own_code"]
"""
How a product is billed: a class a publisher may state, or one that only says where else the work is coded.

``declot`` is 36593, ``chemodenervation`` the procedure the toxin is injected for, ``own_code`` a drug whose
administration has a code of its own outside this range, M0224 for one.
"""

VEHICLES: Final = frozenset({"hydration", "flush"})
"""Classes that only carry a drug when one is in the bag with them (R-DEF-10)."""


CARRIERS: Final = frozenset({"dextrose"})
"""Ingredients that carry a drug at any strength; alone, from 10% on, they are one (R-INF-6)."""


class HcpcsCode(NamedTuple):
    """A drug product code with its first and last day, where known."""

    code: str
    product: str
    since: date | None
    until: date | None


class Product(NamedTuple):
    """
    One row of the formulary.

    ``ingredient`` is the identity that decides whether two doses are of the same drug; a premix of two has
    both, joined by ``+``. ``by_route`` overrides the class where the route decides it.
    """

    key: str
    ingredient: str
    billing_class: FormularyClass
    by_route: tuple[tuple[str, FormularyClass], ...]
    pushable: Pushable
    basis: Basis
    cites: tuple[str, ...]
    rxcui: tuple[str, ...]
    since: date | None
    until: date | None
    names: tuple[str, ...]

    @property
    def vehicle(self) -> bool:
        """Tell whether the product is mere fluid beside any drug."""
        return self.billing_class in VEHICLES or self.ingredient in CARRIERS


class Pushability(NamedTuple):
    """What the pushable column rests on, for the words of a flag."""

    basis: str
    reason: str
    cite: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The products in force on one day, by the words and by the codes that mean them."""

    by_words: Mapping[Key, Product]
    by_code: Mapping[tuple[str, str], tuple[Product, ...]]
    by_key: Mapping[str, Product] = field(default_factory=dict)

    reader: Reader[Product] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reader", Reader(self.by_words))

    def means(self, name: str) -> Meaning[Product]:
        """Return what a charted name means, with what its doses and its order say."""
        return by_strength(self.reader.read(name), self.by_key)

    def named(self, name: str) -> tuple[Product, ...]:
        """Return the products a charted name means, more than one for a mixture; none when any is unknown."""
        return self.means(name).products

    def coded(self, system: str | None, code: str) -> tuple[Product, ...]:
        """
        Return the products a code may mean, the plainest first; local codes mean nothing here.

        A clinical or branded drug of RxNorm is its crosswalk's product, a National Drug Code that of the HCPCS code
        it is billed with.
        """
        spelt = code.strip().upper()
        if system == "ndc":
            return self._packaged(spelt)
        known = self.by_code.get((system or "hcpcs", spelt), ())
        if known or system != "rxnorm" or (concept := rxnorm_concepts().get(spelt)) is None:
            return known
        if concept.product:
            product = self.by_key.get(concept.product)
            return () if product is None else (product,)
        return self.by_code.get(("rxnorm", concept.ingredient), ())

    def _packaged(self, code: str) -> tuple[Product, ...]:
        """
        Return the product of a National Drug Code; one that can be read as two products is none.

        The code it is billed with decides; a package CMS does not list may be a concept of RxNorm.
        """
        table, concepts = ndc_hcpcs(), ndc_concepts()
        readings: set[tuple[Product, ...]] = set()
        for digits in eleven_digits(code):
            meant = (self.by_code.get(("hcpcs", hcpcs), ()) for hcpcs in table.get(digits, ()))
            products_meant = tuple(dict.fromkeys(product for each in meant for product in each))
            if not products_meant and digits in concepts:
                products_meant = self.coded("rxnorm", concepts[digits])
            if products_meant:
                readings.add(products_meant)
        return readings.pop() if len(readings) == 1 else ()


def rows(file: str, folder: Path = DRUGS) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line number and the cells of every row of a table; lines that begin with # are its header."""
    with (folder / file).open(encoding="utf-8", newline="") as lines:
        numbered = [(number, line) for number, line in enumerate(lines, 1) if not line.startswith("#")]
    for (number, _), cells in zip(numbered[1:], DictReader(line for _, line in numbered), strict=False):
        yield number, cells


def _day(cell: str) -> date | None:
    return date.fromisoformat(cell) if cell else None


def _list(cell: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in cell.split(";") if item.strip())


def classes() -> frozenset[str]:
    """Return every class a row of the formulary may have."""
    stated, ours = get_args(FormularyClass)
    return frozenset((*get_args(stated), *get_args(ours)))


def _class(cell: str) -> FormularyClass:
    if cell not in classes():
        message = f"products.csv: {cell!r} is no billing class; run 'infusion check' for the line."
        raise ValueError(message)
    return cast("FormularyClass", cell)


def _by_route(cell: str) -> tuple[tuple[str, FormularyClass], ...]:
    pairs = (item.partition("=") for item in _list(cell))
    return tuple((route, _class(kind)) for route, _, kind in pairs)


@cache
def products(folder: Path = DRUGS) -> tuple[Product, ...]:
    """Return every row of the formulary, whatever its dates, in the order of the file."""
    return tuple(
        Product(
            row["product"],
            row["ingredient"] or row["product"],
            _class(row["class"]),
            _by_route(row["by_route"]),
            cast("Pushable", row["pushable"]),
            cast("Basis", row["basis"]),
            _list(row["cites"]),
            _list(row["rxcui"]),
            _day(row["from"]),
            _day(row["until"]),
            (row["product"].replace("-", " "), *_list(row["names"])),
        )
        for _, row in rows("products.csv", folder)
    )


@cache
def hcpcs_codes(folder: Path = DRUGS) -> tuple[HcpcsCode, ...]:
    """Return every drug code, ended ones too; ``product`` is empty for an ended code of a drug not listed."""
    return tuple(
        HcpcsCode(code, row["product"], _day(row["from"]), _day(row["until"]))
        for code, of_code in laid_over("hcpcs", "code", folder).items()
        for row in of_code
    )


@cache
def statement() -> tuple[tuple[date, ...], Pushability]:
    """Return the days the formulary changed, oldest first, and what its pushable column rests on."""
    with FORMULARY.open("rb") as file:
        text = load(file)
    opened = {edition["from"] for edition in text["editions"]}
    first = min(opened)
    begun = {row.since for row in products() if row.since is not None}
    ended = {row.until + timedelta(days=1) for row in products() if row.until is not None}
    days = tuple(sorted(day for day in opened | begun | ended if day >= first))
    return days, Pushability(**text["pushable"])


@lru_cache(maxsize=4096)
def edition(on: date) -> date:
    """
    Return the day since which the formulary has been as it stands on a date of service.

    Raises:
        NotInForceError: the date lies before the formulary's first day.

    """
    days, _ = statement()
    place = bisect_right(days, on)
    if not place:
        what, entry = "the formulary", "[[editions]] entry to rules/parameters/drugs/formulary.toml"
        raise NotInForceError(what, on, days[0], entry)
    return days[place - 1]


@lru_cache(maxsize=8192)
def meaning(name: str, since: date) -> Meaning[Product]:
    """Return what a charted name means in one edition; each name is read once and remembered."""
    return catalogue(since).means(name)


@cache
def catalogue(since: date, folder: Path = DRUGS) -> Catalogue:
    """Return the products of one edition, ready to be looked up."""
    in_force = {
        row.key: row
        for row in (products() if folder == DRUGS else products(folder))
        if (row.since is None or row.since <= since) and (row.until is None or since <= row.until)
    }
    by_words = {key(name): row for row in reversed(in_force.values()) for name in row.names}
    by_code: dict[tuple[str, str], tuple[Product, ...]] = {}
    for row in in_force.values():
        for concept in row.rxcui:
            by_code["rxnorm", concept] = (*by_code.get(("rxnorm", concept), ()), row)
    for code in hcpcs_codes() if folder == DRUGS else hcpcs_codes(folder):
        meant = in_force.get(code.product)
        known = by_code.get(("hcpcs", code.code), ())
        if meant is not None and meant not in known:
            by_code["hcpcs", code.code] = (*known, meant)
    return Catalogue(by_words, by_code, in_force)
