"""
What stands in a billing system, whoever put it there: charges less their credits, line by line. Pure.

Lines are told apart by the sender's own id of them where there is one, else by code, date of service and modifiers.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple


class PostedLine(NamedTuple):
    """One line as a billing system has it."""

    code: str | None
    """None where only its id is known."""
    units: int
    """Below zero where more was credited than charged."""
    modifiers: tuple[str, ...] = ()
    service_date: date | None = None
    line_id: str | None = None


class PostedChange(NamedTuple):
    """One charge or credit, in the order it was posted."""

    encounter_id: str
    line: PostedLine
    credit: bool = False
    restates: str | None = None
    """The batch that states the stay whole: what was posted in others stands no more."""


def standing(changes: Iterable[PostedChange]) -> tuple[PostedLine, ...]:
    """Return what stands of one stay after its charges and credits, in the order it was first posted."""
    lines: dict[tuple[object, ...], PostedLine] = {}
    batch: str | None = None
    for change in changes:
        if change.restates is not None and change.restates != batch:
            lines.clear()
        batch = change.restates
        line = change.line
        key = (line.line_id, line.code, line.service_date, line.modifiers)
        before = lines.get(key)
        units = (0 if before is None else before.units) + (-line.units if change.credit else line.units)
        lines[key] = line._replace(units=units)
    return tuple(line for line in lines.values() if line.units)
