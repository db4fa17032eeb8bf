"""What is counted of a file of rates: each rate by payer, code and setting, and how much was left out and why. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from re import Pattern
from re import compile as compiled
from typing import Final, NamedTuple

LARGEST_USD: Final = Decimal(50_000)
"""A larger rate for giving a drug, without the drug, is a slip of whoever wrote it."""

_NAMES: Final[Mapping[str, str]] = {
    "aetna": "Aetna",
    "cigna": "Cigna",
    "united": "UnitedHealthcare",
    "uhc": "UnitedHealthcare",
    "blue cross": "Blue Cross Blue Shield",
    "bcbs": "Blue Cross Blue Shield",
    "anthem": "Blue Cross Blue Shield",
}
"""Letters in a payer's published name, and the payer they are put together under; the first that occurs decides."""

_DAY: Final[Pattern[str]] = compiled(
    r"(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])(?!\d)|(?P<first>0?[1-9]|1[0-2])/\d{1,2}/(?P<short>\d{4}|\d{2})(?!\d)"
)
_MEDICARE: Final[Pattern[str]] = compiled(
    r"(?:(?:original|traditional) )?medicare(?: part [ab])?(?: \[\w+\])?"
)
NO_NAME: Final = "a payer that gives no name"
_PUBLIC: Final = ("medicare", "medicaid")
"""Programmes whose plans are no commercial ones, whoever runs them."""

COMMERCIAL: Final = ("Aetna", "Blue Cross Blue Shield", "Cigna", "UnitedHealthcare")
"""The four that are put together as one aggregate."""


class Key(NamedTuple):
    """What rates are put together by: payer, code, setting, class of the claim, and the month they were published."""

    payer: str
    code: str
    setting: str
    billing_class: str
    period: str


@dataclass
class Tally:
    """Rates in cents with how many provider groups have them, what was left out by reason, and what was remarked."""

    rates: dict[Key, Counter[int]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    remarks: Counter[str] = field(default_factory=Counter)

    def add(self, key: Key, cents: int, groups: int) -> None:
        """Count a rate of some provider groups."""
        self.rates.setdefault(key, Counter())[cents] += groups

    def leave_out(self, reason: str, times: int = 1) -> None:
        """Count what is not averaged in, by its reason."""
        self.left_out[reason] += times

    def join(self, other: "Tally") -> None:
        """Take in what another file gave."""
        for key, rates in other.rates.items():
            self.rates.setdefault(key, Counter()).update(rates)
        self.left_out.update(other.left_out)
        self.remarks.update(other.remarks)


def payer_named(published: str, plan: str = "") -> str:
    """
    Return the payer a published name belongs to, the name itself where it is none of those known.

    A plan of Medicare or Medicaid that an insurer runs stands apart from its commercial ones, and is not Medicare.
    """
    name = " ".join(published.split()) or NO_NAME
    lower = name.casefold()
    if _MEDICARE.fullmatch(lower):
        return "Medicare"
    payer = next((payer for letters, payer in _NAMES.items() if letters in lower), name)
    public = next((one for one in _PUBLIC if one in f"{lower} {plan.casefold()}"), None)
    return payer if public is None or public in payer.casefold() else f"{payer}, {public.capitalize()} plan"


def month_of(day: str) -> str:
    """Return the month of a day written 2026-03-27, 3/27/2026 or 3/27/26, as 2026-03; 0000-00 for any other text."""
    found = _DAY.match(day.strip())
    if found is None:
        return "0000-00"
    year = found["year"] or found["short"]
    return f"{year if len(year) > len('26') else '20' + year}-{int(found['month'] or found['first']):02d}"


def cents_of(amount: object, tally: Tally) -> int | None:
    """Return an amount of US dollars in cents; None, counted with its reason, where it is no rate."""
    try:
        usd = Decimal(str(amount).replace(",", "").replace("$", "").strip())
    except InvalidOperation:
        tally.leave_out("a rate that is no number")
        return None
    if not usd.is_finite() or usd <= 0:
        tally.leave_out("a rate of nothing or less")
        return None
    if usd > LARGEST_USD:
        tally.leave_out(f"a rate over {LARGEST_USD} USD")
        return None
    return int((usd * 100).to_integral_value())
