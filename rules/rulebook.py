"""Every rule in order of application: a table of contents, and the version that names it."""

from rules import engine
from rules.claim import claim_edits
from rules.coding import (
    arterial,
    decisions,
    definitions,
    doses,
    hydration,
    infusions,
    initial,
    injections,
    modifiers,
    order_modifiers,
    pumps,
    pushes,
    self_administered,
    sites,
    subcutaneous,
    supplied_drugs,
)
from rules.drug_lines import drug_rules
from rules.rule import Rule
from rules.screening import (
    bag_chains,
    bundles,
    classes,
    documentation,
    electrolytes,
    missing_stops,
    outside,
    plausibility,
    refused_events,
    window,
)
from rules.version import RULEBOOK_VERSION
from rules.worksheet import reviews, service_dates, timing

VERSION = RULEBOOK_VERSION

CHAPTERS = {
    "setting": engine.RULES,
    "encounter and window": window.RULES,
    "definitions": definitions.RULES,
    "time": timing.RULES,
    "drug class": classes.RULES,
    "electrolytes": electrolytes.RULES,
    "bundles": bundles.RULES,
    "routes outside": outside.RULES,
    "documentation": documentation.RULES,
    "bags that chain": bag_chains.RULES,
    "missing stops": missing_stops.RULES,
    "plausibility": plausibility.RULES,
    "refused events": refused_events.RULES,
    "access sites": sites.RULES,
    "doses": doses.RULES,
    "initial": initial.RULES,
    "infusions": infusions.RULES,
    "pushes": pushes.RULES,
    "hydration": hydration.RULES,
    "injections and cavities": injections.RULES,
    "self-administered drugs": self_administered.RULES,
    "under the skin": subcutaneous.RULES,
    "arteries": arterial.RULES,
    "pumps and ports": pumps.RULES,
    "a person's decisions": decisions.RULES,
    "a person's answers": reviews.RULES,
    "dates of service": service_dates.RULES,
    "modifiers": modifiers.RULES,
    "modifiers of an order": order_modifiers.RULES,
    "drugs supplied by others": supplied_drugs.RULES,
    "claim edits": claim_edits.RULES,
    "drug lines": drug_rules.RULES,
}
"""Every rule by the question it answers. An id stands in one chapter, also when other modules apply the rule."""


def all_rules() -> tuple[Rule, ...]:
    """Return every rule, in order of application."""
    return tuple(rule for chapter in CHAPTERS.values() for rule in chapter)
