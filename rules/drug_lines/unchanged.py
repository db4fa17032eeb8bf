"""
The first day of the stretch in which a date lies, as far as drugs are asked: since then nothing they rest on has changed.

What a charted drug comes to on that day it comes to on every later one of the stretch, for none of its words names the
date of service. So one dose is counted once a quarter and not once a day.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, timedelta

from rules.drug_lines import containers, opps_status, waste
from rules.drug_lines.unit_table import billing_unit_table
from rules.formulary.products import hcpcs_codes, statement
from rules.site_folder import cached_by_site

_NEXT_DAY = timedelta(days=1)


@cached_by_site(maxsize=8192)
def drugs_unchanged_since(on: date) -> date:
    """Return the last day up to a date on which a drug's code, unit, status or container, or a quarter, began or ended."""
    changes = _changes()
    place = bisect_right(changes, on)
    quarter = date(on.year, on.month - (on.month - 1) % 3, 1)
    return max(changes[place - 1] if place else date.min, quarter)


@cached_by_site()
def _changes() -> tuple[date, ...]:
    begun, ended = set(_begun()), set(_ended())
    return tuple(sorted(begun | {last + _NEXT_DAY for last in ended if last < date.max}))


def _begun() -> Iterator[date]:
    yield from statement()[0]
    yield from (unit.since for unit in billing_unit_table().values() if unit.since is not None)
    yield from (code.since for code in hcpcs_codes() if code.since is not None)
    yield from containers.first_days()
    yield from opps_status.first_days()
    yield from waste.first_days()


def _ended() -> Iterator[date]:
    yield from (unit.until for unit in billing_unit_table().values() if unit.until is not None)
    yield from (code.until for code in hcpcs_codes() if code.until is not None)
    yield from containers.last_days()
