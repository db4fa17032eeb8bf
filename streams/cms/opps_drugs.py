"""
The drug codes of OPPS Addendum B: each one's status indicator and national payment rate in a quarter.

Titles, then a header with ``HCPCS Code``, ``SI`` and ``Payment Rate``; descriptions are never read. A drug's status is the
fact of one quarter, so what is read stands beside the quarters before it.
"""

from collections.abc import Collection
from contextlib import ExitStack
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from re import compile as pattern
from typing import Final

from rules.drug_lines.opps_status import MEANS
from streams.cms.files import NO_RATE
from streams.cms.published_day import effective
from streams.cms.published_file import published
from streams.cms.refusal import RefreshRefusedError
from streams.cms.sheet import Headings, sheet
from streams.cms.taken import Faults, Row, Taken, left_out

NEEDED: Final[Headings] = {
    "HCPCS Code": pattern(r"hcpcscode"),
    "SI": pattern(r"si|statusindicator"),
    "Payment Rate": pattern(r"paymentrate"),
}


def read_statuses(path: Path, on: date, known: Collection[str]) -> Taken:
    """
    Return code, status and rate in US dollars of every drug code that is known, sorted; an empty rate where there is none.

    A status that has no meaning here is left out and named.

    Raises:
        RefreshRefusedError: the file is another one, of another quarter, cut off, or has cells that cannot be read.

    """
    faults, found = Faults(), set[Row]()
    odd: list[str] = []
    with ExitStack() as stack:
        publication = stack.enter_context(published(path))
        texts = [name for name in publication.members if name.lower().endswith((".csv", ".txt"))]
        if len(texts) != 1:
            message = (
                f"{publication.name}: needs one Addendum B as CSV, has {len(texts)}; give the CSV itself."
            )
            raise RefreshRefusedError([message])
        file = stack.enter_context(publication.open(texts[0]))
        table = sheet(file, NEEDED)
        for line, title in table.preamble:
            first = effective(title)
            if first is not None and first != on:
                raise file.fault(line, f"is the addendum of {first}, not of {on}.")
        for cells in table.rows():
            code, status = cells["HCPCS Code"].upper(), cells["SI"]
            if code not in known or not code[:1].isalpha():
                continue
            if status not in MEANS:
                odd.append(f"{code} {status or 'no status'}")
                continue
            rate = _rate(cells["Payment Rate"])
            if rate is None:
                faults.add(cells.fault("Payment Rate", "an amount in dollars"))
            else:
                found.add((code, status, rate))
        faults.settle()
    return Taken(tuple(sorted(found)), on, left_out("codes whose status is no drug's", odd))


def _rate(text: str) -> str | None:
    """Return a rate as the table writes it, empty where there is none; None where the cell is no amount."""
    plain = text.replace("$", "").replace(",", "").strip()
    if plain in NO_RATE:
        return ""
    try:
        value = Decimal(plain)
    except InvalidOperation:
        return None
    return format(value, "f") if value.is_finite() and value >= 0 else None
