"""
A closed encounter as bytes, and back: the record from which a stay is coded, today or again under newer rules.

Reading returns what was written, to the last digit of a rate: a stay must not be charged otherwise because it lay
in a topic. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from json import loads
from typing import Any, Final, NamedTuple

from orjson import dumps
from pydantic import ValidationError

from models.build import build
from models.closed_encounter import (
    CLOSED_ENCOUNTER,
    ClosedStatus,
    ClosingReason,
    Discarded,
    Given,
    Stay,
    Stretch,
)
from models.encounter import (
    AccessSite,
    Administration,
    Decision,
    DepartmentPeriod,
    Dispense,
    Encounter,
    Flow,
    Procedure,
    RefusedEvent,
    Review,
    Waste,
    empty_encounter,
)
from streams.wire.encounter_fields import FIGURES, encounter_fields
from streams.wire.instant_text import rfc3339


class ClosedEncounter(NamedTuple):
    """
    A stay as the rules are to see it, and which decision closed it.

    ``version`` grows with every change of the stay; ``closed_at`` is the instant of the decision in epoch seconds;
    ``events`` says how many events the stay was folded from.
    """

    encounter_id: str
    version: int
    status: ClosedStatus
    closed_at: int
    reason: ClosingReason
    merged_into: str | None
    events: int
    encounter: Encounter


class NotAClosedEncounterError(ValueError):
    """Bytes that are no closed encounter; says which field is wrong, never what it held."""

    def __init__(self, where: str, wrong: str) -> None:
        super().__init__(
            f"not a closed encounter: {where}: {wrong}; only the worker writes this topic, so run the release that "
            "wrote the record or a newer one, or close the stay again from its events"
        )


# ---------------------------------------------------------------- writing


def to_bytes(closed: ClosedEncounter) -> bytes:
    """Return a closed encounter as one JSON object without a line feed; the same one gives the same bytes."""
    return dumps(
        {
            "encounter_id": closed.encounter_id,
            "version": closed.version,
            "status": closed.status,
            "closed_at": rfc3339(closed.closed_at),
            "reason": closed.reason,
            "merged_into": closed.merged_into,
            "events": closed.events,
            "encounter": encounter_fields(closed.encounter),
        }
    )


# ---------------------------------------------------------------- reading


class _FractionError(Exception):
    """A figure has digits after the point, which a float may not hold as they were charted."""


def from_bytes(value: bytes) -> ClosedEncounter:
    """
    Return the closed encounter that bytes hold.

    Raises:
        NotAClosedEncounterError: they hold none, or one of a release that knew more.
    """
    try:
        read = CLOSED_ENCOUNTER.validate_json(value)
    except ValidationError as error:
        raise _refusal(error) from None
    stay = read["encounter"]
    if stay["encounter_id"] != read["encounter_id"]:
        raise NotAClosedEncounterError(where="encounter.encounter_id", wrong="is not the record's own")
    try:
        encounter = _encounter_of(stay)
    except _FractionError:
        encounter = _encounter_of(stay, _exact_figures(value))
    return ClosedEncounter(
        read["encounter_id"],
        read["version"],
        read["status"],
        read["closed_at"],
        read["reason"],
        read["merged_into"],
        read["events"],
        encounter,
    )


def _refusal(error: ValidationError) -> NotAClosedEncounterError:
    first = error.errors(include_url=False, include_input=False)[0]
    place = [str(step) for step in first["loc"]]
    if first["type"] == "extra_forbidden":
        return NotAClosedEncounterError(
            ".".join(place[:-1]) or "record", "a field this release does not know"
        )
    return NotAClosedEncounterError(".".join(place) or "record", first["msg"])


_UNKNOWN_ADMINISTRATION: Final = dict.fromkeys(Administration._fields) | dict.fromkeys(
    ("flows", "pump_flows", "rates", "bag_changes", "touched", "faults", "wasted"), ()
)
_UNKNOWN_STAY: Final = empty_encounter("", "open")._asdict()
_UNKNOWN_DECISION: Final = dict.fromkeys(Decision._fields) | {"administration_ids": ()}
_UNKNOWN_SITE: Final = dict.fromkeys(AccessSite._fields)
_UNKNOWN_PROCEDURE: Final = dict.fromkeys(Procedure._fields)
_UNKNOWN_DEPARTMENT: Final = dict.fromkeys(DepartmentPeriod._fields)
_UNKNOWN_WASTE: Final = dict.fromkeys(Waste._fields)
_UNKNOWN_DISPENSE: Final = dict.fromkeys(Dispense._fields)
_UNKNOWN_REFUSAL: Final = dict.fromkeys(RefusedEvent._fields)
_UNKNOWN_REVIEW: Final = dict.fromkeys(Review._fields) | dict.fromkeys(
    ("administration_ids", "refusal_ids", "changed_ids", "changed_facts"), ()
)
# Known fields are laid over these, so that the values come in the order of the tuple's fields.


def _encounter_of(stay: Stay, exact: Sequence[Mapping[str, Any]] | None = None) -> Encounter:
    """Return the encounter; ``exact`` are the administrations once more, their figures as they were written."""
    fields: dict[str, Any] = _UNKNOWN_STAY | stay
    administrations = fields["administrations"]
    figures = administrations if exact is None else exact
    fields["administrations"] = tuple(
        [_administration_of(*pair) for pair in zip(administrations, figures, strict=True)]
    )
    if fields["sites"]:
        fields["sites"] = tuple(
            [AccessSite._make((_UNKNOWN_SITE | site).values()) for site in fields["sites"]]
        )
    if fields["procedures"]:
        fields["procedures"] = tuple(
            [Procedure._make((_UNKNOWN_PROCEDURE | procedure).values()) for procedure in fields["procedures"]]
        )
    if fields["decisions"]:
        fields["decisions"] = tuple(
            [Decision._make((_UNKNOWN_DECISION | decision).values()) for decision in fields["decisions"]]
        )
    if fields["departments"]:
        fields["departments"] = tuple(
            [
                DepartmentPeriod._make((_UNKNOWN_DEPARTMENT | period).values())
                for period in fields["departments"]
            ]
        )
    if fields["refused_events"]:
        fields["refused_events"] = tuple(
            [
                RefusedEvent._make((_UNKNOWN_REFUSAL | refusal).values())
                for refusal in fields["refused_events"]
            ]
        )
    if fields["reviews"]:
        fields["reviews"] = tuple(
            [Review._make((_UNKNOWN_REVIEW | review).values()) for review in fields["reviews"]]
        )
    fields["wasted_apart"] = _waste_of(fields["wasted_apart"])
    fields["dispensed"] = tuple(
        [Dispense._make((_UNKNOWN_DISPENSE | one).values()) for one in fields["dispensed"]]
    )
    return build(Encounter, fields.values())


def _waste_of(wasted: Iterable[Discarded]) -> tuple[Waste, ...]:
    return tuple([Waste._make((_UNKNOWN_WASTE | waste).values()) for waste in wasted])


def _administration_of(known: Given, figures: Mapping[str, Any]) -> Administration:
    fields: dict[str, Any] = _UNKNOWN_ADMINISTRATION | known
    for name in FIGURES:
        if name in figures:
            fields[name] = _figure(figures[name])
    if fields["flows"]:
        fields["flows"] = _flows_of(fields["flows"])
    if fields["pump_flows"]:
        fields["pump_flows"] = _flows_of(fields["pump_flows"])
    if fields["rates"]:
        fields["rates"] = tuple(
            [
                (rate["from_at"], _figure(figure["rate_ml_per_h"]))
                for rate, figure in zip(fields["rates"], figures["rates"], strict=True)
            ]
        )
    if fields["wasted"]:
        fields["wasted"] = _waste_of(fields["wasted"])
    if fields["open_pause"] is not None:
        (fields["open_pause"],) = _flows_of((fields["open_pause"],))
    return build(Administration, fields.values())


def _flows_of(stretches: Iterable[Stretch]) -> tuple[Flow, ...]:
    return tuple([build(Flow, (stretch["started_at"], stretch.get("stopped_at"))) for stretch in stretches])


def _figure(number: float | Decimal) -> Decimal:
    if isinstance(number, float):
        raise _FractionError
    return Decimal(number)


def _exact_figures(value: bytes) -> Sequence[Mapping[str, Any]]:
    """Return the administrations with figures in the digits they were written in; slower, and seldom needed."""
    administrations: Sequence[Mapping[str, Any]] = loads(value, parse_float=Decimal)["encounter"][
        "administrations"
    ]
    return administrations
