"""
One administration as the rules accept it: classified, its times settled, ready to be coded.

Screening makes one of each administration whose class is known and puts its times right. An administration that
documentation or window rules stop stands in ``not_billed`` or behind a flag and is not coded. Instants are whole
epoch minutes.
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
    """The push or injection's minute; an infusion's first minute of flow."""
    flows: list[Stretch] = field(default_factory=list)
    minutes: int = 0
    evidence: Evidence = "charted"
    site: str = ""


def weakest(administrations: list[CodableAdministration] | tuple[CodableAdministration, ...]) -> Evidence:
    """Return the weakest evidence among these administrations, which is the evidence of their line."""
    if len(administrations) == 1:
        return administrations[0].evidence
    return weakest_evidence(administration.evidence for administration in administrations)
