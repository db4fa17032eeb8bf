"""The log of a long-running process: one line an event of note, and nothing of a patient's in it."""

import json
import logging
from collections.abc import Iterator

import pytest

from streams.cli.shared.log_output import Form, log_to_stderr
from streams.engine.checkpoint import LeaseLostError

SECRET = "E1 of Mrs. Example"  # noqa: S105 - what must not be told


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """Put the root logger back as pytest had it."""
    root, ours = logging.getLogger(), logging.getLogger("streams")
    before = (root.handlers[:], root.level, ours.level)
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])


def _raise(error: Exception) -> None:
    raise error


def logged(capsys: pytest.CaptureFixture[str], form: Form = "text", level: str = "info") -> list[str]:
    """Log what a worker's parts log in a day, and return the lines."""
    counted: list[str] = []
    log_to_stderr("worker-7", level, form, counted.append)
    logging.getLogger("streams.worker").info("dealt by the group: %s", "infusion.events.v1 0-3")
    logging.getLogger("streams.engine.recovery").info("[^---Recovery]: Highwater:\n+table+\n|  x  |")
    logging.getLogger("faust.worker").info("Ready")
    logging.getLogger("mode.timers").warning("Timer %s is overlapping (interval=1.0 runtime=2)", "commit")
    logging.getLogger("aiokafka").warning("Heartbeat failed for group %s because it is rebalancing", "g")
    logging.getLogger("faust.app").warning("[^---Fetcher]: something\nis wrong")
    for error in (ValueError(SECRET), LeaseLostError()):
        try:
            _raise(error)
        except Exception:
            logging.getLogger("mode.services").exception("[^--Agent]: Crashed reason=%r", error)
    lines = capsys.readouterr().err.splitlines()
    assert len(counted) == len(lines)
    return lines


def test_each_line_has_an_instant_with_its_zone_a_level_and_what_happened(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Faust's tables and services, and warnings that mean nothing, are left out; what is wrong is on one line."""
    lines = logged(capsys)
    instants, levels, said = zip(*(line.split(" ", 2) for line in lines), strict=True)
    assert all(len(at) == len("2026-03-02T08:00:00.000+00:00") for at in instants)
    assert levels == ("INFO", "WARNING", "ERROR", "ERROR")
    assert said[:2] == ("dealt by the group: infusion.events.v1 0-3", "something is wrong")


def test_an_exception_is_told_by_its_kind_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    """Its text may quote a record, unless it is one of ours."""
    lines = logged(capsys)
    assert SECRET not in "".join(lines)
    assert "ValueError at _raise, line " in lines[2]
    assert "LeaseLostError: no member of the group any more" in lines[3]


def test_json_lines_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """With the process's name, for whoever collects the lines of several."""
    first = json.loads(logged(capsys, "json")[0])
    assert list(first) == ["at", "level", "process", "logger", "message"]
    assert (first["level"], first["process"]) == ("info", "worker-7")
    assert first["message"] == "dealt by the group: infusion.events.v1 0-3"


def test_a_level_is_for_all(capsys: pytest.CaptureFixture[str]) -> None:
    """At ``error``, warnings are not told."""
    assert [line.split()[1] for line in logged(capsys, level="error")] == ["ERROR", "ERROR"]
