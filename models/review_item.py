"""
What a person must look at in a charge set: what it asks, what it rests on, what to do first.

Field names and their order are the wire's. The lines themselves are in the charge set; here is only how many.
"""

from dataclasses import dataclass

from pydantic import TypeAdapter

from models.charge import Evidence, Flag, NotBilled, Status


@dataclass(frozen=True)
class ReviewItem:
    """The open questions of one stay at one revision; a later revision's replace them, a tombstone closes them."""

    encounter_id: str
    charge_set_id: str
    revision: int
    status: Status
    flags: tuple[Flag, ...]
    not_billed: tuple[NotBilled, ...]
    lines_shown: int
    evidence: Evidence | None
    suggestion: str


REVIEW_ITEM: TypeAdapter[ReviewItem] = TypeAdapter(ReviewItem)
"""Reads and describes a review item: ``REVIEW_ITEM.validate_json(value)``."""
