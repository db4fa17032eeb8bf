"""Our charge set of a stay beside another charge system's: what differs, line by line, and by which rule of ours. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from models.charge import ChargeLine, ChargeSet
from streams.feeds.posted import PostedLine
from streams.reconciliation.amounts import priced
from streams.reconciliation.pairing import differing, pairs, wanted_line

Kind = Literal["ours_only", "theirs_only", "differs", "held", "preview"]
Answer = tuple[str, str]
"""A switch's key and an answer to it."""


@dataclass(frozen=True)
class Difference:
    """
    One line that the two systems have otherwise. Cents are expected payments in US cents.

    ``status`` is that of our charge set, empty where we have none. A line of a set that is ``held`` or a ``preview`` and
    that they have not got is of that kind: we have not charged it either. ``explained_by`` are the answers to one switch that alone make it vanish and bring no other. ``rule`` is the rule
    of ours, or the flag, that stands behind our side of it; empty where no rule of ours says anything.
    """

    encounter_id: str
    kind: Kind
    differs_in: tuple[str, ...]
    service_date: date | None
    code: str | None
    units: int
    modifiers: tuple[str, ...]
    cents: int
    their_code: str | None
    their_units: int
    their_modifiers: tuple[str, ...]
    their_cents: int
    rule: str
    says: str
    status: str
    explained_by: tuple[Answer, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether the two systems are at odds: they are not over a line that neither has charged."""
        return self.kind not in {"held", "preview"}

    @property
    def sameness(self) -> tuple[object, ...]:
        """What makes it the same difference under another answer: everything but money and words."""
        return (
            self.code, self.units, self.modifiers, self.service_date, self.their_code, self.their_units,
            self.their_modifiers,
        )  # fmt: skip


def differences(
    encounter_id: str, charge_set: ChargeSet | None, theirs: Sequence[PostedLine]
) -> list[Difference]:
    """Return what differs between our lines of a stay, shown ones of a held set too, and theirs; ours first."""
    cents = priced(theirs, "facility" if charge_set is None else charge_set.setting, charge_set)
    lines = () if charge_set is None else tuple((charge_set, line) for line in charge_set.lines)
    partners = pairs([wanted_line(line) for _, line in lines], theirs)
    found = []
    for place, (ours, line) in enumerate(lines):
        partner = partners.get(place)
        if partner is None:
            found.append(_of(ours, line, None, 0, ()))
        elif differs := differing(wanted_line(line), theirs[partner]):
            found.append(_of(ours, line, theirs[partner], cents[partner], differs))
    for place, other in enumerate(theirs):
        if place not in partners.values():
            rule, says = _why_not(charge_set, other)
            found.append(
                Difference(
                    encounter_id, "theirs_only", (), other.service_date, None, 0, (), 0, other.code, other.units,
                    other.modifiers, cents[place], rule, says, "" if charge_set is None else charge_set.status,
                )
            )  # fmt: skip
    return found


def _of(
    charge_set: ChargeSet, line: ChargeLine, other: PostedLine | None, cents: int, differs: tuple[str, ...]
) -> Difference:
    kind: Kind = "differs" if other is not None else _uncharged(charge_set) or "ours_only"
    rule, says = _why(charge_set, line)
    paid = line.expected_payment
    return Difference(
        charge_set.encounter_id, kind, differs, line.service_date, line.code, line.units,
        line.modifiers, 0 if paid is None else paid.cents or 0, None if other is None else other.code,
        0 if other is None else other.units, () if other is None else other.modifiers, cents, rule, says,
        charge_set.status,
    )  # fmt: skip


def _uncharged(charge_set: ChargeSet) -> Literal["held", "preview"] | None:
    return charge_set.status if charge_set.status in {"held", "preview"} else None


def _why(charge_set: ChargeSet, line: ChargeLine) -> tuple[str, str]:
    """Return what stands behind a line of ours: what keeps it from being charged, else the rule that earns it."""
    if charge_set.status == "preview":
        return "", "a preview: charged once it is final"
    if charge_set.status == "held":
        blocking = [flag for flag in charge_set.flags if flag.severity == "block"]
        own = [flag for flag in blocking if {*flag.administration_ids} & {*line.administration_ids}]
        return next(((flag.flag, flag.says) for flag in own or blocking), ("", "held: waits for a person"))
    reason = line.reasons[0] if line.reasons else None
    return ("", "") if reason is None else (reason.rule, reason.says)


def _why_not(charge_set: ChargeSet | None, other: PostedLine) -> tuple[str, str]:
    """Return the rule or flag by which we have no such line, as far as the set tells."""
    if charge_set is None:
        return "", "no event tells of this stay"
    blocking = [flag for flag in charge_set.flags if flag.severity == "block"]
    if blocking:
        return blocking[0].flag, blocking[0].says
    for line in charge_set.lines:  # the same code once more: the rule of ours that counted it
        if line.code == other.code and line.reasons:
            return line.reasons[-1].rule, line.reasons[-1].says
    if charge_set.not_billed:
        return charge_set.not_billed[0].rule, charge_set.not_billed[0].says
    return "", "no rule of ours earns it from these events"
