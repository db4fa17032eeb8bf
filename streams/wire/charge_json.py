"""
A charge set as bytes, and as rows for a table.

The bytes are canonical: fields in the contract's order, no spaces, names of figures sorted, so the same set is
the same bytes wherever and whenever it is written.
"""

from typing import Final, NamedTuple

from orjson import OPT_APPEND_NEWLINE, OPT_SORT_KEYS, dumps

from models.charge import ChargeLine, ChargeSet
from models.delivery import Delivery
from models.line_change import LineChange
from models.nudge import NudgeSet
from models.review_item import ReviewItem

# Sorting reaches plain mappings only (a flag's facts, the table editions); dataclasses keep their own order.
_CANONICAL: Final = OPT_SORT_KEYS | OPT_APPEND_NEWLINE


def written(charge_set: ChargeSet) -> bytes:
    """Return one line of JSON with its line feed: the contract's section 3."""
    return dumps(charge_set, option=_CANONICAL)


def value_of(value: ChargeSet | LineChange | ReviewItem | Delivery | NudgeSet) -> bytes:
    """Return the value of a message: a line's JSON without the line feed."""
    return dumps(value, option=OPT_SORT_KEYS)


class Row(NamedTuple):
    """One charge line as a person reads it."""

    code: str
    units: str
    modifiers: str
    date: str
    minutes: str
    evidence: str


def row(line: ChargeLine) -> Row:
    """Return a charge line's columns: code, units, modifiers, date of service, whole minutes, evidence."""
    return Row(
        code=line.code,
        units=str(line.units),
        modifiers=" ".join(line.modifiers),
        date=line.service_date.isoformat(),
        minutes="" if line.minutes is None else str(line.minutes),
        evidence=line.evidence.replace("_", " "),
    )
