"""
Reads a hospital's price transparency file, as CMS's CSV templates (tall and wide, versions 2 and 3) lay it out. Pure.

A negotiated dollar amount is taken where it is a fee. A percentage, and a dollar amount that is a share of the hospital's
own charge, are counted and left out; paid history (median and percentiles) is never put among negotiated rates.
"""

from collections.abc import Iterable, Iterator, Mapping
from csv import reader
from re import Pattern
from re import compile as compiled
from typing import Final, NamedTuple

from rules.claim.charge_lines import RANK_ORDER
from streams.rates.in_network import RatesFileError
from streams.rates.tally import Key, Tally, cents_of, month_of, payer_named

TYPES: Final = frozenset({"CPT", "HCPCS"})
_CODE: Final[Pattern[str]] = compiled(r"code\|\d+")
_DOLLAR: Final = "negotiated_dollar"
_WIDE: Final = 4
MAJOR_VERSIONS: Final = ("2", "3")
_SHARE: Final = "percent"


class Offer(NamedTuple):
    """One payer's columns of one line."""

    payer: str
    plan: str
    dollar: str
    percentage: str
    method: str
    algorithm: str = ""


def read(lines: Iterable[str], payer: str | None) -> Tally:
    """
    Return the negotiated amounts of our codes in a file; ``payer`` stands in place of the names in it.

    Raises:
        RatesFileError: the file has not the rows CMS's templates begin with, or is of another version.

    """
    tally = Tally()
    table = reader(lines)
    general = {
        _plain(name): value.strip() for name, value in zip(next(table, ()), next(table, ()), strict=False)
    }
    header = [_plain(name) for name in next(table, ())]
    version = general.get("version", "")
    if "hospital_name" not in general or not any(_DOLLAR in name for name in header):
        message = "does not begin with the three rows of CMS's hospital price template; save the file anew as it came."
        raise RatesFileError(message)
    if not version.removeprefix("v").startswith(MAJOR_VERSIONS):
        message = f"is of version {version[:20]!r} of CMS's hospital template; versions 2 and 3 are read."
        raise RatesFileError(message)
    period = month_of(general.get("last_updated_on", ""))
    for cells in table:
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        for code in sorted(_codes(row)):
            for offer in _offers(row, header):
                take(code, offer, row, payer, period, tally)
    return tally


def _plain(name: str) -> str:
    return "|".join(part.strip() for part in name.lstrip("\ufeff").casefold().split("|"))


def _codes(row: Mapping[str, str]) -> set[str]:
    return {
        value
        for name, value in row.items()
        if value in RANK_ORDER and _CODE.fullmatch(name) and row.get(f"{name}|type", "").upper() in TYPES
    }


def _offers(row: Mapping[str, str], header: list[str]) -> Iterator[Offer]:
    if "payer_name" in row:
        yield Offer(
            row["payer_name"],
            row.get("plan_name", ""),
            row.get("standard_charge|negotiated_dollar", ""),
            row.get("standard_charge|negotiated_percentage", ""),
            row.get("standard_charge|methodology", ""),
            row.get("standard_charge|negotiated_algorithm", ""),
        )
        return
    for name in header:
        parts = name.split("|")
        if len(parts) == _WIDE and parts[-1] == _DOLLAR:
            stem = "|".join(parts[:-1])
            yield Offer(
                parts[1],
                parts[2],
                row.get(name, ""),
                row.get(f"{stem}|negotiated_percentage", ""),
                row.get(f"{stem}|methodology", ""),
                row.get(f"{stem}|negotiated_algorithm", ""),
            )


def take(
    code: str, offer: Offer, row: Mapping[str, str], payer: str | None, period: str, tally: Tally
) -> None:
    """Count one payer's amount for a code, or why it is left out."""
    if not offer.dollar:
        if offer.percentage:
            tally.leave_out("a rate that is percentage")
        elif offer.algorithm:
            tally.leave_out("a rate that is an algorithm")
        return
    if row.get("modifiers"):
        tally.leave_out("a rate of a code with modifiers")
    elif _SHARE in offer.method.casefold():
        tally.leave_out("a rate that is a share of the hospital's own charge")
    elif "case" in offer.method.casefold() or "per diem" in offer.method.casefold():
        tally.leave_out(f"a rate that is a {offer.method.casefold()}"[:60])
    elif (cents := cents_of(offer.dollar, tally)) is not None:
        name = payer or payer_named(offer.payer, offer.plan)
        tally.add(
            Key(name, code, (row.get("setting") or "not said").casefold(), "institutional", period), cents, 1
        )
