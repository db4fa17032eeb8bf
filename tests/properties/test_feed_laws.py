"""Laws of the feeds: no message breaks them, no name comes out of them, and no order of messages changes a charge."""

from itertools import permutations
from pathlib import Path

import feed_fuzz
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from orjson import dumps

from streams.cli import main
from streams.feeds.hl7v2.batches import messages
from streams.feeds.read_wire import convert

SITE = feed_fuzz.site()
WIRE = Path(__file__).resolve().parents[2] / "seeds" / "wire" / "hl7v2"


def test_broken_messages_end_as_events_rejects_or_an_ignored_kind() -> None:
    """Each reject names segment, field and reason; no field that could be a name is repeated."""
    ends = {"events": 0, "rejects": 0, "ignored": 0}
    for conversion in feed_fuzz.run(20261005, 1500):
        ends["events"] += bool(conversion.events)
        ends["rejects"] += bool(conversion.rejects)
        ends["ignored"] += conversion.ignored is not None
    assert min(ends.values()) > 0


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    """With a header in front or without."""
    for one in (
        raw,
        b"MSH|^~\\&|A|B|||20260302080000-0500||RAS^O17|1|P|2.5\rPV1|||" + b"|" * 16 + b"V1\r" + raw,
    ):
        feed_fuzz.hold(one, SITE)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ORC", "RXA", "RXR", "RXE", "RXC", "PV1", "PID", "MRG", "EVN", "IN1"]),
            st.lists(st.text(alphabet="|^~\\&AIV012 \n\r", max_size=8), max_size=26),
        ),
        max_size=8,
    ),
    st.sampled_from(["RAS^O17", "RAS^O01", "ADT^A01", "ADT^A03", "ADT^A08", "ADT^A40", "ADT^A45"]),
)
def test_no_structure_breaks_the_reader(segments: list[tuple[str, list[str]]], kind: str) -> None:
    """Segments in any order and number, fields of anything."""
    head = f"MSH|^~\\&|A|B|||20260302080000-0500||{kind}|1|P|2.5"
    text = "\r".join([head, *("|".join([name, *fields]) for name, fields in segments)])
    feed_fuzz.hold(text.encode(), SITE)


@pytest.mark.parametrize("stay", ["ED-02", "ED-09", "LIFE-01", "LIFE-03", "LIFE-08"])
def test_messages_in_any_order_and_any_number_give_the_same_charges(stay: str) -> None:
    """A feed repeats itself, and messages overtake one another."""
    parts = [convert(raw, "hl7v2", SITE).events for raw in messages((WIRE / f"{stay}.hl7").read_bytes())]
    orders = [parts, [*reversed(parts), *parts], *list(permutations(parts))[5:7]]
    coded = {
        CliRunner()
        .invoke(main, ["code", "-q"], input=b"\n".join(dumps(event) for part in order for event in part))
        .stdout_bytes
        for order in orders
    }
    assert len(coded) == 1


def test_voiding_everything_leaves_nothing() -> None:
    """Every administration taken back by RXA-21 D."""
    parts = list(messages((WIRE / "ED-01.hl7").read_bytes()))
    gone = [raw.replace(b"|CP|A|", b"|CP|D|") for raw in parts if b"RAS^O17" in raw]
    events = [event for raw in (*parts, *gone) for event in convert(raw, "hl7v2", SITE).events]
    coded = CliRunner().invoke(main, ["code", "-q"], input=b"\n".join(map(dumps, events))).stdout_bytes
    assert b'"lines":[]' in coded
