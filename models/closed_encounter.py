"""
A closed stay on the wire: what the rules saw, and which decision closed it.

Read by validating, written by ``streams``. A field that is not known or empty is left out, as in events, and
one this release does not know is refused: it might be the one that changes what is billed. Typed dictionaries,
because what is read becomes the tuples of ``models.encounter`` and lives no longer than that.
"""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Literal, Required

from pydantic import ConfigDict, Field, GetPydanticSchema, TypeAdapter, WithJsonSchema, with_config
from pydantic_core import core_schema
from typing_extensions import TypedDict

from models.drug import Drug
from models.encounter import Fault, Standing
from models.field import (
    ChartedByRole,
    DepartmentModifier,
    Intent,
    OrderStatus,
    ReviewDecision,
    Setting,
    StopReason,
    SuppliedBy,
    Technique,
)

ClosedStatus = Literal["preview", "final", "withdrawn"]
ClosingReason = Literal[
    "discharged",
    "inactive",
    "overdue",
    "confirmed",
    "late_event",
    "merged",
    "cancelled",
    "provisional",
    "reopened",
    "other_account",
]

_AS_READ = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


@lru_cache(maxsize=1 << 14)
def _epoch_seconds(text: str) -> int:
    """Return an instant as written here, RFC 3339 in UTC and whole seconds, since 1970-01-01 UTC."""
    message = "an instant is written as 2026-03-02T13:00:00Z"
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(message) from None  # the parser's own words repeat the text
    if instant.tzinfo is None or instant.microsecond:
        raise ValueError(message)
    return int(instant.timestamp())


Instant = Annotated[
    int,
    GetPydanticSchema(
        lambda _source, _handler: core_schema.no_info_after_validator_function(
            _epoch_seconds, core_schema.str_schema(strict=True)
        )
    ),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""Text on the wire, epoch seconds once read."""

Number = Annotated[int | float, Field(ge=0), WithJsonSchema({"type": "number", "minimum": 0})]
"""A whole number stays as it was written; a decimal one loses precision, so nothing is coded from it."""
Count = Annotated[int, Field(ge=0)]


@with_config(_AS_READ)
class Stretch(TypedDict, total=False):
    """One uninterrupted stretch of flow; without a stop it was still running."""

    started_at: Required[Instant]
    stopped_at: Instant


@with_config(_AS_READ)
class Rate(TypedDict):
    """A charted rate, and from when it held."""

    from_at: Instant
    rate_ml_per_h: Number


@with_config(_AS_READ)
class Access(TypedDict, total=False):
    """One venipuncture, catheter or port."""

    site_id: Required[str]
    kind: str
    placed_at: Instant
    removed_at: Instant
    restart_of: str
    separate_site_reason: str


@with_config(_AS_READ)
class DepartmentPeriod(TypedDict, total=False):
    """Where the stay was from an instant until the next period began."""

    from_at: Required[Instant]
    department: str
    department_modifier: DepartmentModifier


@with_config(_AS_READ)
class OtherService(TypedDict, total=False):
    """Another service, with the time it took."""

    procedure_id: Required[str]
    kind: str
    started_at: Instant
    ended_at: Instant


@with_config(_AS_READ)
class DecidedCode(TypedDict, total=False):
    """A person's decision on a code no clock can earn."""

    decision_id: Required[str]
    code: Required[str]
    units: Required[Count]
    administration_ids: tuple[str, ...]
    reason: Required[str]
    comparable_code: str
    decided_at: Required[Instant]


Amount = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]
"""Written as text, so that no digit is lost."""


@with_config(_AS_READ)
class Discarded(TypedDict, total=False):
    """What was thrown away of a container opened for one giving."""

    waste_id: Required[str]
    administration_id: Required[str]
    amount: Required[Amount]
    unit: str
    reason: str
    at: Required[Instant]


@with_config(_AS_READ)
class HandedOut(TypedDict, total=False):
    """A drug that was handed out or charged for the stay."""

    dispense_id: Required[str]
    administration_id: str
    order_id: str
    drug: Required[Drug]
    dose: Amount
    dose_unit: str
    at: Required[Instant]


@with_config(_AS_READ)
class Given(TypedDict, total=False):
    """One drug given once, as nurse and pump tell it."""

    administration_id: Required[str]
    technique: Required[Technique]
    drug: Drug
    route: str
    order_id: str
    order_status: OrderStatus
    dose_id: str
    site_id: str
    intent: Intent
    indication: str
    rate_ml_per_h: Number
    volume_ml: Number
    planned_minutes: Count
    dose: Number
    dose_unit: str
    prehospital: bool
    device_id: str
    counselling: bool
    lesion_count: Count
    complexity_documented: bool
    procedure_id: str
    lumen: str
    charted_by_role: ChartedByRole
    supplied_by: SuppliedBy
    research: bool
    order_modifiers: tuple[str, ...]
    ordered_dose: Number
    ordered_dose_unit: str
    weight_kg: Number
    body_surface_m2: Number
    given_at: Instant
    flows: tuple[Stretch, ...]
    pump_flows: tuple[Stretch, ...]
    rates: tuple[Rate, ...]
    bag_changes: tuple[Instant, ...]
    stop_reason: StopReason
    touched: tuple[Instant, ...]
    faults: tuple[Fault, ...]
    open_pause: Stretch
    last_seen_at: Instant
    wasted: tuple[Discarded, ...]


@with_config(_AS_READ)
class Refusal(TypedDict, total=False):
    """An event of the stay that could not be used, and why."""

    event_id: Required[str]
    refused_event_id: str
    reason: Required[str]


@with_config(_AS_READ)
class ReviewedFlag(TypedDict, total=False):
    """A person's answer to a flag, and what of the facts it was made on is different now."""

    review_id: Required[str]
    flag: Required[str]
    administration_ids: tuple[str, ...]
    refusal_ids: tuple[str, ...]
    decision: Required[ReviewDecision]
    code: str
    comparable_code: str
    reason: Required[str]
    decided_by: Required[str]
    decided_at: Required[Instant]
    changed_ids: tuple[str, ...]
    changed_facts: tuple[str, ...]


@with_config(_AS_READ)
class Stay(TypedDict, total=False):
    """The stay as its events tell it, as ``models.encounter.Encounter`` has it."""

    encounter_id: Required[str]
    standing: Required[Standing]
    setting: Setting
    payer: str
    facility: str
    department: str
    department_modifier: DepartmentModifier
    time_zone: str
    utc_offset_s: Required[int]
    arrived_at: Instant
    departed_at: Instant
    inpatient_ordered_at: Instant
    key_reason_order_id: str
    follows_encounter_id: str
    last_recorded_at: Instant
    sites: tuple[Access, ...]
    procedures: tuple[OtherService, ...]
    administrations: tuple[Given, ...]
    voided: tuple[str, ...]
    decisions: tuple[DecidedCode, ...]
    conflicts: tuple[str, ...]
    departments: tuple[DepartmentPeriod, ...]
    overruled: tuple[str, ...]
    refused_events: tuple[Refusal, ...]
    merged_into: str
    reviews: tuple[ReviewedFlag, ...]
    patient_key: str
    other_accounts: tuple[str, ...]
    wasted_apart: tuple[Discarded, ...]
    dispensed: tuple[HandedOut, ...]


@with_config(ConfigDict(**_AS_READ, defer_build=True))  # read in few places
class ClosedEncounter(TypedDict):
    """A stay that was closed, or closed again: the facts its charges are made of."""

    encounter_id: str
    version: Count
    status: ClosedStatus
    closed_at: Instant
    reason: ClosingReason
    merged_into: str | None
    events: Count
    encounter: Stay


CLOSED_ENCOUNTER: TypeAdapter[ClosedEncounter] = TypeAdapter(ClosedEncounter)
"""Reads and describes a closed encounter: ``CLOSED_ENCOUNTER.validate_json(value)``."""
