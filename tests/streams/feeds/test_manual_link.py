"""A person says whose a pump is: what it said becomes events as if its order had come, and nothing else is linked."""

from datetime import UTC, datetime

import pytest
from pump_wire import pump
from wire import SITE

from streams.feeds.association import Associations
from streams.feeds.manual_link import link_message
from streams.feeds.read_wire import convert
from streams.wire.rejects import Reject

AT = datetime(2026, 3, 2, 20, tzinfo=UTC)


def standing(*messages: bytes) -> list[tuple[str, str, str]]:
    """Return the type, stay and time of every event that messages come to, in this order."""
    linker = Associations()
    state = linker.restored(())
    events = []
    for one in messages:
        events += linker.link(state, convert(one, "hl7v2", SITE), 1_772_450_000).conversion.events
    gone = {event.get("voids_event_id") for event in events}
    return sorted(
        (event["occurred_at"][11:16], event["type"], event["encounter_id"])
        for event in events
        if event["type"] != "event_voided" and event["event_id"] not in gone
    )


def link(raw: bytes, stay: str = "V9") -> bytes:
    """Return the message that links a pump's to a stay."""
    made = link_message(raw, stay, SITE, "coder-7", "seen at the bedside", AT)
    assert isinstance(made, bytes)
    return made


@pytest.mark.parametrize("order", ["O77", "PRG1", ""], ids=["an unknown order", "its own number", "no order"])
def test_what_the_pump_said_becomes_the_stays_events(order: str) -> None:
    """Before the link nothing follows; after it, the same as if the order had been sent, twice or once."""
    start = pump("start", "0800", order=order, rate=100, vtbi=50)
    done = pump("complete", "0831", "not-delivering", order=order)
    assert standing(start, done) == []
    linked = [("08:00", "infusion_started", "V9"), ("08:31", "infusion_stopped", "V9")]
    assert standing(start, done, link(start)) == linked
    assert standing(start, link(start), link(start), done) == linked


def test_a_pump_that_counts_its_own_programs_is_linked_for_this_one_alone() -> None:
    """The next patient's program of that number, a day later, is nobody's still."""
    start = pump("start", "0800", order="PRG1", rate=100)
    later = pump("start", "2300", order="PRG1", rate=100)
    assert {one[0] for one in standing(start, link(start), later)} == {"08:00"}


def test_who_and_why_stand_in_the_order() -> None:
    """For whoever reads the raw topic."""
    made = link(pump("start", "0800", order="O77")).decode()
    orc = next(line for line in made.split("\r") if line.startswith("ORC")).split("|")
    assert (orc[2], orc[10], orc[16]) == ("O77", "coder-7", "^seen at the bedside")


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"no message", "MSH: no HL7 v2 message begins here; send ER7 text that begins with MSH"),
        (b"MSH|^~\\&|EMAR|GH|||20260302080000-0500||ADT^A08^ADT_A01|1|P|2.5.1\rPID|1\rPV1|1|O\r", "OBX: no message of an infusion pump; link one that was refused as an unlinked pump"),
        (pump("start", "0800", order="", drug=""), "OBR-2: the pump names neither an order nor a drug; chart the infusion by hand"),
    ],
)  # fmt: skip
def test_what_cannot_be_linked_is_told(raw: bytes, told: str) -> None:
    """A charge is never made on a guess."""
    refused = link_message(raw, "V9", SITE, "c", "", AT)
    assert isinstance(refused, Reject)
    assert refused.reason == told
