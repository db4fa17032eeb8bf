"""An acknowledgement read: whose it is, and what follows from its code; no text of it is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.delivery.answer import Answer
from streams.delivery.hl7_answer import answer_to

HEAD = "MSH|^~\\&|BILLING||INFUSION||20260302||ACK^P03^ACK|9|P|2.8\r"


def said(msa: str, *further: str) -> Answer | None:
    """Return what an answer says of message C1."""
    return answer_to("C1", (HEAD + "\r".join([msa, *further])).encode())


@pytest.mark.parametrize(
    ("code", "verdict"),
    [("AA", "accepted"), ("CA", "accepted"), ("AE", "again"), ("CE", "again"), ("AR", "refused"), ("CR", "refused"), ("aa", "accepted")],
)  # fmt: skip
def test_the_code_decides(code: str, verdict: str) -> None:
    """Original and enhanced mode alike."""
    answer = said(f"MSA|{code}|C1")
    assert answer is not None
    assert answer.verdict == verdict


@pytest.mark.parametrize(
    "msa", ["MSA|AA|C2", "MSA|AA|", "MSA|AA", "MSA|XX|C1", "MSA||C1", "NTE|1||AA", "MSA|AA|C1 and more"]
)
def test_what_does_not_answer_this_message_says_nothing(msa: str) -> None:
    """A late acknowledgement of the one before would lose this one."""
    assert said(msa) is None


@pytest.mark.parametrize("raw", [b"", b"AA", b"MSH|^~", b"\xff\xfe", b"HTTP/1.1 400 Bad Request"])
def test_what_is_no_message_says_nothing(raw: bytes) -> None:
    """And raises nothing."""
    assert answer_to("C1", raw) is None


def test_codes_and_places_are_kept_and_no_text() -> None:
    """ERR-2, -3, -4 and -5 say what and where; MSA-3, ERR-7 and ERR-8 may name the patient."""
    answer = said(
        "MSA|AR|C1|SMITH^JOHN has no account", "ERR||FT1^1^7|207^Application error|E|CDM01|||SMITH is unknown"
    )
    assert answer == Answer("refused", "AR", "207 E FT1-1-7 CDM01")
    assert said("MSA|AR|C1", "ERR|||no code but words, SMITH") == Answer("refused", "AR", None)


PIECES = st.sampled_from(["MSH", "MSA", "ERR", "|", "^", "~", "\\", "&", "\r", "\n", "AA", "AR", "C1", "\x00", "207"]) | st.text(max_size=3)  # fmt: skip


@given(
    st.lists(PIECES, max_size=40).map("".join).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.binary(max_size=80)
)
def test_no_answer_raises(raw: bytes) -> None:
    """Whatever a receiver writes; what it means is one of three things, or nothing."""
    answer = answer_to("C1", raw)
    assert answer is None or answer.verdict in {"accepted", "again", "refused"}
