"""Lines that are read together are read as each is alone: the same events, the same refusals, in their places."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from streams.wire.event_decoder import as_model
from streams.wire.event_json import read
from streams.wire.event_reader import read_lines, validate_lines
from streams.wire.rejects import Reject

DAY = Path("seeds/day.jsonl").read_bytes().splitlines()
TWICE = DAY[3].replace(b'"event_id":', b'"event_id"\n:"first","event_id":', 1)
ODD = (
    TWICE, b"", b"0", b"[]", b"{}", b"\xff", b'{"x":[1', b"2]}", DAY[0] + b",0,\n" + DAY[1], DAY[0] + b",", DAY[0][:-1],
    b"\xef\xbb\xbf" + DAY[0], DAY[2] + b"\r\n", DAY[4].replace(b"_id", b"\\u005fid"), DAY[5].replace(b'":', b'"\n:'),
)  # fmt: skip
lines = st.lists(st.one_of(st.sampled_from(DAY), st.sampled_from(DAY), st.sampled_from(ODD)), max_size=90)


@settings(max_examples=60, deadline=None)
@given(lines)
def test_each_line_is_read_as_it_is_alone(raws: list[bytes]) -> None:
    """Whatever stands beside it; a struct is the model it stands for."""
    found = [one if isinstance(one, Reject) else as_model(one) for one in read_lines(raws)]
    assert found == list(map(read, raws))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([line for line in (*DAY, *ODD[11:]) if line[:1] == b"{"]), max_size=90))
def test_what_was_an_event_is_read_again(raws: list[bytes]) -> None:
    """In the order of its lines."""
    assert list(map(as_model, validate_lines(raws))) == list(map(read, raws))


def test_a_line_that_holds_no_event_is_told_by_pydantic() -> None:
    """A fault of ours, should it have been kept as one."""
    with pytest.raises(ValidationError):
        validate_lines([DAY[0], b"{}", DAY[1]])
