"""RXA-5, a drug as coded: the code a rulebook can look up before the local one, and what the site says of either."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from models.drug import CodeSystem
from streams.feeds.hl7v2.orders import Order
from streams.feeds.hl7v2.segments import Segment
from streams.feeds.one_line import one_line
from streams.feeds.site_mapping import Words, spelled

_SYSTEMS: Final[Mapping[str, CodeSystem]] = {
    "ndc": "ndc",
    "hl70292": "local",
    "rxnorm": "rxnorm",
    "rxn": "rxnorm",
    "rxcui": "rxnorm",
    "hcpcs": "hcpcs",
    "hcpc": "hcpcs",
    "hpc": "hcpcs",
    "2.16.840.1.113883.6.69": "ndc",
    "2.16.840.1.113883.6.88": "rxnorm",
    "2.16.840.1.113883.6.285": "hcpcs",
}
"""HL7 table 0396 and what senders write instead, in small letters."""

_CODED: Final = ((1, 2, 3), (4, 5, 6), (10, 11, 12))
"""Components of a CWE: the code, its alternate, its second alternate (HL7 v2.9, 2A.2.10)."""

_LONGEST_NAME: Final = 200
_LONGEST_CODE: Final = 64


def drug_of(segment: Segment, field: int, words: Words) -> dict[str, Any]:
    """Return the drug a coded field names: empty where it names none."""
    key = ("drug", segment.raw(field), segment.delimiters, segment.charset)
    known: dict[str, Any] | None = words.memory.get(key)
    if known is None:
        known = _read(segment, field, words)
        words.remember(key, known)
    return dict(known)


def _read(segment: Segment, field: int, words: Words) -> dict[str, Any]:
    name, coded = "", []
    for code_at, name_at, system_at in _CODED:
        code = segment.text(field, code_at)
        name = name or segment.text(field, name_at)
        if code:
            system = spelled(segment.text(field, system_at))
            coded.append((words.drug_systems.get(system) or _SYSTEMS.get(system, "local"), code))
    drug: dict[str, Any] = {}
    for system, code in sorted(coded, key=lambda pair: pair[0] == "local"):
        drug = {"code": one_line(code, _LONGEST_CODE), "system": system}
        break
    if name:
        drug["name"] = one_line(name, _LONGEST_NAME)
    for _, code in coded:
        own = words.drug_codes.get(spelled(code))
        if own is not None:
            drug |= own.model_dump(exclude_none=True)
            break
    return {word: value for word, value in drug.items() if value}


def given_drug(order: Order, rxa: Segment, words: Words) -> dict[str, Any]:
    """
    Return what was given: RXA-5, else what the order prescribes; with the parts of a mixed bag.

    The RXC are of the prescription. They say what hung only where the RXA names the same thing or nothing.
    """
    drug = drug_of(rxa, 5, words)
    prescribed = order.prescribed
    if prescribed is None:
        return drug
    ordered = drug_of(prescribed, 2 if prescribed.name == "RXE" else 1, words)
    if not drug:
        drug = ordered
    if drug and order.components and _same(drug, ordered):
        parts = tuple(_ingredients(order.components, words))
        if len(parts) > 1:
            drug = {**drug, "ingredients": list(parts)}
    return drug


def _same(drug: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if "code" in drug and "code" in other:
        return bool(drug["code"] == other["code"])
    return spelled(str(drug.get("name", ""))) == spelled(str(other.get("name", "")))


def _ingredients(components: Iterable[Segment], words: Words) -> Iterable[dict[str, Any]]:
    for rxc in components:
        part = drug_of(rxc, 2, words)
        part.pop("billing_class", None)
        if part:
            yield part
