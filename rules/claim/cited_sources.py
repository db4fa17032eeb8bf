"""The bibliography of a charge set: every authority its reasons and refusals cite, with its grade and its address."""

from dataclasses import replace

from models.charge import ChargeSet
from rules.sources import bibliography


def with_sources(charge_set: ChargeSet) -> ChargeSet:
    """Return the set with every citation of its reasons and refusals among its sources, best grade first."""
    cited = [reason.cites for line in charge_set.lines for reason in line.reasons]
    cited += [refusal.cites for refusal in charge_set.not_billed]
    return replace(charge_set, sources=bibliography(tuple(dict.fromkeys(cited))))
