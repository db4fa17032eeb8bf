"""US cents as people and spreadsheets read them."""


def dollars(cents: int, thousands: str = ",") -> str:
    """Return US cents as dollars, 1,234.50; without ``thousands`` as a spreadsheet reads it."""
    return f"{cents // 100:,}".replace(",", thousands) + f".{cents % 100:02d}"


def signed(cents: int) -> str:
    """Return US cents as dollars with their sign: +1,234.50, -73.56, 0.00."""
    sign = "+" if cents > 0 else "-" if cents < 0 else ""
    return f"{sign}{dollars(abs(cents))}"
