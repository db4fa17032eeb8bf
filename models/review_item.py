"""
What a person must look at in a charge set: what it asks, what it rests on, what to do first.

Field names and their order are the wire's. The lines themselves are in the charge set; here is only how many.
"""

from dataclasses import dataclass

from pydantic import TypeAdapter

from models.charge import Evidence, Flag, NotBilled, Status
from models.deferred import deferred
from models.field import ReviewDecision


@dataclass(frozen=True)
class OutcomeLine:
    """One line as an answer would give it."""

    code: str
    modifiers: tuple[str, ...]
    units: int


@dataclass(frozen=True)
class AnswerOutcome:
    """
    What one admissible answer to one flag would make of the stay, found by coding it with that answer.

    ``event`` is what would say it; a decision is in ``decision`` and ``code``, a fact in ``field`` and ``values``, where
    answers that come to the same stand together. ``cents`` is the expected payment of all lines in whole US cents.
    """

    flag: str
    administration_ids: tuple[str, ...]
    event: str
    decision: ReviewDecision | None
    code: str | None
    field: str | None
    values: tuple[str, ...]
    says: str
    status: Status
    lines: tuple[OutcomeLine, ...]
    cents: int
    still_held_by: tuple[str, ...]


@dataclass(frozen=True)
class ChartGap:
    """
    One thing the chart of a stay lacks of what its code asks for, by the checklist of R-DOC-1.

    ``holds`` tells that a flag holds the stay for it. ``cents``, in whole US cents, is then by how much the answers
    differ; else the expected payment of the line that stands on it. None where neither is known.
    """

    item: str
    asks: str
    code: str
    administration_ids: tuple[str, ...]
    rules: tuple[str, ...]
    flags: tuple[str, ...]
    holds: bool
    cents: int | None


@deferred
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
    answers: tuple[AnswerOutcome, ...] = ()
    chart_lacks: tuple[ChartGap, ...] = ()


REVIEW_ITEM: TypeAdapter[ReviewItem] = TypeAdapter(ReviewItem)
"""Reads and describes a review item: ``REVIEW_ITEM.validate_json(value)``."""
