"""The id of a message to a billing system: the same whenever the same change is sent, and no other change's."""

from typing import Final

from models.charge import ChargeSet
from models.line_change import LineChange
from streams.feeds.event_id import event_id

_LENGTH: Final = 20
"""Characters of MSH-10 that every version of HL7 v2 allows: 80 bits."""


def control_id(said: LineChange | ChargeSet) -> str:
    """
    Return the control id of a line that changed, or of a whole set.

    A set's own id covers stay, revision, rulebook and policy, so a set coded otherwise has another one.
    """
    if isinstance(said, LineChange):
        return event_id("charge-line", said.charge_set_id, said.line.line_id, said.change)[:_LENGTH]
    return event_id("charge-set", said.charge_set_id)[:_LENGTH]
