"""Lengths of time as a person says them."""


def span_text(seconds: float) -> str:
    """Return a length of time in its two largest units."""
    whole = int(seconds)
    if whole < 60:  # noqa: PLR2004 seconds of a minute
        return f"{whole} s"
    parts = [(whole // 86400, "d"), (whole // 3600 % 24, "h"), (whole // 60 % 60, "min"), (whole % 60, "s")]
    first = next(place for place, (count, _) in enumerate(parts) if count)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count)


def left_text(seconds: float) -> str:
    """Return what is left until an instant, or for how long it is past."""
    return span_text(seconds) if seconds > 0 else f"past {span_text(-seconds)}"
