"""One stay out of the read model: its newest charge set, every revision, its events, and its picture coded from them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from models.charge import CHARGE_SET, ChargeSet
from models.event import Event
from models.review_item import REVIEW_ITEM, ReviewItem
from rules.engine import Profile
from rules.site_folder import under_site
from streams.batch.coder import CodedEncounter, code_linked, code_stay
from streams.console.read_model import ReadModel, Row
from streams.encounter.charted_times import charted_times
from streams.explain.layout import lay_out
from streams.explain.picture import Picture
from streams.wire.encounter_key import InputLine

MOST_EVENTS: Final = 20_000
"""Events of a stay that a page reads; one of more is no patient's, and its page says so."""
_MOST_MERGED: Final = 100


class StayRecord(NamedTuple):
    """What the read model has of one stay."""

    encounter_id: str
    about: Row
    charge_set: ChargeSet | None
    """The newest; None where its charges were taken back whole, or none were made yet."""
    published_at_ms: int
    revisions: Sequence[Row]
    """The newest first."""
    events: Sequence[Row]
    """Its own and those of stays that merges connect with it, in the order they were stored."""
    item: ReviewItem | None
    coded: CodedEncounter | None
    """The stay as its events tell it now; None where they are gone."""

    @property
    def newer_events(self) -> int:
        """How many events came after the newest charge set."""
        return sum(row["at_ms"] > self.published_at_ms for row in self.events)

    @property
    def all_events(self) -> list[Event]:
        """Its events and those of the stays merged into it, as models."""
        if self.coded is None:
            return []
        return [*self.coded.events, *(event for part in self.coded.merged.values() for event in part)]

    def picture(self) -> Picture | None:
        """Return the drawing of the newest charge set; None where there is nothing to draw."""
        if self.charge_set is None or self.coded is None:
            return None
        encounter, coding, events, merged = self.coded
        answers = self.item.answers if self.item is not None else ()
        return lay_out(encounter, self.charge_set, coding.spans, charted_times(events, merged), answers)


def stay_record(model: ReadModel, encounter_id: str, profile: Profile) -> StayRecord | None:
    """Return a stay; None where nobody has heard of it."""
    with model.reader() as connection:
        names = connected(connection, encounter_id)
        marks = ",".join("?" * len(names))
        events = connection.execute(
            f"SELECT * FROM events WHERE encounter_id IN ({marks}) ORDER BY at_ms, partition, position LIMIT ?",  # noqa: S608 - question marks
            (*names, MOST_EVENTS),
        ).fetchall()
        about = connection.execute("SELECT * FROM stays WHERE encounter_id = ?", (encounter_id,)).fetchone()
        own = [row for row in events if row["encounter_id"] == encounter_id]
        if about is None and not own:
            return None
        revisions = connection.execute(
            "SELECT * FROM revisions WHERE encounter_id = ? ORDER BY position DESC", (encounter_id,)
        ).fetchall()
        item = connection.execute("SELECT * FROM items WHERE encounter_id = ?", (encounter_id,)).fetchone()
    withdrawn = about is not None and about["status"] == "withdrawn"
    return StayRecord(
        encounter_id,
        about,
        None if withdrawn or not revisions else read_set(revisions[0]["charge_set"]),
        revisions[0]["at_ms"] if revisions else 0,
        revisions,
        events,
        _item(item),
        coded(encounter_id, events, profile),
    )


def coded(
    encounter_id: str, events: Sequence[Mapping[str, Any] | Row], profile: Profile
) -> CodedEncounter | None:
    """Return a stay coded from rows of events, as the worker codes it; None where they tell nothing of it."""
    lines: list[InputLine] = [(0, number, row["value"]) for number, row in enumerate(events, 1)]
    with under_site(profile.site):
        if all(row["encounter_id"] == encounter_id for row in events):
            stays = code_stay(encounter_id, lines, profile).stays
        else:
            stays = code_linked(lines, profile).stays
    return next((one for one in stays if one.encounter.encounter_id == encounter_id), None)


def read_set(value: bytes | None) -> ChargeSet | None:
    """Return a charge set out of what the read model keeps of it; None where this release cannot read it."""
    try:
        return CHARGE_SET.validate_json(value or b"")
    except ValidationError:
        return None


def _item(row: Row | None) -> ReviewItem | None:
    try:
        return REVIEW_ITEM.validate_json(row["item"]) if row is not None else None
    except ValidationError:
        return None


def connected(connection: Any, encounter_id: str) -> list[str]:
    """Return a stay and all that merges connect with it, however long the chain."""
    names, waiting = {encounter_id: None}, [encounter_id]
    while waiting and len(names) < _MOST_MERGED:
        for (other,) in connection.execute(
            "SELECT other FROM merges WHERE encounter_id = ?", (waiting.pop(),)
        ):
            if other not in names:
                names[other] = None
                waiting.append(other)
    return [*names]
