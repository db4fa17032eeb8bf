"""
The first day of the stretch in which a date lies: from then to it nothing changed by which a claim is checked or priced.

What is worked out for that day holds on every later one of the stretch. So what is remembered of a claim's codes is found
again on another day of the month, where the sentences it makes name no date.
"""

from bisect import bisect_right
from datetime import date

from rules.parameter import parameters
from rules.site_folder import cached_by_site
from rules.tables.code_dates import first_days
from rules.tables.in_force import at_hand


@cached_by_site(maxsize=8192)
def unchanged_since(on: date) -> date:
    """Return the last day up to a date on which an edition, a dated number, a code or a calendar year began."""
    changes = _changes()
    place = bisect_right(changes, on)
    # A schedule prices its own calendar year alone.
    return max(changes[place - 1] if place else date.min, date(on.year, 1, 1))


@cached_by_site()
def _changes() -> tuple[date, ...]:
    editions = (edition.effective for of_table in at_hand().values() for edition in of_table)
    numbers = (value.since for number in parameters() for value in number.values)
    codes = (begun.on for begun in first_days().values())
    return tuple(sorted({*editions, *numbers, *codes}))
