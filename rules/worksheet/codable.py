"""
One administration as the rules accept it: classified, its times settled, ready to be coded.

Screening makes one of each administration whose class is known and puts its times right. An administration that
documentation or window rules stop stands in ``not_billed`` or behind a flag and is not coded. Instants are whole
epoch seconds, read as the policy reads them (P-24).
"""

from dataclasses import dataclass, field
from typing import Literal

from models.charge import Evidence, weakest_evidence
from models.encounter import Administration
from models.field import Technique
from models.interval import Stretch

Family = Literal["hydration", "therapeutic", "chemotherapy", "hormonal", "rsv"]
"""The code family of an administration, decided from class, route, indication and payer."""


@dataclass(slots=True)
class CodableAdministration:
    """What flowed, when, through which site, and how well that is known; ``charted`` holds what the events said."""

    id: str
    charted: Administration
    family: Family
    substance: str
    pushable: str
    technique: Technique
    """As charted, unless the route contradicts the word or a policy codes it as another."""
    route: str
    at: int = 0
    """The instant of a push or an injection; the first instant of an infusion's flow."""
    flows: list[Stretch] = field(default_factory=list)
    minutes: int = 0
    """The whole minutes of the flows."""
    evidence: Evidence = "charted"
    site: str = ""


def weakest(administrations: list[CodableAdministration] | tuple[CodableAdministration, ...]) -> Evidence:
    """Return the weakest evidence among these administrations, which is the evidence of their line."""
    if len(administrations) == 1:
        return administrations[0].evidence
    return weakest_evidence(administration.evidence for administration in administrations)


def unread(charted: Administration) -> CodableAdministration:
    """Return a stand-in that names an administration of unknown family in a flag."""
    return CodableAdministration(
        charted.administration_id, charted, "therapeutic", "", "unknown", charted.technique, ""
    )
