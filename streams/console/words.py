"""Money, instants and spans as a page writes them. Pure."""

from datetime import UTC, datetime
from typing import Final

_MINUS: Final = "\N{MINUS SIGN}"
_MINUTE: Final = 60
_HOUR: Final = 3_600
_DAY: Final = 86_400
_SHORT_DAYS: Final = 2


def money(cents: int | None) -> str:
    """Return US cents as $1,234.50, with its sign where it is negative; a dash for None."""
    if cents is None:
        return "\N{EN DASH}"
    return f"{_MINUS if cents < 0 else ''}${abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def change(cents: int) -> str:
    """Return a difference of US cents with its sign."""
    return f"+{money(cents)}" if cents > 0 else money(cents)


def span(seconds: float) -> str:
    """Return a span in its largest unit that says enough: 45 s, 12 min, 5 h, 3 days."""
    seconds = abs(seconds)
    if seconds < _MINUTE:
        return f"{int(seconds)} s"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min"
    if seconds < _SHORT_DAYS * _DAY:
        return f"{int(seconds // _HOUR)} h"
    return f"{int(seconds // _DAY):,} days"


def ago(at: float, now: float) -> str:
    """Return how long ago an instant was, both in epoch seconds."""
    return "just now" if abs(now - at) < 2 else f"{span(now - at)} ago"  # noqa: PLR2004 - a second or two


def hold(ends_at: int | None, now: float) -> str:
    """Return what is left of a bill hold."""
    if ends_at is None:
        return "no departure yet"
    return f"{span(ends_at - now)} left" if ends_at > now else f"ended {span(now - ends_at)} ago"


def instant(at: float) -> str:
    """Return epoch seconds as 2026-03-02 13:00:05 UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def iso(at: float) -> str:
    """Return epoch seconds as a browser and a spreadsheet read them."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def count(number: int, one: str, many: str = "") -> str:
    """Return how many there are of something: 1 event, 1,200 events."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def plain_word(text: str) -> str:
    """Return a word of the wire as a person reads it."""
    return text.replace("_", " ")
