"""
Which administration an RXA is about, by the order and RXA-1 and RXA-2.

An administration stated whole is one sub-id (RXA-2) of its order. An infusion told action by action is one of its order:
each action there has a sub-id of its own. RXA-1 names the dose where a sender matched it with what was to be given; 0
says that it did not.
"""

from collections.abc import Mapping
from typing import Any, Final

from streams.feeds.hl7v2.context import MessageContext
from streams.feeds.hl7v2.orders import Order
from streams.feeds.hl7v2.segments import Segment

FIRST_SUB_ID: Final = "1"
_UNMATCHED: Final = frozenset({"", "0"})
_LONGEST: Final = 160
"""Characters of an order number that go into an id, so that what is added to it fits as well."""


def order_number(order: Order, context: MessageContext) -> str:
    """Return the order's number by the site's fields, in their order; empty where there is none."""
    if order.orc is None:
        return ""
    for place in context.site.order:
        number = order.orc.text(int(place[-1]))
        if number:
            return number[:_LONGEST]
    return ""


class AdministrationIds:
    """The ids of one message's administrations."""

    def __init__(self) -> None:
        self._drugs: dict[str, list[object]] = {}

    def dose(self, number: str, rxa: Segment) -> str | None:
        """Return the id of the dose, None where RXA-1 matches none."""
        dose = rxa.text(1)
        return None if not number or dose in _UNMATCHED else f"{number}.{dose}"[:200]

    def flow(self, number: str, rxa: Segment, drug: Mapping[str, Any]) -> str:
        """Return the id of an infusion that is told action by action."""
        return self.dose(number, rxa) or number or _unnumbered(drug)

    def whole(
        self,
        number: str,
        rxa: Segment,
        drug: Mapping[str, Any],
        context: MessageContext,
        sub_id: str | None = None,
    ) -> str:
        """
        Return the id of an administration that is stated as a whole.

        Two drugs under one number in one message are two administrations: the second has its place added.
        """
        sub = sub_id or rxa.text(2)
        if sub in _UNMATCHED or not number or (context.site.administration == "start" and sub_id is None):
            sub = rxa.text(3)
        named = f"{self.flow(number, rxa, drug)}-{sub}"[:190]
        what = (drug.get("code"), drug.get("name"))
        drugs = self._drugs.setdefault(named, [what])
        if what not in drugs:
            drugs.append(what)
        place = drugs.index(what)
        return named if place == 0 else f"{named}~{place + 1}"


def _unnumbered(drug: Mapping[str, Any]) -> str:
    return f"no-order-{drug.get('code') or drug.get('name') or 'drug'}"[:_LONGEST]
