"""Who performs these services and where: provider taxonomies and places of service, and what a place means for R-SET."""

from typing import Final

from rules.catalogue.fact_rows import Row, rows

PLACE: Final = "POS "
"""What stands before a place of service, which is otherwise a modifier or nothing."""


def taxonomies() -> tuple[Row, ...]:
    """Return every taxonomy of the table, organisations first."""
    return rows("taxonomies")


def places() -> tuple[Row, ...]:
    """Return every place of service, with the rate Medicare pays there and the setting R-SET takes it for."""
    return rows("places")


def seen_with(code: str) -> tuple[Row, ...]:
    """Return the taxonomies that a published page of a code names; none where no such page was read."""
    return tuple(
        row for row in taxonomies() if any(seen.startswith(f"{code}=") for seen in row["seen_in"].split())
    )
