"""Charges as DFT^P03: golden files, and three readers that find in them what was charged."""

from dataclasses import replace
from pathlib import Path

import hl7
import pytest
from charge_samples import AT, AWKWARD, CHARGE, CREDIT, FIRST, LINE, SET, site
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from models.charge import Reason
from streams.feeds.charge_codes import NO_TABLE
from streams.feeds.hl7v2.dft import dft_of_change, dft_of_set
from streams.feeds.hl7v2.segments import Message, read_message
from streams.wire.rejects import Reject

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
MADE = {
    "charge.hl7": lambda: dft_of_change(CHARGE, site(), AT),
    "credit_cd_positive.hl7": lambda: dft_of_change(CREDIT, site(), AT),
    "credit_cg_negative.hl7": lambda: dft_of_change(
        CREDIT, site().model_copy(update={"credit_style": "cg_negative"}), AT
    ),
    "whole_restated.hl7": lambda: dft_of_set(SET, site(), AT),
    "whole_without_table.hl7": lambda: dft_of_set(SET, NO_TABLE, AT),
}


def made(name: str) -> bytes:
    """Return a message; it must be one."""
    raw = MADE[name]()
    assert isinstance(raw, bytes), raw
    return raw


def read(raw: bytes) -> Message:
    """Return a message as our reader has it."""
    message = read_message(raw)
    assert isinstance(message, Message), message
    return message


@pytest.mark.parametrize("name", MADE)
def test_the_message_is_the_golden_one(name: str) -> None:
    """Segment by segment; the files have line feeds where the wire has carriage returns."""
    assert made(name).decode().replace("\r", "\n") == (GOLDEN / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MADE)
def test_our_reader_and_python_hl7_find_the_same_transactions(name: str) -> None:
    """The line, its date, its type, its quantity, its code and its modifiers, in their order."""
    ours, theirs = read(made(name)), hl7.parse(made(name).decode())
    transactions = list(ours.all("FT1"))
    assert len(transactions) == len(theirs.segments("FT1"))
    for mine, other in zip(transactions, theirs.segments("FT1"), strict=True):
        for field in (1, 2, 3, 4, 6, 10):
            assert mine.text(field) == str(other[field])
        assert mine.text(25) == str(other[25][0][0])
        modifiers = [mine.text(26, 1, repetition=number) for number in range(1, mine.repetitions(26) + 1)]
        assert modifiers == [str(one[0]) for one in other[26] if str(one)] if modifiers else True
    assert str(theirs.segment("PID")[18]) == str(theirs.segment("PV1")[19]) == "E1"
    assert str(theirs.segment("MSH")[10]) == ours.header.text(10)


@pytest.mark.parametrize("version", ["2.7", "2.8", "2.8.2"])
@pytest.mark.parametrize("name", ["charge.hl7", "credit_cd_positive.hl7", "whole_restated.hl7"])
def test_hl7apy_finds_the_standards_structure(name: str, version: str) -> None:
    """By the standard's own tables, strictly: each transaction with its note is a group of its own."""
    raw = made(name).decode().replace("|P|2.8|", f"|P|{version}|")
    message = parse_message(raw, validation_level=VALIDATION_LEVEL.STRICT, find_groups=True)
    groups = [one for one in message.children if one.name == "DFT_P03_FINANCIAL"]
    assert [[child.name for child in group.children] for group in groups] == [["FT1", "NTE"]] * len(groups)
    assert len(groups) == raw.count("\rFT1|")


def test_a_credit_differs_from_its_charge_by_type_and_control_id_alone() -> None:
    """The same line, the same positive quantity, as most billing systems want it."""
    charge, credit = read(made("charge.hl7")), read(made("credit_cd_positive.hl7"))
    assert charge.first("FT1").text(6) == "CG"
    assert credit.first("FT1").text(6) == "CD"
    assert charge.header.text(10) != credit.header.text(10)
    same = [field for field in range(1, 42) if field != 6]
    assert [charge.first("FT1").raw(n) for n in same] == [credit.first("FT1").raw(n) for n in same]


def test_control_ids_follow_from_what_is_sent() -> None:
    """The same change again, also at another time, has the same id; another revision or line has another."""
    control = [
        read(raw).header.text(10)
        for raw in (
            dft_of_change(CHARGE, site(), AT),
            dft_of_change(CHARGE, NO_TABLE, AT.replace(year=2027)),
            dft_of_change(replace(CHARGE, charge_set_id="next"), site(), AT),
            dft_of_change(replace(CHARGE, line=FIRST), site(), AT),
        )
        if isinstance(raw, bytes)
    ]
    assert control[0] == control[1]
    assert len({*control}) == 3
    assert {len(one) for one in control} == {20}


def test_a_first_set_replaces_nothing() -> None:
    """Frequency 1, and no set before it."""
    raw = dft_of_set(replace(SET, revision=1, replaces=None), site(), AT)
    assert isinstance(raw, bytes)
    about = read(raw).first("ZCS")
    assert [about.text(number) for number in (2, 3, 4, 5)] == ["1", "", "whole", "1"]


def test_awkward_ids_and_sentences_break_nothing() -> None:
    """An encounter id is opaque, and a site's own reason may hold anything."""
    line = replace(LINE, line_id=AWKWARD, reasons=(Reason("R-X-1", AWKWARD, ()),))
    raw = dft_of_change(replace(CHARGE, encounter_id=AWKWARD, line=line), site(), AT)
    assert isinstance(raw, bytes)
    message = read(raw)
    assert [one.name for one in message.segments] == ["MSH", "EVN", "PID", "PV1", "FT1", "NTE", "ZCS"]
    assert message.first("PID").text(18) == AWKWARD
    assert message.first("FT1").text(2) == AWKWARD
    assert message.first("NTE").text(3) == f"R-X-1: {AWKWARD}"


def test_a_code_the_sites_table_lacks_is_refused_by_name() -> None:
    """A guessed charge code would post to somebody else's account of income."""
    refused = dft_of_change(replace(CHARGE, line=replace(LINE, code="96413")), site(), AT)
    assert isinstance(refused, Reject)
    assert refused.reason == (
        "line.code: the site's table has no charge code for 96413; "
        "add [charges.codes.96413] with its code to the site file"
    )


def test_a_receiver_that_knows_no_such_segment_gets_none() -> None:
    """The site says so."""
    raw = dft_of_set(SET, site().model_copy(update={"z_segment": False}), AT)
    assert isinstance(raw, bytes)
    assert b"ZCS" not in raw
