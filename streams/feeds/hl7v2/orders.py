"""
A RAS message as its orders: each with its administrations, and each of these with its routes.

By the standard the RXR follows the RXA of an order, several RXA share it, and one in front belongs to the order as
prescribed. Senders put it in front of the RXA all the same. An RXA without an ORC is an order of its own.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from streams.feeds.hl7v2.segments import Segment

_PRESCRIBED: Final = frozenset({"RXE", "RXO"})


class Given:
    """One RXA with the RXR that are about it."""

    __slots__ = ("routes", "rxa")

    def __init__(self, rxa: Segment) -> None:
        self.rxa: Final = rxa
        self.routes: list[Segment] = []


class Order:
    """One ORC and what follows it."""

    __slots__ = ("components", "given", "orc", "prescribed", "routes")

    def __init__(self, orc: Segment | None) -> None:
        self.orc = orc
        self.prescribed: Segment | None = None
        """Its RXE, else its RXO."""
        self.routes: list[Segment] = []
        """The RXR in front of the first RXA."""
        self.components: list[Segment] = []
        self.given: list[Given] = []

    def routes_of(self, given: Given) -> list[Segment]:
        """Return the RXR of an administration: its own, else those of the order, else those the order has at all."""
        return given.routes or self.routes or [rxr for other in self.given for rxr in other.routes]


def orders(segments: Iterable[Segment]) -> Iterator[Order]:
    """Iterate over the orders of a message that hold an administration."""
    order: list[Segment] = []
    for segment in segments:
        if segment.name == "ORC":
            if order:
                yield from _order(order)
            order = [segment]
        elif order or segment.name in {"RXA", "RXR", "RXE", "RXO"}:
            order.append(segment)
    if order:
        yield from _order(order)


def _order(segments: list[Segment]) -> Iterator[Order]:
    order = Order(segments[0] if segments[0].name == "ORC" else None)
    for segment in segments:
        if segment.name == "RXC":
            order.components.append(segment)
        elif segment.name in _PRESCRIBED and (order.prescribed is None or segment.name == "RXE"):
            order.prescribed = segment
    if _route_in_front(segments):
        _assign_forwards(order, segments)
    else:
        _assign_backwards(order, segments)
    if order.given:
        yield order


def _assign_forwards(order: Order, segments: Iterable[Segment]) -> None:
    """Give each RXA the RXR right in front of it."""
    waiting: list[Segment] = []
    for segment in segments:
        if segment.name == "RXR":
            waiting.append(segment)
        elif segment.name == "RXA":
            given = Given(segment)
            given.routes, waiting = waiting, []
            order.given.append(given)


def _assign_backwards(order: Order, segments: Iterable[Segment]) -> None:
    """Give each RXR to the RXA since the RXR before it; those in front of every RXA are the order's."""
    run: list[Given] = []
    routed = False
    for segment in segments:
        if segment.name == "RXA":
            given = Given(segment)
            order.given.append(given)
            run = [given] if routed else [*run, given]
            routed = False
        elif segment.name == "RXR":
            routed = bool(run)
            for given in run:
                given.routes.append(segment)
            if not run:
                order.routes.append(segment)


def _route_in_front(segments: list[Segment]) -> bool:
    """Tell whether each RXR stands in front of its RXA: as many of both, by turns, and no prescription that owns them."""
    names = [segment.name for segment in segments if segment.name in {"RXA", "RXR", *_PRESCRIBED}]
    return len(names) > 2 and names == ["RXR", "RXA"] * (len(names) // 2)  # noqa: PLR2004 - one RXR in front is the order's
