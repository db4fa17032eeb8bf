"""What an RXA says was done: RXA-20 and RXA-18, the action text of the record, and RXA-21's add, update or delete."""

from typing import Final, Literal, NamedTuple

from streams.feeds.hl7v2.context import MessageContext
from streams.feeds.hl7v2.segments import Segment
from streams.feeds.mar_words import MarAction
from streams.feeds.site_mapping import spelled

Change = Literal["add", "update", "delete"]

COMPLETION: Final[dict[str, MarAction | None]] = {
    "": None,
    "CP": None,
    "PA": None,
    "RE": "not_given",
    "NA": "not_given",
}
"""HL7 table 0322; None leaves it to the other fields."""

_CHANGES: Final[dict[str, Change]] = {
    "": "add",
    "A": "add",
    "S": "add",
    "X": "add",
    "U": "update",
    "D": "delete",
}
"""HL7 table 0206. What is told without a change (X) or as a snapshot (S) is told once more: it changes nothing."""


_TOOK_PLACE: Final = frozenset({"CP", "PA"})
_NOT_SO: Final = frozenset({"not_given", "void"})


class Done(NamedTuple):
    """What an RXA says was done."""

    action: MarAction | None
    """None where the RXA states an administration without an action of the record."""
    change: Change
    place: str
    """Where the action stands."""


def done_by(rxa: Segment, context: MessageContext, place: str) -> Done | None:
    """Return what was done; None where it is refused. ``place`` ends the names of fields, to tell several RXA apart."""
    change = _CHANGES.get(rxa.text(21).upper())
    if change is None:
        context.refuse(f"RXA-21{place}", "not in HL7 table 0206", "send A, U or D, or leave it out")
        return None
    status = rxa.text(20).upper()
    action = COMPLETION.get(status)
    if not status and COMPLETION.get(rxa.text(19).upper()) is not None:
        context.refuse(
            f"RXA-19{place}", "a word of HL7 table 0322 where an indication belongs", "send it in RXA-20"
        )
        return None
    where = f"RXA-20{place}"
    if status not in COMPLETION and "RXA-20" not in context.site.mar_action:
        _refuse_status(context, where)
        return None
    if action is None:
        action, where = _of_record(rxa, status, context, where)
        if action is None and status not in COMPLETION:
            _refuse_status(context, where)
            return None
    took_place = status in _TOOK_PLACE
    if rxa.raw(18):
        took_place = took_place or action not in {None, *_NOT_SO}
        action, where = action if action in _NOT_SO else "not_given", f"RXA-18{place}"
    if took_place and action in _NOT_SO:
        context.refuse(
            where,
            "says that it was not given, and another field that it was",
            "say with RXA-20 whether it was given",
        )
        return None
    return Done(action, change, where)


def _of_record(
    rxa: Segment, status: str, context: MessageContext, where: str
) -> tuple[MarAction | None, str]:
    """Return the action that a text of the record names, and its place."""
    for field in context.site.mar_action:
        if field == "RXA-20" and status in COMPLETION:
            continue
        known = _known(rxa, int(field.rpartition("-")[2]), context)
        if known is not None:
            return known, where.replace("RXA-20", field)
    return None, where


def _known(rxa: Segment, field: int, context: MessageContext) -> MarAction | None:
    if not rxa.raw(field):
        return None
    known = context.words.mar_actions
    for repetition in range(1, rxa.repetitions(field) + 1):
        for component in (1, 2):
            text = rxa.text(field, component, repetition=repetition)
            if text and (action := known.get(spelled(text))) is not None:
                return action
    return None


def _refuse_status(context: MessageContext, place: str) -> None:
    context.refuse(
        place,
        "neither in HL7 table 0322 nor an action that is known",
        "write what it means into mar_actions of the site file",
    )
