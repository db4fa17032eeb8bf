"""
Medicare's own indicators of a code: the physician fee schedule's, by release, and the classes CMS and AHRQ put it in.

For readers. Where an indicator disagrees with what the rules do, ``disagreements`` says so; the rules stand.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from tomllib import load
from types import MappingProxyType
from typing import Final

from rules.catalogue.codes import Code, codes
from rules.catalogue.fact_rows import Row, rows
from rules.data_files import CATALOGUE
from rules.site_folder import cached_by_site
from rules.sources import sources
from rules.tables.edition_files import rows as table_rows
from rules.tables.in_force import at_hand
from rules.tables.table_columns import COLUMNS

MEANINGS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "status": {
            "A": "active, paid by its relative values",
            "C": "priced by the contractor",
            "T": "paid only when nothing else payable is billed that day",
            "X": "outside the physician fee schedule",
        },
        "global_days": {"XXX": "no global period", "ZZZ": "an add-on", "YYY": "the contractor decides", "000": "that day alone"},
        "pctc": {
            "0": "a physician's service",
            "5": "incident to a physician's service: no physician is paid for it in a hospital",
            "9": "does not apply",
        },
        "multiple": {"0": "no reduction", "2": "the usual 100, 50, 50 percent", "9": "does not apply"},
        "supervision": {"09": "does not apply; the file says nothing of who supervises an infusion"},
        "imaging_family": {"99": "none"},
    }
)  # fmt: skip
"""What each value says, in our own words; a value or an indicator whose meaning was not read stands for itself."""

_PRICED: Final = frozenset("ART")
"""Statuses whose relative values are paid."""

_INCIDENT: Final = "5"
_ADD_ON: Final = "ZZZ"
_YEAR: Final = 4
"""Letters of a date that are its year."""


def releases(code: str) -> tuple[Row, ...]:
    """Return a code's rows of the fee schedule, oldest release first; none for one the files do not carry."""
    return _releases().get(code, ())


@cached_by_site()
def _releases() -> Mapping[str, tuple[Row, ...]]:
    found: dict[str, list[Row]] = {}
    for edition in at_hand()["pfs"]:
        if edition.awaited:
            continue
        about = {
            "effective": edition.effective.isoformat(),
            "cite": edition.cite,
            "grade": sources()[edition.cite].grade,
        }
        for _, row in table_rows(edition):
            named = dict(zip(COLUMNS["pfs"], row, strict=True))
            found.setdefault(named["code"], []).append({**named, **about})
    return MappingProxyType({code: tuple(of_code) for code, of_code in found.items()})


def indicator_on(code: str, on: date) -> Row | None:
    """Return a code's row of the release in force on a date; the oldest one before that; None where there is none."""
    known = releases(code)
    standing = [row for row in known if row["effective"] <= on.isoformat()]
    return standing[-1] if standing else next(iter(known), None)


def categories(code: str) -> tuple[Row, ...]:
    """Return the classes of a code: RBCS, CCS and the older BETOS where they were read; RBCS of a site's own edition first."""
    own = _classes().get(code)
    read = (row for row in rows("categories") if row["code"] == code)
    return tuple(row for row in read if own is None or row["scheme"] != "rbcs") + (
        () if own is None else (own,)
    )


@cached_by_site()
def _classes() -> Mapping[str, Row]:
    found: dict[str, Row] = {}
    for edition in at_hand()["rbcs"][-1:]:
        for _, (code, since, category) in table_rows(edition):
            about = {"grade": sources()[edition.cite].grade, "cite": edition.cite}
            found[code] = {"code": code, "scheme": "rbcs", "since": since, "category": category, **about}
    return MappingProxyType(found)


def conversion_factors(row: Row, on: date) -> tuple[Row, ...]:
    """Return the conversion factors of a date, where the code's row is of a release of the same year; else none."""
    day = on.isoformat()
    begun = [
        one
        for one in rows("conversion_factors")
        if one["from"] <= day and (not one["to"] or day <= one["to"])
    ]
    last = max((one["from"] for one in begun), default="")
    return tuple(
        one
        for one in begun
        if one["from"] == last and last[:_YEAR] == row["effective"][:_YEAR] == day[:_YEAR]
    )


def national_amounts(row: Row, factor: Decimal) -> dict[str, Decimal | None]:
    """
    Return what Medicare pays a professional before locality, in US dollars, by ``nonfacility`` and ``facility``.

    None where nobody is paid: a status without relative values, a side marked as not applying, and the facility side
    of a service incident to a physician's, although the file carries a total there.
    """
    if row["status"] not in _PRICED:
        return {"nonfacility": None, "facility": None}
    cents = Decimal("0.01")
    nonfacility = (
        None if row["nonfacility_na"] else (Decimal(row["total_nonfacility"]) * factor).quantize(cents)
    )
    unpaid = row["facility_na"] or row["pctc"] == _INCIDENT
    facility = None if unpaid else (Decimal(row["total_facility"]) * factor).quantize(cents)
    return {"nonfacility": nonfacility, "facility": facility}


def disagreements(on: date) -> Iterator[str]:
    """Yield one sentence for each code whose indicators say something else than its row of the rule book."""
    for code in dict.fromkeys(one.code for one in codes()):
        entry = max((one for one in codes() if one.code == code), key=lambda one: one.since)
        row = indicator_on(code, on)
        if row is not None:
            yield from (f"{code} {said} [{row['cite']}]" for said in _against(entry, row))


def _against(entry: Code, row: Row) -> Iterator[str]:
    add_on = row["global_days"] == _ADD_ON
    priced, incident = row["status"] in _PRICED, row["pctc"] == _INCIDENT
    says = {
        "add_on_to_medicare": add_on and entry.role not in {"add-on", "person"},
        "add_on_here": not add_on and entry.role == "add-on",
        "physicians_own": priced and row["pctc"] == "0",
        "facility_amount": priced and incident and not row["facility_na"],
        "reduced": row["multiple"] == "2",
    }
    words = _sentences()
    yield from (
        words[name].format(role=entry.role, global_days=row["global_days"])
        for name, holds in says.items()
        if holds
    )


@cache
def _sentences() -> Mapping[str, str]:
    with (CATALOGUE / "disagreements.toml").open("rb") as file:
        return MappingProxyType({name: str(text) for name, text in load(file).items()})
