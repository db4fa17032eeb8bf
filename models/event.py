"""
What happened at the bedside, one fact at a time, as publishers send it.

Every event of the contract's section 2 is one frozen class below; ``Event`` is their union, told apart
by ``type``. Instants are aware, identifiers opaque. A field this release does not know is refused, not
dropped: it might be the one that changes what is billed.
"""

import re
from typing import Annotated, Final, Literal, get_args

from pydantic import AfterValidator, Field, TypeAdapter, ValidationInfo, WithJsonSchema, field_validator

from models.any_case import ANY_CASE
from models.drug_event import DrugDispensed, DrugWasted
from models.fact import AccessFact, ChartedInterval, Fact, GivenFact, ProcedureFact, RunningFact, StayFact
from models.field import (
    Identifier,
    Instant,
    Person,
    Quantity,
    ReviewDecision,
    StopReason,
)

_CODE: Final = r"^[0-9A-Z][0-9]{4}$"
_FLAG: Final = r"^F-[A-Z][A-Z_]{0,60}$"


class EncounterOpened(StayFact):
    """An outpatient stay begins."""

    type: Literal["encounter_opened"]


class EncounterUpdated(StayFact):
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


class AccessPlaced(AccessFact):
    """A line was placed, or a port accessed."""

    type: Literal["access_placed"]


class AccessRemoved(AccessFact):
    """A line was taken out, or a port de-accessed."""

    type: Literal["access_removed"]


class ProcedureStarted(ProcedureFact):
    """Another service began: drugs inside may be part of it, and some kinds are coded themselves."""

    type: Literal["procedure_started"]


class ProcedureEnded(ProcedureFact):
    """The other service ended."""

    type: Literal["procedure_ended"]


class InfusionStarted(GivenFact):
    """Flow began at ``occurred_at``."""

    type: Literal["infusion_started"]


class PushGiven(GivenFact):
    """A push was given at ``occurred_at``."""

    type: Literal["push_given"]


class InjectionGiven(GivenFact):
    """An injection was given at ``occurred_at``."""

    type: Literal["injection_given"]


class AdministrationCharted(GivenFact):
    """The whole administration as the chart states it; a later ``recorded_at`` replaces an earlier one."""

    type: Literal["administration_charted"]
    started_at: Instant | None = None
    stopped_at: Instant | None = None
    stop_reason: Annotated[StopReason, ANY_CASE] | None = None
    intervals: tuple[ChartedInterval, ...] = Field(default=(), max_length=10_000)
    pauses_apart: bool | None = None


class InfusionPaused(RunningFact):
    """Flow stopped for a while: a hold, an alarm, an occlusion, a disconnection."""

    type: Literal["infusion_paused"]


class InfusionResumed(RunningFact):
    """Flow went on."""

    type: Literal["infusion_resumed"]


class InfusionRateChanged(RunningFact):
    """The rate changed; zero is a pause."""

    type: Literal["infusion_rate_changed"]
    rate_ml_per_h: Quantity


class InfusionBagChanged(RunningFact):
    """The next bag of the same order was hung; flow is continuous."""

    type: Literal["infusion_bag_changed"]
    volume_ml: Quantity | None = None


class InfusionBolus(RunningFact):
    """The pump gave a bolus out of the bag: part of the infusion, never a push (R-PUSH-7)."""

    type: Literal["infusion_bolus"]
    volume_ml: Quantity | None = None
    dose: Quantity | None = None


class InfusionStopped(RunningFact):
    """Flow ended; ``kvo`` says the volume was complete and the pump only keeps the line open."""

    type: Literal["infusion_stopped"]
    reason: Annotated[StopReason, ANY_CASE] | None = None


class AdministrationVoided(RunningFact):
    """Entered in error, refused, not given."""

    type: Literal["administration_voided"]


class EventVoided(Fact):
    """An earlier event was entered in error."""

    type: Literal["event_voided"]
    voids_event_id: Identifier


class EventRefused(Fact):
    """
    An event of this encounter could not be used: whoever refused it says so in its place (R-DOC-9).

    The stay is held until the refused event comes in a form that can be used, or is voided. ``refused_event_id`` is the
    refused event's own id where it could be read; ``reason`` says what was wrong with it and never what stood in it.
    """

    type: Literal["event_refused"]
    refused_event_id: Identifier | None = None
    reason: Annotated[str, Field(min_length=3, max_length=2000)]


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


def _flag_id(text: str) -> str:
    if not re.match(_FLAG, text):
        message = "not the id of a flag; copy it from the flag, for example F-MUE"
        raise ValueError(message)
    return text


class ReviewDecided(Fact):
    """
    A person answered what a flag asks.

    It answers the flag of that id that names these administrations, or every flag of that id where none are named,
    and stands as long as what was charted of them when it was stored. ``code`` is the code to report with ``code``;
    with another decision it tells apart what concerns several codes. ``refusal_ids`` name refused events, by the
    refusal's id or their own; one alone need not be named. ``decided_by`` is opaque, never a name.
    """

    type: Literal["review_decided"]
    flag: Annotated[str, AfterValidator(_flag_id), WithJsonSchema({"type": "string", "pattern": _FLAG})]
    administration_ids: tuple[Identifier, ...] = Field(default=(), max_length=1000)
    refusal_ids: tuple[Identifier, ...] = Field(default=(), max_length=1000)
    decision: ReviewDecision
    code: Annotated[str, Field(pattern=_CODE)] | None = Field(default=None, validate_default=True)
    comparable_code: Annotated[str, Field(pattern=_CODE)] | None = None
    reason: Annotated[str, Field(min_length=3, max_length=2000)]
    decided_by: Person

    @field_validator("code")
    @classmethod
    def _names_a_code(cls, code: str | None, info: ValidationInfo) -> str | None:
        if code is None and info.data.get("decision") == "code":
            message = "missing for the decision code; add the code that is to be reported"
            raise ValueError(message)
        return code


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
    | InfusionBolus
    | InfusionStopped
    | PushGiven
    | InjectionGiven
    | AdministrationCharted
    | AdministrationVoided
    | DrugWasted
    | DrugDispensed
    | EventVoided
    | EventRefused
    | CodeDecided
    | ReviewDecided,
    Field(discriminator="type"),
]

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
"""Reads one event: ``EVENT.validate_json(line)``."""


def event_types() -> tuple[str, ...]:
    """Return the names publishers may put into ``type``, in the contract's order."""
    classes: tuple[type[Fact], ...] = get_args(get_args(Event)[0])
    return tuple(get_args(cls.model_fields["type"].annotation)[0] for cls in classes)
