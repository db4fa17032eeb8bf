"""When a code was added, changed, renumbered or deleted, and what stood in its place before. For readers."""

from datetime import date
from re import Pattern
from re import compile as compiled
from typing import Final

from rules.catalogue.fact_rows import Row, rows

_RANGE: Final[Pattern[str]] = compiled(r"([A-Z]?)(\d+)-([A-Z]?)(\d+)")
BEGINS: Final = ("added", "renumbered", "replaced")


def covers(codes: str, code: str) -> bool:
    """Tell whether ``96360-96379``, or a code as it stands, covers a code."""
    spanned = _RANGE.fullmatch(codes)
    if spanned is None:
        return codes == code
    letter, first, _, last = spanned.groups()
    number = code.removeprefix(letter)
    return len(number) == len(first) and number.isdecimal() and int(first) <= int(number) <= int(last)


def events(code: str) -> tuple[Row, ...]:
    """Return what is known of a code's history, oldest first; what has no day stands last."""
    found = [row for row in rows("history") if covers(row["code"], code)]
    return tuple(sorted(found, key=lambda row: row["effective"] or "9999"))


def not_yet(code: str, on: date) -> Row | None:
    """Return the event that began a code when it did so after a date: the code did not exist on it. Else None."""
    begun = [row for row in events(code) if row["event"] in BEGINS and row["effective"]]
    first = min(begun, key=lambda row: row["effective"], default=None)
    return first if first is not None and first["effective"] > on.isoformat() else None


def stood_before(code: str) -> tuple[str, ...]:
    """Return the codes or ranges that stood in a code's place before it began; none where no page read says so."""
    return tuple(
        dict.fromkeys(row["before"] for row in events(code) if row["event"] in BEGINS and row["before"])
    )
