"""A charted reason as FHIR writes one: a CodeableConcept, a Coding, a CodeableReference, or a list of them."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, WithJsonSchema

from models.field import Words

BETWEEN: Final = "; "
"""What stands between two reasons of one text."""

_EMPTY: Final[tuple[object, ...]] = (None, "", [], {})
_UNREADABLE: Final = (
    "holds what is no reason; write words, an ICD-10-CM code, or FHIR's codings, concepts or a list of them"
)

_CLASSIFICATIONS: Final = ("icd-10", "icd10", "2.16.840.1.113883.6.90", "2.16.840.1.113883.6.3")
"""What the address or object identifier of ICD-10-CM and ICD-10 holds; the last matches whole."""


def is_icd10(system: str) -> bool:
    """Tell whether a code system is ICD-10-CM or ICD-10, by its address or its object identifier."""
    plain = system.strip().casefold().removeprefix("urn:oid:")
    return plain in _CLASSIFICATIONS or any(name in plain for name in _CLASSIFICATIONS[:2])


def reason_text(reason: object) -> object:
    """
    Return a coded reason as text: each ICD-10 code, else the words, else the code; reasons are parted by a semicolon.

    What a code is called beside it is left out: a name such as "encounter for observation" is the code's, not the
    chart's. An empty list or object is no reason, as an empty text is. What is neither comes back as it is, for the field
    to take or refuse.

    Raises:
        ValueError: a list or an object holds something that is no reason.
    """
    if not isinstance(reason, (dict, list)):
        return reason
    listed = [one for one in (reason if isinstance(reason, list) else [reason]) if one not in _EMPTY]
    said = [
        one.strip() if isinstance(one, str) else _said(one) if isinstance(one, dict) else "" for one in listed
    ]
    if not all(said):
        raise ValueError(_UNREADABLE)
    return BETWEEN.join(dict.fromkeys(said))


def _said(concept: dict[str, Any]) -> str:
    inner = concept.get("concept")
    if isinstance(inner, dict):
        return _said(inner)
    listed = concept.get("coding")
    codings = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else [concept]
    coded = [_text(one, "code") for one in codings if is_icd10(_text(one, "system"))]
    words = [_text(concept, "text"), *(_text(one, "display") for one in codings)]
    words += [_text(one, "code") for one in codings]
    return next(_filled((*coded, *words)), "")


def _filled(texts: tuple[str, ...]) -> Iterator[str]:
    return (text for text in texts if text)


def _text(holder: dict[str, Any], name: str) -> str:
    value = holder.get(name)
    return value.strip() if isinstance(value, str) else ""


_CONCEPT: Final[dict[str, Any]] = {
    "type": "object",
    "description": "A Coding, CodeableConcept or CodeableReference of FHIR.",
}

Reason = Annotated[
    Words,
    BeforeValidator(reason_text),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "maxLength": 2000},
                _CONCEPT,
                {"type": "array", "items": {"anyOf": [{"type": "string"}, _CONCEPT]}},
            ]
        }
    ),
]
"""Words, ICD-10-CM codes, or FHIR's coded reasons, which are kept as the text they come to."""
