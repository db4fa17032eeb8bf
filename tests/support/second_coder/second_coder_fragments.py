"""Fragments of hydration: what another drug's infusion parts, and nothing else inside one fluid (A-15)."""

from typing import NamedTuple

from second_coder_desk import Desk, Given
from second_coder_doses import doses, together
from second_coder_seconds import Seconds, first, runs, span


class Fragment(NamedTuple):
    """Seconds of fluid that no infusion of a drug parts, and when the first of them was."""

    began: int
    seconds: Seconds


def fragments_of(desk: Desk, fluids: list[Given], drugs: Seconds) -> list[Fragment]:
    """Return the fragments of some fluids in time order; fluids that touch or overlap run on (R-HYD-5)."""
    found: list[Seconds] = []
    for fluid in doses(desk, fluids):
        for piece in unparted(together(fluid), drugs):
            near = [other for other in found if (other | other << 1 | other >> 1) & piece]
            found = [other for other in found if other not in near]
            for other in near:
                piece |= other  # noqa: PLW2901 -- the piece grows by what it touches
            found.append(piece)
    return [Fragment(first(seconds), seconds) for seconds in sorted(found, key=first)]


def unparted(fluid: Seconds, drugs: Seconds) -> list[Seconds]:
    """Return the pieces of one fluid's own seconds: a pause or a new bag parts none, a drug between does (A-15)."""
    pieces: list[Seconds] = []
    stopped = 0
    for start, stop in runs(fluid & ~drugs):
        if pieces and not drugs & span(stopped, start):
            pieces[-1] |= span(start, stop)
        else:
            pieces.append(span(start, stop))
        stopped = stop
    return pieces
