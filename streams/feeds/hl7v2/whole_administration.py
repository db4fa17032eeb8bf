"""An RXA that states an administration: given, from when to when, or not given at all."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from models.field import Technique
from streams.feeds.event_id import event_id
from streams.feeds.hl7v2.given import GivenRecord
from streams.feeds.hl7v2.times import WireTime

_INTO_TISSUE: Final = frozenset({"IM", "SC"})
_INTO_A_VESSEL: Final = frozenset({"IV", "IA", None})
_MOMENTARY: Final = frozenset({"push", "injection"})
_OF_ACTION: Final[Mapping[str, Technique]] = {"push": "push", "injection": "injection"}
_CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""A stop that lies further behind the moment of its recording was planned, not seen."""


def tell_whole(record: GivenRecord) -> None:
    """Tell what an RXA without an action of a running infusion says."""
    action, change, place = record.done
    if action in {"verify", "bolus"}:
        record.context.note(place, "changes nothing that is billed, so no event is made of it")
        return
    if action in {"not_given", "void"} or change == "delete":
        _not_given(record)
        return
    start = record.time(3)
    if start is None:
        return
    stop: WireTime | None = None
    if record.rxa.raw(4):
        stop = record.time(4)
        if stop is None:
            return
        if planned(record, stop):
            record.context.note(
                record.field(4), "lies after the moment of its recording: a plan, so the stop is unknown"
            )
            stop = None
    technique = _technique(record, start, stop)
    if stop is None and technique != "push" and _changes_rate(record):
        record.tell(
            "infusion_rate_changed",
            record.first_id,
            start.text,
            rate_ml_per_h=record.amounts.rate_ml_per_h,
        )
        return
    if stop is not None and stop.instant == start.instant and technique != "infusion":
        stop = None
    record.state(record.whole_id, technique, start, stop)
    if change == "update":
        record.context.tell(
            "event_voided",
            record.whole_id,
            start.text,
            {"voids_event_id": _not_given_id(record)},
            record.recorded_at,
        )


def _not_given(record: GivenRecord) -> None:
    context = record.context
    moment = context.time(record.rxa, 3)
    if isinstance(moment, WireTime):
        at: str | None = moment.text
    else:
        at = record.recorded_at or context.recorded_at
        if at is None:
            context.refuse_time(record.field(3), moment)
            return
    if record.done.action == "not_given" and record.done.change == "add":
        context.tell_once(_not_given_id(record), record.whole_id, at or "")
        return
    record.tell("administration_voided", record.whole_id, at or "")
    if record.done.action == "void" and _may_have_run(record):
        context.refuse(
            record.done.place,
            "an entry of what may be a running infusion was taken back, and which one is not told",
            "send it with RXA-21 D and the action that is taken back",
        )


def _not_given_id(record: GivenRecord) -> str:
    """
    Return the id of the word that an administration was not given, the same in whichever message it comes.

    So the update that says it was given after all can take that word back without having seen it.
    """
    return event_id(record.context.sender, "not given", "administration_voided", "", record.whole_id)


def _may_have_run(record: GivenRecord) -> bool:
    return record.route.technique not in _MOMENTARY and record.route.kind in _INTO_A_VESSEL


def planned(record: GivenRecord, stop: WireTime) -> bool:
    """Tell whether a stop lies so far behind the moment of its recording that nobody can have seen it."""
    recorded = record.recorded_at or record.context.recorded_at
    return recorded is not None and stop.instant - datetime.fromisoformat(recorded) > _CLOCKS_DIFFER


def _changes_rate(record: GivenRecord) -> bool:
    """
    Tell whether this start is the moment at which the rate of a running infusion changed.

    By the standard a further RXA of an order with another rate says so, and its RXA-3 is when (RXA-2, RXA-3).
    """
    sub_id = record.rxa.text(2)
    return (
        record.amounts.rate_ml_per_h is not None
        and record.done.action is None
        and sub_id.isdecimal()
        and int(sub_id) > 1
        and record.whole_id != record.first_id
        and record.fields["order_id"] is not None
        and record.route.kind in _INTO_A_VESSEL
    )


def _technique(record: GivenRecord, start: WireTime, stop: WireTime | None) -> Technique | None:
    """Return how it was given where the message tells; else None, and its route and its times decide."""
    technique = _OF_ACTION.get(record.done.action or "") or record.route.technique
    if technique is not None or record.route.kind not in _INTO_A_VESSEL or stop is None:
        return technique
    if stop.instant > start.instant:
        return "infusion"
    if record.route.kind is None and stop.instant == start.instant:
        return None
    if stop.instant == start.instant and record.context.site.equal_times == "push":
        record.context.note(record.field(4), "the same as the start: given in a moment, so a push")
        return "push"
    return "infusion"
