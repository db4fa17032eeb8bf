"""
How many stays one may be: hundreds merged into one are no patient, but a number that registration uses for anybody.

Such a stay is put together from its own events alone, and held (R-DOC-9) until merges are voided: coded with all of
them it would be charged to whoever that number names, and each new one would have all of them coded again.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from models.encounter import Encounter, RefusedEvent, empty_encounter
from models.event import Event
from streams.encounter.fold import NoEventsError, fold, fold_merged

MOST_MERGED: Final = 100
"""Stays merged into one, however long the chains; a patient who is registered twice is two or three."""

TOO_MANY_MERGED: Final = "merges"
"""Stands for the id of a refused event in the flag that holds such a stay."""

_TOO_MANY: Final = RefusedEvent(
    TOO_MANY_MERGED,
    None,
    f"more than {MOST_MERGED} stays are merged into this one, so that it is no patient's stay and none of theirs is "
    "in it; send event_voided for the merges that are wrong",
)


def too_many(absorbed: int) -> bool:
    """Tell whether so many stays are too many to be merged into one."""
    return absorbed > MOST_MERGED


def fold_bounded(encounter_id: str, own: Iterable[Event], others: Mapping[str, Iterable[Event]]) -> Encounter:
    """
    Return the stay of ``own`` events together with those merged into it, as ``fold_merged``; of too many none counts.

    Raises:
        NoEventsError: nothing is known of the survivor.
    """
    if not others:
        return fold(own)
    if not too_many(len(others)):
        return fold_merged(own, others)
    try:
        alone = fold(own)
    except NoEventsError:
        alone = empty_encounter(encounter_id, "open")
    return alone._replace(refused_events=(*alone.refused_events, _TOO_MANY))
