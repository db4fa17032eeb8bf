"""Lines gathered by encounter: all of them, whatever the budget, and no more in memory than it allows."""

from collections import Counter
from io import BytesIO
from random import Random

import pytest
from orjson import dumps

from streams.batch.line_reader import Lines, lines_of
from streams.batch.sorted_runs import Spool
from streams.batch.spill_buckets import Buckets, LinesByEncounter
from streams.encounter.merge_groups import MergeGroups
from streams.wire.encounter_key import InputLine, find_id, found_id, parsed_id
from streams.wire.event_json import looks_like_utf_16
from streams.wire.rejects import Reject


def stays(number: int) -> list[tuple[bytes, InputLine]]:
    """Return lines of many stays in no order, each with its stay."""
    found = [
        (b"E%d" % stay, (0, stay * 10 + line, b"x" * (stay % 50)))
        for stay in range(number)
        for line in range(4)
    ]
    Random(1).shuffle(found)  # noqa: S311 -- repeatable, not secret
    return found


def gathered(lines: list[tuple[bytes, InputLine]], budget: int) -> list[LinesByEncounter]:
    """Return what comes out of buckets with this budget, one mapping a yield."""
    with Buckets(budget) as buckets:
        for key, line in lines:
            buckets.add(key, [line])
        return [dict(found) for found in buckets.drain()]


@pytest.mark.parametrize("budget", [1 << 30, 4_000, 300])
def test_every_line_comes_back_once_and_with_the_others_of_its_stay(budget: int) -> None:
    """Neither spilling nor dividing loses a line, doubles one, or tears a stay apart."""
    lines = stays(400)
    found = gathered(lines, budget)
    assert Counter(key for stay in found for key in stay) == Counter({key for key, _ in lines})
    assert Counter((key, line) for stay in found for key, held in stay.items() for line in held) == Counter(
        lines
    )


def test_within_the_budget_no_file_is_made() -> None:
    """A small input never touches the disk."""
    with Buckets(1_000) as buckets:
        buckets.add(b"E1", [(0, 1, b"x" * 1_000)])
        assert not buckets.spilled
        buckets.add(b"E1", [(0, 2, b"x")])
        assert buckets.spilled


def test_a_bucket_over_the_budget_is_divided_again() -> None:
    """What comes back at once stays near the budget however much went in."""
    budget = 2_000
    found = gathered(stays(20_000), budget)
    sizes = [sum(len(raw) for lines in stay.values() for _, _, raw in lines) for stay in found]
    assert sum(sizes) > 500 * budget
    assert max(sizes) <= budget


def test_one_stay_over_the_budget_comes_back_whole() -> None:
    """The largest single stay is the one thing that cannot be divided."""
    found = gathered([(b"E1", (0, number, b"x" * 100)) for number in range(100)], 500)
    assert [len(stay[b"E1"]) for stay in found if stay] == [100]


def test_the_id_is_found_without_parsing() -> None:
    """Spaces, order and other fields do not matter."""
    raw = b'{ "a": "encounter_id", "encounter_id" :\t"E\xc3\xa9 1","b":1}'
    found = find_id(raw)
    assert found is not None
    assert found[1] == "Eé 1".encode()
    assert found_id(raw) == "Eé 1"


@pytest.mark.parametrize(
    "raw",
    [
        rb'{"encounter_id":"E\u0031"}',
        rb'{"encounter\u005fid":"E1"}',
        b'\xef\xbb\xbf{"encounter_id":"E1"}',
        rb'{"note":"\"encounter_id\":\"E9\"","encounter\u005fid":"E1"}',
        dumps({"indication": '"encounter_id":"E9"', "encounter_id": "E1"}),
    ],
)
def test_an_id_in_escapes_is_found_by_parsing(raw: bytes) -> None:
    """JSON has many spellings of one id, and a text that looks like a key is no key."""
    found = find_id(raw)
    assert (found[1] if found else parsed_id(raw)) == b"E1"


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b'"encounter_id"', b'{"encounter_id":5}', b"[" * 100_000, b"\xff"]
)
def test_a_line_without_an_id_has_none(raw: bytes) -> None:
    """Such a line is no stay's; the reader says why."""
    assert find_id(raw) is None
    assert parsed_id(raw) is None


def test_merges_link_stays_through_any_chain_and_into_circles() -> None:
    """Who is with whom does not depend on which link came first."""
    chain = [(b"A", b"B"), (b"C", b"B"), (b"D", b"E"), (b"E", b"D"), (b"C", b"F"), (b"Z", b"Z")]
    for order in (chain, chain[::-1]):
        links = MergeGroups()
        for one, other in order:
            links.link(one, other)
        assert {one: links.group(one) for one in links.ids()} == {
            b"A": b"A", b"B": b"A", b"C": b"A", b"F": b"A", b"D": b"D", b"E": b"D", b"Z": b"Z",
        }  # fmt: skip
        assert links.group(b"X") == b"X"


def test_a_run_comes_back_as_it_was_written_beside_others() -> None:
    """Runs are read in turns, from one file."""
    first = [(b"%06d" % number, b"a" * number) for number in range(300)]
    second = [(b"%06d" % number, b"b") for number in range(200)]
    with Spool() as spool:
        one, other = spool.add(first), spool.add(second)
        taken = [record for pair in zip(one, other, strict=False) for record in pair]
        assert taken[::2][: len(second)] == first[: len(second)]
        assert taken[1::2] == second


class Trickle(BytesIO):
    """A pipe that gives a few bytes at a time."""

    def read1(self, size: int | None = -1, /) -> bytes:
        """Return at most seven bytes."""
        return self.read(min(7, size or 7))


def read(text: bytes, limit: int = 20) -> list[tuple[int, bytes | None]]:
    """Return the numbered lines of a text, read in one piece and in crumbs, which must agree."""
    both = []
    for stream in (BytesIO(text), Trickle(text)):
        found = []
        for batch in lines_of(stream, limit):
            assert isinstance(batch, Lines)
            found += list(enumerate(batch.lines, batch.first))
        both.append(found)
    assert both[0] == both[1]
    return both[0]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b"", []),
        (b"a", [b"a"]),
        (b"a\nb\n", [b"a", b"b"]),
        (b"a\r\n\nb", [b"a\r", b"", b"b"]),
        (b"x" * 20 + b"\n" + b"y" * 21 + b"\nz", [b"x" * 20, None, b"z"]),
        (b"y" * 500, [None]),
        (b"y" * 500 + b"\n", [None]),
        (b"a\n" + b"y" * 500 + b"\n" + b"z" * 500 + b"\nb", [b"a", None, None, b"b"]),
    ],
)
def test_lines_are_numbered_and_long_ones_skipped(text: bytes, lines: list[bytes | None]) -> None:
    """However the bytes arrive, a line keeps its number."""
    assert read(text) == list(enumerate(lines, 1))


@pytest.mark.parametrize(
    ("start", "says"),
    [
        (b"\x1f\x8b\x08\x00", "this is a gzip file"),
        (b"PK\x03\x04abc", "this is a zip file"),
        ('{"type": 1}\n'.encode("utf-16"), "this is UTF-16"),
        ('{"type": 1}\n'.encode("utf-16-be"), "this is UTF-16"),
    ],
)
def test_an_input_that_is_no_text_is_refused_once(start: bytes, says: str) -> None:
    """One reject, not one a line."""
    found = list(lines_of(BytesIO(start * 100), 1 << 20))
    assert len(found) == 1
    assert isinstance(found[0], Reject)
    assert found[0].says.startswith(says)
    assert found[0].field == "file"


def test_nul_bytes_are_not_taken_for_utf_16() -> None:
    """A hole in a file is not an encoding."""
    assert not looks_like_utf_16(bytes(64))
    assert len(list(lines_of(BytesIO(bytes(64) + b"\n{}\n"), 1 << 20))) == 1
