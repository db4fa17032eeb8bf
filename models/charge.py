"""
What comes out: the charge set of one encounter, each line with its reasons, each refusal with its rule.

The field names and their order are the wire's (contract, section 3). Dates are dates of service in the
encounter's own zone, minutes whole, money whole cents. Plain dataclasses: a set is built once and written.
Without slots on purpose: orjson writes an instance's dictionary three times as fast as its slots.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from pydantic import TypeAdapter

Evidence = Literal["pump_validated", "charted", "calculated", "assumed"]
"""How well a time is known, strongest first; a line carries the weakest of its facts."""

EVIDENCE_ORDER: tuple[Evidence, ...] = ("pump_validated", "charted", "calculated", "assumed")
_EVIDENCE_RANK = {evidence: rank for rank, evidence in enumerate(EVIDENCE_ORDER)}


def weakest_evidence(facts: Iterable[Evidence]) -> Evidence:
    """Return the weakest evidence among facts; a line is no better known than that. There is at least one fact."""
    return max(facts, key=_EVIDENCE_RANK.__getitem__)


Status = Literal["preview", "final", "held", "cancelled"]
Severity = Literal["block", "warn", "info"]
Packaging = Literal["paid", "packaged", "conditional", "not_paid", "other"]


@dataclass(frozen=True)
class Reason:
    """One rule that shaped a line, its arithmetic in words, and where it is written."""

    rule: str
    says: str
    cites: tuple[str, ...]


@dataclass(frozen=True)
class PolicyLayer:
    """A policy file that answered a switch of the set: its name, and a digest of what it says."""

    name: str
    version: str


@dataclass(frozen=True)
class ExpectedPayment:
    """What the national OPPS schedule pays for a line; never a reason to choose its code."""

    schedule: str
    status_indicator: str
    apc: str | None
    packaging: Packaging
    unit_cents: int | None
    cents: int | None
    note: str


@dataclass(frozen=True)
class ChargeLine:
    """One code on one date with one set of modifiers, and everything it rests on."""

    line_id: str
    code: str
    units: int
    modifiers: tuple[str, ...]
    service_date: date
    administration_ids: tuple[str, ...]
    minutes: int | None
    evidence: Evidence
    reasons: tuple[Reason, ...]
    procedure_ids: tuple[str, ...] = ()
    expected_payment: ExpectedPayment | None = None


@dataclass(frozen=True)
class Flag:
    """What a person must look at: a ``block`` flag holds the set, the others travel with it."""

    flag: str
    severity: Severity
    administration_ids: tuple[str, ...]
    says: str
    suggestion: str
    facts: dict[str, str | int]
    reasons: tuple[Reason, ...] = ()
    """The switches that decided that it is raised, or how."""


@dataclass(frozen=True)
class NotBilled:
    """An administration that earns no line, and the rule that says so."""

    administration_id: str
    rule: str
    says: str
    cites: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    """The switches that decided it, beside the rule."""


@dataclass(frozen=True)
class ChargeSet:
    """One encounter, coded: the newest revision replaces every earlier one whole."""

    charge_set_id: str
    encounter_id: str
    revision: int
    replaces: str | None
    status: Status
    rulebook: str
    policy: str
    setting: str
    payer: str | None
    lines: tuple[ChargeLine, ...]
    flags: tuple[Flag, ...]
    not_billed: tuple[NotBilled, ...]
    tables: dict[str, str]
    policy_layers: tuple[PolicyLayer, ...] = ()
    """In the order they were laid over each other; empty where no policy was asked, and in sets of older releases."""
    overrides: dict[str, str] = field(default_factory=dict)
    """The switches answered by hand (``--set``), by key."""


CHARGE_SET: TypeAdapter[ChargeSet] = TypeAdapter(ChargeSet)
"""Reads and describes a charge set: ``CHARGE_SET.validate_json(line)``, ``CHARGE_SET.json_schema()``."""
