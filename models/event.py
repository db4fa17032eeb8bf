"""
What happened at the bedside, one fact at a time, as publishers send it.

Every event of the contract's section 2 is one frozen class below; ``Event`` is their union, told apart
by ``type``. Instants are aware, identifiers opaque. A field this release does not know is refused, not
dropped: it might be the one that changes what is billed.
"""

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from models.drug import BillingClass, Drug
from models.field import (
    DepartmentModifier,
    Identifier,
    Instant,
    Intent,
    Minutes,
    OrderStatus,
    Quantity,
    Setting,
    StopReason,
    Technique,
    TimeZone,
    Words,
)


class Fact(BaseModel):
    """What every event says: which stay, which fact, when it happened and when it was stored."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    event_id: Identifier
    encounter_id: Identifier
    occurred_at: Instant
    recorded_at: Instant | None = None
    source: Identifier | None = None


class _Stay(Fact):
    """What registration knows of a stay; a field left out leaves what is known as it was."""

    setting: Setting | None = None
    payer: Identifier | None = None
    facility: Identifier | None = None
    department: Identifier | None = None
    time_zone: TimeZone | None = None
    arrived_at: Instant | None = None
    department_modifier: DepartmentModifier | None = None
    key_reason_order_id: Identifier | None = None
    follows_encounter_id: Identifier | None = None


class EncounterOpened(_Stay):
    """An outpatient stay begins."""

    type: Literal["encounter_opened"]


class EncounterUpdated(_Stay):
    """Registration changed something about the stay."""

    type: Literal["encounter_updated"]


class EncounterDischarged(Fact):
    """The patient left at ``occurred_at``."""

    type: Literal["encounter_discharged"]


class EncounterReopened(Fact):
    """A discharge or a cancellation was taken back."""

    type: Literal["encounter_reopened"]


class EncounterCancelled(Fact):
    """The stay never was."""

    type: Literal["encounter_cancelled"]


class EncounterMerged(Fact):
    """The stay is another one's; its events belong there."""

    type: Literal["encounter_merged"]
    into_encounter_id: Identifier


class InpatientOrdered(Fact):
    """The stay became an inpatient one at ``occurred_at``: outpatient codes end here."""

    type: Literal["inpatient_ordered"]


class AccessPlaced(Fact):
    """A line was placed, or a port accessed."""

    type: Literal["access_placed"]
    site_id: Identifier
    kind: Identifier | None = None
    restart_of: Identifier | None = None
    separate_site_reason: Words | None = None


class AccessRemoved(Fact):
    """A line was taken out, or a port de-accessed."""

    type: Literal["access_removed"]
    site_id: Identifier
    kind: Identifier | None = None
    restart_of: Identifier | None = None
    separate_site_reason: Words | None = None


class ProcedureStarted(Fact):
    """Another service began: drugs inside may be part of it, and some kinds are coded themselves."""

    type: Literal["procedure_started"]
    procedure_id: Identifier
    kind: Identifier | None = None


class ProcedureEnded(Fact):
    """The other service ended."""

    type: Literal["procedure_ended"]
    procedure_id: Identifier
    kind: Identifier | None = None


class _Given(Fact):
    """The administration fields: what was given, how, where and why."""

    administration_id: Identifier
    order_id: Identifier | None = None
    order_status: OrderStatus | None = None
    dose_id: Identifier | None = None
    drug: Drug | None = None
    route: Identifier | None = None
    technique: Technique | None = None
    site_id: Identifier | None = None
    intent: Intent | None = None
    indication: Words | None = None
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


class InfusionStarted(_Given):
    """Flow began at ``occurred_at``."""

    type: Literal["infusion_started"]


class PushGiven(_Given):
    """A push was given at ``occurred_at``."""

    type: Literal["push_given"]


class InjectionGiven(_Given):
    """An injection was given at ``occurred_at``."""

    type: Literal["injection_given"]


class ChartedInterval(BaseModel):
    """One stretch of flow, as charted; without a stop it was still running."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    started_at: Instant
    stopped_at: Instant | None = None


class AdministrationCharted(_Given):
    """The whole administration as the chart states it; a later ``recorded_at`` replaces an earlier one."""

    type: Literal["administration_charted"]
    started_at: Instant | None = None
    stopped_at: Instant | None = None
    stop_reason: StopReason | None = None
    intervals: tuple[ChartedInterval, ...] = Field(default=(), max_length=10_000)


class _Running(Fact):
    """Something about an infusion already named."""

    administration_id: Identifier


class InfusionPaused(_Running):
    """Flow stopped for a while: a hold, an alarm, an occlusion, a disconnection."""

    type: Literal["infusion_paused"]


class InfusionResumed(_Running):
    """Flow went on."""

    type: Literal["infusion_resumed"]


class InfusionRateChanged(_Running):
    """The rate changed; zero is a pause."""

    type: Literal["infusion_rate_changed"]
    rate_ml_per_h: Quantity


class InfusionBagChanged(_Running):
    """The next bag of the same order was hung; flow is continuous."""

    type: Literal["infusion_bag_changed"]
    volume_ml: Quantity | None = None


class InfusionStopped(_Running):
    """Flow ended; ``kvo`` says the volume was complete and the pump only keeps the line open."""

    type: Literal["infusion_stopped"]
    reason: StopReason | None = None


class AdministrationVoided(_Running):
    """Entered in error, refused, not given."""

    type: Literal["administration_voided"]


class EventVoided(Fact):
    """An earlier event was entered in error."""

    type: Literal["event_voided"]
    voids_event_id: Identifier


class CodeDecided(Fact):
    """
    A person decided on a code no clock can earn: an unlisted or procedural one.

    ``reason`` says why and ``comparable_code`` what it compares with (R-UNL-1).
    """

    type: Literal["code_decided"]
    decision_id: Identifier
    code: Annotated[str, Field(pattern=r"^[0-9A-Z][0-9]{4}$")]
    administration_ids: tuple[Identifier, ...] = Field(default=(), max_length=1000)
    units: Annotated[int, Field(ge=1, le=99)] = 1
    reason: Annotated[str, Field(min_length=3, max_length=2000)]
    comparable_code: Annotated[str, Field(pattern=r"^[0-9A-Z][0-9]{4}$")] | None = None


Given = InfusionStarted | PushGiven | InjectionGiven | AdministrationCharted

Event = Annotated[
    EncounterOpened
    | EncounterUpdated
    | EncounterDischarged
    | EncounterReopened
    | EncounterCancelled
    | EncounterMerged
    | InpatientOrdered
    | AccessPlaced
    | AccessRemoved
    | ProcedureStarted
    | ProcedureEnded
    | InfusionStarted
    | InfusionPaused
    | InfusionResumed
    | InfusionRateChanged
    | InfusionBagChanged
    | InfusionStopped
    | PushGiven
    | InjectionGiven
    | AdministrationCharted
    | AdministrationVoided
    | EventVoided
    | CodeDecided,
    Field(discriminator="type"),
]

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
"""Reads one event: ``EVENT.validate_json(line)``."""


def event_types() -> tuple[str, ...]:
    """Return the names publishers may put into ``type``, in the contract's order."""
    classes: tuple[type[Fact], ...] = get_args(get_args(Event)[0])
    return tuple(get_args(cls.model_fields["type"].annotation)[0] for cls in classes)


__all__ = ["EVENT", "BillingClass", "Event", "Fact", "Given", "event_types"]
