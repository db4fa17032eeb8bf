"""
The ICD-10-CM codes of a charted reason, however a feed wrote them: bare, as HL7's coded element, as FHIR's token.

A code proves what the lists say of it and nothing else: the name that a feed sends beside it is the code's own, and
"history of a malignant neoplasm" or "observation for suspected dehydration" would prove what the code denies.
"""

import re
from functools import lru_cache
from typing import Final

from rules.formulary.asserted_words import asserted

SHAPE: Final = r"[a-z]\d[0-9ab](?:\.?[0-9a-z]{1,4})?"
"""An ICD-10-CM code in lower case, with its dot or without."""

_SYSTEMS: Final = frozenset({"I10", "I10C", "ICD10", "ICD-10", "ICD10CM", "ICD-10-CM"})
"""ICD-10 in the third and sixth component of HL7's coded element (table 0396), and as interfaces spell it."""

_TOKEN: Final = re.compile(
    rf"(?:\S*icd-?10\S*|urn:oid:2\.16\.840\.1\.113883\.6\.(?:90|3))\|({SHAPE})(?:\|[^;~\n]*)?", re.IGNORECASE
)
"""FHIR's ``system|code``, where a display may follow a second bar."""

_BARE: Final = re.compile(rf"{SHAPE}(?:\s*[;,~/ ]\s*{SHAPE})*", re.IGNORECASE)
_CODE: Final = re.compile(rf"\b{SHAPE}\b")
_DOTTED: Final = re.compile(r"\b[a-z]\d[0-9ab]\.[0-9a-z]{1,4}\b")
_CATEGORY: Final = 3
"""Signs before the dot."""


@lru_cache(maxsize=4096)
def plain_reason(reason: str) -> str:
    """Return a charted reason with each coded element in it as its ICD-10 code, or as its words where it has none."""
    if "^" in reason:
        reason = "; ".join(filter(None, (_element(part) for part in reason.split("~"))))
    return _TOKEN.sub(r"\1", reason) if "|" in reason else reason


def _element(element: str) -> str:
    parts = [part.strip() for part in element.split("^")]
    parts += [""] * (9 - len(parts))
    for code, system in ((parts[0], parts[2]), (parts[3], parts[5])):
        if code and system.upper() in _SYSTEMS:
            return code
    return parts[8] or parts[1] or parts[4] or parts[0]


@lru_cache(maxsize=4096)
def codes_in(reason: str) -> tuple[str, ...]:
    """
    Return the ICD-10-CM codes that a charted reason asserts, spelled with their dot, in their order.

    Beside words only codes with a dot are taken for one: B12 is a vitamin and D5W a fluid.
    """
    plain = plain_reason(reason)
    found = (_CODE if _BARE.fullmatch(plain.strip()) else _DOTTED).findall(asserted(plain))
    return tuple(dict.fromkeys(map(_spelled, found)))


def _spelled(code: str) -> str:
    bare = code.upper().replace(".", "")
    return f"{bare[:_CATEGORY]}.{bare[_CATEGORY:]}" if len(bare) > _CATEGORY else bare
