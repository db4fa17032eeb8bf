"""The services that share an initial: those of one access site, and of one date where the policy resets by date."""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from models.charge import Evidence
from models.interval import Coverage, Stretch
from rules.coding.doses import Dose
from rules.worksheet.codable import CodableAdministration, Family


class Codes(NamedTuple):
    """The codes of one family of intravenous services."""

    infusion: str
    hour: str
    sequential: str
    push: str
    next_push: str
    infusion_rank: int
    push_rank: int


CODES: dict[Family, Codes] = {
    "chemotherapy": Codes("96413", "96415", "96417", "96409", "96411", 1, 2),
    "therapeutic": Codes("96365", "96366", "96367", "96374", "96375", 4, 5),
}
"""Codes and facility ranks by family (R-HIER-1); ``initial`` has the rank of hydration, injections have none."""


@dataclass(slots=True)
class Push:
    """One push, or an infusion too short to be one; ``flows`` are its documented minutes."""

    administrations: list[CodableAdministration]
    substance: str
    family: Family
    site: str
    at: int
    flows: list[Stretch]
    minutes: int
    evidence: Evidence
    note: str = ""
    planned_as_infusion: bool = False

    @property
    def ids(self) -> list[str]:
        """The ids of its administrations."""
        return [administration.id for administration in self.administrations]

    @property
    def id(self) -> str:
        """The id of its first administration."""
        return self.administrations[0].id


@dataclass(slots=True)
class SiteGroup:
    """The services of one justified site, or of the pool of all other sites; one of them is the initial."""

    site: str
    day: date | None = None
    doses: list[Dose] = field(default_factory=list)
    pushes: list[Push] = field(default_factory=list)
    fluids: list[CodableAdministration] = field(default_factory=list)
    held_pushes: list[Push] = field(default_factory=list)
    """Pushes that earn no line but whose documented minutes still come off hydration."""
    other_flows: list[Stretch] = field(default_factory=list)
    """Flow at this site that is not billed here but stops fluid from being hydration."""
    initial: Dose | Push | None = None
    by_key_reason: bool = False
    """The initial is the office's key reason for the visit, not the best ranked (R-INIT-3)."""
    counted_fluids: list[CodableAdministration] = field(default_factory=list)
    """The fluids with qualifying minutes, where those are enough to be a service."""
    fluid_first: bool = False
    """The office's key reason is the fluid itself (R-INIT-3)."""
    needs_site_modifier: bool = False
    """Another group holds the encounter's best initial; this one's needs a modifier."""
    site_reason: str = ""
    """As charted: why this group's access was needed beside the main one; set where the modifier is needed."""

    def initial_is_push(self) -> bool:
        """Tell whether the office's key reason is a push."""
        return isinstance(self.initial, Push)


@dataclass(slots=True)
class Infused:
    """The minutes and drugs infused at one site so far."""

    covered: Coverage = field(default_factory=Coverage)
    chemotherapy: Coverage = field(default_factory=Coverage)
    reported: set[str] = field(default_factory=set)
    """The drugs with an infusion line of their own, which the concurrent code is not (R-SAME-1)."""
    beside: set[str] = field(default_factory=set)
    """The drugs that ran beside another one: reported as concurrent, or not at all."""

    def took(self, dose: Dose) -> None:
        """Remember a coded dose: a later overlapping one is beside it."""
        self.covered.add(dose.flows)
        if dose.family == "chemotherapy":
            self.chemotherapy.add(dose.flows)
