"""
What comes out: the charge set of one encounter, each line with its reasons, each refusal with its rule.

The field names and their order are the wire's (contract, section 3). Dates are dates of service in the
encounter's own zone, minutes whole, money whole cents. Plain records: a set is built once and written.
Without slots on purpose: orjson writes an instance's dictionary three times as fast as its slots.
"""

from collections.abc import Iterable
from dataclasses import field
from datetime import date
from typing import Final, Literal

from pydantic import TypeAdapter

from models.build import record
from models.deferred import deferred
from models.field import ReviewDecision

Evidence = Literal["pump_validated", "charted", "calculated", "assumed"]
"""How well a time is known, strongest first; a line carries the weakest of its facts."""

EVIDENCE_ORDER: tuple[Evidence, ...] = ("pump_validated", "charted", "calculated", "assumed")
_EVIDENCE_RANK = {evidence: rank for rank, evidence in enumerate(EVIDENCE_ORDER)}


def weakest_evidence(facts: Iterable[Evidence]) -> Evidence:
    """Return the weakest evidence among facts; a line is no better known than that. There is at least one fact."""
    return max(facts, key=_EVIDENCE_RANK.__getitem__)


Status = Literal["preview", "final", "held", "cancelled"]
Severity = Literal["block", "warn", "info"]
DrugLineStatus = Literal["suggested", "released", "not_billed", "open"]
"""Shown beside the charges, among them, earning nothing, or waiting for what its flags ask."""
Packaging = Literal["paid", "packaged", "conditional", "not_paid", "other"]

SourceGrade = Literal["A", "B", "C", "K", "unverified"]
"""A: primary text. B: code book as quoted. C: press and payers. K: working knowledge. unverified: never read."""


@record
class Reason:
    """
    One rule that shaped a line, its arithmetic in words, and where it is written, best grade first.

    ``administration_ids`` is filled where the line has several administrations: those the reason is about.
    """

    rule: str
    says: str
    cites: tuple[str, ...]
    administration_ids: tuple[str, ...] = ()


_NAMED: Final = 4
"""Administrations named in a sentence; of more, the first ones and how many follow."""


def named(administration_ids: tuple[str, ...]) -> str:
    """Return administrations as a reason names those it is about: A1, A2, A3 and 16 more."""
    if len(administration_ids) <= _NAMED:
        return ", ".join(administration_ids)
    first = administration_ids[: _NAMED - 1]
    return f"{', '.join(first)} and {len(administration_ids) - len(first)} more"


@record
class PolicyLayer:
    """A policy file that answered a switch of the set: its name, and a digest of what it says."""

    name: str
    version: str


Basis = Literal["contract", "benchmark", "schedule"]
"""Where an amount comes from: a site's own contract, a payer's published rates, or Medicare's schedule of the setting."""


@record
class ExpectedPayment:
    """
    What a line is expected to be paid, and by what; never a reason to choose its code.

    ``schedule`` names what was read and its first day; a schedule's amount is national, or a locality's where ``note``
    says so. ``status_indicator`` is empty where the amount is no schedule's.
    """

    schedule: str
    status_indicator: str
    apc: str | None
    packaging: Packaging
    unit_cents: int | None
    cents: int | None
    note: str
    basis: Basis = "schedule"
    """Left out of the JSON where it is the schedule's, as every amount of older releases is."""

    def __post_init__(self) -> None:
        """Leave the usual basis out of the instance, and so out of its JSON: the class still answers for it."""
        if self.basis == "schedule":
            self.__dict__.pop("basis", None)


@record
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

    def because(self, reasons: tuple[Reason, ...]) -> "ChargeLine":
        """Return the line with other reasons; written out, for ``replace`` costs five times as much."""
        return ChargeLine(
            self.line_id, self.code, self.units, self.modifiers, self.service_date, self.administration_ids,
            self.minutes, self.evidence, reasons, self.procedure_ids, self.expected_payment,
        )  # fmt: skip


@record
class Clears:
    """
    One way to clear a flag: an event that says what is missing in ``fields``, or a decision.

    For ``review_decided`` these are the ``decisions`` the flag admits, and the ``codes`` that the decision code may name.
    """

    event: str
    fields: tuple[str, ...] = ()
    decisions: tuple[ReviewDecision, ...] = ()
    codes: tuple[str, ...] = ()


@record
class Flag:
    """What a person must look at: a ``block`` flag holds the set, the others travel with it."""

    flag: str
    severity: Severity
    administration_ids: tuple[str, ...]
    says: str
    suggestion: str
    facts: dict[str, str | int]
    clears: tuple[Clears, ...] = ()
    reasons: tuple[Reason, ...] = ()
    """The switches that decided that it is raised, or how."""

    def because(self, reasons: tuple[Reason, ...]) -> "Flag":
        """Return the flag with other reasons."""
        return Flag(
            self.flag, self.severity, self.administration_ids, self.says, self.suggestion, self.facts, self.clears, reasons
        )  # fmt: skip


@record
class NotBilled:
    """An administration that earns no line, and the rule that says so."""

    administration_id: str
    rule: str
    says: str
    cites: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    """The switches that decided it, beside the rule."""

    def because(self, reasons: tuple[Reason, ...]) -> "NotBilled":
        """Return the refusal with other reasons."""
        return NotBilled(self.administration_id, self.rule, self.says, self.cites, reasons)


@record
class DrugLine:
    """
    One drug of one administration: its HCPCS code and billing units, or what keeps it from having them.

    ``units`` are what was given, rounded up once; ``waste_units`` what was discarded and stands on a line of its own with
    JW. ``modifiers`` are those suggested. ``flags`` ask for what is missing; they hold nothing unless the line is released.
    """

    drug_line_id: str
    administration_id: str
    ingredient: str
    status: DrugLineStatus
    code: str | None
    units: int | None
    waste_units: int | None
    modifiers: tuple[str, ...]
    service_date: date
    minutes: int | None
    evidence: Evidence
    reasons: tuple[Reason, ...]
    flags: tuple[Flag, ...] = ()
    expected_payment: ExpectedPayment | None = None


@record
class CitedSource:
    """
    One authority that the reasons and refusals of a set cite, word for word as in their ``cites``.

    ``grade`` is null for words that are no known source's, a site's own say, and ``address`` where none is public.
    """

    cite: str
    grade: SourceGrade | None
    address: str | None


@deferred
@record
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
    facility: str | None = None
    """Where the stay was, as its events name it; None where no event does, and in sets older than contract 1.2."""
    sources: tuple[CitedSource, ...] = ()
    """Every citation of the set once, best grade first."""
    policy_layers: tuple[PolicyLayer, ...] = ()
    """In the order they were laid over each other; empty where no policy was asked, and in sets of older releases."""
    overrides: dict[str, str] = field(default_factory=dict)
    """The switches answered by hand (``--set``), by key."""
    drug_lines: tuple[DrugLine, ...] = ()
    """The drugs given, by date and administration; left out of the JSON where there is none or the switch is off."""

    def __post_init__(self) -> None:
        """Leave an empty field out of the instance, and so out of its JSON: the class still answers for it."""
        if not self.drug_lines:
            self.__dict__.pop("drug_lines", None)


def expected_cents(charge_set: ChargeSet) -> int:
    """Return what the lines of a set are expected to be paid together, in whole US cents; unpriced lines add nothing."""
    return sum(
        line.expected_payment.cents or 0 for line in charge_set.lines if line.expected_payment is not None
    )


CHARGE_SET: TypeAdapter[ChargeSet] = TypeAdapter(ChargeSet)
"""Reads and describes a charge set: ``CHARGE_SET.validate_json(line)``, ``CHARGE_SET.json_schema()``."""
