"""
The picture as a letter to a payer has it: under each rule only the sources that carry weight.

A blog beside a CMS manual weakens the manual. Where a reason has a primary source only such sources stand there;
where it has none, what somebody has read; and only where nothing else is left, what nobody has.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from models.charge import CitedSource
from streams.explain.picture import Picture

_PRIMARY: Final = "A"
_UNREAD: Final = frozenset({"K", "unverified"})


def letter(picture: Picture) -> Picture:
    """Return the picture without the weak sources that stand beside better ones."""
    known = {source.cite: source for source in picture.sources}
    charge_set = picture.charge_set
    lines = tuple(
        replace(
            line,
            reasons=tuple(replace(reason, cites=carrying(reason.cites, known)) for reason in line.reasons),
        )
        for line in charge_set.lines
    )
    refused = tuple(replace(one, cites=carrying(one.cites, known)) for one in charge_set.not_billed)
    kept = {cite for line in lines for reason in line.reasons for cite in reason.cites}
    kept |= {cite for one in refused for cite in one.cites}
    return picture._replace(
        charge_set=replace(charge_set, lines=lines, not_billed=refused),
        sources=tuple(source for source in picture.sources if source.cite in kept),
    )


def carrying(cites: Iterable[str], known: Mapping[str, CitedSource]) -> tuple[str, ...]:
    """Return the citations that carry weight: the primary ones, else those somebody has read, else all."""
    everything = tuple(cites)
    primary = tuple(cite for cite in everything if known[cite].grade == _PRIMARY)
    read = tuple(cite for cite in everything if known[cite].grade not in _UNREAD)
    return primary or read or everything
