"""
An encounter as the plain fields of its record: what is known, by name, instants as text and figures digit by digit.

Pure; ``closed_encounter_json`` writes them as bytes and reads them back.
"""

from typing import Any, Final

from orjson import Fragment

from models.drug import Drug, Ingredient
from models.encounter import (
    AccessSite,
    Administration,
    Decision,
    DepartmentPeriod,
    Dispense,
    Encounter,
    Procedure,
    RefusedEvent,
    Review,
    Waste,
)
from streams.wire.instant_text import rfc3339


def _known(names: tuple[str, ...], values: tuple[Any, ...]) -> dict[str, Any]:
    """Return the fields that have a value, by name, in the model's order."""
    return {
        name: value for name, value in zip(names, values, strict=True) if value is not None and value != ()
    }


_NOTHING: Final[tuple[()]] = ()
"""The one empty tuple: comparing by identity halves the time, and another one would only be written out."""


def _with_instants(
    names: tuple[str, ...], values: tuple[Any, ...], instants: tuple[str, ...]
) -> dict[str, Any]:
    known = _known(names, values)
    for name in instants:
        if name in known:
            known[name] = rfc3339(known[name])
    return known


def encounter_fields(encounter: Encounter) -> dict[str, Any]:
    """Return what is known of a stay, by name and in the order of the model; what is not known is left out."""
    known = _with_instants(Encounter._fields, encounter, _STAY_INSTANTS)
    if encounter.sites:
        known["sites"] = [
            _with_instants(AccessSite._fields, site, _SITE_INSTANTS) for site in encounter.sites
        ]
    if encounter.procedures:
        known["procedures"] = [
            _with_instants(Procedure._fields, procedure, _PROCEDURE_INSTANTS)
            for procedure in encounter.procedures
        ]
    if encounter.administrations:
        known["administrations"] = [
            _administration_fields(administration) for administration in encounter.administrations
        ]
    if encounter.decisions:
        known["decisions"] = [
            _with_instants(Decision._fields, decision, ("decided_at",)) for decision in encounter.decisions
        ]
    if encounter.departments:
        known["departments"] = [
            _with_instants(DepartmentPeriod._fields, period, ("from_at",)) for period in encounter.departments
        ]
    if encounter.refused_events:
        known["refused_events"] = [
            _known(RefusedEvent._fields, refusal) for refusal in encounter.refused_events
        ]
    if encounter.reviews:
        known["reviews"] = [
            _with_instants(Review._fields, review, ("decided_at",)) for review in encounter.reviews
        ]
    if encounter.wasted_apart:
        known["wasted_apart"] = [_waste_fields(waste) for waste in encounter.wasted_apart]
    if encounter.dispensed:
        known["dispensed"] = [_dispense_fields(one) for one in encounter.dispensed]
    return known


def _wasted(wasted: tuple[Waste, ...]) -> dict[str, Any]:
    return {"wasted": [_waste_fields(waste) for waste in wasted]} if wasted else {}


def _waste_fields(waste: Waste) -> dict[str, Any]:
    return _with_instants(Waste._fields, waste, ("at",)) | {"amount": str(waste.amount)}


def _dispense_fields(one: Dispense) -> dict[str, Any]:
    known = _with_instants(Dispense._fields, one, ("at",)) | {"drug": _drug_fields(one.drug)}
    return known if one.dose is None else known | {"dose": str(one.dose)}


_STAY_INSTANTS: Final = ("arrived_at", "departed_at", "inpatient_ordered_at", "last_recorded_at")
_SITE_INSTANTS: Final = ("placed_at", "removed_at")
_PROCEDURE_INSTANTS: Final = ("started_at", "ended_at")
FIGURES: Final = ("rate_ml_per_h", "volume_ml", "dose", "ordered_dose", "weight_kg", "body_surface_m2")


def _administration_fields(administration: Administration) -> dict[str, Any]:
    known = _with_instants(Administration._fields, administration, ("given_at", "last_seen_at"))
    known |= _taken_back(administration) | _wasted(administration.wasted)
    if administration.drug is not None:
        known["drug"] = _drug_fields(administration.drug)
    for name in FIGURES:
        if name in known:
            known[name] = Fragment(str(known[name]))
    for name in ("flows", "pump_flows"):
        if name in known:
            known[name] = [_stretch(*flow) for flow in known[name]]
    if administration.rates:
        known["rates"] = [
            {"from_at": rfc3339(at), "rate_ml_per_h": Fragment(str(rate))}
            for at, rate in administration.rates
        ]
    for name in ("bag_changes", "touched"):
        if name in known:
            known[name] = [rfc3339(at) for at in known[name]]
    if administration.open_pause is not None:
        known["open_pause"] = _stretch(*administration.open_pause)
    return known


def _taken_back(administration: Administration) -> dict[str, Any]:
    """Return the list that a correction emptied: taken back is not the same as never said."""
    return {"order_modifiers": []} if administration.order_modifiers == () else {}


def _stretch(start: int, stop: int | None) -> dict[str, str]:
    if stop is None:
        return {"started_at": rfc3339(start)}
    return {"started_at": rfc3339(start), "stopped_at": rfc3339(stop)}


def _drug_fields(drug: Drug) -> dict[str, Any]:
    known = {
        name: value for name, value in drug.__dict__.items() if value is not None and value is not _NOTHING
    }
    if drug.ingredients:
        known["ingredients"] = [_ingredient(ingredient) for ingredient in drug.ingredients]
    return known


def _ingredient(ingredient: str | Ingredient) -> str | dict[str, Any]:
    return ingredient if isinstance(ingredient, str) else ingredient.model_dump(exclude_none=True)
