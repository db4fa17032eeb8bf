"""
A rule: its id, its sentence, its citation, its grade and its dates, in one place beside its code.

Each rule module names its rules as constants above the functions that apply them; ``rules.rulebook`` lists
them all in order of application. A reason on a charge line is made from the rule itself, so what an auditor
reads and what was applied cannot drift apart.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from models.charge import NotBilled, Reason
from rules.site_folder import SiteFolder, site_in_force
from rules.sources import UNCITED, best_first, cite

Grade = Literal["A", "B", "C", "K"]
"""A: primary text. B: code book as quoted. C: press and payers. K: working knowledge, still to be confirmed."""

CODE_SET_BEGAN = date(2006, 1, 1)
"""The first day of the drug administration codes and their minutes; no earlier date is coded."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One sentence of the rulebook, in force from ``since`` until the day before ``until``."""

    id: str
    says: str
    cites: tuple[str, ...] = ()
    grade: Grade = "K"
    since: date = CODE_SET_BEGAN
    until: date | None = None
    _cited: dict[SiteFolder | None, tuple[str, ...]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    """Where it is written in full, by the site whose sources were in force: one entry a site that the process codes."""

    def in_force(self, on: date) -> bool:
        """Tell whether the rule applies to a date of service."""
        return self.since <= on and (self.until is None or on < self.until)

    def because(self, says: str | None = None) -> Reason:
        """Return the reason a line carries, with this case's arithmetic in place of the bare sentence."""
        return Reason(self.id, says or self.says, self._citations())

    def refuses(self, administration_id: str, says: str | None = None) -> NotBilled:
        """Return why an administration earns no line."""
        return NotBilled(administration_id, self.id, says or self.says, self._citations())

    def _citations(self) -> tuple[str, ...]:
        """Return where the rule is written, best grade first; one without sources says that it wants confirming."""
        cited = self._cited.get(site := site_in_force())
        if cited is None:
            cited = self._cited[site] = tuple(map(cite, best_first(self.cites))) or (UNCITED,)
        return cited
