"""Which stays somebody asks for, by what the worker said of them. Pure."""

from typing import NamedTuple

from models.charge import ChargeSet, Status, expected_cents


class StayFilter(NamedTuple):
    """What a stay must be to be shown; a field left empty asks for nothing."""

    statuses: frozenset[Status] = frozenset()
    flags: frozenset[str] = frozenset()
    payers: frozenset[str] = frozenset()
    facilities: frozenset[str] = frozenset()
    since_ms: int = 0
    """Published at this epoch millisecond or later."""
    least_cents: int = 0
    """At least so many US cents of expected payment on its lines, shown or charged."""

    def takes(self, charge_set: ChargeSet, at: int) -> bool:
        """Tell whether a charge set published at an epoch millisecond is asked for."""
        return (
            at >= self.since_ms
            and (not self.statuses or charge_set.status in self.statuses)
            and (not self.flags or not self.flags.isdisjoint(flag.flag for flag in charge_set.flags))
            and (not self.payers or (charge_set.payer or "") in self.payers)
            and (not self.facilities or (charge_set.facility or "") in self.facilities)
            and expected_cents(charge_set) >= self.least_cents
        )
