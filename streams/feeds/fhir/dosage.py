"""How it was given: route, technique, site, dose, rate and how long it was to run, each by its own code or words."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, NamedTuple

import orjson

from models.field import Technique
from rules.formulary.routes import read_route
from streams.feeds.fhir.context import ResourceContext
from streams.feeds.fhir.elements import (
    AmountError,
    Element,
    amount,
    codings,
    concept_words,
    element,
    elements,
    text,
)
from streams.feeds.one_line import one_line
from streams.feeds.site_mapping import Words, spelled

_METHODS: Final[dict[str, Technique]] = {"420620005": "push", "422145002": "injection"}
"""SNOMED CT codes of a method that public resources use."""

_METHOD_WORDS: Final[tuple[tuple[re.Pattern[str], Technique], ...]] = (
    (re.compile(r"\b(?:push|ivp)\b", re.IGNORECASE), "push"),
    (re.compile(r"\b(?:infus\w*|piggyback|ivpb|drip|continuous)\b", re.IGNORECASE), "infusion"),
    (re.compile(r"\binject\w*\b", re.IGNORECASE), "injection"),
)
_INFUSE_OVER: Final = "infuse-over-time"
_MINUTES: Final = {
    "min": 1.0,
    "minute": 1.0,
    "minutes": 1.0,
    "h": 60.0,
    "hr": 60.0,
    "hour": 60.0,
    "hours": 60.0,
}
_SECONDS: Final = {
    "s": 1 / 60,
    "sec": 1 / 60,
    "second": 1 / 60,
    "seconds": 1 / 60,
    "d": 1440.0,
    "day": 1440.0,
}
_VOLUMES: Final = {
    "ml": 1.0,
    "milliliter": 1.0,
    "milliliters": 1.0,
    "millilitre": 1.0,
    "cc": 1.0,
    "l": 1000.0,
    "liter": 1000.0,
}
_DURATIONS: Final = _MINUTES | _SECONDS
_LONGEST: Final = 200


class Given(NamedTuple):
    """What a dosage tells, as fields of the contract."""

    fields: dict[str, Any]
    technique: Technique | None
    kind: str | None
    """The route as the rules read it, ``IV``, ``SC`` and so on; None where it is not told or nobody knows it."""


class _Amounts(NamedTuple):
    dose: float | None = None
    dose_unit: str | None = None
    volume_ml: float | None = None
    rate_ml_per_h: float | None = None
    planned_minutes: int | None = None


def given_of(context: ResourceContext) -> Given | None:
    """Return how something was given; None where an amount of it is refused, which then has been said."""
    dosage = element(context.resource, "dosage")
    manner = _manner(dosage, context.site.words)
    if manner.contradicts:
        context.note(
            "dosage.route", "its code and its words name different routes: a person has to say which"
        )
    try:
        amounts = _amounts(context.resource, dosage)
    except AmountError as error:
        context.refuse("dosage", f"an amount {error}", "send the amount as it was charted")
        return None
    fields = {"route": manner.route, "site_id": manner.site, **amounts._asdict()}
    return Given(fields, manner.technique, manner.kind)


class _Manner(NamedTuple):
    """Route, technique and site, as one dosage tells them."""

    route: str | None = None
    kind: str | None = None
    technique: Technique | None = None
    site: str | None = None
    contradicts: bool = False


def _manner(dosage: Element, words: Words) -> _Manner:
    told = {name: dosage[name] for name in ("route", "method", "site") if name in dosage}
    if not told:
        return _Manner()
    try:
        written = orjson.dumps(told)
    except TypeError:  # a number that only Python holds
        return _manner_of(told, words)
    return _manner_written(written, words)


@lru_cache(maxsize=4096)
def _manner_written(told: bytes, words: Words) -> _Manner:
    """Return the manner of JSON: a hospital writes the same few again and again."""
    return _manner_of(orjson.loads(told), words)


def _manner_of(dosage: Element, words: Words) -> _Manner:
    spoken = [one_line(word, _LONGEST) for word in _route_words(element(dosage, "route"))]
    technique, site = _technique(dosage, words), _site(dosage, words)
    for word in spoken:
        own = words.routes.get(spelled(word))
        if own is not None:
            read = read_route(own)
            return _Manner(own, read and read.route, technique or (read and read.technique), site)
    known = [
        (word, read) for word in spoken if (read := read_route(word)) is not None and read.route is not None
    ]
    routes = dict.fromkeys(read.route for _, read in known)
    if len(routes) > 1:
        both = " / ".join(dict.fromkeys(word for word, _ in known))[:_LONGEST]
        return _Manner(both, None, technique, site, contradicts=True)
    if known:
        by_route = next((read.technique for _, read in known if read.technique), None)
        named = next((word for word, _ in known if not word.isdecimal()), known[0][1].route)
        return _Manner(named, known[0][1].route, technique or by_route, site)
    return _Manner(spoken[0] if spoken else None, None, technique, site)


def _route_words(concept: Element) -> Iterable[str]:
    for coding in codings(concept):
        if coding.code:
            yield coding.code
        if coding.display:
            yield coding.display
    if said := text(concept, "text"):
        yield said


def _technique(dosage: Element, words: Words) -> Technique | None:
    concept = element(dosage, "method")
    for coding in codings(concept):
        own = words.techniques.get(spelled(coding.code)) or words.techniques.get(spelled(coding.display))
        technique = own or _METHODS.get(coding.code)
        if technique is not None:
            return technique
    for said in concept_words(concept):
        own = words.techniques.get(spelled(said))
        if own is not None:
            return own
        for pattern, technique in _METHOD_WORDS:
            if pattern.search(said):
                return technique
    return None


def _site(dosage: Element, words: Words) -> str | None:
    concept = element(dosage, "site")
    said = [part for coding in codings(concept) for part in (coding.code, coding.display) if part]
    said += [word for word in concept_words(concept) if word not in said]
    for word in said:
        own = words.sites.get(spelled(word))
        if own is not None:
            return own
    return "-".join(spelled(one_line(said[0], _LONGEST)).split()) if said else None


def _quantity(parent: Element, *names: str) -> tuple[float | None, str]:
    """Return the value and the unit of a quantity; the unit's code where it has one."""
    found = element(parent, *names)
    return amount(found.get("value")), text(found, "code", "unit")


def _unit(unit: str) -> str:
    return unit.casefold().replace("[", "").replace("]", "").strip()


def _amounts(resource: Element, dosage: Element) -> _Amounts:
    dose, unit = _quantity(dosage, "dose")
    volume = None
    if dose is not None and (factor := _VOLUMES.get(_unit(unit))):
        volume, dose = _number(dose * factor), None
    rate, minutes = _rate(dosage, dose, unit)
    minutes = _infuse_over(resource, dosage) or minutes
    planned = None if minutes is None else round(minutes)
    return _Amounts(dose, unit[:_LONGEST] if dose is not None and unit else None, volume, rate, planned)


def _number(value: float) -> float:
    rounded = round(value, 9)
    return int(rounded) if rounded.is_integer() else rounded


def _rate(dosage: Element, dose: float | None, unit: str) -> tuple[float | None, float | None]:
    """Return millilitres an hour, and for how many minutes it was to run where a rate says only that."""
    ratio = element(dosage, "rateRatio")
    if ratio:
        numerator, what = _quantity(ratio, "numerator")
        denominator, per = _quantity(ratio, "denominator")
    else:
        numerator, written = _quantity(dosage, "rateQuantity", "rateSimpleQuantity")
        what, _, per = written.partition("/")
        denominator = 1
        if not per and numerator is not None and (span := _DURATIONS.get(_unit(what))):
            return None, numerator * span
    if numerator is None or not denominator or (span := _DURATIONS.get(_unit(per))) is None:
        return None, None
    minutes = denominator * span
    if factor := _VOLUMES.get(_unit(what)):
        return _number(numerator * factor * 60 / minutes), None
    if dose is not None and numerator and _unit(what) == _unit(unit):
        return None, dose / numerator * minutes
    return None, None


def _infuse_over(resource: Element, dosage: Element) -> float | None:
    """Return the minutes of the extension ``infuse-over-time``, on the dosage or on the resource."""
    for extension in (*elements(dosage, "extension"), *elements(resource, "extension")):
        if text(extension, "url").rstrip("/").rpartition("/")[2] == _INFUSE_OVER:
            value, unit = _quantity(extension, "valueDuration", "valueQuantity")
            span = _DURATIONS.get(_unit(unit))
            if value is not None and span is not None:
                return value * span
    return None
