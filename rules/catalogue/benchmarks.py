"""
Where payers' published rates of a code lie, and how far from Medicare's: for readers, from a site's editions of rates.

The gap is to Medicare's own row of the same setting and class, else to the schedule's amount of the date. Nothing here is
paid or charged; ``rules.claim`` decides what a line is expected to be paid.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from tomllib import loads
from typing import Any, Final

from rules.catalogue.fact_rows import rows as facts_of_catalogue
from rules.site_folder import files_of, site_in_force
from rules.tables.lookup import opps
from rules.tables.money import PublishedRate, fee, published, standing
from rules.tables.table_columns import COLUMNS, FIGURES

MEDICARE: Final = "Medicare"
RATIO_PLACES: Final = 2
NOTE: Final = (
    "Published rates, for comparison: they choose no code. A line's expected payment rests on the payer's own median where "
    "the site's folder holds them, and says so."
)


def rates_of(code: str, on: date) -> tuple[PublishedRate, ...]:
    """Return the published rates of a code in force on a date, by payer, setting, class and month."""
    return tuple(sorted(one for one in published(on) if one.code == code))


def example(code: str) -> list[dict[str, str]]:
    """Return the worked example of a code: figures of one published page, for reading and never for money."""
    return [dict(row) for row in facts_of_catalogue("benchmarks") if row["code"] == code]


def benchmark_facts(code: str, on: date) -> dict[str, Any]:
    """Return the rows of the site's editions in force, what was left out of them, and the worked example."""
    return {
        "rows": compared(rates_of(code, on), on),
        "left_out": _left_out(on),
        "notes": [one.note for one in standing("rates", on) if one.note],
        "example": example(code),
        "note": NOTE,
    }


def compared(rates: Iterable[PublishedRate], on: date) -> list[dict[str, Any]]:
    """Return each rate as a mapping, in US dollars, with its spread and its gap and ratio to Medicare where there is one."""
    every = list(rates)
    own = {(one.code, one.setting, one.billing_class): one.mean for one in every if one.payer == MEDICARE}
    return [_row(one, *_medicare(one, own, on)) for one in every]


def _medicare(
    rate: PublishedRate, own: Mapping[tuple[str, str, str], int], on: date
) -> tuple[int | None, str]:
    """Return what Medicare pays in US cents for the setting and class of a rate, and where that was read."""
    mean = own.get((rate.code, rate.setting, rate.billing_class))
    if mean is not None:
        return mean, "its own row"
    if rate.billing_class == "institutional" and standing("opps", on):
        hospital = opps(rate.code, on)
        if hospital is not None and hospital.unit_cents is not None and hospital.effective.year == on.year:
            return hospital.unit_cents, f"OPPS {hospital.effective}"
    if rate.billing_class == "professional":
        office = fee(rate.code, on)
        if office is not None and office.total and not office.values["nonfacility_na"]:
            return round(office.total * office.factor * 100), f"MPFS {office.effective}"
    return None, ""


def _row(rate: PublishedRate, medicare: int | None, read_from: str) -> dict[str, Any]:
    cents = [getattr(rate, name) for name in FIGURES]
    between, around = rate.p75 - rate.p25, rate.p75 + rate.p25
    return {
        **dict(zip(COLUMNS["rates"], (*rate[:6], *map(usd, cents)), strict=True)),
        "between_quartiles": usd(between),
        "dispersion": round(between / around, RATIO_PLACES) if around else 0.0,
        "medicare": None if medicare is None else usd(medicare),
        "medicare_from": read_from,
        "gap_to_medicare": None if medicare is None else usd(rate.mean - medicare),
        "ratio_to_medicare": None if not medicare else round(rate.mean / medicare, RATIO_PLACES),
        "cents": cents[1:],
    }


def usd(cents: int) -> str:
    """Return an amount as ``16.37``."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _left_out(on: date) -> dict[str, int]:
    """Return how many rates were left out of the editions in force, by reason."""
    site = site_in_force()
    told: dict[str, int] = {}
    for edition in standing("rates", on) if site is not None else ():
        said = files_of(site).get(f"edits/{edition.path.parent.name}/edition.toml", b"") if site else b""
        for reason, count in loads(said.decode()).get("rates", {}).get("left_out", {}).items():
            told[reason] = told.get(reason, 0) + count
    return dict(sorted(told.items()))
