"""The published contract: it is what the models say, it takes what the contract shows, and it only grows."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from golden import all_cases
from json_schema import Draft202012Validator
from timeline import events_of

from models.compatibility import Schema, Side, breaks
from models.event import event_types
from models.schema import (
    GREW,
    charge_set,
    closed_encounter,
    delivery,
    events,
    fields,
    line_change,
    nudges,
    review_item,
    text,
)
from rules.engine import Profile
from streams.charging.release import release
from streams.cli.code import command as code
from streams.cli.schema import DOCUMENTS
from streams.cli.schema import command as schema
from streams.encounter.fold import fold
from streams.wire.asyncapi import asyncapi, channels
from streams.wire.closed_encounter_json import ClosedEncounter, to_bytes
from streams.wire.message import OutboundMessage
from streams.wire.topics import CHARGE_LINES, CHARGES, REVIEW

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = ROOT / "models" / "contract"
FILES = {
    "events": "events.schema.json",
    "charge-set": "charge-set.schema.json",
    "closed-encounter": "closed-encounter.schema.json",
    "charge-line": "charge-line.schema.json",
    "review": "review.schema.json",
    "delivery": "delivery.schema.json",
    "nudges": "nudges.schema.json",
    "asyncapi": "asyncapi.json",
}
SIDES: dict[str, Side] = {
    "events": "read",
    "charge-set": "written",
    "closed-encounter": "written",
    "charge-line": "written",
    "review": "written",
    "delivery": "written",
    "nudges": "written",
}
DOCUMENTED = (events, charge_set, closed_encounter, line_change, review_item, delivery, nudges)

AT = "2026-03-02T08:00:00-05:00"
GIVEN = {
    "administration_id": "A1",
    "order_id": "O1",
    "dose_id": "D1",
    "drug": {
        "name": "ceftriaxone",
        "code": "2193",
        "system": "rxnorm",
        "ingredients": ["ceftriaxone", {"name": "lidocaine"}],
        "billing_class": "therapeutic",
    },
    "route": "IV",
    "technique": "infusion",
    "site_id": "left-forearm",
    "intent": "treat",
    "indication": "pneumonia",
    "rate_ml_per_h": 100,
    "volume_ml": 50.5,
    "dose": 1,
    "dose_unit": "g",
    "prehospital": False,
    "device_id": "pump-1",
    "procedure_id": "none",
    "lumen": "proximal",
    "charted_by_role": "nurse",
    "supplied_by": "white_bag",
    "research": True,
    "order_modifiers": ["Q1"],
    "ordered_dose": 1,
    "ordered_dose_unit": "g",
    "weight_kg": 70.5,
    "body_surface_m2": 1.82,
}
STAY = {
    "setting": "facility",
    "payer": "medicare",
    "time_zone": "America/New_York",
    "arrived_at": AT,
    "department_modifier": "PO",
    "key_reason_order_id": "O1",
    "patient_key": "9f2c61d8",
}
SITE = {"site_id": "left", "kind": "picc", "restart_of": "right", "separate_site_reason": "incompatible"}
RUNNING = {"administration_id": "A1"}
FURTHER: dict[str, dict[str, Any]] = {
    "encounter_opened": STAY,
    "encounter_updated": STAY,
    "encounter_discharged": {"recorded_at": AT, "source": "adt"},
    "encounter_reopened": {},
    "encounter_cancelled": {},
    "encounter_merged": {"into_encounter_id": "E2"},
    "inpatient_ordered": {},
    "access_placed": SITE,
    "access_removed": SITE,
    "procedure_started": {"procedure_id": "P1", "kind": "biopsy"},
    "procedure_ended": {"procedure_id": "P1", "kind": "biopsy"},
    "infusion_started": GIVEN,
    "infusion_paused": RUNNING,
    "infusion_resumed": RUNNING,
    "infusion_rate_changed": RUNNING | {"rate_ml_per_h": 0},
    "infusion_bag_changed": RUNNING,
    "infusion_bolus": RUNNING | {"volume_ml": 20, "dose": 5000},
    "infusion_stopped": RUNNING | {"reason": "completed"},
    "push_given": GIVEN | {"technique": "push"},
    "injection_given": GIVEN | {"technique": "injection", "route": "IM"},
    "administration_charted": GIVEN
    | {"started_at": AT, "stopped_at": AT, "intervals": [{"started_at": AT, "stopped_at": AT}]},
    "administration_voided": RUNNING,
    "drug_wasted": RUNNING | {"amount": 95, "unit": "mg", "reason": "the rest of the vial"},
    "drug_dispensed": {
        "dispense_id": "D1",
        "administration_id": "A1",
        "order_id": "O1",
        "drug": {"name": "ceftriaxone"},
        "dose": 1,
        "dose_unit": "g",
    },
    "event_voided": {"voids_event_id": "m1"},
    "event_refused": {"refused_event_id": "m9", "reason": "occurred_at: has no offset"},
    "code_decided": {"decision_id": "C1", "code": "96379", "reason": "no listed code"},
    "review_decided": {
        "flag": "F-PCA",
        "administration_ids": ["A1"],
        "refusal_ids": [],
        "decision": "code",
        "code": "96379",
        "comparable_code": "96365",
        "reason": "a basal rate ran",
        "decided_by": "coder-7",
    },
}
"""The further fields of each type in the contract's section 2, and the one it has grown by since."""

CHARGE_SET = {
    "charge_set_id": "5f0d", "encounter_id": "E1", "revision": 1, "replaces": None, "status": "final",
    "rulebook": "26.11.0", "policy": "medicare-facility", "setting": "facility", "payer": "medicare",
    "lines": [
        {
            "line_id": "a0", "code": "96365", "units": 1, "modifiers": [], "service_date": "2026-03-02",
            "administration_ids": ["A1"], "minutes": 91, "evidence": "charted",
            "reasons": [{"rule": "R-TIME-2", "says": "Infusion of 91 minutes: the first hour.", "cites": ["IOM"]}],
        },
    ],
    "flags": [
        {
            "flag": "F-NEAR_THRESHOLD", "severity": "info", "administration_ids": ["A1"],
            "says": "91 minutes is within 2 minutes of a unit boundary.", "suggestion": "Nothing to do.",
        },
    ],
    "not_billed": [{"administration_id": "A9", "rule": "R-BUN-1", "says": "Carrier fluid."}],
}  # fmt: skip
"""The contract's own example of section 3, shortened."""


def validator(document: Schema) -> Draft202012Validator:
    """Return a validator that checks instants and dates too."""
    Draft202012Validator.check_schema(document)
    checker = Draft202012Validator.FORMAT_CHECKER
    assert {"date-time", "date"} <= checker.checkers.keys(), "install the dev extra: formats go unchecked"
    return Draft202012Validator(document, format_checker=checker)


@cache
def of_events() -> Draft202012Validator:
    """Return the validator of events; checking the schema itself takes most of its time."""
    return validator(events())


def event(kind: str) -> dict[str, Any]:
    """Return an event of a type with every field the contract gives it."""
    by_hand = {"entered_by": "coder-7", "change_reason": "the nurse said so"}
    return {
        "type": kind,
        "event_id": "e1",
        "encounter_id": "E1",
        "occurred_at": AT,
        **by_hand,
        **FURTHER[kind],
    }


@pytest.mark.parametrize("name", FILES)
def test_the_files_in_the_repository_are_what_the_models_say(name: str) -> None:
    """A model that moved without its file is a contract nobody was told of."""
    make, _ = DOCUMENTS[name]
    kept = (CONTRACT / FILES[name]).read_text(encoding="utf-8")
    assert text(make()) == kept, f"run: infusion schema {name} > models/contract/{FILES[name]}"


@pytest.mark.parametrize("name", FILES)
def test_the_verb_prints_the_file(name: str) -> None:
    """``infusion schema NAME`` gives the very bytes that are kept."""
    run = CliRunner().invoke(schema, [name])
    assert run.exit_code == 0
    assert run.stdout_bytes == (CONTRACT / FILES[name]).read_bytes()


def test_without_a_name_the_verb_lists_what_there_is() -> None:
    """Whoever does not know the names is told them."""
    run = CliRunner().invoke(schema, [])
    assert [line.split()[0] for line in run.stdout.splitlines()] == list(FILES)


def test_every_type_of_the_contract_is_tried_here() -> None:
    """No kind of event is published without an example that is held against its schema."""
    assert tuple(FURTHER) == event_types()


@pytest.mark.parametrize("kind", event_types())
def test_an_event_as_the_contract_describes_it_is_accepted(kind: str) -> None:
    """Every field the contract names may be sent, and the least there must be suffices."""
    assert list(of_events().iter_errors(event(kind))) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("occurred_at", "2026-03-02T08:00:00"),
        ("occurred_at", "yesterday"),
        ("occurred_at", 1772463600),
        ("administration_id", ""),
        ("rate_ml_per_h", -1),
        ("technique", "drip"),
        ("rate_mL_per_h", 100),
    ],
    ids=[
        "no offset",
        "no instant",
        "a number for an instant",
        "empty id",
        "below zero",
        "unknown word",
        "misspelt",
    ],
)
def test_what_the_reader_refuses_the_schema_refuses_too(field: str, value: object) -> None:
    """A publisher who validates before sending sees his mistake before we do."""
    assert list(of_events().iter_errors(event("infusion_started") | {field: value})) != []


def test_the_contracts_charge_set_is_accepted() -> None:
    """What grew since is not demanded of it."""
    assert list(validator(charge_set()).iter_errors(CHARGE_SET)) == []


def test_every_set_coded_from_the_seeded_day_fits_its_schema() -> None:
    """What we publish is what we write, to the last field: nothing in it that the schema does not name."""
    run = CliRunner().invoke(code, [str(ROOT / "seeds" / "day.jsonl")], standalone_mode=False)
    closed = closing(charge_set())
    check = validator(closed)
    sets = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(sets) > 100
    assert [(one["encounter_id"], error.message) for one in sets for error in check.iter_errors(one)] == []


def closing(document: Schema, *, whole: bool = True) -> Schema:
    """Return a schema that takes no field it does not name, and when ``whole`` misses none but those left out when empty."""
    closed = deepcopy(document)
    for part in (closed, *closed["$defs"].values()):
        part.setdefault("additionalProperties", False)
        if whole:
            part["required"] = [name for name in part["properties"] if name not in {"drug_lines", "basis"}]
    return closed


def test_every_closed_encounter_of_a_golden_case_fits_its_schema() -> None:
    """What is kept to be coded again is what was published, with no field the schema does not name."""
    check = validator(closing(closed_encounter(), whole=False))
    records = [json.loads(to_bytes(record)) for record, _ in released_cases()]
    assert len(records) > 400
    assert [error.message for one in records for error in check.iter_errors(one)] == []


@pytest.mark.parametrize(
    ("make", "topic"), [(charge_set, CHARGES), (line_change, CHARGE_LINES), (review_item, REVIEW)]
)
def test_everything_said_of_a_golden_case_fits_its_schema(make: Callable[[], Schema], topic: str) -> None:
    """Whole sets, line changes and review items, to the last field."""
    check = validator(closing(make()))
    values = [
        one.value for _, messages in released_cases() for one in messages if one.topic == topic and one.value
    ]
    assert len(values) > 50
    assert [error.message for value in values for error in check.iter_errors(json.loads(value))] == []


@cache
def released_cases() -> list[tuple[ClosedEncounter, tuple[OutboundMessage, ...]]]:
    """Return the stay of every golden case as a closed encounter, with what is said of it."""
    stays = [fold(events_of(case)) for _, case in all_cases()]
    records = [
        ClosedEncounter(one.encounter_id, 1, "final", 1_772_452_800, "confirmed", None, 9, one)
        for one in stays
    ]
    return [(one, release(None, one, Profile(), 0).messages) for one in records]


def test_every_published_field_says_what_it_means() -> None:
    """A reader who has only the schema is told the unit, the zone or the meaning."""
    mute = [
        f"{model}.{field}"
        for make in DOCUMENTED
        for model, field, held in fields(make())
        if not held.get("description")
    ]
    assert mute == []


def test_what_grew_is_in_the_models() -> None:
    """A field that is not demanded is still one that exists."""
    assert {f"{model}.{field}" for model, field, _ in fields(charge_set())} >= GREW


def test_the_schemas_use_words_that_older_readers_know() -> None:
    """AsyncAPI's own schema format stands on draft 7: a word of 2020-12 alone would be passed over in silence."""
    known = {
        "$schema", "$id", "$defs", "$ref", "title", "description", "type", "properties", "required", "enum", "const",
        "additionalProperties", "items", "oneOf", "anyOf", "default", "format", "pattern", "minLength", "maxLength",
        "minimum", "maximum", "maxItems",
    }  # fmt: skip
    assert {word for make in DOCUMENTED for word in words(make())} <= known


def words(part: Any) -> Iterator[str]:
    """Yield the keywords of a schema, not the names its fields have."""
    if isinstance(part, list):
        for item in part:
            yield from words(item)
    if isinstance(part, dict):
        yield from part
        for word, held in part.items():
            if word in {"properties", "$defs"}:
                for item in held.values():
                    yield from words(item)
            elif word not in {"default", "enum", "required"}:
                yield from words(held)


# ---------------------------------------------------------------- the topics


def references(part: Any) -> Iterator[str]:
    """Yield every reference in a document."""
    if isinstance(part, list):
        for item in part:
            yield from references(item)
    elif isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for item in part.values():
            yield from references(item)


def test_every_reference_of_the_topics_leads_somewhere() -> None:
    """Into the document itself, or into one of the schemas beside it."""
    document = asyncapi()
    lost = []
    for reference in references(document):
        file, _, pointer = reference.partition("#")
        place: Any = json.loads((CONTRACT / file).read_text(encoding="utf-8")) if file else document
        for step in pointer.strip("/").split("/") if pointer else ():
            place = place.get(step) if isinstance(place, dict) else None
        lost += [reference] if place is None else []
    assert lost == []


def test_the_event_topic_takes_every_kind_of_event() -> None:
    """Each message is one kind, so that a publisher can be told which one it breaks."""
    on_topic = next(one for one in channels() if one.address == "infusion.events.v1")
    assert sorted(on_topic.messages) == sorted(event_types())


def test_the_topics_are_the_contracts() -> None:
    """Names, order and clean-up of the contract's section 1."""
    assert [(one.address, *one.cleanup) for one in channels()] == [
        ("infusion.raw.hl7v2.v1", "delete"),
        ("infusion.raw.fhir.v1", "delete"),
        ("infusion.events.v1", "delete"),
        ("infusion.encounters.closed.v1", "delete"),
        ("infusion.charges.v1", "compact"),
        ("infusion.charge-lines.v1", "delete"),
        ("infusion.review.v1", "compact"),
        ("infusion.rejects.v1", "delete"),
        ("infusion.deliveries.v1", "delete"),
        ("infusion.nudges.v1", "compact"),
    ]


def test_no_topic_and_no_message_of_the_first_publication_is_gone() -> None:
    """Whoever subscribed then still receives."""
    first = json.loads((CONTRACT / "baseline" / "asyncapi.json").read_text(encoding="utf-8"))
    now = asyncapi()
    for name, channel in first["channels"].items():
        assert now["channels"][name]["address"] == channel["address"]
        assert now["channels"][name]["messages"].keys() >= channel["messages"].keys()


# ---------------------------------------------------------------- growing


@pytest.mark.parametrize("name", SIDES)
def test_nobody_built_for_the_first_publication_is_broken(name: str) -> None:
    """Fields, values and kinds may come; nothing goes, turns into something else or is newly demanded."""
    make, _ = DOCUMENTS[name]
    first = json.loads((CONTRACT / "baseline" / FILES[name]).read_text(encoding="utf-8"))
    assert breaks(first, make(), SIDES[name]) == []


LINE: Schema = {
    "title": "Line",
    "type": "object",
    "properties": {
        "code": {"type": "string", "maxLength": 5},
        "minutes": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]},
        "evidence": {"type": "string", "enum": ["charted", "assumed"]},
        "reasons": {"type": "array", "items": {"$ref": "#/$defs/Reason"}},
        "facts": {"type": "object", "additionalProperties": {"type": "string"}},
        "on": {"type": "string", "format": "date"},
    },
    "required": ["code"],
    "$defs": {"Reason": {"type": "object", "properties": {"rule": {"type": "string"}}, "required": ["rule"]}},
}


def changed(*path: str, to: Any) -> Schema:
    """Return the line's schema with one thing changed; ``None`` takes it out."""
    made = deepcopy(LINE)
    place: Any = made
    for step in path[:-1]:
        place = place[step]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return made


@pytest.mark.parametrize(
    "new",
    [
        LINE,
        changed("properties", "note", to={"type": "string"}),
        changed("properties", "evidence", "enum", to=["charted", "assumed", "calculated"]),
        changed("$defs", "Reason", "properties", "says", to={"type": "string"}),
        changed("$defs", "Other", to={"type": "object"}),
        changed("properties", "code", "description", to="a code"),
    ],
    ids=[
        "nothing",
        "optional field",
        "another value",
        "optional field deeper",
        "another definition",
        "a description",
    ],
)
@pytest.mark.parametrize("side", ["read", "written"])
def test_growth_breaks_nobody(new: Schema, side: Side) -> None:
    """What an old reader can ignore and an old writer leave out is no break."""
    assert breaks(LINE, new, side) == []


@pytest.mark.parametrize(
    ("new", "says"),
    [
        (
            changed("properties", "code", to=None),
            "Line.code: was removed or renamed; keep it beside the new one.",
        ),
        (changed("required", to=["code", "on"]), "Line.on: is newly required; old documents lack it."),
        (
            changed("properties", "code", to={"type": "integer"}),
            "Line.code: is no longer string; keep it, or publish the new meaning under a new name.",
        ),
        (
            changed("properties", "evidence", "enum", to=["charted"]),
            "Line.evidence: no longer knows 'assumed'.",
        ),
        (
            changed("properties", "minutes", to={"type": "integer", "minimum": 0}),
            "Line.minutes: is no longer null; keep it, or publish the new meaning under a new name.",
        ),
        (
            changed("$defs", "Reason", "properties", "rule", to=None),
            "Line.reasons[].rule: was removed or renamed; keep it beside the new one.",
        ),
        (
            changed("properties", "facts", "additionalProperties", to={"type": "integer"}),
            "Line.facts.*: is no longer string; keep it, or publish the new meaning under a new name.",
        ),
        (
            changed("properties", "on", "format", to="date-time"),
            "Line.on: format changed from 'date' to 'date-time'.",
        ),
    ],
    ids=[
        "removed",
        "required",
        "retyped",
        "value gone",
        "null gone",
        "removed deeper",
        "map retyped",
        "reformatted",
    ],
)
@pytest.mark.parametrize("side", ["read", "written"])
def test_a_breaking_change_is_named(new: Schema, says: str, side: Side) -> None:
    """Whoever wrote or read the old one is told what he loses."""
    assert says in breaks(LINE, new, side)


@pytest.mark.parametrize(
    ("new", "says"),
    [
        (changed("properties", "code", "maxLength", to=4), "Line.code: maxLength changed from 5 to 4."),
        (changed("properties", "code", "pattern", to="^9"), "Line.code: pattern changed from None to '^9'."),
        (changed("properties", "code", "minLength", to=1), "Line.code: minLength changed from None to 1."),
        (changed("additionalProperties", to=False), "Line: no longer takes fields it does not know."),
        (
            changed("properties", "code", "enum", to=["96365"]),
            "Line.code: takes only some values now: 96365.",
        ),
    ],
    ids=["shorter", "pattern", "not empty", "closed", "enumerated"],
)
def test_what_we_read_may_not_grow_narrower(new: Schema, says: str) -> None:
    """A publisher's document that was good yesterday is good today; a reader of ours does not mind."""
    assert breaks(LINE, new, "read") == [says]
    assert breaks(LINE, new, "written") == []


@pytest.mark.parametrize(
    ("new", "says"),
    [
        (changed("properties", "code", "maxLength", to=8), "Line.code: maxLength changed from 5 to 8."),
        (changed("required", to=[]), "Line.code: may now be left out; readers were promised it."),
        (
            changed(
                "properties", "code", to={"anyOf": [{"type": "string", "maxLength": 5}, {"type": "null"}]}
            ),
            "Line.code: may now be null, which no reader expects.",
        ),
        (changed("properties", "on", "format", to=None), "Line.on: format changed from 'date' to None."),
        (changed("properties", "evidence", to={"type": "string"}), "Line.evidence: may now be any value."),
    ],
    ids=["longer", "left out", "null", "any text", "any value"],
)
def test_what_we_write_may_not_grow_wider(new: Schema, says: str) -> None:
    """A reader's column, parser or switch still fits; a publisher of ours does not mind."""
    assert breaks(LINE, new, "written") == [says]
    assert breaks(LINE, new, "read") == []


def test_a_kind_of_event_may_come_and_none_may_go() -> None:
    """Kinds are told apart by their type, not by their place in the list."""
    made = events()
    fewer = {**made, "oneOf": made["oneOf"][1:]}
    assert breaks(fewer, made, "read") == []
    assert len(breaks(made, fewer, "read")) == 1
    assert "is no longer event " in breaks(made, fewer, "read")[0]
