"""The ER7 writer: what is written reads back as it was, by our reader and by two others."""

import hl7
import pytest
from charge_samples import AWKWARD
from hypothesis import given
from hypothesis import strategies as st

from streams.feeds.hl7v2.er7_writer import escape, header, message, segment
from streams.feeds.hl7v2.segments import Message, read_message

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
MSH = header({3: "A", 7: "20260302", 9: ("DFT", "P03"), 10: "1", 18: "UNICODE UTF-8"})


def read_back(fields: dict[int, str | tuple[str, ...] | list[str | tuple[str, ...]]]) -> Message:
    """Return a message with one further segment of these fields, read again."""
    read = read_message(message([MSH, segment("ZZZ", fields)]))
    assert isinstance(read, Message), read
    assert [one.name for one in read.segments] == ["MSH", "ZZZ"]
    return read


@given(TEXTS)
def test_every_text_comes_back(text: str) -> None:
    """Whatever is in it: it neither ends a field, a segment nor a frame. The reader takes blanks at the ends away."""
    raw = message([MSH, segment("ZZZ", {1: text, 2: "next"})])
    assert b"\x0b" not in raw
    assert b"\x1c" not in raw
    assert raw.count(b"\r") == 2
    read = read_back({1: text, 2: "next"}).segments[1]
    assert read.text(1) == text.strip()
    assert read.text(2) == "next"


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
def test_repetitions_and_components_keep_their_places(pairs: list[tuple[str, str]]) -> None:
    """The order of modifiers is the order of a claim."""
    read = read_back({3: [*pairs], 5: "end"}).segments[1]
    for number, (first, second) in enumerate(pairs, 1):
        assert read.text(3, 1, repetition=number) == first.strip()
        assert read.text(3, 2, repetition=number) == second.strip()
    assert read.text(5) == "end"


def test_python_hl7_reads_the_awkward_text() -> None:
    """A reader of others' unescapes to the same text; it knows no hexadecimal line feed alone, so none is asked of it."""
    text = AWKWARD.replace("\n", "").replace("\r", "").replace("\x0b", "").replace("\x1c", "")
    read = hl7.parse(message([MSH, segment("ZZZ", {1: text})]).decode())
    assert read.unescape(str(read.segment("ZZZ")[1])) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", "plain"),
        ("a|b^c&d~e\\", "a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\"),
        ("\\.br\\", "\\E\\.br\\E\\"),
        ("one\r\ntwo", "one\\X0D\\\\X0A\\two"),
        ("\x0b\x1c", "\\X0B\\\\X1C\\"),
        ('""', "\\X2222\\"),
        ("é€", "é€"),
    ],
)
def test_what_is_escaped_how(text: str, written: str) -> None:
    """Delimiters by their letters, control characters by their number; two quotes are no command to delete."""
    assert escape(text) == written


def test_the_header_counts_its_separator_as_the_first_field() -> None:
    """MSH-9 is where readers look for it, and the delimiters are not escaped."""
    assert MSH == "MSH|^~\\&|A||||20260302||DFT^P03|1||||||||UNICODE UTF-8"


def test_empty_fields_at_the_end_are_left_out() -> None:
    """And those between stand empty."""
    assert segment("FT1", {1: "1", 4: "x", 9: ("", ""), 12: []}) == "FT1|1|||x"
