"""
The published JSON Schemas (2020-12), made from the models: what may be sent in, and what comes out.

An event may hold no field this release does not know: it might be the one that changes what is billed. A charge
set may grow fields, and a reader ignores what it does not know. Identifiers are opaque texts, UUIDs among them:
they are compared, never parsed, so no schema calls them one.
"""

from collections.abc import Iterator
from json import dumps
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from models.charge import CHARGE_SET
from models.closed_encounter import CLOSED_ENCOUNTER
from models.delivery import DELIVERY
from models.event import EVENT
from models.line_change import LINE_CHANGE
from models.meanings import MEANINGS
from models.nudge import NUDGE_SET
from models.review_item import REVIEW_ITEM

Schema = dict[str, Any]

CONTRACT_VERSION: Final = "1.2.0"
"""The contract's version: the first number is the topics', the second counts what was added since."""

EVENTS_ID: Final = "urn:infusion-charges:events:v1"
CHARGE_SET_ID: Final = "urn:infusion-charges:charge-set:v1"
CLOSED_ENCOUNTER_ID: Final = "urn:infusion-charges:closed-encounter:v1"
LINE_CHANGE_ID: Final = "urn:infusion-charges:charge-line:v1"
DELIVERY_ID: Final = "urn:infusion-charges:delivery:v1"
NUDGES_ID: Final = "urn:infusion-charges:nudges:v1"
REVIEW_ITEM_ID: Final = "urn:infusion-charges:review:v1"

GREW: Final = frozenset(
    {
        "ChargeSet.tables",
        "ChargeSet.sources",
        "Reason.administration_ids",
        "ChargeSet.facility",
        "ChargeLine.procedure_ids",
        "ChargeLine.expected_payment",
        "ExpectedPayment.basis",
        "Flag.facts",
        "Flag.clears",
        "ChargeSet.policy_layers",
        "ChargeSet.overrides",
        "ChargeSet.drug_lines",
        "Flag.reasons",
        "NotBilled.cites",
        "NotBilled.reasons",
    },
)
"""Fields the contract's own example has not: written, yet not demanded, for other writers may lack them, and so may a set without drugs."""


class _Published(GenerateJsonSchema):
    """Pydantic's schema without the titles it makes from field names, which repeat the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 -- pydantic's signature
        return False


def events() -> Schema:
    """Return the schema of one event, as publishers send it."""
    made = EVENT.json_schema(schema_generator=_Published, mode="validation")
    made.pop("discriminator", None)  # OpenAPI's word: each kind of event is known by the constant in its type
    return _published(made, EVENTS_ID, "Event", "One fact from the bedside, registration or a person.")


def charge_set() -> Schema:
    """Return the schema of one charge set, as it is written."""
    return _written(CHARGE_SET, CHARGE_SET_ID, "ChargeSet")


def line_change() -> Schema:
    """Return the schema of one line charged or credited, as it is written."""
    return _written(LINE_CHANGE, LINE_CHANGE_ID, "LineChange")


def review_item() -> Schema:
    """Return the schema of one review item, which waits for a person, as it is written."""
    return _written(REVIEW_ITEM, REVIEW_ITEM_ID, "ReviewItem")


def delivery() -> Schema:
    """Return the schema of what a billing system made of one line, as it is written."""
    return _written(DELIVERY, DELIVERY_ID, "Delivery")


def nudges() -> Schema:
    """Return the schema of what is asked about a stay while the patient is there, as it is written."""
    return _written(NUDGE_SET, NUDGES_ID, "NudgeSet")


def closed_encounter() -> Schema:
    """Return the schema of one closed encounter, as it is written."""
    made = CLOSED_ENCOUNTER.json_schema(schema_generator=_Published, mode="validation")
    for schema in (made, *made["$defs"].values()):
        # We refuse what we do not know; whoever reads it beside us may pass over what comes later.
        schema.pop("additionalProperties", None)
    return _published(made, CLOSED_ENCOUNTER_ID, "ClosedEncounter", str(made["description"]))


def _written(adapter: TypeAdapter[Any], name: str, title: str) -> Schema:
    made = adapter.json_schema(schema_generator=_Published, mode="serialization")
    document = _published(made, name, title, str(made["description"]))
    for model, schema in ((title, document), *document.get("$defs", {}).items()):
        schema["required"] = [field for field in schema["required"] if f"{model}.{field}" not in GREW]
    return document


def text(document: Schema) -> str:
    """Return a document as it is kept in the repository: the same bytes for the same models."""
    return f"{dumps(document, indent=2, ensure_ascii=False)}\n"


def _published(made: Schema, name: str, title: str, description: str) -> Schema:
    for model, schema in ((title, made), *made.get("$defs", {}).items()):
        for field, field_schema in schema.get("properties", {}).items():
            meaning = MEANINGS.get(f"{model}.{field}", MEANINGS.get(field))
            if "description" not in field_schema and meaning:
                field_schema["description"] = meaning
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
        for field, field_schema in schema.get("properties", {}).items():
            yield model, field, field_schema
