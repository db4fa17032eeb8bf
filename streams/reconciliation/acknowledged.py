"""What a billing system has of one stay, by the answers it gave to each charge and credit. Pure."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from models.delivery import Delivery
from models.line_change import LineChange
from streams.feeds.posted import PostedLine


class Posted(NamedTuple):
    """What stands in a billing system of one stay, and what is to be said of lines that do not."""

    lines: tuple[PostedLine, ...] = ()
    notes: Mapping[str, str] = {}
    """By line id, why the billing system has not got a line."""


def acknowledged(changes: Iterable[LineChange], deliveries: Iterable[Delivery]) -> Posted:
    """
    Return what one billing system has taken of a stay.

    ``changes`` are the charges and credits that were sent, in any order: what a taken charge says is in them. One that
    is no longer kept leaves its line known by its id alone.
    """
    sent = {(one.charge_set_id, one.line.line_id, one.change): one.line for one in changes}
    answers = sorted(
        deliveries, key=lambda one: (one.revision, one.change == "charge", one.decided_at, one.control_id)
    )
    lines: dict[str, PostedLine] = {}
    notes: dict[str, str] = {}
    for answer in answers:
        if answer.outcome != "accepted":
            notes[answer.line_id] = _note(answer)
        elif answer.change == "credit":
            lines.pop(answer.line_id, None)
        else:
            line = sent.get((answer.charge_set_id, answer.line_id, answer.change))
            lines[answer.line_id] = (
                PostedLine(None, 0, line_id=answer.line_id)
                if line is None
                else PostedLine(line.code, line.units, line.modifiers, line.service_date, line.line_id)
            )
            notes.pop(answer.line_id, None)
    return Posted(tuple(lines.values()), notes)


def _note(answer: Delivery) -> str:
    if answer.outcome == "withheld":
        return "withheld behind an earlier change of the stay that was refused"
    why = " ".join(filter(None, (answer.answer, answer.reason)))
    return f"refused by {answer.destination}: {why}" if why else f"refused by {answer.destination}"
