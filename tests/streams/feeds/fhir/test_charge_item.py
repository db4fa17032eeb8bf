"""Charges as ChargeItem: golden files, and fhir.resources holds each against R4B and R5."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from charge_samples import AT, AWKWARD, CHARGE, CREDIT, LINE, SET, site
from fhir.resources.bundle import Bundle
from fhir.resources.chargeitem import ChargeItem
from fhir.resources.R4B.bundle import Bundle as BundleR4B
from fhir.resources.R4B.chargeitem import ChargeItem as ChargeItemR4B

from models.charge import ChargeSet, Status
from models.line_change import LineChange
from streams.feeds.charge_codes import NO_TABLE, ChargeCodes
from streams.feeds.fhir.charge_item import bundle_of_set, charge_item_of_change, item_id
from streams.wire.rejects import Reject

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
MODELS: dict[str, tuple[Any, Any]] = {"R4": (ChargeItemR4B, BundleR4B), "R5": (ChargeItem, Bundle)}


def codes(version: str, **further: str) -> ChargeCodes:
    """Return the site's table for a version of FHIR."""
    return site().model_copy(update={"fhir_version": version, **further})


def item(change: LineChange, table: ChargeCodes) -> dict[str, Any]:
    """Return a resource; it must be one."""
    made = charge_item_of_change(change, table, AT)
    assert not isinstance(made, Reject), made
    return made


def bundle(charge_set: ChargeSet, table: ChargeCodes) -> dict[str, Any]:
    """Return a bundle; it must be one."""
    made = bundle_of_set(charge_set, table, AT)
    assert not isinstance(made, Reject), made
    return made


@pytest.mark.parametrize("version", MODELS)
@pytest.mark.parametrize("change", [CHARGE, CREDIT], ids=["charge", "credit"])
@pytest.mark.parametrize("credit", ["entered_in_error", "offset"])
def test_the_others_model_takes_it_and_gives_it_back(version: str, change: LineChange, credit: str) -> None:
    """No element it does not know, none of another type, nothing lost on the way."""
    made = item(change, codes(version, item_credit=credit))
    model, _ = MODELS[version]
    assert json.loads(model.model_validate(made).model_dump_json()) == json.loads(json.dumps(made))


@pytest.mark.parametrize("version", MODELS)
def test_the_others_model_takes_a_whole_set(version: str) -> None:
    """As a transaction that puts each line at its own id."""
    made = bundle(SET, codes(version))
    _, model = MODELS[version]
    model.model_validate(made)
    assert [one["request"] for one in made["entry"]] == [
        {"method": "PUT", "url": f"ChargeItem/{line.line_id}"} for line in SET.lines
    ]


@pytest.mark.parametrize(
    ("name", "version", "change"),
    [("charge_r4.json", "R4", CHARGE), ("charge_r5.json", "R5", CHARGE), ("credit_r4.json", "R4", CREDIT)],
)
def test_the_resource_is_the_golden_one(name: str, version: str, change: LineChange) -> None:
    """Element by element."""
    assert item(change, codes(version)) == json.loads((GOLDEN / name).read_text(encoding="utf-8"))


def test_a_whole_restated_set_is_the_golden_one() -> None:
    """Rules with the rulebook's version, and the set that is replaced."""
    assert bundle(SET, codes("R4")) == json.loads(
        (GOLDEN / "whole_restated_r4.json").read_text(encoding="utf-8")
    )


def test_a_credit_is_the_same_item_entered_in_error() -> None:
    """So that the server's newest version of a line says whether it stands."""
    charge, credit = item(CHARGE, site()), item(CREDIT, site())
    assert (charge["id"], charge["status"]) == (LINE.line_id, "billable")
    assert (credit["id"], credit["status"]) == (LINE.line_id, "entered-in-error")


def test_a_credit_after_billing_is_an_item_of_its_own() -> None:
    """Of the same code, with the quantity below zero, part of the one it offsets, and not under that one's identifier."""
    credit = item(CREDIT, codes("R4", item_credit="offset"))
    assert credit["id"] != LINE.line_id
    assert credit["status"] == "billable"
    assert credit["quantity"] == {"value": -2}
    assert credit["partOf"] == [{"reference": f"ChargeItem/{LINE.line_id}"}]
    assert LINE.line_id not in [one["value"] for one in credit["identifier"]]


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("final", "billable"),
        ("preview", "planned"),
        ("held", "not-billable"),
        ("cancelled", "entered-in-error"),
    ],
)
def test_the_status_of_a_set_is_its_items(status: Status, shown: str) -> None:
    """As STANDARDS 4.2 has it."""
    made = bundle(replace(SET, status=status), site())
    assert {one["resource"]["status"] for one in made["entry"]} == {shown}


def test_evidence_and_rule_are_linked_in_both_versions() -> None:
    """R5 wraps the reference; the rule of a line that changed has no version, for the change names none."""
    four, five = item(CHARGE, codes("R4")), item(CHARGE, codes("R5"))
    assert [one["identifier"]["value"] for one in four["service"]] == ["A1", "A2"]
    assert [one["reference"]["identifier"]["value"] for one in five["service"]] == ["A1", "A2"]
    assert four["definitionUri"] == [
        "urn:infusion-charges:rule:R-TIME-3",
        "urn:infusion-charges:rule:R-MOD-8",
    ]
    assert "context" in four
    assert "encounter" in five


def test_an_id_that_fhir_does_not_allow_is_replaced() -> None:
    """By one made from it, the same each time; the identifier keeps it as it is."""
    line = replace(LINE, line_id=AWKWARD)
    made = item(replace(CHARGE, line=line), NO_TABLE)
    assert made["id"] == item_id(line) != AWKWARD
    assert made["identifier"][0]["value"] == AWKWARD


def test_a_code_the_sites_table_lacks_is_refused() -> None:
    """As in a DFT."""
    lacking = replace(LINE, code="96413")
    assert isinstance(charge_item_of_change(replace(CHARGE, line=lacking), site(), AT), Reject)
    assert isinstance(bundle_of_set(replace(SET, lines=(lacking,)), site(), AT), Reject)
