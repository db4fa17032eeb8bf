"""Checks the tables of money: the fee schedule, localities, classes, published rates and contracts, row by row."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from re import compile as pattern
from typing import Final

from rules.tables.edition_files import Families, Row
from rules.tables.table_columns import COLUMNS, EVERY_CODE, FIGURES, RVUS, Table

LARGEST_USD: Final = 50_000
"""More for one unit of giving a drug, without the drug, is a slip of whoever wrote it."""

LARGEST_PERCENT: Final = 1_000
"""A contract that pays ten times the schedule is a slip of whoever wrote it."""

SETTINGS: Final = ("facility", "office")
"""Whose lines a contract prices: those of the others are nobody's to charge."""

_AMOUNT: Final = pattern(r"\d{1,7}\.\d\d")
_VALUE: Final = pattern(r"\d{1,4}(?:\.\d{1,4})?")
_STATUS: Final = pattern(r"[A-Z]")
_PERIOD: Final = pattern(r"\d{4}-\d\d")
_GREATEST_INDEX: Final = 5


def _wrong_fee(row: Row, kept: Families) -> Iterator[str]:
    values = dict(zip(COLUMNS["pfs"], row, strict=True))
    if values["code"] not in kept.charged:
        yield "code is not a charged code of families.toml."
    if not _STATUS.fullmatch(values["status"]):
        yield "status must be one letter."
    for name in (*RVUS, "factor"):
        if values[name] and not _VALUE.fullmatch(values[name]):
            yield f"{name} must be a number such as 0.25."
    if not _VALUE.fullmatch(values["factor"]) or not Decimal(values["factor"]):
        yield "factor must be the conversion factor in US dollars, such as 33.4009."
    for name in ("nonfacility_na", "facility_na"):
        if values[name] not in {"", "NA"}:
            yield f"{name} must be NA or empty."


def _wrong_locality(row: Row, kept: Families) -> Iterator[str]:  # noqa: ARG001 -- as the others
    for name, value in zip(COLUMNS["gpci"][3:], row[3:], strict=True):
        if not _VALUE.fullmatch(value) or not 0 < Decimal(value) < _GREATEST_INDEX:
            yield f"{name} must be an index such as 1.026."


def _wrong_class(row: Row, kept: Families) -> Iterator[str]:
    if row[0] not in kept.charged:
        yield "code is not a charged code of families.toml."
    try:
        date.fromisoformat(row[1])
    except ValueError:
        yield "since must be a date such as 2026-01-01."
    if not row[2].strip():
        yield "category is empty."


def _wrong_published(row: Row, kept: Families) -> Iterator[str]:
    values = dict(zip(COLUMNS["rates"], row, strict=True))
    if not values["payer"].strip():
        yield "payer is empty."
    if values["code"] not in kept.charged:
        yield "code is not a charged code of families.toml."
    if not _PERIOD.fullmatch(values["period"]):
        yield "period must be a month such as 2026-10."
    if not values["count"].isdecimal() or not int(values["count"]):
        yield "count must be a whole number of rates."
    if wrong := [name for name in FIGURES if not _usd(values[name])]:
        yield f"{', '.join(wrong)} must be US dollars such as 16.37, up to {LARGEST_USD}."
        return
    ranks = [Decimal(values[name]) for name in FIGURES[1:]]
    if ranks != sorted(ranks):
        yield "p10, p25, p50, p75 and p90 must not fall."


def _wrong_agreed(row: Row, kept: Families) -> Iterator[str]:
    payer, code, setting, usd, percent = row
    if not payer.strip():
        yield "payer is empty."
    if code not in kept.charged and not (code == EVERY_CODE and percent):
        yield "code is not a charged code of families.toml; * is every code, with a percent."
    if setting not in SETTINGS:
        yield f"setting must be {' or '.join(SETTINGS)}."
    if bool(usd) == bool(percent):
        yield "write usd or percent, and leave the other empty."
    if usd and not _usd(usd):
        yield f"usd must be US dollars a unit such as 16.37, up to {LARGEST_USD}."
    if percent and not (_VALUE.fullmatch(percent) and 0 < Decimal(percent) <= LARGEST_PERCENT):
        yield f"percent must be a number of percent of the schedule such as 115, up to {LARGEST_PERCENT}."


def _usd(text: str) -> bool:
    return bool(_AMOUNT.fullmatch(text)) and Decimal(text) <= LARGEST_USD


MONEY_CHECKS: Final[Mapping[Table, Callable[[Row, Families], Iterator[str]]]] = {
    "pfs": _wrong_fee,
    "gpci": _wrong_locality,
    "rbcs": _wrong_class,
    "rates": _wrong_published,
    "contract": _wrong_agreed,
}
"""What is wrong with a row of each table, one sentence each."""
