"""What was given: a coded concept, or a Medication that is contained, in the bundle or known, with all its ingredients."""

from functools import lru_cache
from typing import Any, Final

import orjson

from models.drug import CodeSystem
from streams.feeds.fhir.context import ResourceContext
from streams.feeds.fhir.elements import Element, codings, concept_of, concept_words, element, elements, text
from streams.feeds.one_line import one_line
from streams.feeds.site_mapping import Words, spelled

_SYSTEMS: Final[dict[str, CodeSystem]] = {
    "http://www.nlm.nih.gov/research/umls/rxnorm": "rxnorm",
    "urn:oid:2.16.840.1.113883.6.88": "rxnorm",
    "http://hl7.org/fhir/sid/ndc": "ndc",
    "urn:oid:2.16.840.1.113883.6.69": "ndc",
    "https://www.cms.gov/medicare/coding/hcpcsreleasecodesets": "hcpcs",
    "http://www.cms.gov/medicare/coding/hcpcsreleasecodesets": "hcpcs",
    "urn:oid:2.16.840.1.113883.6.285": "hcpcs",
}
"""Systems of codes as FHIR names them, in small letters."""

_RANK: Final = {"rxnorm": 0, "ndc": 1, "hcpcs": 2, "local": 3}
_LONGEST_NAME: Final = 200
_LONGEST_CODE: Final = 64
_MOST_INGREDIENTS: Final = 40


def drug_of(context: ResourceContext) -> dict[str, Any] | None:
    """Return the drug a MedicationAdministration names; None where it names none that can be found, which is noted."""
    words = context.site.words
    resource = context.resource
    concept = concept_of(resource, "medicationCodeableConcept", "medication")
    drug = _drug(concept, words)
    reference = _reference(resource)
    if reference:
        medication = context.references.find(reference)
        if not medication:
            context.note("medication", "refers to a Medication that was not sent: the drug is unknown")
        drug = _with_ingredients(context, medication, words) or drug
    return drug or None


def _reference(resource: Element) -> str:
    found = element(resource, "medicationReference", "medication")
    return text(element(found, "reference") or found, "reference")


def _drug(concept: Element, words: Words) -> dict[str, Any]:
    if not concept:
        return {}
    try:
        written = orjson.dumps(concept)
    except TypeError:  # a number that only Python holds
        return _drug_of(concept, words)
    return dict(_drug_written(written, words))


@lru_cache(maxsize=8192)
def _drug_written(concept: bytes, words: Words) -> dict[str, Any]:
    """Return the drug of a concept as JSON: a hospital gives the same few thousand again and again."""
    return _drug_of(orjson.loads(concept), words)


def _drug_of(concept: Element, words: Words) -> dict[str, Any]:
    coded = [coding for coding in codings(concept) if coding.code]
    drug: dict[str, Any] = {}
    if coded:
        ranked = sorted(coded, key=lambda coding: _RANK[_system(coding.system, words)])
        drug["code"] = one_line(ranked[0].code, _LONGEST_CODE)
        drug["system"] = _system(ranked[0].system, words)
        coded = ranked
    name = next(concept_words(concept), "")
    if name:
        drug["name"] = one_line(name, _LONGEST_NAME)
    for coding in coded:
        own = words.drug_codes.get(spelled(coding.code))
        if own is not None:
            drug |= own.model_dump(exclude_none=True)
            break
    return {word: value for word, value in drug.items() if value}


def _system(system: str, words: Words) -> CodeSystem:
    name = spelled(system)
    return words.drug_systems.get(name) or _SYSTEMS.get(name, "local")


def _with_ingredients(context: ResourceContext, medication: Element, words: Words) -> dict[str, Any]:
    drug = _drug(element(medication, "code"), words)
    parts: list[dict[str, Any]] = []
    for item in elements(medication, "ingredient"):
        part = _ingredient(context, item, words)
        if part and part not in parts:
            parts.append(part)
    if len(parts) > _MOST_INGREDIENTS:
        context.refuse(
            "medication", f"has more than {_MOST_INGREDIENTS} ingredients", "send what was mixed, each once"
        )
        return drug
    if len(parts) == 1 and not drug:
        return parts[0]
    return {**drug, "ingredients": parts} if len(parts) > 1 else drug


def _ingredient(context: ResourceContext, item: Element, words: Words) -> dict[str, Any]:
    part = _drug(concept_of(item, "itemCodeableConcept", "item"), words)
    found = element(item, "itemReference", "item")
    reference = text(element(found, "reference") or found, "reference")
    if not part and reference:
        referred = context.references.find(reference)
        part = _drug(element(referred, "code"), words)
        if not part:
            context.note("medication", "an ingredient refers to a resource that was not sent, or has no code")
    part.pop("billing_class", None)
    return part
