"""
Reads golden cases as a coder would write them, and turns their timelines into events.

The grammar is in tests/cases/README.md. Every line becomes one event; the stay's registration is the first.
Events are made as JSON and validated like any publisher's, so a case cannot say what the wire could not.
"""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError
from timeline_lines import Timeline
from timeline_words import UnreadableError, Wire

from models.event import EVENT, Event

CASE_KEYS = frozenset(
    {
        "case",
        "on",
        "zone",
        "setting",
        "payer",
        "set",
        "encounter",
        "timeline",
        "charges",
        "flags",
        "not_billed",
        "status",
        "because",
        "worked",
        "amounts",
        "drugs",
        "asked",
        "also",
        "policy",
    }
)


_LOADER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""The same in C, where it was built: ten times as fast."""


class TimelineError(ValueError):
    """A case cannot be read; says which, in which line, and what to write instead."""


def cases_in(path: Path) -> list[dict[str, Any]]:
    """
    Return the cases of one YAML file, every scalar a string.

    Raises:
        TimelineError: the file is no list of cases, or a case has no name or a key the grammar does not know.
    """
    # A base loader: 10:30 stays 10:30, and NO a word
    cases = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - makes only strings
    if not isinstance(cases, list):
        message = f"{path.name}: write a list of cases, each beginning with '- case: …'"
        raise TimelineError(message)
    for case in cases:
        name = case.get("case") if isinstance(case, dict) else None
        if not name:
            message = f"{path.name}: a case has no 'case:' sentence"
            raise TimelineError(message)
        if unknown := sorted(set(case) - CASE_KEYS):
            message = f"{path.name}, case {name!r}: unknown key {unknown[0]!r}; known are {', '.join(sorted(CASE_KEYS))}"
            raise TimelineError(message)
    return cases


def wire_of(case: Mapping[str, Any]) -> list[Wire]:
    """
    Return the case's events as a publisher would send them, registration first, then one for each line.

    Raises:
        TimelineError: naming the case and the line.
    """
    return [said for _, said in _read(case)]


def events_of(case: Mapping[str, Any]) -> list[Event]:
    """
    Return the case's events, registration first, then one for each line.

    Raises:
        TimelineError: naming the case and the line.
    """
    events = []
    for line, said in _read(case):
        try:
            events.append(EVENT.validate_json(json.dumps(said)))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"][1:]) or "type"
            raise _located(case, line, f"{where}: {first['msg']}") from None
    return events


def _located(case: Mapping[str, Any], line: str, wrong: str) -> TimelineError:
    return TimelineError(f"case {case.get('case', '?')!r}, {line}: {wrong}")


def _read(case: Mapping[str, Any]) -> list[tuple[str, Wire]]:
    try:
        timeline = Timeline(
            date.fromisoformat(case.get("on", "2026-03-02")), case.get("zone", "America/New_York")
        )
    except (ValueError, OSError, KeyError) as error:
        raise _located(case, "on/zone", str(error)) from None
    told = []
    for number, line in enumerate(case.get("timeline", ()), start=1):
        where = f"line {number} {line!r}"
        try:
            told.append((where, timeline.read(number, line)))
        except UnreadableError as error:
            raise _located(case, where, str(error)) from None
    try:
        opened = timeline.registration(case)
    except UnreadableError as error:
        raise _located(case, "encounter", str(error)) from None
    encounter_id = case.get("encounter", {}).get("id", "E1")
    return [(where, said | {"encounter_id": encounter_id}) for where, said in [("encounter", opened), *told]]
