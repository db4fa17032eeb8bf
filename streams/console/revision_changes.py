"""What changed between two revisions of a stay: lines that came, went or became others, money, status and flags. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from models.charge import ChargeLine, ChargeSet, expected_cents


class LineStep(NamedTuple):
    """A line before and after; None where it was not, or is not any more."""

    before: ChargeLine | None
    after: ChargeLine | None

    @property
    def cents(self) -> int:
        """How much more it is expected to be paid, in US cents."""
        return _cents(self.after) - _cents(self.before)

    @property
    def what(self) -> str:
        """The change in a few plain words."""
        before, after = self.before, self.after
        if before is None or after is None:
            return "added" if before is None else "gone"
        steps = [
            f"{name} {old} → {new}"
            for name, old, new in (
                ("units", before.units, after.units),
                ("modifiers", " ".join(before.modifiers) or "none", " ".join(after.modifiers) or "none"),
                ("minutes", _count(before.minutes), _count(after.minutes)),
                ("evidence", before.evidence.replace("_", " "), after.evidence.replace("_", " ")),
                ("date", before.service_date.isoformat(), after.service_date.isoformat()),
            )
            if old != new
        ]
        return ", ".join(steps) or "its reasons"


class RevisionChanges(NamedTuple):
    """What one revision made of the one before it."""

    status: tuple[str, str] | None
    lines: tuple[LineStep, ...]
    raised: tuple[str, ...]
    """Flags that came, by name."""
    cleared: tuple[str, ...]
    cents: int

    @property
    def nothing(self) -> bool:
        """Whether no line, flag or status is another."""
        return not (self.status or self.lines or self.raised or self.cleared)


def changes_between(before: ChargeSet | None, after: ChargeSet) -> RevisionChanges:
    """Return what changed; a stay that had no set before had no lines."""
    old = _by_place(before.lines if before is not None else ())
    new = _by_place(after.lines)
    steps = tuple(
        LineStep(old.get(place), new.get(place))
        for place in dict.fromkeys((*old, *new))
        if old.get(place) != new.get(place)
    )
    flags = [{flag.flag for flag in one.flags} if one is not None else set() for one in (before, after)]
    return RevisionChanges(
        (before.status, after.status) if before is not None and before.status != after.status else None,
        steps,
        tuple(sorted(flags[1] - flags[0])),
        tuple(sorted(flags[0] - flags[1])),
        expected_cents(after) - (expected_cents(before) if before is not None else 0),
    )


def _by_place(lines: Iterable[ChargeLine]) -> dict[tuple[object, ...], ChargeLine]:
    """Return lines by what makes one the same in the next revision: its code, and what it is for."""
    found: dict[tuple[object, ...], ChargeLine] = {}
    for line in lines:
        place: tuple[object, ...] = (line.code, line.administration_ids, line.procedure_ids)
        found[place if place not in found else (*place, line.line_id)] = line
    return found


def _cents(line: ChargeLine | None) -> int:
    return (line.expected_payment.cents or 0) if line is not None and line.expected_payment is not None else 0


def _count(minutes: int | None) -> str:
    return "none" if minutes is None else str(minutes)
