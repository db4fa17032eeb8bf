"""
Charges as FHIR ChargeItem, R4 and R5: evidence as links, the rule as definition. Pure.

A ChargeItem's id is the line's id, so the same line in a later revision is a new version of the same resource. Charge
master, modifiers and revenue codes have no element of their own and stand in codings and extensions. Who the
patient is, we do not know: the subject says so, and the encounter's identifier is the link.
"""

import re
from datetime import datetime
from typing import Any, Final

from models.charge import ChargeLine, ChargeSet, Status
from models.line_change import LineChange
from streams.feeds.charge_codes import ChargeCode, ChargeCodes
from streams.feeds.code_system import CodeList, list_of_code, list_of_modifier
from streams.feeds.control_id import control_id
from streams.feeds.event_id import event_id
from streams.wire.rejects import Reject

Resource = dict[str, Any]

SYSTEMS: Final[dict[CodeList, str]] = {
    "cpt": "http://www.ama-assn.org/go/cpt",
    "hcpcs": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
}
LINE: Final = "urn:infusion-charges:line"
CHARGE_SET: Final = "urn:infusion-charges:charge-set"
ADMINISTRATION: Final = "urn:infusion-charges:administration"
RULE: Final = "urn:infusion-charges:rule:"
CONTROL: Final = "urn:infusion-charges:message"

_STATUS: Final[dict[Status, str]] = {
    "final": "billable", "preview": "planned", "held": "not-billable", "cancelled": "entered-in-error",
}  # fmt: skip
_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")
_MASKED: Final = {
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}
    ]
}


def charge_item_of_change(change: LineChange, codes: ChargeCodes, at: datetime) -> Resource | Reject:
    """
    Return the ChargeItem that charges or credits one line, or why the site's table has no code for it.

    A credit is the same item with status ``entered-in-error``, or, as the site says, an item of its own with the
    quantity below zero that is part of the one it offsets. ``at`` is when it is entered, with its zone.
    """
    credit = change.change == "credit"
    status = "entered-in-error" if credit and codes.item_credit == "entered_in_error" else "billable"
    about = (change.encounter_id, change.charge_set_id, control_id(change))
    item = _item(change.line, about, status, codes, at)
    if isinstance(item, Reject) or not credit or status != "billable":
        return item
    item["id"] = control_id(change)
    item["identifier"] = item["identifier"][1:]
    item["partOf"] = [{"reference": f"ChargeItem/{item_id(change.line)}"}]
    item["quantity"] = {"value": -change.line.units}
    return item


def bundle_of_set(charge_set: ChargeSet, codes: ChargeCodes, at: datetime) -> Resource | Reject:
    """
    Return a transaction that puts every line of a set, or which line the site's table has no code for.

    A later revision is the whole restated: each item names the set it replaces in an extension. Items of lines that
    are no more have another set's identifier still; the credits of the line changes take them back.
    """
    items = []
    for line in charge_set.lines:
        about = (charge_set.encounter_id, charge_set.charge_set_id, control_id(charge_set))
        item = _item(line, about, _STATUS[charge_set.status], codes, at, charge_set.rulebook)
        if isinstance(item, Reject):
            return item
        if charge_set.replaces is not None:
            item["extension"] = [
                *item.get("extension", ()),
                {"url": f"{codes.fhir_extensions}replacing", "valueString": charge_set.replaces},
            ]
        items.append(item)
    return {
        "resourceType": "Bundle",
        "identifier": {"system": CHARGE_SET, "value": charge_set.charge_set_id},
        "type": "transaction",
        "timestamp": _instant(at),
        "entry": [
            {
                "fullUrl": f"urn:infusion-charges:ChargeItem:{item['id']}",
                "resource": item,
                "request": {"method": "PUT", "url": f"ChargeItem/{item['id']}"},
            }
            for item in items
        ],
    }


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def item_id(line: ChargeLine) -> str:
    """Return the resource id of a line: its own id where FHIR allows it as one, else one made from it."""
    return line.line_id if _ID.fullmatch(line.line_id) else event_id(LINE, line.line_id)


def _item(
    line: ChargeLine, about: tuple[str, str, str], status: str, codes: ChargeCodes, at: datetime, rulebook: str = "",
) -> Resource | Reject:  # fmt: skip
    charge = codes.code_of(line.code)
    if isinstance(charge, Reject):
        return charge
    encounter_id, charge_set_id, control = about
    link = {"type": "Encounter", "identifier": _identifier(codes.account_system, encounter_id)}
    version = f"|{rulebook}" if rulebook else ""
    rules = dict.fromkeys(reason.rule for reason in line.reasons)
    # In the standard's order of elements; what is empty is left out below.
    item: Resource = {
        "resourceType": "ChargeItem",
        "id": item_id(line),
        "extension": _extensions(line, charge, codes),
        "identifier": [_identifier(LINE, line.line_id), _identifier(CHARGE_SET, charge_set_id), _identifier(CONTROL, control)],
        "definitionUri": [] if version else [f"{RULE}{rule}" for rule in rules],
        "definitionCanonical": [f"{RULE}{rule}{version}" for rule in rules] if version else [],
        "status": status,
        "code": {"coding": _codings(line, charge, codes)},
        "subject": _MASKED,
        ("context" if codes.fhir_version == "R4" else "encounter"): link,
        "occurrenceDateTime": line.service_date.isoformat(),
        "quantity": {"value": line.units},
        "enteredDate": _instant(at),
        "service": [_evidence(one, codes) for one in line.administration_ids],
        "note": [{"text": f"{reason.rule}: {reason.says}"} for reason in line.reasons],
    }  # fmt: skip
    return {name: value for name, value in item.items() if value != []}


def _identifier(system: str, value: str) -> dict[str, str]:
    return {"system": system, "value": value} if system else {"value": value}


def _codings(line: ChargeLine, charge: ChargeCode | None, codes: ChargeCodes) -> list[dict[str, str]]:
    codings = [{"system": SYSTEMS[list_of_code(line.code)], "code": line.code}]
    if charge is not None:
        own = {"system": codes.code_system, "code": charge.code, "display": charge.description}
        codings.append({name: value for name, value in own.items() if value})
    return codings


def _extensions(line: ChargeLine, charge: ChargeCode | None, codes: ChargeCodes) -> list[Resource]:
    begin = codes.fhir_extensions
    extensions = [
        {
            "url": f"{begin}modifier-code",
            "valueCodeableConcept": {
                "coding": [{"system": SYSTEMS[list_of_modifier(modifier)], "code": modifier}]
            },
        }
        for modifier in line.modifiers
    ]
    if charge is not None and charge.revenue_code:
        coding = {"system": "https://www.nubc.org/CodeSystem/RevenueCodes", "code": charge.revenue_code}
        extensions.append(
            {"url": f"{begin}revenue-code", "valueCodeableConcept": {"coding": [coding]}},
        )
    return extensions


def _evidence(administration_id: str, codes: ChargeCodes) -> Resource:
    reference = {
        "type": "MedicationAdministration",
        "identifier": _identifier(ADMINISTRATION, administration_id),
    }
    return reference if codes.fhir_version == "R4" else {"reference": reference}
