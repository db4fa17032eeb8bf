"""MLLP's framing: what is a frame, what is noise, and that the way the bytes arrive changes nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.listener.mllp import Broken, Found, Frame, Framer, Noise, Oversized, framed

MOST = 20


def fed(*pieces: bytes) -> list[Found]:
    """Return all that a stream in these pieces comes to."""
    framer = Framer(MOST)
    found = [one for piece in pieces for one in framer.feed(piece)]
    return found + framer.finish()


@pytest.mark.parametrize(
    ("stream", "found"),
    [
        (framed(b"MSH|1"), [Frame(b"MSH|1")]),
        (framed(b"MSH|1") + framed(b"MSH|2"), [Frame(b"MSH|1"), Frame(b"MSH|2")]),
        (framed(b"MSH|1") + b"\n" + framed(b"MSH|2"), [Frame(b"MSH|1"), Frame(b"MSH|2")]),
        (framed(b"MSH|1") + b"\x00\x00\r" + framed(b"MSH|2"), [Frame(b"MSH|1"), Frame(b"MSH|2")]),
        (b"MSH|0\r" + framed(b"MSH|1"), [Noise(5, ord("M")), Frame(b"MSH|1")]),
        (b"\n MSH|0", [Noise(5, ord("M"))]),
        (b"\x0bMSH|1" + framed(b"MSH|2"), [Broken(5), Frame(b"MSH|2")]),
        (b"\x0bMSH|1", [Broken(5)]),
        (b"\x0bMSH|1\x1c\n" + framed(b"MSH|2"), [Frame(b"MSH|1"), Frame(b"MSH|2")]),
        (b"\x0bMSH|1\x1c" + framed(b"MSH|2"), [Frame(b"MSH|1"), Frame(b"MSH|2")]),
        (b"\x0bMSH|1\x1c", [Frame(b"MSH|1")]),
        (b"\x0bMSH\x1c|1\x1c\x1c\r", [Frame(b"MSH\x1c|1\x1c")]),
        (b"\x0b\x1c\r", [Frame(b"")]),
        (framed(b"x" * MOST), [Frame(b"x" * MOST)]),
        (framed(b"x" * (MOST + 5)) + framed(b"MSH|2"), [Oversized(b"x" * MOST, MOST + 5), Frame(b"MSH|2")]),
        (b"\x1c\r" + framed(b"MSH|1"), [Noise(1, 0x1C), Frame(b"MSH|1")]),
    ],
    ids=[
        "one", "two", "a line feed between", "NULs between", "noise before", "nothing framed", "a start within",
        "no end", "a line feed for the last byte", "no last byte", "cut off before the last byte",
        "0x1C in the message", "empty", "as large as it may be", "too large", "an end alone",
    ],
)  # fmt: skip
def test_a_stream_comes_to(stream: bytes, found: list[Found]) -> None:
    """As one write, and one byte at a time."""
    assert fed(stream) == found
    assert fed(*(stream[at : at + 1] for at in range(len(stream)))) == found


@given(
    st.lists(
        st.sampled_from([b"\x0b", b"\x1c", b"\r", b"\n", b"\x00", b"a", b"MSH|", b"x" * 9]), max_size=40
    ),
    st.data(),
)
def test_however_it_is_cut_it_is_the_same(parts: list[bytes], data: st.DataObject) -> None:
    """Packets are the network's affair."""
    stream = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert fed(*pieces) == fed(stream)


@given(st.lists(st.binary(max_size=MOST).filter(lambda text: not {0x0B, 0x1C} & {*text}), max_size=8))
def test_what_is_framed_comes_out(messages: list[bytes]) -> None:
    """Every message, and nothing else."""
    assert fed(b"".join(map(framed, messages))) == [Frame(message) for message in messages]


def test_noise_is_counted_before_it_is_told() -> None:
    """A sender that never frames anything is seen in the figures at once."""
    framer = Framer(MOST)
    assert framer.feed(b"MSH|1\r") == []
    assert framer.noise_bytes == 5


def test_memory_is_bounded_by_the_largest_message() -> None:
    """However much comes without an end."""
    framer = Framer(MOST)
    framer.feed(b"\x0b")
    for _ in range(100):
        framer.feed(b"x" * 1000)
    assert framer.held == MOST
