"""Each flag that holds a set is cleared by a decision, in a file and through the stream, with the same bytes."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from encounter_states import HOUR
from orjson import dumps, loads
from stay_stream import Stream
from timeline import wire_of

from models.charge import CHARGE_SET, ChargeSet
from models.event import EVENT
from models.review_item import REVIEW_ITEM
from rules.answers import answers
from rules.clearing import CLEARING
from rules.engine import Profile
from streams.charging.release import at_revision
from streams.cli import main
from streams.lifecycle.commands import Command
from streams.wire import topics
from streams.wire.charge_json import value_of

FILE = Path(__file__).parents[2] / "rules" / "clearing.yaml"
ROWS = {row["flag"]: row for row in yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)}  # noqa: S506 - makes only strings
"""By flag, the last stay of the file that it holds."""


def by_file(lines: list[bytes], switches: Mapping[str, str]) -> tuple[ChargeSet, int]:
    """Return what ``infusion code`` makes of one stay under switches set by hand, and its exit status."""
    asked = [word for key, value in switches.items() for word in ("--set", f"{key}={value}")]
    run = CliRunner().invoke(main, ["code", "--quiet", *asked, "-"], input=b"\n".join(lines) + b"\n")
    return CHARGE_SET.validate_json(run.stdout_bytes.splitlines()[0]), run.exit_code


def decided(charge_set: ChargeSet, last: Any) -> bytes:
    """Return the event that gives the first decision the blocking flag of a set admits, an hour after the last event."""
    (flag,) = [flag for flag in charge_set.flags if flag.severity == "block"]
    answer = answers(flag)[0]
    said = {
        "type": "review_decided", "event_id": "answer", "encounter_id": "E1", "source": "manual", "flag": flag.flag,
        "occurred_at": (last + timedelta(hours=1)).isoformat(), "administration_ids": flag.administration_ids,
        "decision": answer.decision, "reason": "because it was so", "decided_by": "coder-7",
    }  # fmt: skip
    if answer.code is not None:
        said |= {"code": answer.code, "comparable_code": "96365"}
    return dumps(said)


HOLDING = [flag for flag in CLEARING if ROWS[flag].get("set", {}).keys() <= {"drug_lines"}]
"""Flags that hold a set by the shipped answers or of released drugs; ``tests/rules/test_clearing.py`` tries the others."""


@pytest.mark.parametrize("flag", HOLDING)
def test_a_decision_clears_the_flag_by_file_and_through_the_stream(flag: str) -> None:
    """Held and nothing charged, a person asked; then final, charged line by line, and the question taken back."""
    row: Mapping[str, Any] = ROWS[flag]
    lines = [dumps(said) for said in wire_of({**row, "case": flag})]
    last = max(
        max(event.occurred_at, event.recorded_at or event.occurred_at)
        for event in map(EVENT.validate_json, lines)
    )
    now = int(last.timestamp()) + 100 * HOUR
    switches = row.get("set", {})
    held, status = by_file(lines, switches)
    assert (held.status, status) == ("held", 1)
    answer = decided(held, last)
    final, status = by_file([*lines, answer], switches)
    assert (final.status, status) == ("final", 0)

    stream = Stream(Profile(overrides=tuple(switches.items())))
    stream.take(*lines, at=int(last.timestamp()))
    asked = stream.coded(stream.shelf.process_commands(Command("due", "E1"), at=now))
    assert asked[topics.CHARGES] == [value_of(held)]
    (question,) = asked[topics.REVIEW]
    assert flag in {one.flag for one in REVIEW_ITEM.validate_json(question or b"").flags}
    assert topics.CHARGE_LINES not in asked
    released = stream.coded(stream.take(answer, at=now + HOUR))
    assert released[topics.CHARGES] == [value_of(at_revision(final, 2))]
    charged = [loads(value or b"") for value in released.get(topics.CHARGE_LINES, [])]
    assert [one["line"]["code"] for one in charged] == [line.code for line in final.lines]
    item = released.get(topics.REVIEW, [None])[0]
    assert item is None or REVIEW_ITEM.validate_json(item).status == "final"
