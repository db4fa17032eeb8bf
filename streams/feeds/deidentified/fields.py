"""What becomes of each field of an event: kept, moved in time, hashed, put into known words, or dropped. Pure."""

from functools import cache
from typing import Final, get_args

from pydantic import BaseModel

from models.drug import Drug, Ingredient
from models.event import Event, event_types
from models.fact import ChartedInterval, Fact

KEPT: Final = frozenset(
    [
        "type",
        "setting",
        "department_modifier",
        "technique",
        "intent",
        "order_status",
        "charted_by_role",
        "supplied_by",
        "prehospital",
        "counselling",
        "research",
        "lesion_count",
        "complexity_documented",
        "order_modifiers",
        "rate_ml_per_h",
        "volume_ml",
        "dose",
        "planned_minutes",
        "stop_reason",
        "pauses_apart",
        "decision",
        "flag",
        "code",
        "comparable_code",
        "units",
        "time_zone",
    ]
)
"""Fields whose values are words of the contract, codes, or amounts of a drug."""

INSTANTS: Final = frozenset(["occurred_at", "recorded_at", "arrived_at", "started_at", "stopped_at"])

IDS: Final = {
    "event_id": "event",
    "voids_event_id": "event",
    "refused_event_id": "event",
    "refusal_ids": "event",
    "encounter_id": "encounter",
    "into_encounter_id": "encounter",
    "follows_encounter_id": "encounter",
    "administration_id": "administration",
    "administration_ids": "administration",
    "order_id": "order",
    "key_reason_order_id": "order",
    "dose_id": "dose",
    "procedure_id": "procedure",
    "site_id": "site",
    "restart_of": "site",
    "device_id": "device",
    "decision_id": "decision",
    "decided_by": "person",
    "patient_key": "patient",
    "facility": "facility",
    "department": "department",
    "lumen": "lumen",
}
"""Identifiers, and what kind of thing they name: equal ones of a kind stay equal."""


@cache
def known_fields() -> dict[str, frozenset[str]]:
    """Return the fields of each type of event, and of the objects inside one."""
    classes: tuple[type[Fact], ...] = get_args(get_args(Event)[0])
    of_events = {name: frozenset(cls.model_fields) for name, cls in zip(event_types(), classes, strict=True)}
    inside: dict[str, type[BaseModel]] = {
        "drug": Drug,
        "ingredients": Ingredient,
        "intervals": ChartedInterval,
    }
    return of_events | {name: frozenset(cls.model_fields) for name, cls in inside.items()}
