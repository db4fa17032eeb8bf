"""One row of a reconciliation: an administration, a charge line or a drug line, and how it stands."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

Kind = Literal["administration", "charge", "drug"]
State = Literal["missing", "extra", "differs", "held", "open", "not_billed", "matched"]
Pairing = Literal["", "paired", "without_drug", "without_administration"]

STATES: Final[tuple[State, ...]] = (
    "missing", "extra", "differs", "held", "open", "not_billed", "matched",
)  # fmt: skip
"""
The worst first. ``missing``: charged by us, and the billing system has not got it. ``extra``: it has what we do not
charge. ``differs``: it has it with other units, modifiers or another date. ``held``: a flag waits for a person.
``open``: a preview. ``not_billed``: a rule says why. ``matched``: it has it as we have.
"""

UNACCOUNTED: Final[frozenset[State]] = frozenset({"missing", "extra", "differs"})
"""The states that a nightly job stops for."""


@dataclass(frozen=True)
class Row:
    """
    One thing that was given, charged or posted. Cents are expected payments in US cents; units are those of the code.

    ``posted_*`` say what the billing system has; None and 0 where it has nothing. ``rule`` and ``says`` tell why: a
    rule of the rulebook, a flag, or the billing system's own answer. ``age_days`` counts from the service.
    """

    encounter_id: str
    kind: Kind
    state: State
    id: str
    administration_ids: tuple[str, ...] = ()
    pairing: Pairing = ""
    service_date: date | None = None
    code: str | None = None
    units: int = 0
    modifiers: tuple[str, ...] = ()
    cents: int = 0
    posted_code: str | None = None
    posted_units: int = 0
    posted_modifiers: tuple[str, ...] = ()
    posted_cents: int = 0
    differs_in: tuple[str, ...] = ()
    rule: str = ""
    says: str = ""
    age_days: int | None = None
