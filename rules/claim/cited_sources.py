"""The bibliography of a charge set: every authority its reasons and refusals cite, with its grade and its address."""

from collections.abc import Iterable

from models.charge import ChargeLine, CitedSource, NotBilled
from rules.sources import bibliography


def sources_of(lines: Iterable[ChargeLine], not_billed: Iterable[NotBilled]) -> tuple[CitedSource, ...]:
    """Return every citation of the reasons of lines and of refusals once, best grade first."""
    cited = dict.fromkeys([reason.cites for line in lines for reason in line.reasons])
    for refusal in not_billed:
        cited[refusal.cites] = None
    return bibliography(tuple(cited))
