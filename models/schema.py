"""
The published JSON Schemas (2020-12), made from the models: what may be sent in, and what comes out.

An event may hold no field this release does not know: it might be the one that changes what is billed. A charge
set may grow fields, and a reader ignores what it does not know. Identifiers are opaque texts, UUIDs among them:
they are compared, never parsed, so no schema calls them one.
"""

from collections.abc import Iterator
from json import dumps
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema

from models.charge import CHARGE_SET
from models.event import EVENT

Schema = dict[str, Any]

CONTRACT_VERSION: Final = "1.0.0"
"""Of the contract: the first number is that of the topics' names, the second counts what was added since."""

EVENTS_ID: Final = "urn:infusion-charges:events:v1"
CHARGE_SET_ID: Final = "urn:infusion-charges:charge-set:v1"

GREW: Final = frozenset(
    {
        "ChargeSet.tables",
        "ChargeLine.procedure_ids",
        "ChargeLine.expected_payment",
        "Flag.facts",
        "NotBilled.cites",
    },
)
"""Fields the contract's own example has not: always written, yet not demanded, for other writers may lack them."""

MEANINGS: Final = {
    # events
    "type": "What happened; the contract's section 2 has the list.",
    "event_id": "Unique within source; a repeated one changes nothing.",
    "encounter_id": "The outpatient stay. Opaque: never a name, a birth date or a record number.",
    "occurred_at": "When it happened at the bedside.",
    "recorded_at": "When the source stored it; left out, occurred_at.",
    "source": "emar, pump, adt, manual, or a site's own name for a publisher.",
    "setting": "On whose claim the stay is coded.",
    "payer": "The payer's name, matched without case, spaces and punctuation.",
    "facility": "The hospital or practice, for its own policy layer.",
    "department": "The department, for its own policy layer.",
    "time_zone": "IANA name; dates of service are local to it.",
    "arrived_at": "When the hospital took over; minutes before are not its own.",
    "department_modifier": "From the department's master data: excepted, non-excepted, emergency off campus.",
    "key_reason_order_id": "The order that was the reason for an office visit.",
    "follows_encounter_id": "An earlier stay of the same day, which the patient had left.",
    "into_encounter_id": "The stay whose events these are.",
    "site_id": "One venipuncture, catheter or port, whatever its lumens.",
    "kind": "peripheral, picc, port, central, reservoir, or a procedure's kind.",
    "restart_of": "The access this one replaces; both are one site.",
    "separate_site_reason": "Why a second access was required; without it both are one site.",
    "procedure_id": "Another service; drugs given meanwhile may be part of it.",
    "administration_id": "One drug given once.",
    "administration_ids": "The administrations it is about.",
    "order_id": "The order it was given under; a fluid under a drug's order is its carrier.",
    "order_status": "Whether the order is authenticated; none says that there is no order.",
    "dose_id": "One ordered dose, over pauses, bags and bottles.",
    "drug": "What was given.",
    "route": "IV, IA, SC, IM, IT and so on, in any usual spelling.",
    "technique": "How it was given.",
    "intent": "What it was given for, where that decides whether it is billed.",
    "indication": "Why it was given; hydration is not billed without it.",
    "rate_ml_per_h": "Millilitres an hour.",
    "volume_ml": "Millilitres.",
    "planned_minutes": "Minutes ordered; a duration over twice as long is doubted.",
    "dose": "Amount given, in dose_unit.",
    "dose_unit": "Unit of dose.",
    "prehospital": "Begun before the hospital took over.",
    "device_id": "The pump.",
    "counselling": "A qualified professional counselled; decides between the two RSV antibody codes.",
    "lesion_count": "Lesions injected in the session.",
    "complexity_documented": "The chart shows the monitoring and training that complex biologics ask for.",
    "started_at": "First drip.",
    "stopped_at": "Last drip; without it the flow was still running.",
    "stop_reason": "Why flow ended.",
    "intervals": "Every stretch of flow, where there was more than one.",
    "voids_event_id": "The event entered in error.",
    "decision_id": "The decision; a later one of this id replaces it.",
    "comparable_code": "The code an unlisted one compares with.",
    "name": "As charted; brands and salts are the ingredient's.",
    "system": "What code is a code of.",
    "ingredients": "What a mixed bag holds.",
    "billing_class": "Stated by the publisher, in place of the formulary's.",
    # charge sets
    "charge_set_id": "The same for the same stay and revision, whenever it is coded.",
    "revision": "From 1; the newest replaces every earlier one whole.",
    "replaces": "The charge_set_id of the revision before, null for the first.",
    "status": "preview: still open. final. held: a blocking flag, nothing is released. cancelled.",
    "rulebook": "Version of the rules that coded it.",
    "policy": "Name of the policy it was coded under.",
    "lines": "By date of service, then in the order a claim lists codes.",
    "flags": "What a person must look at.",
    "not_billed": "Administrations that earn no line, and why.",
    "tables": "Effective date of each edit table used, by table.",
    "line_id": "The same in every revision, so that a later one replaces it in place.",
    "modifiers": "In the order a claim lists them.",
    "service_date": "Date of service, local to the stay.",
    "minutes": "Whole minutes of flow behind the line, null where time does not count.",
    "evidence": "The weakest fact behind the line.",
    "reasons": "The rules that shaped the line.",
    "procedure_ids": "The procedures it is about.",
    "expected_payment": "National OPPS payment, for information; null outside a facility.",
    "schedule": "The payment schedule and its first day.",
    "status_indicator": "OPPS status indicator.",
    "apc": "Ambulatory payment classification.",
    "packaging": "Whether the schedule pays for it at all.",
    "unit_cents": "US cents a unit, before geography and discounts.",
    "cents": "US cents for the line, 0 where it is packaged.",
    "note": "Why.",
    "flag": "The rulebook's id of the flag.",
    "severity": "block holds the set; warn and info travel with it.",
    "says": "In a person's words, with this case's figures.",
    "suggestion": "What to do about it.",
    "facts": "The figures behind it.",
    "rule": "The rulebook's id of the rule.",
    "cites": "Where the rule is written.",
    "code": "A code, never its descriptor.",
    "units": "Units of the code.",
    "reason": "Why.",
}
"""What each field means, for a reader who has only the schema."""


class _Published(GenerateJsonSchema):
    """Pydantic's schema without the titles it makes of field names, which say the names again."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 -- pydantic's signature
        return False


def events() -> Schema:
    """Return the schema of one event, as publishers send it."""
    made = EVENT.json_schema(schema_generator=_Published, mode="validation")
    made.pop("discriminator", None)  # OpenAPI's word: each kind of event is known by the constant in its type
    return _published(made, EVENTS_ID, "Event", "One fact from the bedside, registration or a person.")


def charge_set() -> Schema:
    """Return the schema of one charge set, as it is written."""
    made = CHARGE_SET.json_schema(schema_generator=_Published, mode="serialization")
    document = _published(made, CHARGE_SET_ID, "ChargeSet", str(made["description"]))
    for model, schema in (("ChargeSet", document), *document["$defs"].items()):
        schema["required"] = [field for field in schema["required"] if f"{model}.{field}" not in GREW]
    return document


def text(document: Schema) -> str:
    """Return a document as it is kept in the repository: the same bytes for the same models."""
    return f"{dumps(document, indent=2, ensure_ascii=False)}\n"


def _published(made: Schema, name: str, title: str, description: str) -> Schema:
    for schema in (made, *made.get("$defs", {}).values()):
        for field, held in schema.get("properties", {}).items():
            if "description" not in held and field in MEANINGS:
                held["description"] = MEANINGS[field]
    head = {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": name,
        "title": title,
        "description": description,
    }
    return head | {key: value for key, value in made.items() if key not in head}


def fields(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    """Yield every field of a document: the model it is of, its name, its schema."""
    for model, schema in ((document["title"], document), *document.get("$defs", {}).items()):
        for field, held in schema.get("properties", {}).items():
            yield model, field, held
