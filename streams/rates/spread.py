"""Count, mean and percentiles of rates, put together by payer, and how far they lie from Medicare's. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from math import ceil
from typing import Final, NamedTuple

PERCENTILES: Final = (10, 25, 50, 75, 90)
_HUNDRED: Final = 100


class Spread(NamedTuple):
    """How many rates there are and where they lie, in cents; a percentile is a rate that was observed."""

    observed: int
    mean: int
    p10: int
    p25: int
    p50: int
    p75: int
    p90: int

    @property
    def between_quartiles(self) -> int:
        """Return the distance of the quartiles in cents."""
        return self.p75 - self.p25


def spread(rates: Mapping[int, int]) -> Spread:
    """Return where rates lie, each with how often it was observed; the percentile is the nearest rank's."""
    count = sum(rates.values())
    total = Decimal(sum(cents * times for cents, times in rates.items()))
    ranks = [max(1, ceil(count * percent / _HUNDRED)) for percent in PERCENTILES]
    found: list[int] = []
    passed = 0
    for cents, times in sorted(rates.items()):
        passed += times
        while len(found) < len(ranks) and ranks[len(found)] <= passed:
            found.append(cents)
    p10, p25, p50, p75, p90 = found
    return Spread(count, int((total / count).to_integral_value()), p10, p25, p50, p75, p90)


def together(many: Iterable[Mapping[int, int]]) -> Counter[int]:
    """Return rates of several payers as one."""
    joined: Counter[int] = Counter()
    for rates in many:
        joined.update(rates)
    return joined
