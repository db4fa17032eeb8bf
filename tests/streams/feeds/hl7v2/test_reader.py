"""The ER7 reader: delimiters, line ends, escapes, charsets, batches; whatever comes, in whatever pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.feeds.hl7v2.batches import Splitter, messages
from streams.feeds.hl7v2.escapes import unescape
from streams.feeds.hl7v2.segments import Message, read_message
from streams.wire.rejects import Reject

HEAD = b"MSH|^~\\&|EMAR|GH|||20260302||RAS^O17|C1|P|2.5"


def parsed(raw: bytes) -> Message:
    """Return a message that can be read."""
    message = read_message(raw)
    assert isinstance(message, Message)
    return message


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_segments_end_with_cr_lf_or_both(end: str) -> None:
    """Files are written on all kinds of machines."""
    message = parsed(end.join([HEAD.decode(), "PID|1||T1", "PV1|1|O", ""]).encode())
    assert [segment.name for segment in message.segments] == ["MSH", "PID", "PV1"]
    assert message.first("PV1").text(2) == "O"


def test_a_line_feed_inside_a_field_is_text_where_segments_end_with_cr() -> None:
    """And no segment begins there."""
    message = parsed(HEAD + b"\rNTE|1||line one\nline two\rPV1|1|O\r")
    assert message.first("NTE").text(3) == "line one\nline two"


def test_the_header_counts_its_own_separator() -> None:
    """MSH-1 is the separator, MSH-2 the others, so MSH-9 is where HL7 says."""
    header = parsed(HEAD).header
    assert (header.raw(1), header.raw(2), header.text(9), header.text(9, 2)) == ("|", "^~\\&", "RAS", "O17")


def test_any_delimiters_are_read() -> None:
    """And five characters, where a sender says how it truncates."""
    message = parsed(b"MSH*:+/&#*A*B*C*D*20260302**RAS:O17*1*P*2.7\rPID*1**T1:::GH+T2\r")
    assert message.first("PID").text(3, 4) == "GH"
    assert message.first("PID").text(3, repetition=2) == "T2"
    assert message.header.text(9, 2) == "O17"


def test_what_is_not_there_is_an_empty_text_and_so_is_null() -> None:
    """Neither raises."""
    message = parsed(HEAD + b'\rPID|1||""^x|\r')
    pid = message.first("PID")
    assert (pid.text(3), pid.text(3, 2), pid.text(99), pid.raw(0)) == ("", "x", "", "")
    assert message.first("ZZZ").text(1) == ""
    assert pid.repetitions(9) == 0
    assert pid.repetitions(3) == 1


@pytest.mark.parametrize(
    ("sent", "means"),
    [
        (r"D5\T\W", "D5&W"),
        (r"\E\R\E\ ", r"\R\ "),
        (r"a\F\b\S\c\R\d", "a|b^c~d"),
        (r"\X41\\X4243\ ", "ABC "),
        (r"\H\bold\N\ ", "bold "),
        (r"one\.br\two", "one\ntwo"),
        (r"lone \ mark", "lone \\ mark"),
        ("at the end\\", "at the end\\"),
        (r"\Zunknown\ kept", r"\Zunknown\ kept"),
        (r"\XQQ\ ", r"\XQQ\ "),
        (r"\E\X09\E\ ", "\\X09\\ "),
    ],
)
def test_escapes_are_read_in_one_pass(sent: str, means: str) -> None:
    """A sequence that comes out of another one is text."""
    assert unescape(sent, "|^~\\&", "utf-8") == means


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (HEAD + b"||||||UNICODE UTF-8\rPID|1||\xc3\x84\r", "\u00c4"),
        (HEAD + b"||||||8859/1\rPID|1||\xc4\r", "\u00c4"),
        (HEAD + b"\rPID|1||\xc3\x84\r", "\u00c4"),
        (HEAD + b"\rPID|1||\xc4\r", "\u00c4"),
        (b"\xef\xbb\xbf" + HEAD + b"\rPID|1||\xc3\x84\r", "\u00c4"),
        ((HEAD + b"\rPID|1||A\r").decode().encode("utf-16"), "A"),
    ],
    ids=["UTF-8 said", "Latin-1 said", "UTF-8 unsaid", "neither", "a mark", "UTF-16"],
)
def test_the_charset_is_the_declared_one_then_the_sites_then_latin_1(raw: bytes, name: str) -> None:
    """No byte is ever lost."""
    assert parsed(raw).first("PID").text(3) == name


def test_a_charset_that_is_wrong_is_noted() -> None:
    """Whoever connects the feed sees it."""
    notes = parsed(HEAD + b"||||||UTF-8\rPID|1||\xc4\r").notes
    assert [note.place for note in notes] == ["MSH-18", "message"]


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"", "MSH"),
        (b"PID|1", "MSH"),
        (b"MSH|^", "MSH-2"),
        (b"MSH|||||||", "MSH-2"),
        (b"MSH|^^~&|A|B|", "MSH-2"),
        (b"MSH|abcd|A|B|", "MSH-2"),
    ],
)
def test_what_is_no_message_is_refused(raw: bytes, field: str) -> None:
    """By the field of the header that is wrong."""
    refused = read_message(raw)
    assert isinstance(refused, Reject)
    assert refused.field == field


def test_batches_frames_and_noise_give_their_messages() -> None:
    """FHS and BHS, BTS and FTS, MLLP's frames, NULs between them, and LF between messages of CR segments."""
    one, two, three = HEAD + b"\rPID|1||T1\r", HEAD + b"\rPID|1||T2\r", HEAD + b"\rPID|1||T3\r"
    raw = (
        b"FHS|^~\\&\rBHS|^~\\&\r"
        + one
        + b"BTS|1\rFTS|1\r"
        + b"\x0b"
        + two
        + b"\x1c\r\x00\x00\x0b"
        + three
        + b"\n"
        + one
    )
    read = [parsed(message).first("PID").text(3) for message in messages(raw)]
    assert read == ["T1", "T2", "T3", "T1"]


def test_the_letters_msh_in_a_text_begin_no_message() -> None:
    """Only a segment does."""
    assert len(list(messages(HEAD + b"\rNTE|1||see MSH|of before\nMSH or so\r"))) == 1


def test_noise_in_front_is_told() -> None:
    """It is no message, and it is not passed over in silence."""
    assert next(messages(b"GARBAGE\r" + HEAD)) == b"GARBAGE\r"
    assert list(messages(b"")) == []


PIECES = st.lists(
    st.sampled_from(
        [
            HEAD + b"\rPID|1||x\r",
            b"\x0b" + HEAD + b"\rPV1|1|O\x1c\r",
            HEAD + b"\nPID|1\n",
            b"\r\n",
            b"\x00\x00",
            b"NTE|1||a\nMSH|b\r",
            b"FHS|^~\\&\r",
            b"BTS|1\r",
            b"\xef\xbb\xbf",
            b"noise",
            b"MSH",
            b"MSH*^~#&*A\r",
            b"   ",
            b"\n" + HEAD,
            b"x" * 80,
        ]
    ),
    max_size=12,
)


@given(PIECES, st.integers(1, 40), st.sampled_from([60, 100, 10_000]))
def test_any_chunks_give_the_same_messages(pieces: list[bytes], size: int, longest: int) -> None:
    """A byte at a time, or all at once; too long ones included."""
    raw = b"".join(pieces)

    def split(step: int) -> list[bytes | Reject]:
        splitter = Splitter(longest)
        found: list[bytes | Reject] = []
        for begin in range(0, len(raw), step):
            found += splitter.feed(raw[begin : begin + step])
        return [*found, *splitter.end()]

    assert split(1) == split(size) == split(len(raw) or 1)


@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_raise(raw: bytes) -> None:
    """They are a message or a reject."""
    for one in (raw, HEAD + b"\r" + raw):
        read = read_message(one)
        assert isinstance(read, Message | Reject)
        if isinstance(read, Message):
            for segment in read.segments:
                for field in range(len(segment) + 2):
                    segment.text(field, 2, 2, 2)
