"""What is larger than its topic takes is bounded before it is made: a head, a digest and a place are left of it."""

from hashlib import sha256

import pytest

from streams.wire.message import OutboundMessage
from streams.wire.message_size import (
    DROPPED,
    HEAD,
    HEADER_BYTES,
    MOST_HEADERS,
    bounded_headers,
    dropped_headers,
    fits,
    in_place_of,
    is_cut,
    reject_message,
    size_of,
)
from streams.wire.reject_headers import origin, original_headers_of
from streams.wire.topics import CHARGES, CLOSED, EVENTS, REJECTS

MIB = 1 << 20


def test_what_fits_is_a_reject_as_it_came() -> None:
    """Twelve megabytes are, and that is the largest an events topic lets in as it is."""
    value = b"x" * (12 * MIB)
    made = reject_message(b"E1", value, (("ce_id", b"1"),), "line: no", EVENTS, 3, 17)
    assert (made.topic, made.key, made.value) == (REJECTS, b"E1", value)
    assert original_headers_of(made.headers) == (("ce_id", b"1"),)
    assert not is_cut(made.headers)
    assert fits(made)


def test_of_a_value_that_is_too_large_head_digest_length_and_place_are_left() -> None:
    """It came in compressed; whoever looks for it knows where it lies, and whether what he finds is it."""
    value = b"0123456789" * (14 * MIB // 10)
    made = reject_message(b"E1", value, (), "line: longer", EVENTS, 3, 17)
    assert made.value == value[:HEAD]
    headers = dict(made.headers)
    assert headers["infusion-reject-bytes"] == b"%d" % len(value)
    assert headers["infusion-reject-sha256"].decode() == sha256(value).hexdigest()
    said = origin(made.headers)
    assert said is not None
    assert (said.topic, said.partition, said.offset) == (EVENTS, 3, 17)
    assert is_cut(made.headers)
    assert fits(made)


@pytest.mark.parametrize("key", [b"k" * (14 * MIB), b"k" * (7 * MIB)])
def test_a_key_may_be_what_is_too_large(key: bytes) -> None:
    """Alone, or with its value."""
    made = reject_message(key, b"v" * (7 * MIB), (), "line: no", EVENTS, 0, 0)
    assert made.key == key[:HEAD]
    assert dict(made.headers)["infusion-reject-key-sha256"].decode() == sha256(key).hexdigest()
    assert fits(made)


def test_headers_beyond_the_bound_are_dropped_and_counted_ours_last() -> None:
    """In their order; those of the contract are kept before any others."""
    theirs = [(f"x-{number}", b"y" * 100_000) for number in range(30)]
    small = [("x-small", b"1"), ("x-none", None)]
    headers = [*theirs, ("traceparent", b"00-1"), *small, ("ce_id", b"7")]
    kept, dropped = bounded_headers(headers)  # type: ignore[arg-type] # a header may have no value
    assert dropped == 30
    assert kept == (("traceparent", b"00-1"), *small, ("ce_id", b"7"), (DROPPED, b"30"))
    assert bounded_headers(kept) == (kept, 30), "bounded once is bounded"
    made = reject_message(b"k", b"v", headers, "line: no", EVENTS, 0, 0)  # type: ignore[arg-type] # as above
    assert (dropped_headers(made.headers), size_of(made) < 2 * HEADER_BYTES) == (30, True)
    many, lost = bounded_headers([(f"n{number}", b"") for number in range(MOST_HEADERS + 5)])
    assert (len(many), lost) == (MOST_HEADERS + 1, 5)


def test_headers_that_fit_are_left_alone() -> None:
    """The same names twice, values of any bytes."""
    headers = (("a", b"\xff"), ("a", b""), ("infusion-replay", b"1:2"))
    assert bounded_headers(headers) == (headers, 0)


def test_a_message_its_topic_would_refuse_is_a_reject_in_its_place() -> None:
    """Of the stay it is about."""
    large = OutboundMessage(CLOSED, b"E1", b"x" * (16 * MIB))
    assert not fits(large)
    assert fits(OutboundMessage(CHARGES, b"E1", b"x" * (11 * MIB)))
    made = in_place_of(large, 2)
    said = origin(made.headers)
    assert said is not None
    assert (made.topic, made.key, said.topic, said.partition) == (REJECTS, b"E1", CLOSED, 2)
    assert said.reason.startswith("encounter_id: the stay as a whole is larger than a message may be")
    assert fits(made)
