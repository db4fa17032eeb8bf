"""What the tables of drugs have in common that may be wrong in a row: its days, and an amount with its unit. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation


def wrong_days(row: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with the first and the last day of a row; either may be empty."""
    try:
        days = [date.fromisoformat(row[name]) for name in ("from", "until") if row[name]]
    except ValueError:
        yield "from and until must be dates, 2026-01-01."
    else:
        if days != sorted(days):
            yield "until lies before from."


def above_zero(amount: str) -> bool:
    """Tell whether a text is a number above 0."""
    try:
        return Decimal(amount) > 0
    except InvalidOperation:
        return False
