"""Why it cannot be said what drug was given, and what to chart so that it can (R-CLS-7)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Final

from models.charge import ChargeLine, Flag
from models.drug import Drug
from rules.formulary.bag_contents import UNNAMED, Part, contents, flat, identity
from rules.formulary.listed_diagnoses import unproven
from rules.formulary.lookup import lookup
from rules.formulary.near_names import NEAREST, Listed, NearNames
from rules.formulary.products import catalogue, edition, meaning
from rules.site_folder import cached_by_site

UNKNOWN_FLAG: Final = "F-CLASS_UNKNOWN"

ADD_IT: Final = "Add the drug to the formulary, or state its billing_class on the event."


def unknown_drug(drug: Drug | None, on: date, indication: str | None = None) -> tuple[str, str]:
    """
    Return, of a drug without a class, what is unclear about it and what to do, in words for a flag.

    Names that are near to an unknown one are offered and never taken. The charted text itself is not repeated:
    it may hold what a flag must not.

    Raises:
        NotInForceError: the date lies before the formulary's first day.

    """
    if drug is None:
        return "No drug is charted.", ADD_IT
    if (differing := disagreeing(drug, on)) is not None:
        by_name, by_code = differing
        code = f"the code {drug.code}" if drug.code else "a code in the bag"
        return (
            f"The name says {by_name}, {code} says {by_code}.",
            "Correct the name or the code in the chart's drug file; neither was taken.",
        )
    if (known := lookup(drug, on)) is not None:
        if not known.by_indication:
            return "The code stands for a drug and for a flush.", "Chart the drug's name or the intent."
        return (
            "Products for cancer and for other diseases share the charted name and strength."
            + unproven(indication, "a diagnosis that tells them apart", on),
            "Chart the brand or the indication.",
        )
    near = nearest(drug, on)
    offered = f"Nearest known names: {', '.join(near)}; none was taken. " if near else ""
    return "The drug is not in the formulary.", offered + ADD_IT


def with_what_waits(flags: list[Flag], lines: Iterable[ChargeLine]) -> list[Flag]:
    """
    Return flags, those of an unknown drug with the lines of the stay that wait for nothing else.

    Which code leads the stay may still change once the drug is known, so the lines are named, not promised.
    """
    if {flag.flag for flag in flags if flag.severity == "block"} != {UNKNOWN_FLAG}:
        return flags
    units = Counter[str]()
    for line in lines:
        units[line.code] += line.units
    if not units:
        return flags
    listed = ", ".join(f"{code} x{count}" for code, count in sorted(units.items()))
    waits = f"Nothing else holds the stay; as coded without this drug it would release {listed}."
    return [
        replace(flag, suggestion=f"{flag.suggestion} {waits}") if flag.flag == UNKNOWN_FLAG else flag
        for flag in flags
    ]


def disagreeing(drug: Drug, on: date) -> tuple[str, str] | None:
    """
    Return the ingredients that a drug's name and its code mean, when they are of different drugs; else None.

    Raises:
        NotInForceError: the date lies before the formulary's first day.

    """
    entry = lookup(drug, on)
    if entry is None or not entry.disagreement:
        return None
    inside = flat(drug.ingredients) or ((drug.name, drug.code, drug.system),)
    named = [
        product for name, *_ in inside if name is not None for product in meaning(name, edition(on)).products
    ]
    return identity(tuple(named), ()), _codedidentity(drug, inside, on)


def nearest(drug: Drug, on: date) -> tuple[str, ...]:
    """
    Return at most three known names near to what is unknown of a drug: a suggestion, which nothing takes (R-CLS-7).

    Raises:
        NotInForceError: the date lies before the formulary's first day.

    """
    since = edition(on)
    inside = flat(drug.ingredients)
    unknown = contents(drug.name, drug.code, drug.system, inside, since).unknown
    return tuple(dict.fromkeys(name for said in unknown for name in _nearest_to(said, since)))[:NEAREST]


@cached_by_site(maxsize=4096)
def _nearest_to(said: str, since: date) -> tuple[str, ...]:
    """Return the names near to an unknown one; to compare it with all takes a hundred times coding what bears it."""
    return _near(since).to(said)


@cached_by_site()
def _near(since: date) -> NearNames:
    """Return the names of one edition, ready to be compared."""
    by_key = catalogue(since).by_key.values()
    return NearNames(Listed(name, row.ingredient) for row in by_key for name in row.names)


def _codedidentity(drug: Drug, inside: tuple[Part, ...], on: date) -> str:
    """Return the ingredient of the code that means another drug than its name."""
    for _, code, system in ((None, drug.code, drug.system), *inside):
        coded = catalogue(edition(on)).coded(system, code) if code is not None else ()
        if coded:
            return coded[0].ingredient
    return UNNAMED
