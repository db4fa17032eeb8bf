"""One RXA, read: what both ways of telling an administration rest on."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from streams.feeds.hl7v2.administration_ids import FIRST_SUB_ID, AdministrationIds
from streams.feeds.hl7v2.amounts import Amounts
from streams.feeds.hl7v2.context import MessageContext
from streams.feeds.hl7v2.mar_action import Done
from streams.feeds.hl7v2.route_fields import Route
from streams.feeds.hl7v2.segments import Segment
from streams.feeds.hl7v2.times import WireTime


class GivenRecord(NamedTuple):
    """An RXA with its order and its routes, before its times are looked at."""

    context: MessageContext
    rxa: Segment
    place: str
    """Ends the names of fields where a message has several RXA, for example `` of RXA 2``."""
    done: Done
    route: Route
    amounts: Amounts
    recorded_at: str | None
    ids: AdministrationIds
    number: str
    """The order's, empty where there is none."""
    drug: Mapping[str, Any]
    fields: Mapping[str, Any]
    """The administration fields of the contract."""

    @property
    def flow_id(self) -> str:
        """The administration where it is told action by action."""
        return self.ids.flow(self.number, self.rxa, self.drug)

    @property
    def whole_id(self) -> str:
        """The administration where it is stated as a whole."""
        return self.ids.whole(self.number, self.rxa, self.drug, self.context)

    @property
    def first_id(self) -> str:
        """What the first sub-id of the order would be: whose rate a later one changes."""
        return self.ids.whole(self.number, self.rxa, self.drug, self.context, FIRST_SUB_ID)

    def field(self, number: int) -> str:
        """Return how a reject names a field of the RXA."""
        return f"RXA-{number}{self.place}"

    def time(self, number: int) -> WireTime | None:
        """Return a time of the RXA; None where it is refused, which then has been said."""
        read = self.context.time(self.rxa, number)
        if isinstance(read, WireTime):
            return read
        self.context.refuse_time(self.field(number), read)
        return None

    def tell(self, kind: str, administration_id: str, occurred_at: str, /, **fields: Any) -> None:
        """Add an event about an administration."""
        fields["administration_id"] = administration_id
        self.context.tell(kind, administration_id, occurred_at, fields, self.recorded_at)

    def state(
        self, administration_id: str, technique: str | None, start: WireTime | None, stop: WireTime | None
    ) -> None:
        """Add the chart entry that states an administration; one that was recorded later replaces it."""
        moment = start or stop
        if moment is None:
            return
        self.tell(
            "administration_charted",
            administration_id,
            moment.text,
            technique=technique,
            started_at=start.text if start else None,
            stopped_at=stop.text if stop else None,
            # Told action by action, its pauses are events of their own, which both times together do not rule out.
            pauses_apart=True if start and stop and administration_id == self.flow_id else None,
            **self.fields,
        )
