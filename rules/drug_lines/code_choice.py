"""
Which HCPCS code a given drug is billed with on a date (R-DRUG-1).

A charted NDC decides, then a charted HCPCS code, then a brand, maker or suffix in the name. Where several codes remain,
as for a biosimilar, or for a 505(b)(2) product beside the one it is no equivalent of, nobody has said which was given:
then none is chosen, and the choice names what is open.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, NamedTuple

from rules.drug_lines.quantities import folded
from rules.drug_lines.unit_table import BillingUnit, billing_unit_table
from rules.formulary.crosswalks import eleven_digits, ndc_hcpcs
from rules.formulary.products import hcpcs_codes
from rules.site_folder import cached_by_site

_NOT_BY_NEEDLE: Final = frozenset({"ORAL", "INH"})


class Choice(NamedTuple):
    """
    The code, or why there is none.

    ``unit`` is the code chosen; ``open_codes`` those among which the chart does not decide; ``wrong`` says what speaks
    against the only code, in words.
    """

    unit: BillingUnit | None
    by: str = ""
    open_codes: tuple[str, ...] = ()
    wrong: str = ""


@cached_by_site()
def _codes_of_products() -> dict[str, tuple[tuple[str, date | None, date | None], ...]]:
    table: dict[str, list[tuple[str, date | None, date | None]]] = {}
    for known in hcpcs_codes():
        table.setdefault(known.product, []).append((known.code, known.since, known.until))
    return {product: tuple(found) for product, found in table.items()}


def _stands(code: str, product_codes: Iterable[tuple[str, date | None, date | None]], on: date) -> bool:
    """Tell whether the formulary, with what a site lays over it, has a code for a date of service."""
    return any(
        named == code and (since is None or since <= on) and (until is None or on <= until)
        for named, since, until in product_codes
    )


@cached_by_site(maxsize=4096)
def _codes_of(products: tuple[str, ...], on: date) -> tuple[tuple[BillingUnit, ...], tuple[BillingUnit, ...]]:
    """Return every code of some products, and those of them that a dose by needle may be billed with on a date."""
    table = billing_unit_table()
    listed = [entry for product in products for entry in _codes_of_products().get(product, ())]
    every = [table[named] for named in dict.fromkeys(entry[0] for entry in listed) if named in table]
    there = [unit for unit in every if unit.in_force(on) and _stands(unit.code, listed, on)]
    there = [unit for unit in there if not unit.use & {"dialysis", "compounded"}]
    return tuple(every), tuple(unit for unit in there if not unit.routes or unit.routes - _NOT_BY_NEEDLE)


@cached_by_site(maxsize=8192)
def choose(
    products: tuple[str, ...], name: str, code: str | None, system: str | None, route: str | None, on: date
) -> Choice:
    """
    Return the code of one drug: of the products its name means, by what the chart says of brand and package.

    ``route`` is IV, SC, IM or another as the rules read it, None where nobody charted one.
    """
    table = billing_unit_table()
    every, ours = _codes_of(products, on)
    spelt = (code or "").strip().upper()
    if spelt and system in {"hcpcs", None} and spelt in table:
        return _coded(table[spelt], route, on)
    if spelt and system == "ndc":
        packaged = {found for digits in eleven_digits(spelt) for found in ndc_hcpcs().get(digits, ())}
        meant = [table[found] for found in sorted(packaged) if found in table and table[found].in_force(on)]
        meant = [unit for unit in meant if not unit.use & {"dialysis"}] or meant
        if len(meant) == 1:
            return _on_route(meant, route, f"the charted package is billed with {meant[0].code}")
        ours = tuple(meant) or ours
    return _by_name(ours, every, folded(name), route, on)


def _coded(unit: BillingUnit, route: str | None, on: date) -> Choice:
    if not unit.in_force(on):
        ended = (
            f"ended on {unit.until.isoformat()}" if unit.until and unit.until < on else "was not yet there"
        )
        return Choice(None, wrong=f"the charted code {unit.code} {ended}")
    return _on_route([unit], route, f"{unit.code} is charted")


def _by_name(
    ours: Sequence[BillingUnit], every: Sequence[BillingUnit], name: str, route: str | None, on: date
) -> Choice:
    if not ours:
        ended = sorted(unit.code for unit in every if unit.until is not None and unit.until < on)
        if ended:
            return Choice(
                None, wrong=f"{', '.join(ended)} ended before the date of service, and no code followed"
            )
        return Choice(None, wrong="the drug has no code of its own in the tables")
    words = f" {' '.join(name.replace('(', ' ').replace(')', ' ').replace(',', ' ').split())} "
    branded = [(max(map(len, found)), unit) for unit in ours if (found := _said(unit, words))]
    if branded:
        # "Tecentriq Hybreza" says "Tecentriq" too: the longest name is the one that was meant.
        longest = max(length for length, _ in branded)
        ours = [unit for length, unit in branded if length == longest]
        return _on_route(ours, route, f"the charted name says {', '.join(_said(ours[0], words))}")
    return _on_route(ours, route, "no other code has the drug")


def _said(unit: BillingUnit, words: str) -> list[str]:
    """Return the brands of a code that a name says, its words with one blank before and after each."""
    return [brand for brand in unit.brands if f" {brand} " in words]


def _on_route(units: Sequence[BillingUnit], route: str | None, by: str) -> Choice:
    fitting = [unit for unit in units if not unit.routes or route is None or route in unit.routes]
    if not fitting:
        allowed = "; ".join(f"{unit.code} is for {', '.join(sorted(unit.routes))}" for unit in units)
        return Choice(None, wrong=f"{allowed}, and the drug was given {route}")
    particular = [unit for unit in fitting if route is not None and route in unit.routes]
    if len(particular) == 1 and len(fitting) > 1 and not any(unit.brands or unit.use for unit in fitting):
        fitting = particular
    if len(fitting) == 1:
        return Choice(fitting[0], by)
    return Choice(None, open_codes=tuple(unit.code for unit in fitting))
