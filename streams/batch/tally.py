"""The count at the end: what was read, what was refused, what was coded and what is held."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, get_args

from models.charge import ChargeSet, Status
from streams.batch.stay_problems import PASSED_OVER

_STATUSES: Final[tuple[Status, ...]] = get_args(Status)


@dataclass(slots=True)
class Tally:
    """Counts that add up over batches and processes."""

    events: int = 0
    """Lines read, blank ones left out; good events and rejects alike."""
    rejected: int = 0
    statuses: Counter[Status] = field(default_factory=Counter)
    lines: int = 0
    units: int = 0
    passed_over: int = 0
    """Encounters of another facility or department than the policy that was named; coded without it."""
    held_by: Counter[str] = field(default_factory=Counter)
    """Encounters held, by each flag that holds them."""
    code_units: Counter[tuple[str, Status]] = field(default_factory=Counter)
    """Units of each code, by the status of the sets they stand in."""
    code_cents: Counter[tuple[str, Status]] = field(default_factory=Counter)
    """What they are expected to be paid, in whole cents; lines that nothing at hand prices count nothing."""
    schedules: set[str] = field(default_factory=set)
    """What these amounts were read from."""

    def count(self, charge_set: ChargeSet) -> None:
        """Add one charge set."""
        self.statuses[charge_set.status] += 1
        self.lines += len(charge_set.lines)
        for line in charge_set.lines:
            self.units += line.units
            key = (line.code, charge_set.status)
            self.code_units[key] += line.units
            if line.expected_payment is not None:
                self.code_cents[key] += line.expected_payment.cents or 0
                self.schedules.add(line.expected_payment.schedule)
        self.passed_over += PASSED_OVER in [flag.flag for flag in charge_set.flags]
        if charge_set.status == "held":
            self.held_by.update({flag.flag for flag in charge_set.flags if flag.severity == "block"})

    def add(self, other: "Tally") -> None:
        """Add what another process counted."""
        self.events += other.events
        self.rejected += other.rejected
        self.statuses += other.statuses
        self.lines += other.lines
        self.units += other.units
        self.passed_over += other.passed_over
        self.held_by += other.held_by
        self.code_units += other.code_units
        self.code_cents += other.code_cents
        self.schedules |= other.schedules

    @property
    def all_coded(self) -> bool:
        """Whether nothing was rejected, nothing is held, and the policy that was named is everybody's."""
        return not self.rejected and not self.statuses["held"] and not self.passed_over

    def summary(self) -> Iterator[str]:
        """Yield the lines of the summary, in words for a person."""
        yield f"events      read {self.events:,}, rejected {self.rejected:,}"
        statuses = ", ".join(
            f"{status} {self.statuses[status]:,}" for status in _STATUSES if self.statuses[status]
        )
        coded = self.statuses.total()
        yield f"encounters  coded {coded:,}" + (f": {statuses}" if statuses else "")
        yield f"charges     lines {self.lines:,}, units {self.units:,}"
        if self.passed_over:
            yield f"policy      not for {self.passed_over:,} of them, of other facilities or departments: coded without it"
        if self.held_by:
            flags = sorted(self.held_by.items(), key=lambda pair: (-pair[1], pair[0]))
            yield "held by     " + ", ".join(f"{flag} {count:,}" for flag, count in flags)
