"""What events have in common: every fact's own fields, and those of a stay, an access, an administration."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from models.any_case import ANY_CASE, ANY_CASE_UPPER
from models.coded_reason import Reason
from models.drug import Drug
from models.field import (
    ChartedByRole,
    DepartmentModifier,
    Identifier,
    Instant,
    Intent,
    Minutes,
    Modifier,
    OrderStatus,
    Person,
    Quantity,
    Setting,
    SuppliedBy,
    Technique,
    TimeZone,
    Why,
    Words,
)


class Fact(BaseModel):
    """
    What every event says: which stay, which fact, when it happened and when it was stored.

    ``entered_by`` and ``change_reason`` say who entered it by hand, and why; nothing is coded from them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    event_id: Identifier
    encounter_id: Identifier
    occurred_at: Instant
    recorded_at: Instant | None = None
    source: Identifier | None = None
    entered_by: Person | None = None
    change_reason: Why | None = None


class StayFact(Fact):
    """What registration knows of a stay; a field left out leaves what is known as it was."""

    setting: Annotated[Setting, ANY_CASE] | None = None
    payer: Identifier | None = None
    facility: Identifier | None = None
    department: Identifier | None = None
    time_zone: TimeZone | None = None
    arrived_at: Instant | None = None
    department_modifier: Annotated[DepartmentModifier, ANY_CASE_UPPER] | None = None
    key_reason_order_id: Identifier | None = None
    follows_encounter_id: Identifier | None = None
    patient_key: Identifier | None = None


class AccessFact(Fact):
    """A line or port, and why it was needed beside another."""

    site_id: Identifier
    kind: Identifier | None = None
    restart_of: Identifier | None = None
    separate_site_reason: Words | None = None


class ProcedureFact(Fact):
    """Another service, named by its id."""

    procedure_id: Identifier
    kind: Identifier | None = None


class GivenFact(Fact):
    """The administration fields: what was given, how, where and why."""

    administration_id: Identifier
    order_id: Identifier | None = None
    order_status: Annotated[OrderStatus, ANY_CASE] | None = None
    dose_id: Identifier | None = None
    drug: Drug | None = None
    route: Identifier | None = None
    technique: Annotated[Technique, ANY_CASE] | None = None
    site_id: Identifier | None = None
    intent: Annotated[Intent, ANY_CASE] | None = None
    indication: Reason | None = None
    rate_ml_per_h: Quantity | None = None
    volume_ml: Quantity | None = None
    planned_minutes: Minutes | None = None
    dose: Quantity | None = None
    dose_unit: Identifier | None = None
    prehospital: bool | None = None
    device_id: Identifier | None = None
    counselling: bool | None = None
    lesion_count: Annotated[int, Field(ge=1, le=1000)] | None = None
    complexity_documented: bool | None = None
    procedure_id: Identifier | None = None
    lumen: Identifier | None = None
    charted_by_role: ChartedByRole | None = None
    supplied_by: SuppliedBy | None = None
    research: bool | None = None
    order_modifiers: Annotated[tuple[Modifier, ...], Field(max_length=20)] | None = None
    ordered_dose: Quantity | None = None
    ordered_dose_unit: Identifier | None = None
    weight_kg: Quantity | None = None
    body_surface_m2: Quantity | None = None


class ChartedInterval(BaseModel):
    """One stretch of flow, as charted; without a stop it was still running."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    started_at: Instant
    stopped_at: Instant | None = None


class RunningFact(Fact):
    """Something about an infusion already named."""

    administration_id: Identifier
    charted_by_role: ChartedByRole | None = None
