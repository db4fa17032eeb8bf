"""
Bedside instants with fractions of a second, as stretches of whole ones.

Cutting start and stop each to its second would make 15 minutes and 59.2 seconds sixteen minutes; nothing may be
rounded up (R-TIME-5). So the length is cut, and what is cut off one stretch is kept for the next.
"""

from collections.abc import Iterable
from typing import Final

from models.encounter import Flow

Exact = tuple[float, float | None]
"""A stretch in epoch seconds with their fractions; without a stop it was still running."""

_MICRO: Final = 1_000_000


def _micros(at: float) -> int:
    # A double holds every microsecond apart, but not exactly: the difference of two may fall just short.
    return round(at * _MICRO)


def whole_stretch(start: float, stop: float) -> tuple[int, int]:
    """Return one stretch in whole seconds, never longer than it was."""
    begin = int(start)
    if begin == start:
        return begin, int(stop)
    return begin, begin + (_micros(stop) - _micros(start)) // _MICRO


def whole_flows(stretches: Iterable[Exact]) -> list[Flow]:
    """
    Return stretches, in time order, in whole seconds; what is empty or turned round stays so.

    Together they are never longer than they were, and less than a second shorter.
    """
    flows: list[Flow] = []
    spare = 0
    before: tuple[float, int] | None = None
    for start, stop in stretches:
        begin = int(start)
        if before is not None and start >= before[0] and begin < before[1]:
            begin = before[1]
        if stop is None:
            flows.append(Flow(begin, None))
        elif stop <= start:
            flows.append(Flow(begin, int(stop)))
        else:
            seconds, spare = divmod(_micros(stop) - _micros(start) + spare, _MICRO)
            flows.append(Flow(begin, begin + seconds))
            before = (stop, begin + seconds)
    return flows
