"""A line of charges: read whole, or refused by field without a word of what stood in it."""

import json
from typing import Any

import pytest
from charge_samples import CHARGE, SET
from hypothesis import given
from hypothesis import strategies as st

from streams.wire.charge_json import value_of, written
from streams.wire.charges_read import read_charges
from streams.wire.rejects import Reject

CHANGE: dict[str, Any] = json.loads(value_of(CHARGE))


def test_both_kinds_are_read_as_they_are_written() -> None:
    """A set as infusion code writes it, a change as the worker does."""
    assert read_charges(written(SET)) == SET
    assert read_charges(value_of(CHARGE)) == CHARGE


def changed(**line: object) -> bytes:
    """Return a change with another line."""
    return json.dumps(CHANGE | {"line": CHANGE["line"] | line}).encode()


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"SMITH", "line: not JSON"),
        (b"[]", "line: not a JSON object"),
        (b'{"event_id": "SMITH"}', "type: an event, not a charge; code it first: infusion code"),
        (b'{"encounter_id": "SMITH", "withdrawn": true}', "withdrawn: a stay without a set any more"),
        (b'{"SMITH": 1}', "lines: neither a charge set nor a charge line"),
        (b'{"lines": []}', "charge_set_id: missing"),
        (changed(units="SMITH"), "line.units: int parsing"),
        (changed(units=0), "line.units: below 1"),
        (changed(code="SMITH1"), "line.code: no CPT or HCPCS code"),
        (changed(modifiers=["SMITH"]), "line.modifiers: no modifier"),
        (changed(service_date="SMITH"), "line.service_date: date from datetime parsing"),
        (changed(line_id=""), "line.line_id: empty, or over 255 characters"),
        (
            json.dumps(CHANGE | {"encounter_id": "SMITH" * 60}).encode(),
            "encounter_id: empty, or over 255 characters",
        ),
        (json.dumps(CHANGE | {"change": "SMITH"}).encode(), "change: literal error"),
    ],
)
def test_what_is_no_charge_is_refused_by_field(raw: bytes, reason: str) -> None:
    """And nothing of it is repeated."""
    refused = read_charges(raw)
    assert isinstance(refused, Reject)
    assert refused.reason.startswith(reason)
    assert "SMITH" not in refused.reason


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_no_bytes_raise(raw: bytes) -> None:
    """Whatever a file holds."""
    assert isinstance(read_charges(raw), Reject)


@given(st.dictionaries(st.sampled_from([*CHANGE, *json.loads(written(SET))]), st.none() | st.integers() | st.text() | st.lists(st.integers())))  # fmt: skip
def test_no_mixture_of_fields_raises(fields: dict[str, object]) -> None:
    """Also with fields of both kinds."""
    read_charges(json.dumps(CHANGE | fields).encode())
    read_charges(json.dumps(fields).encode())
