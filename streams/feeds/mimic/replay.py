"""
A replay of MIMIC-III: its inputs, stay by stay, as events in the order in which they were stored.

The stays are inpatients of an intensive care unit. They are read as outpatients, so that the rules have something to do;
what they come to is an exercise of the rules, never a charge.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from streams.feeds.event_id import event_id
from streams.feeds.mimic.calendar import clock, moved_by
from streams.feeds.mimic.input_rows import NAMES_NOTHING, events_of
from streams.feeds.mimic.tables import Row
from streams.wire.rejects import Reject

_PAYERS: Final = {"medicare": "medicare", "medicaid": "medicaid"}


class RowReject(NamedTuple):
    """A row that could not be used: its number among the rows of its table, from 1, and why."""

    row: int
    reject: Reject


class Replay(NamedTuple):
    """The events in order of their storing, and the rows that gave none."""

    events: tuple[Mapping[str, Any], ...]
    rejects: tuple[RowReject, ...]


def replay(inputs: Iterable[Row], items: Iterable[Row], admissions: Iterable[Row]) -> Replay:
    """Return the events of all stays that have inputs; rows are mappings from column to text, columns in small letters."""
    names = {row["itemid"].strip(): row["label"].strip()[:200] for row in items if row["label"].strip()}
    stays = {row["hadm_id"].strip(): row for row in admissions}
    rejects: list[RowReject] = []
    events: list[tuple[datetime, int, Mapping[str, Any]]] = []
    moved: dict[str, timedelta] = {}
    for number, row in enumerate(inputs, 1):
        stay = row["hadm_id"].strip()
        try:
            if stay not in moved:
                moved[stay] = _moved(stay, stays, row)
            events += [
                (at, len(events) + place, event)
                for place, (at, event) in enumerate(events_of(row, names, moved[stay], stay))
            ]
        except ValueError as error:
            rejects.append(
                RowReject(number, Reject("inputevents_mv", _words(error), "correct the row, or leave it out"))
            )
    for stay, by in moved.items():
        if stay in stays:
            events += [
                (at, len(events) + place, event)
                for place, (at, event) in enumerate(_registration(stays[stay], by))
            ]
    events.sort(key=lambda entry: entry[:2])
    return Replay(tuple(event for _, _, event in events), tuple(rejects))


def _words(error: ValueError) -> str:
    said = str(error)
    return said if said == NAMES_NOTHING else "holds a time that is none"


def _moved(stay: str, stays: Mapping[str, Row], row: Row) -> timedelta:
    known = stays.get(stay)
    return moved_by(clock(known["admittime"] if known else row["starttime"]))


def _registration(row: Row, moved: timedelta) -> Iterator[tuple[datetime, dict[str, Any]]]:
    stay = row["hadm_id"].strip()
    came = row.get("edregtime", "").strip() or row["admittime"]
    arrived, left = clock(came) + moved, clock(row["dischtime"]) + moved
    common = {"encounter_id": stay, "source": "adt"}
    opened = {
        "type": "encounter_opened",
        "event_id": event_id("mimic", stay, "encounter_opened", came, ""),
        **common,
        "occurred_at": arrived.isoformat(),
        "arrived_at": arrived.isoformat(),
        "setting": "facility",
        "time_zone": "UTC",
    }
    payer = _PAYERS.get(row.get("insurance", "").strip().casefold())
    if payer is not None:
        opened["payer"] = payer
    yield arrived, opened
    yield (
        left,
        {
            "type": "encounter_discharged",
            "event_id": event_id("mimic", stay, "encounter_discharged", row["dischtime"], ""),
            **common,
            "occurred_at": left.isoformat(),
        },
    )
