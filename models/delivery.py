"""
What became of a charge line on its way to a billing system.

Records say that a change of one line was taken, refused for good, or withheld because an earlier one of its stay was
refused. Field names and their order are the wire's. Nothing the billing system wrote as free text is in it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from pydantic import TypeAdapter

from models.deferred import deferred
from models.line_change import Change

Outcome = Literal["accepted", "refused", "withheld"]


@deferred
@dataclass(frozen=True)
class Delivery:
    """One charge or credit of a line, and what one billing system made of it."""

    encounter_id: str
    destination: str
    outcome: Outcome
    line_id: str
    change: Change
    charge_set_id: str
    revision: int
    control_id: str
    answer: str | None
    reason: str | None
    attempts: int
    decided_at: datetime


DELIVERY: Final[TypeAdapter[Delivery]] = TypeAdapter(Delivery)
"""Reads and describes a delivery: ``DELIVERY.validate_json(value)``."""
