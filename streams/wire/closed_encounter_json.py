"""
A closed encounter as bytes, and back: the record from which a stay is coded, today or again under newer rules.

What is read is what was written, to the last digit of a rate: a stay must not be charged otherwise because it lay
in a topic. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from json import loads
from typing import Any, Final, NamedTuple

from orjson import Fragment, dumps
from pydantic import ValidationError

from models.build import build
from models.closed_encounter import (
    CLOSED_ENCOUNTER,
    ClosedStatus,
    ClosingReason,
    Given,
    Stay,
    Stretch,
)
from models.drug import Drug, Ingredient
from models.encounter import AccessSite, Administration, Decision, Encounter, Flow, Procedure

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


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
            "closed_at": _text(closed.closed_at),
            "reason": closed.reason,
            "merged_into": closed.merged_into,
            "events": closed.events,
            "encounter": _stay(closed.encounter),
        }
    )


@lru_cache(maxsize=1 << 14)
def _text(instant: int) -> str:
    """Return RFC 3339 in UTC; kept, because the instants of a stay repeat and those of a day are few."""
    return (_EPOCH + timedelta(seconds=instant)).isoformat().replace("+00:00", "Z")


def _said(names: tuple[str, ...], held: tuple[Any, ...]) -> dict[str, Any]:
    """Return what is known of something, by name, in the model's order."""
    return {name: value for name, value in zip(names, held, strict=True) if value is not None and value != ()}


_NOTHING: Final[tuple[()]] = ()
"""The one empty tuple: comparing by identity halves the time, and another one would only be written out."""


def _dated(names: tuple[str, ...], held: tuple[Any, ...], instants: tuple[str, ...]) -> dict[str, Any]:
    made = _said(names, held)
    for name in instants:
        if name in made:
            made[name] = _text(made[name])
    return made


def _stay(encounter: Encounter) -> dict[str, Any]:
    made = _dated(Encounter._fields, encounter, _OF_STAY)
    if encounter.sites:
        made["sites"] = [_dated(AccessSite._fields, one, _OF_SITE) for one in encounter.sites]
    if encounter.procedures:
        made["procedures"] = [_dated(Procedure._fields, one, _OF_PROCEDURE) for one in encounter.procedures]
    if encounter.administrations:
        made["administrations"] = [_given(one) for one in encounter.administrations]
    if encounter.decisions:
        made["decisions"] = [_dated(Decision._fields, one, ("decided_at",)) for one in encounter.decisions]
    return made


_OF_STAY: Final = ("arrived_at", "departed_at", "inpatient_ordered_at", "last_recorded_at")
_OF_SITE: Final = ("placed_at", "removed_at")
_OF_PROCEDURE: Final = ("started_at", "ended_at")
_FIGURES: Final = ("rate_ml_per_h", "volume_ml", "dose")


def _given(one: Administration) -> dict[str, Any]:
    made = _said(Administration._fields, one)
    if one.drug is not None:
        made["drug"] = _drug(one.drug)
    for name in _FIGURES:
        if name in made:
            made[name] = Fragment(str(made[name]))
    if one.given_at is not None:
        made["given_at"] = _text(one.given_at)
    if one.flows:
        made["flows"] = [_stretch(*flow) for flow in one.flows]
    if one.pump_flows:
        made["pump_flows"] = [_stretch(*flow) for flow in one.pump_flows]
    if one.rates:
        made["rates"] = [
            {"from_at": _text(at), "rate_ml_per_h": Fragment(str(rate))} for at, rate in one.rates
        ]
    if one.bag_changes:
        made["bag_changes"] = [_text(at) for at in one.bag_changes]
    if one.touched:
        made["touched"] = [_text(at) for at in one.touched]
    return made


def _stretch(start: int, stop: int | None) -> dict[str, str]:
    if stop is None:
        return {"started_at": _text(start)}
    return {"started_at": _text(start), "stopped_at": _text(stop)}


def _drug(drug: Drug) -> dict[str, Any]:
    made = {
        name: value for name, value in drug.__dict__.items() if value is not None and value is not _NOTHING
    }
    if drug.ingredients:
        made["ingredients"] = [_ingredient(one) for one in drug.ingredients]
    return made


def _ingredient(one: str | Ingredient) -> str | dict[str, Any]:
    return one if isinstance(one, str) else one.model_dump(exclude_none=True)


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
    told = read["encounter"]
    if told["encounter_id"] != read["encounter_id"]:
        raise NotAClosedEncounterError(where="encounter.encounter_id", wrong="is not the record's own")
    try:
        encounter = _encounter(told)
    except _FractionError:
        encounter = _encounter(told, _exact_figures(value))
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


_BLANK: Final = dict.fromkeys(Administration._fields) | dict.fromkeys(
    ("flows", "pump_flows", "rates", "bag_changes", "touched", "faults"), ()
)
_UNKNOWN_STAY: Final = dict.fromkeys(Encounter._fields) | dict.fromkeys(
    ("sites", "procedures", "administrations", "voided", "decisions", "conflicts"), ()
)
_UNKNOWN_DECISION: Final = dict.fromkeys(Decision._fields) | {"administration_ids": ()}
_UNKNOWN_SITE: Final = dict.fromkeys(AccessSite._fields)
_UNKNOWN_PROCEDURE: Final = dict.fromkeys(Procedure._fields)
# What is said is laid over these, so that the values come in the order of the tuple's fields.


def _encounter(told: Stay, exact: Sequence[Mapping[str, Any]] | None = None) -> Encounter:
    """Return the stay; ``exact`` are the administrations once more, their figures as they were written."""
    made: dict[str, Any] = _UNKNOWN_STAY | told
    given = made["administrations"]
    figures = given if exact is None else exact
    made["administrations"] = tuple([_administration(*pair) for pair in zip(given, figures, strict=True)])
    if made["sites"]:
        made["sites"] = tuple([AccessSite._make((_UNKNOWN_SITE | one).values()) for one in made["sites"]])
    if made["procedures"]:
        made["procedures"] = tuple(
            [Procedure._make((_UNKNOWN_PROCEDURE | one).values()) for one in made["procedures"]]
        )
    if made["decisions"]:
        made["decisions"] = tuple(
            [Decision._make((_UNKNOWN_DECISION | one).values()) for one in made["decisions"]]
        )
    return build(Encounter, made.values())


def _administration(given: Given, figures: Mapping[str, Any]) -> Administration:
    made: dict[str, Any] = _BLANK | given
    for name in _FIGURES:
        if name in figures:
            made[name] = _figure(figures[name])
    if made["flows"]:
        made["flows"] = _flows(made["flows"])
    if made["pump_flows"]:
        made["pump_flows"] = _flows(made["pump_flows"])
    if made["rates"]:
        made["rates"] = tuple(
            [
                (rate["from_at"], _figure(figure["rate_ml_per_h"]))
                for rate, figure in zip(made["rates"], figures["rates"], strict=True)
            ]
        )
    return build(Administration, made.values())


def _flows(told: Iterable[Stretch]) -> tuple[Flow, ...]:
    return tuple([build(Flow, (one["started_at"], one.get("stopped_at"))) for one in told])


def _figure(number: float | Decimal) -> Decimal:
    if isinstance(number, float):
        raise _FractionError
    return Decimal(number)


def _exact_figures(value: bytes) -> Sequence[Mapping[str, Any]]:
    """Return the administrations with figures in the digits they were written in; slower, and seldom needed."""
    found: Sequence[Mapping[str, Any]] = loads(value, parse_float=Decimal)["encounter"]["administrations"]
    return found
