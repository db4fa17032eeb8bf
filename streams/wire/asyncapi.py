"""
The topics as an AsyncAPI 3 document: their keys, what travels on them, who reads and who writes.

Payloads point into the JSON Schemas kept beside the document. Those use only words that the default schema
format of AsyncAPI knows as well, so that its tools read them. Pure.
"""

from typing import Any, Final, NamedTuple

from models.schema import CHARGE_SET_ID, CONTRACT_VERSION, Schema, charge_set, events
from streams.wire import topics
from streams.wire.nudge_headers import DONE

EVENTS_FILE: Final = "./events.schema.json"
CHARGE_SET_FILE: Final = "./charge-set.schema.json"
CLOSED_ENCOUNTER_FILE: Final = "./closed-encounter.schema.json"
LINE_CHANGE_FILE: Final = "./charge-line.schema.json"
REVIEW_ITEM_FILE: Final = "./review.schema.json"
DELIVERY_FILE: Final = "./delivery.schema.json"
NUDGES_FILE: Final = "./nudges.schema.json"

_KAFKA: Final = "0.5.0"


class Channel(NamedTuple):
    """One topic: its address, what its key is, how it is cleaned up, and the messages on it."""

    name: str
    address: str
    says: str
    key: str
    cleanup: tuple[str, ...]
    messages: tuple[str, ...]
    reads: str = ""
    writes: str = ""
    """What the application does with it, in one sentence each; empty for what it does not."""


class Message(NamedTuple):
    """One kind of message: its summary, its content type and the schema of its value."""

    says: str
    payload: Schema
    content_type: str = "application/json"
    cloud_event: bool = True


_HL7V2_READ: Final = (
    "ER7: segments, fields and delimiters as sent. Read of each kind, by MSH-9: "
    "RAS, administrations (PID, PV1, ORC, RXE, RXO, RXC, RXA, RXR); "
    "ADT, stays, beds and merges (EVN, PID, PV1, MRG, IN1); "
    "ORU^R42 (IHE PCD-10), what happened at a pump, and ORU^R01 (PCD-01) of an infusion pump, what it does "
    "(PID, PV1-3, OBR-2 to OBR-4, OBR-7, OBX-3, OBX-4, OBX-5, OBX-14, OBX-18); "
    "RGV (PCD-03), an order sent to a pump, never an administration (PID, PV1, ORC, RXG-4, RXR, OBX-18). "
    "Any other kind is acknowledged, counted and used for nothing."
)


def _event_messages() -> dict[str, Message]:
    """Return a message a kind of event, by the name publishers put into ``type``."""
    messages = {}
    for name, schema in events()["$defs"].items():
        kind = schema.get("properties", {}).get("type", {}).get("const")
        if kind is not None:
            messages[str(kind)] = Message(
                str(schema["description"]), {"$ref": f"{EVENTS_FILE}#/$defs/{name}"}
            )
    return messages


def messages() -> dict[str, Message]:
    """Return every kind of message by its name."""
    return {
        "hl7v2": Message(
            "One HL7 v2 message or batch, as received and without its framing; any charset, which MSH-18 names.",
            {"description": _HL7V2_READ},
            "application/hl7-v2",
            cloud_event=False,
        ),
        "fhir": Message(
            "One FHIR resource, as received.",
            {
                "type": "object",
                "description": "A MedicationAdministration, an Encounter, or a Bundle of them; a Medication or Substance is remembered for those that refer to it; any other resource is ignored.",
            },
            "application/fhir+json",
            cloud_event=False,
        ),
        **_event_messages(),
        "closed_encounter": Message(
            "A closed stay as the rules saw it: the record to code again.",
            {"$ref": CLOSED_ENCOUNTER_FILE},
        ),
        "charge_set": Message(str(charge_set()["description"]), {"$ref": CHARGE_SET_FILE}),
        "charges_withdrawn": Message(
            "A tombstone: the stay was cancelled, or is another one's.",
            {"type": "null", "description": f"No value; every {CHARGE_SET_ID} of the key is void."},
        ),
        "charge_line": Message(
            "What changed: one charge or credit for each line and revision.",
            {"$ref": LINE_CHANGE_FILE},
        ),
        "review": Message(
            "What a person must look at, with the evidence and a suggestion.",
            {"$ref": REVIEW_ITEM_FILE},
        ),
        "review_done": Message(
            "A tombstone: nothing waits for a person any more.",
            {"type": "null", "description": "No value; what the key's last review item asked is answered."},
        ),
        "nudges": Message(
            "What is asked about a stay while the patient is there.",
            {"$ref": NUDGES_FILE},
        ),
        "nudges_done": Message(
            "A tombstone: it is answered, or the stay was coded and its review asks instead.",
            {
                "type": "null",
                "description": f"No value; nothing is asked about the key any more. The header {DONE} says why: answered, or coded.",
            },
        ),
        "delivery": Message(
            "What a billing system made of one charge or credit: taken, refused, or withheld behind one refused.",
            {"$ref": DELIVERY_FILE},
        ),
        "reject": Message(
            "What could not be read, with the reason in its headers.",
            {"description": "The original bytes, key and headers."},
            "application/octet-stream",
            cloud_event=False,
        ),
    }


def channels() -> tuple[Channel, ...]:
    """Return the topics, in the order in which a stay passes them."""
    kinds = tuple(_event_messages())
    return (
        _of("raw_hl7v2", topics.RAW_HL7V2, ("hl7v2",), reads="Turns administrations, registrations and what pumps did into events."),
        _of("raw_fhir", topics.RAW_FHIR, ("fhir",), reads="Turns resources into events."),
        _of(
            "events", topics.EVENTS, kinds,
            reads="Folds each stay from the set of its events.", writes="Sends what raw messages said.",
        ),
        _of(
            "encounters_closed", topics.CLOSED, ("closed_encounter",),
            reads="Codes stays again under a newer rulebook.", writes="Sends each stay that closes.",
        ),
        _of("charges", topics.CHARGES, ("charge_set", "charges_withdrawn"), writes="Sends each new revision."),
        _of(
            "charge_lines", topics.CHARGE_LINES, ("charge_line",),
            writes="Sends the difference between two revisions.",
        ),
        _of("review", topics.REVIEW, ("review", "review_done"), writes="Sends what blocks or warns, and takes it back."),
        _of("rejects", topics.REJECTS, ("reject",), writes="Sends what no event could be made of."),
        _of(
            "deliveries", topics.DELIVERIES, ("delivery",),
            reads="Knows at its start what was taken.", writes="Sends what the billing system answered.",
        ),
        _of(
            "nudges", topics.NUDGES, ("nudges", "nudges_done"),
            writes="Sends what is asked while the patient is there, and takes it back once answered.",
        ),
    )  # fmt: skip


def _of(name: str, address: str, messages: tuple[str, ...], reads: str = "", writes: str = "") -> Channel:
    topic = topics.topic(address)
    return Channel(name, address, topic.holds, topic.key, (topic.cleanup,), messages, reads, writes)


def asyncapi() -> Schema:
    """Return the whole document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Infusion charges",
            "version": CONTRACT_VERSION,
            "description": "Infusion and injection events in, charge sets out. The contract only grows: fields that may be left out, values, kinds of event.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "channels": {channel.name: _channel(channel) for channel in channels()},
        "operations": {name: operation for channel in channels() for name, operation in _operations(channel)},
        "components": {
            "messages": {name: _message(name, message) for name, message in messages().items()},
            "messageTraits": {"cloud_event": _cloud_event()},
        },
    }


def _channel(channel: Channel) -> Schema:
    return {
        "address": channel.address,
        "description": channel.says,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in channel.messages},
        "bindings": {
            "kafka": {
                "topic": channel.address,
                "topicConfiguration": {"cleanup.policy": [*channel.cleanup]},
                "bindingVersion": _KAFKA,
            }
        },
        "x-key": channel.key,
    }


def _operations(channel: Channel) -> list[tuple[str, Schema]]:
    return [
        (
            f"{action}_{channel.name}",
            {"action": action, "channel": {"$ref": f"#/channels/{channel.name}"}, "summary": says},
        )
        for action, says in (("receive", channel.reads), ("send", channel.writes))
        if says
    ]


def _message(name: str, message: Message) -> Schema:
    document: dict[str, Any] = {
        "name": name,
        "summary": message.says,
        "contentType": message.content_type,
        "payload": message.payload,
    }
    return (
        document | {"traits": [{"$ref": "#/components/messageTraits/cloud_event"}]}
        if message.cloud_event
        else document
    )


def _cloud_event() -> Schema:
    """Return what every message of ours carries: CloudEvents 1.0, binary mode."""
    texts = {
        "ce_specversion": "1.0",
        "ce_id": "Unique within ce_source.",
        "ce_type": "org.infusion-charges.NAME.v1, NAME being the message's.",
        "ce_source": "Who sent it.",
        "ce_time": "When it happened, or what it says was decided; the same when it is sent again: RFC 3339.",
        "ce_subject": "The encounter_id.",
        "schema-version": "The edition of the contract it was written by.",
        "traceparent": "W3C trace context, passed on when present.",
    }
    return {
        "headers": {
            "type": "object",
            "properties": {name: {"type": "string", "description": says} for name, says in texts.items()},
        },
        "bindings": {
            "kafka": {"key": {"type": "string", "description": topics.STAY_KEY}, "bindingVersion": _KAFKA},
        },
    }
