"""What became of a question while somebody had it on screen: who answered it, when and with what. Pure."""

from typing import Final

from streams.console.by_hand import ByHand, entered_by_hand
from streams.console.stay_record import StayRecord
from streams.console.words import ago, plain_word
from streams.operations.resolutions.question import Question
from streams.operations.resolutions.questions import questions_of

_VOIDED: Final = "event_voided"


def answered_by(record: StayRecord, question: Question) -> ByHand | None:
    """
    Return the answer that settles a question of the newest charge set, where the worker has not coded it in yet.

    None where nobody answered, or where the stay still asks with all that was said since.
    """
    said = _said_since(record, record.published_at_ms)
    if said is None or record.coded is None:
        return None
    asked_still = questions_of(record.coded.coding.charge_set, record.all_events)
    return None if any(one.item_id == question.item_id for one in asked_still) else said


def on_its_way(said: ByHand, now: float) -> str:
    """Return in words that somebody else's answer is on its way, at epoch seconds."""
    return (
        f"{_deed(said, now)}, and the stay is being coded again. Nothing was sent. To say something else,"
        " have that answer taken back first, on the encounter's page."
    )


def stands_no_more(record: StayRecord | None, revision: str, now: float) -> str:
    """Return in words why a question that was asked of a revision stands no more, at epoch seconds."""
    if record is None:
        return "This question stands no more: nobody knows the stay. Nothing was sent."
    asked_at_ms = next((row["at_ms"] for row in record.revisions if str(row["revision"]) == revision), None)
    said = None if asked_at_ms is None else _said_since(record, asked_at_ms)
    why = "the stay was coded again" if said is None else f"{_deed(said, now)}, and the stay was coded again"
    return f"This question stands no more: {why}. Nothing was sent."


def _said_since(record: StayRecord, at_ms: int) -> ByHand | None:
    """Return the newest of what people entered after an instant and nobody took back; None where there is nothing."""
    rows = [row for row in record.events if row["manual"]]
    listed = [one for one in entered_by_hand(rows) if one.at_ms > at_ms and one.type != _VOIDED]
    return next((one for one in reversed(listed) if not one.voided), None)


def _deed(said: ByHand, now: float) -> str:
    flag = f" {said.flag}" if said.flag else ""
    return f"{said.who or 'somebody'} entered “{plain_word(said.type)}{flag}” {ago(said.at_ms / 1000, now)}"
