"""Why it was given: the coded reasons of an administration, and the conditions it refers to."""

from collections.abc import Iterator
from typing import Final

from models.coded_reason import BETWEEN, is_icd10
from streams.feeds.fhir.context import ResourceContext
from streams.feeds.fhir.elements import Element, codings, concept_of, concept_words, element, elements, text
from streams.feeds.one_line import one_line

_GIVEN_AS_USUAL: Final = "http://terminology.hl7.org/CodeSystem/reason-medication-given"
_LONGEST: Final = 2000
_DOUBTED: Final = frozenset({"refuted", "entered-in-error", "differential", "provisional", "unconfirmed"})
"""A condition that is only suspected, or is none, is no reason (ICD10CM-IVH)."""


def indication(context: ResourceContext) -> str | None:
    """Return why it was given: of each reason its ICD-10 code where it has one, else its words; None without a reason."""
    resource = context.resource
    concepts = [*elements(resource, "reasonCode"), *elements(resource, "reason"), *_conditions(context)]
    said = dict.fromkeys(filter(None, map(_reason, concepts)))
    return one_line(BETWEEN.join(said), _LONGEST) or None


def _conditions(context: ResourceContext) -> Iterator[Element]:
    """Yield the code of each condition that is referred to and was sent; what was not is noted."""
    held = elements(context.resource, "reason")
    referring = [*elements(context.resource, "reasonReference"), *(element(one, "reference") for one in held)]
    for reference in filter(None, (text(one, "reference") for one in referring)):
        found = context.references.find(reference)
        if not found:
            context.note("reason", "refers to what was not sent: this reason is unknown")
        elif text(found, "resourceType") == "Condition":
            status = {one.code for one in codings(element(found, "verificationStatus"))}
            if status.isdisjoint(_DOUBTED):
                yield element(found, "code")


def _reason(reason: Element) -> str:
    concept = concept_of({"reason": reason}, "reason")
    coded = [one for one in codings(concept) if one.system != _GIVEN_AS_USUAL]
    icd = next((one.code for one in coded if is_icd10(one.system) and one.code), "")
    if icd or (codings(concept) and not coded):
        return icd
    return next(concept_words(concept), "") or next((one.code for one in coded), "")
