"""
What changed from one revision of a charge set to the next, line by line.

A billing system that adds lines up, rather than replacing whole sets, reads these: a credit takes a line back as it
was charged, a charge puts one there. Field names and their order are the wire's.
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter

from models.charge import ChargeLine
from models.deferred import deferred

Change = Literal["charge", "credit"]


@deferred
@dataclass(frozen=True)
class LineChange:
    """One line charged or credited by a revision; a line that is otherwise in the next is credited, then charged."""

    encounter_id: str
    charge_set_id: str
    revision: int
    change: Change
    line: ChargeLine


LINE_CHANGE: TypeAdapter[LineChange] = TypeAdapter(LineChange)
"""Reads and describes a change: ``LINE_CHANGE.validate_json(value)``."""
