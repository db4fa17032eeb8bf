"""
What is paid for a code beside OPPS: the physician fee schedule, a site's localities, its contracts, and published rates.

Amounts are looked up here and chosen in ``rules.claim``; none of them decides what is billed. The fee schedule ships; the
other tables are there where a site brings them. A year's schedule prices no other year.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from rules.parameter import NotInForceError
from rules.site_folder import cached_by_site
from rules.tables.edition_files import Edition, Row, laid_over
from rules.tables.in_force import at_hand, in_force
from rules.tables.table_columns import COLUMNS, Table

CENTS = 100


@dataclass(frozen=True, slots=True)
class Fee:
    """A code's row of the physician fee schedule: its indicators by name, relative values, and the conversion factor."""

    code: str
    values: Mapping[str, str]
    work: Decimal
    pe: Decimal
    """Practice expense outside a facility."""
    mp: Decimal
    total: Decimal
    factor: Decimal
    effective: date
    cite: str


@dataclass(frozen=True, slots=True)
class Locality:
    """The geographic adjustments of a facility's payment locality."""

    contractor: str
    number: str
    work: Decimal
    pe: Decimal
    mp: Decimal
    effective: date
    cite: str


class ContractRate(NamedTuple):
    """
    What a site's contract with a payer says of a code, or of every code, in a setting.

    US cents a unit, or else a percent of what the schedule of the setting comes to.
    """

    payer: str
    code: str
    setting: str
    cents: int | None
    percent: Decimal | None
    effective: date
    cite: str


class PublishedRate(NamedTuple):
    """Where a payer's published rates of a code lie: amounts in US cents, a percentile being an observed rate."""

    payer: str
    code: str
    setting: str
    billing_class: str
    period: str
    observed: int
    """How many rates there are."""
    mean: int
    p10: int
    p25: int
    p50: int
    p75: int
    p90: int
    effective: date
    cite: str


def cents_of(usd: str) -> int:
    """Return an amount written 16.37 in US cents."""
    return int(Decimal(usd) * CENTS)


def standing(table: Table, on: date) -> tuple[Edition, ...]:
    """Return the editions of a table in force on a date; none where it has none yet."""
    try:
        return in_force(table, on)
    except NotInForceError:
        return ()


@cached_by_site()
def has(*tables: Table) -> bool:
    """Tell whether any edition of one of these tables is at hand, so that a stay without one pays nothing for asking."""
    return any(at_hand()[table] for table in tables)


@cached_by_site(maxsize=4096)
def fee(code: str, on: date) -> Fee | None:
    """Return a code's row of the fee schedule in force on a date; None where no release of that year was read."""
    found = _fees(standing("pfs", on)).get(code)
    return found if found is not None and found.effective.year == on.year else None


@cached_by_site(maxsize=1024)
def locality(facility: str | None, on: date) -> Locality | None:
    """Return the locality of a facility in a year, else the one for every facility; None where a site gives none."""
    of_year = {
        name: one for name, one in _localities(standing("gpci", on)).items() if one.effective.year == on.year
    }
    return of_year.get(facility or "") or of_year.get("")


@cached_by_site(maxsize=1024)
def contract(on: date) -> tuple[ContractRate, ...]:
    """Return every rate of the site's contracts in force on a date."""
    return _contract(standing("contract", on))


@cached_by_site(maxsize=1024)
def published(on: date) -> tuple[PublishedRate, ...]:
    """Return every published rate in force on a date, of all payers."""
    return _published(standing("rates", on))


@cache
def _fees(layers: tuple[Edition, ...]) -> Mapping[str, Fee]:
    return MappingProxyType(
        {row[0]: _fee(row, edition) for row, edition in laid_over(layers).values()} if layers else {}
    )


def _fee(row: Row, edition: Edition) -> Fee:
    values = dict(zip(COLUMNS["pfs"], row, strict=True))
    return Fee(
        row[0],
        MappingProxyType(values),
        Decimal(values["work_rvu"] or 0),
        Decimal(values["pe_nonfacility"] or 0),
        Decimal(values["mp_rvu"] or 0),
        Decimal(values["total_nonfacility"] or 0),
        Decimal(values["factor"]),
        edition.effective,
        edition.cite,
    )


@cache
def _localities(layers: tuple[Edition, ...]) -> Mapping[str, Locality]:
    return MappingProxyType(
        {
            facility: Locality(
                contractor, number, Decimal(work), Decimal(pe), Decimal(mp), edition.effective, edition.cite
            )
            for (facility, contractor, number, work, pe, mp), edition in laid_over(layers).values()
        }
    )


@cache
def _contract(layers: tuple[Edition, ...]) -> tuple[ContractRate, ...]:
    return tuple(
        ContractRate(
            payer,
            code,
            setting,
            cents_of(usd) if usd else None,
            Decimal(percent) if percent else None,
            edition.effective,
            edition.cite,
        )
        for (payer, code, setting, usd, percent), edition in laid_over(layers).values()
    )


@cache
def _published(layers: tuple[Edition, ...]) -> tuple[PublishedRate, ...]:
    return tuple(published_rate(row, edition) for row, edition in laid_over(layers).values())


def published_rate(row: Row, edition: Edition) -> PublishedRate:
    """Return a row of an edition of rates, its amounts in US cents."""
    payer, code, setting, billing_class, period, observed, *amounts = row
    mean, p10, p25, p50, p75, p90 = map(cents_of, amounts)
    return PublishedRate(
        payer, code, setting, billing_class, period, int(observed), mean, p10, p25, p50, p75, p90,
        edition.effective, edition.cite,
    )  # fmt: skip
