"""The stream's charges beside those of ``infusion code`` on the same events, byte for byte. Pure."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from orjson import OPT_APPEND_NEWLINE, OPT_SORT_KEYS, dumps, loads

from models.charge import CHARGE_SET
from rules.claim.set_identity import at_revision
from streams.demo.reader import Reader, billed


class Comparison(NamedTuple):
    """Stays by what became of them, sorted; equal ones are only counted."""

    identical: int
    later_revision: int
    """Of the identical ones, how many were coded more than once on the way; file and stream count differently."""
    withdrawn: int
    different: tuple[str, ...]
    missing: tuple[str, ...]
    surplus: tuple[str, ...]
    lines: int
    lines_differ: bool

    @property
    def same(self) -> bool:
        """Whether the stream says what the file says, no more and no less."""
        return not (self.different or self.missing or self.surplus or self.lines_differ)


def compare(coded: Iterable[bytes], reader: Reader) -> Comparison:
    """Return how what was read compares with the charge sets of ``infusion code``, one JSON line each."""
    identical = later = withdrawn = 0
    different, missing = [], []
    lines: dict[tuple[str, str], Any] = {}
    expected: set[str] = set()
    for line in coded:
        expected_set = loads(line)
        name = expected_set["encounter_id"]
        expected.add(name)
        streamed = reader.charge_sets.get(name)
        if expected_set["status"] == "final":
            lines |= {
                (name, charge_line["line_id"]): billed(charge_line) for charge_line in expected_set["lines"]
            }
        if expected_set["status"] == "cancelled":
            withdrawn += streamed is None
            different += [name] if streamed is not None else []
        elif streamed is None:
            missing.append(name)
        else:
            sent = loads(streamed)
            revision = sent["revision"]
            same = _at_revision(line, revision, sent["replaces"]) == streamed + b"\n"
            identical += same
            later += same and revision > 1
            different += [] if same else [name]
    surplus = {name for name, value in reader.charge_sets.items() if value is not None} - expected
    return Comparison(
        identical, later, withdrawn, tuple(sorted(different)), tuple(sorted(missing)), tuple(sorted(surplus)),
        len(reader.lines), reader.lines != lines,
    )  # fmt: skip


def _at_revision(line: bytes, revision: int, replaces: str | None) -> bytes:
    """Return a charge set as it reads at a later revision: its own id, its predecessor's, its number."""
    if revision == 1:
        return line
    revised = at_revision(CHARGE_SET.validate_json(line), revision, replaces)
    return dumps(revised, option=OPT_SORT_KEYS | OPT_APPEND_NEWLINE)
