"""Acknowledgements: their fields, whom they answer, and what they never repeat."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.listener.acknowledgement import AckMode, Outcome, acknowledgement, code_of
from streams.listener.hl7_header import read_header
from streams.wire.rejects import Reject

RAS = b"MSH|^~\\&|EMAR|NORTH^1.2.3^ISO|CHARGES|SITE|20260105083000||RAS^O17^RAS_O17|77|P|2.5.1|||AL|NE\rPID|1||SECRET\r"
LATER = Reject("message", "Kafka does not answer", "send it again")


def header_of(*fields: str, marks: str = "^~\\&") -> bytes:
    """Return a message with these fields from MSH-3 on."""
    return "|".join(("MSH", marks, *fields)).encode()


def test_an_answer_names_the_message_by_its_own_control_id() -> None:
    """MSH-9 with the sender's trigger, applications and facilities turned round, MSA-2."""
    header, problem = read_header(RAS)
    assert problem is None
    assert acknowledgement("AA", header, "20260105083001+0000", "A1") == (
        b"MSH|^~\\&|CHARGES|SITE|EMAR|NORTH^1.2.3^ISO|20260105083001+0000||ACK^O17^ACK|A1|P|2.5.1\rMSA|AA|77\r"
    )


def test_an_error_says_why_and_nothing_of_the_patient() -> None:
    """ERR and MSA-3 carry our own words."""
    text = acknowledgement("AE", read_header(RAS)[0], "20260105083001+0000", "A1", LATER)
    assert b"\rMSA|AE|77|message: Kafka does not answer; send it again\r" in text
    assert b"\rERR|||207^Application internal error^HL70357|E|||message: Kafka does not answer" in text
    assert b"SECRET" not in text


def test_a_header_that_cannot_be_read_is_answered_as_far_as_it_goes() -> None:
    """A device that knows its control id again stops sending."""
    header, problem = read_header(b"MSH|^^\\&|EMAR|NORTH|||||ADT^A01|78|P|2.4\r")
    assert problem is not None
    text = acknowledgement("AR", header, "20260105083001+0000", "A1", problem)
    assert b"\rMSA|AR|78|MSH-2: " in text
    assert b"\rERR||MSH^1^2|102^Data type error^HL70357|E" in text
    assert b"|ACK^A01^ACK|" in text


@pytest.mark.parametrize("text", [b"", b"PID|1", b"MSH", b"MSH|", b"\x00\xff", b"MSH|||||", b"\xff\xfeM"])
def test_what_is_no_message_is_answered_too(text: bytes) -> None:
    """With an empty MSA-2, since nobody knows better."""
    header, problem = read_header(text)
    assert problem is not None
    assert b"\rMSA|AR|" in acknowledgement("AR", header, "20260105083001+0000", "A1", problem)


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        (("EMAR", "NORTH^1.2.3^ISO"), b"NORTH"),
        (("EMAR", "^1.2.3^ISO"), b"1.2.3"),
        (("EMAR", ""), b"EMAR"),
        (("EMAR", '""'), b"EMAR"),
        (("", ""), b""),
        ((), b""),
    ],
)
def test_the_key_is_the_sending_facility(fields: tuple[str, ...], key: bytes) -> None:
    """All that must be joined lies in one partition."""
    assert read_header(header_of(*fields))[0].facility == key


def test_other_delimiters_come_back_as_ours() -> None:
    """What we send has the delimiters its own header names."""
    header, problem = read_header(b"MSH$%~\\&$EM|AR$NORTH%1.2$$$$$ADT%A01$9^9$P$2.4\rPID")
    assert problem is None
    text = acknowledgement("AA", header, "20260105083001+0000", "A1")
    assert text == (
        b"MSH|^~\\&|||EM\\F\\AR|NORTH^1.2|20260105083001+0000||ACK^A01^ACK|A1|P|2.4\rMSA|AA|9\\S\\9\r"
    )


def test_utf_16_is_read() -> None:
    """Its header cannot be cut off at a byte."""
    header, problem = read_header(RAS.decode().encode("utf-16"))
    assert problem is None
    assert (header.field(10), header.facility, header.component(9, 2)) == (b"77", b"NORTH", b"O17")


@pytest.mark.parametrize(
    ("mode", "accept", "application", "outcome", "code"),
    [
        ("commit", "", "", "stored", "AA"),
        ("commit", "NE", "NE", "later", "AE"),
        ("never", "AL", "AL", "refused", "none"),
        ("msh", "", "", "refused", "AR"),
        ("msh", "AL", "NE", "stored", "CA"),
        ("msh", "AL", "AL", "later", "CE"),
        ("msh", "ER", "NE", "stored", "none"),
        ("msh", "ER", "NE", "refused", "CR"),
        ("msh", "SU", "", "stored", "CA"),
        ("msh", "SU", "", "later", "none"),
        ("msh", "NE", "AL", "stored", "AA"),
        ("msh", "", "ER", "later", "AE"),
        ("msh", "NE", "NE", "later", "none"),
    ],
)
def test_who_is_answered(mode: AckMode, accept: str, application: str, outcome: Outcome, code: str) -> None:
    """HL7's original and enhanced modes, and a site that decides for itself."""
    header, _ = read_header(header_of(*("",) * 12, accept, application))
    assert code_of(outcome, header, mode) == code


@given(st.binary(max_size=200))
def test_nothing_in_a_header_breaks_an_answer(noise: bytes) -> None:
    """Whatever a sender writes: the answer has its own segments, in its own delimiters."""
    for message in (noise, b"MSH" + noise, b"MSH|^~\\&|" + noise):
        header, problem = read_header(message)
        text = acknowledgement("AR", header, "20260105083001+0000", "A1", problem or LATER)
        names = [segment[:4] for segment in text.removesuffix(b"\r").split(b"\r")]
        assert names == [b"MSH|", b"MSA|", b"ERR|"]
        assert len(text.split(b"\r")[0].split(b"|")) == 12
        assert len(text.split(b"\r")[1].split(b"|")) == 4
