"""An RXA that tells one action of an infusion as it goes: started, next bag, rate changed, paused, resumed, stopped."""

from typing import Final

from streams.feeds.hl7v2.administration_ids import FIRST_SUB_ID
from streams.feeds.hl7v2.given import GivenRecord
from streams.feeds.hl7v2.times import WireTime
from streams.feeds.hl7v2.whole_administration import planned

_ONE_END: Final = frozenset({"start", "stop"})


def tell_flow(record: GivenRecord) -> None:
    """Tell what happened to a running infusion."""
    action, change, _ = record.done
    at = record.time(3)
    if at is None:
        return
    begins = action == "start" or (action == "bag" and record.rxa.text(2) == FIRST_SUB_ID)
    if change == "delete":
        if begins:
            record.tell("administration_voided", record.flow_id, at.text)
        else:
            _refuse_change(record, "taken back")
        return
    if action in {*_ONE_END, "bag"} and _whole(record, at):
        return
    if change == "update":
        if begins:
            record.state(record.flow_id, "infusion", at, None)
        elif action == "stop":
            record.state(record.flow_id, "infusion", None, at)
        else:
            _refuse_change(record, "corrected")
        return
    _act(record, at)


def _whole(record: GivenRecord, at: WireTime) -> bool:
    """Tell an infusion whose action comes with both its times; False where RXA-4 adds nothing."""
    if not record.rxa.raw(4):
        return False
    stop = record.time(4)
    if stop is None:
        return True
    if stop.instant <= at.instant or planned(record, stop):
        return False
    record.state(record.flow_id, "infusion", at, stop)
    return True


def _act(record: GivenRecord, at: WireTime) -> None:
    action = record.done.action
    administration = record.flow_id
    rate, volume = record.amounts.rate_ml_per_h, record.amounts.volume_ml
    if action == "start":
        record.tell("infusion_started", administration, at.text, technique="infusion", **record.fields)
    elif action == "bag":
        # Which bag is the first only the other messages tell: an entry without times says what hangs, and the bag
        # itself opens the flow where nothing did before.
        record.tell("administration_charted", administration, at.text, technique="infusion", **record.fields)
        record.tell("infusion_bag_changed", administration, at.text, volume_ml=volume)
    elif action == "rate":
        if rate is None:
            record.context.note(
                record.field(12), "no rate in mL per hour, so the change of rate says nothing"
            )
            return
        record.tell("infusion_rate_changed", administration, at.text, rate_ml_per_h=rate)
    elif action == "pause":
        record.tell("infusion_paused", administration, at.text)
    elif action == "resume":
        record.tell("infusion_resumed", administration, at.text)
    else:
        record.tell("infusion_stopped", administration, at.text)


def _refuse_change(record: GivenRecord, how: str) -> None:
    record.context.refuse(
        f"RXA-21{record.place}",
        f"one action within a running infusion was {how}, and the event it was cannot be told from the message",
        "void the event by hand, or send the infusion whole with its start and its stop",
    )
