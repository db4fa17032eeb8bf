"""A linked pump and a nurse's record of the same infusion are one administration (R-DOC-7, A-9)."""

from typing import Any

from click.testing import CliRunner
from orjson import dumps, loads
from pump_wire import order, pump
from wire import SITE, adt, ras, rxa, visit

from streams.cli import main
from streams.feeds.association import Associations
from streams.feeds.read_wire import convert

STAY = [
    adt("A04", pv1=visit(f44="20260302070000-0500")),
    order(),
    ras(
        "ORC|RE|O1^EMAR|F1^RX", rxa("0800", "0931"), "RXR|IV^Intravenous^HL70162|||IVPB^IV Piggyback^HL70165"
    ),
    adt("A03", pv1=visit(f45="20260302110000-0500")),
]


def coded(*sent: bytes) -> dict[str, Any]:
    """Return the charge set of a stay's messages."""
    linker, lines = Associations(), []
    state = linker.restored(())
    for one in sent:
        lines += [
            dumps(event) for event in linker.link(state, convert(one, "hl7v2", SITE), 0).conversion.events
        ]
    run = CliRunner().invoke(main, ["code", "-q"], input=b"\n".join(lines))
    (charge_set,) = map(loads, run.stdout_bytes.splitlines())
    return dict(charge_set)


def in_short(charge_set: dict[str, Any]) -> tuple[str, list[tuple[Any, ...]], list[str]]:
    """Return status, lines and flags."""
    lines = [(line["code"], line["units"], line["minutes"], line["evidence"]) for line in charge_set["lines"]]
    return charge_set["status"], lines, [flag["flag"] for flag in charge_set["flags"]]


def pumped(start: str, stop: str) -> list[bytes]:
    """Return a pump's infusion of the same order."""
    return [pump("start", start, total=0, rate=50), pump("complete", stop, "not-delivering")]


def test_a_pump_that_agrees_validates_what_was_charted() -> None:
    """One infusion, billed once, and the pump's record is named among what is not billed."""
    charge_set = coded(*STAY, *pumped("0801", "0933"))
    status, lines, flags = in_short(charge_set)
    assert status == "final"
    assert lines == [("96365", 1, 91, "pump_validated"), ("96366", 1, 91, "pump_validated")]
    assert "F-PUMP_MAR_MISMATCH" not in flags
    assert [
        one["rule"] for one in charge_set["not_billed"] if one["administration_id"].startswith("pump-")
    ] == ["R-DOC-7"]


def test_a_difference_that_moves_units_holds_the_stay() -> None:
    """The nurse's record is billed once a person has looked."""
    status, lines, flags = in_short(coded(*STAY, *pumped("0800", "0840")))
    assert (status, "F-PUMP_MAR_MISMATCH" in flags) == ("held", True)
    assert [line[0] for line in lines] == ["96365", "96366"]


def test_whatever_comes_first() -> None:
    """The pump's words buffered till the end, or in front of its order."""
    late = coded(*STAY, *pumped("0801", "0933"))
    early = coded(*pumped("0801", "0933"), *STAY)
    assert in_short(early) == in_short(late)


def test_a_pump_alone_is_calculated_and_said_so() -> None:
    """No nurse validated its times."""
    status, lines, flags = in_short(coded(STAY[0], STAY[1], *pumped("0800", "0931"), STAY[3]))
    assert (status, lines) == ("final", [("96365", 1, 91, "calculated"), ("96366", 1, 91, "calculated")])
    assert "F-STOP_CALCULATED" in flags


def test_a_clock_that_was_set_holds_the_stay() -> None:
    """A refused event in the stay: nothing is final on minutes that nobody knows (R-DOC-9)."""
    status, _, flags = in_short(
        coded(STAY[0], STAY[1], *pumped("0800", "0931"), pump("clock", "0830"), STAY[3])
    )
    assert (status, "F-REFUSED_EVENT" in flags) == ("held", True)


def test_a_bolus_out_of_the_bag_is_no_push() -> None:
    """R-PUSH-7."""
    bolus = [
        pump("start", "0800", total=0, rate=50),
        pump("stop", "0810", "transitioning", total=5),
        pump("start", "0810", source="clinician", rate=900),
        pump("stop", "0811", "transitioning", source="clinician", segment=15),
        pump("start", "0811", total=20, rate=50),
        pump("complete", "0931", "not-delivering"),
    ]
    _, lines, _ = in_short(coded(STAY[0], STAY[1], *bolus, STAY[3]))
    assert [line[:3] for line in lines] == [("96365", 1, 91), ("96366", 1, 91)]
