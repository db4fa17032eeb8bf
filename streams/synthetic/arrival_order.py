"""
The order in which a publisher's lines arrive: stay by stay, as they were stored, or mixed beyond reason.

Memory holds what the order needs and no more: one stay, the lines stored later than the next patient's
arrival, or one buffer.
"""

from collections.abc import Iterator
from heapq import heappop, heappush
from random import Random
from typing import Literal, NamedTuple

Order = Literal["arrival", "grouped", "shuffled"]

_BUFFER = 50_000


class PublishedStay(NamedTuple):
    """One stay's lines, each with the epoch second it was stored at; none is earlier than ``opened_at``."""

    opened_at: int
    lines: list[tuple[int, bytes]]


def in_order(stays: Iterator[PublishedStay], order: Order, rng: Random) -> Iterator[bytes]:
    """
    Return the lines of the stays in one of three orders, in memory that does not grow with their number.

    ``grouped`` stay by stay; ``arrival`` as they were stored, across all stays; ``shuffled`` mixed within a
    buffer of fifty thousand lines, far beyond anything a broker does.
    """
    if order == "grouped":
        return _grouped(stays)
    return _arrival(stays) if order == "arrival" else _shuffled(stays, rng)


def _grouped(stays: Iterator[PublishedStay]) -> Iterator[bytes]:
    for stay in stays:
        for _, line in stay.lines:
            yield line


def _arrival(stays: Iterator[PublishedStay]) -> Iterator[bytes]:
    waiting: list[tuple[int, int, bytes]] = []
    number = 0
    for stay in stays:
        while waiting and waiting[0][0] < stay.opened_at:
            yield heappop(waiting)[2]
        for stored, line in stay.lines:
            heappush(waiting, (stored, number, line))
            number += 1
    while waiting:
        yield heappop(waiting)[2]


def _shuffled(stays: Iterator[PublishedStay], rng: Random) -> Iterator[bytes]:
    buffer: list[bytes] = []
    for line in _grouped(stays):
        if len(buffer) < _BUFFER:
            buffer.append(line)
            continue
        place = rng.randrange(_BUFFER)
        yield buffer[place]
        buffer[place] = line
    rng.shuffle(buffer)
    yield from buffer
