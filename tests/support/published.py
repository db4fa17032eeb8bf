"""
The published worked examples, coded by this product and compared with what their sources say.

The examples stay where they are, outside the repository; what is kept here is how each compares and why, in
our own words (``tests/cases/published.toml``). Times a source leaves open are filled in as the examples'
README says: administrations follow one another, an infusion without minutes takes an hour, pushes are five
minutes apart.
"""

import json
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from models.charge import ChargeSet
from models.drug import Drug
from models.event import EVENT, Event
from rules.engine import Profile, code_encounter
from rules.formulary.lookup import lookup
from streams.encounter.fold import fold

TABLE = Path(__file__).parent.parent / "cases" / "published.toml"
DAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
"""When an example without a date takes place: the codes and minutes of its answer are today's."""

OPEN_ENDED = 60
PUSHES_APART = 5

SETTINGS = {"facility": "facility", "professional": "office", "unspecified": "facility"}
CLASSES = {
    "therapeutic": "therapeutic",
    "chemo": "chemotherapy",
    "hydration": "hydration",
    "biologic": "complex_biologic",
    "hormonal": "hormonal_antineoplastic",
}

Answer = Mapping[tuple[str, tuple[str, ...]], int]
"""Units by code and modifiers."""


class Comparison(NamedTuple):
    """One example: what its source answers, what we answer, and what we answer under the switch named."""

    id: str
    title: str
    expected: Answer
    coded: Answer
    switched: Answer | None
    flags: tuple[str, ...]

    @property
    def outcome(self) -> str:
        """Say ``agree``, ``switch`` when the switch named makes it agree, else ``source``."""
        if self.coded == self.expected:
            return "agree"
        return "switch" if self.switched == self.expected else "source"


def shared() -> Path:
    """Return where the shared material lies: ``INFUSION_SHARED``, else beside the repository."""
    told = os.environ.get("INFUSION_SHARED")
    return Path(told) if told else Path(__file__).parents[3] / "shared"


def examples() -> list[dict[str, Any]]:
    """Return the published examples in their order; none when they are not on this machine."""
    path = shared() / "cases" / "published.jsonl"
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def table() -> dict[str, dict[str, Any]]:
    """Return how each example compares, by its id: ``outcome``, ``reason``, and how its words are read."""
    return tomllib.loads(TABLE.read_text("utf-8"))


def _drug(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the drug as the formulary knows it; a name it does not know takes the example's class."""
    name = given["drug"]
    inside = re.search(r"\(([^)]*)\)", name)
    for spelling in (name, inside.group(1) if inside else "", re.sub(r"\s*\(.*", "", name)):
        if spelling and lookup(Drug(name=spelling), DAY.date()) is not None:
            return {"name": spelling}
    return {"name": name, "billing_class": CLASSES[given["class"]]}


def _instant(charted: str, first: date) -> datetime:
    """Return an example's clock time on our day; a dated one keeps its distance from the first date."""
    clock = datetime.strptime(charted[-5:], "%H:%M").replace(tzinfo=UTC)
    day = (date.fromisoformat(charted[:10]) - first).days if "T" in charted else 0
    return datetime.combine(DAY.date() + timedelta(days=day), clock.time(), UTC)


def _first_date(administrations: Sequence[Mapping[str, Any]]) -> date:
    dated = [given["start"][:10] for given in administrations if given["start"] and "T" in given["start"]]
    return date.fromisoformat(min(dated)) if dated else DAY.date()


class _Told:
    """The events of one stay, made from an example as they are asked for."""

    def __init__(self, encounter: str, setting: str, reading: Mapping[str, Any]) -> None:
        self._encounter, self._setting, self._reading = encounter, setting, reading
        self._events: list[dict[str, Any]] = []
        self._last = DAY

    def _merge_events(self, kind: str, at: datetime, **fields: Any) -> None:
        self._events.append(
            {
                "type": kind,
                "event_id": f"{self._encounter}-{len(self._events)}",
                "encounter_id": self._encounter,
                "occurred_at": at.isoformat(),
                **fields,
            }
        )

    def give(self, index: int, given: Mapping[str, Any], start: datetime, stop: datetime | None) -> None:
        """Chart one administration."""
        route = given["route"]
        method = given["method"]
        fields: dict[str, Any] = {
            "administration_id": f"A{index}",
            "order_id": f"O{index}",
            "drug": _drug(given),
            "route": route,
            "started_at": start.isoformat(),
            "technique": "on_body_injector" if "on-body" in given["notes"] else method,
        }
        if (method == "infusion" and stop is not None) or (
            method == "push" and stop is not None and stop > start and given["minutes"]
        ):
            fields["stopped_at"] = stop.isoformat()
        if route == "IV":
            fields["site_id"] = given["site"]
        if given["class"] == "hydration":
            fields |= {"intent": "hydrate", "indication": "dehydration"}
        if self._reading.get("one_dose"):
            fields["dose_id"] = "D"
        self._merge_events("administration_charted", start, **fields)
        self._last = max(self._last, start, stop or start)

    def stay(self, follows: str | None) -> list[Event]:
        """Return the stay's events, opened before and discharged after everything given."""
        key = self._reading.get("key_reason")
        more: dict[str, Any] = {"setting": self._setting, "time_zone": "UTC"}
        if key is not None:
            more["key_reason_order_id"] = f"O{key}"
        if follows is not None:
            more["follows_encounter_id"] = follows
        self._merge_events("encounter_opened", DAY - timedelta(hours=8), **more)
        for site in self._reading.get("required_sites", ()):
            self._merge_events(
                "access_placed", DAY - timedelta(hours=8), site_id=site, separate_site_reason="protocol"
            )
        self._merge_events("encounter_discharged", self._last + timedelta(hours=1))
        return [EVENT.validate_json(json.dumps(event)) for event in self._events]


def _times(example: Mapping[str, Any], *, together: bool) -> Iterator[tuple[datetime, datetime | None]]:
    """Yield the start and stop of each administration; a stop the source says is missing stays missing."""
    administrations = example["administrations"]
    first = _first_date(administrations)
    clock = DAY
    for given in administrations:
        minutes = given["minutes"]
        start = _instant(given["start"], first) if given["start"] else clock
        if given["stop"]:
            stop: datetime | None = _instant(given["stop"], first)
        elif "no stop" in given["notes"]:
            stop = None
        elif given["method"] == "infusion":
            stop = start + timedelta(minutes=OPEN_ENDED if minutes is None else minutes)
        else:
            stop = start + timedelta(minutes=minutes or 0)
        yield start, stop
        if not together:
            least = 0 if given["method"] == "infusion" else PUSHES_APART
            clock = max(stop or start, start + timedelta(minutes=least))


def stays(example: Mapping[str, Any], reading: Mapping[str, Any]) -> list[list[Event]]:
    """Return the events of an example's stays: one, or one an administration where each was its own visit."""
    setting = SETTINGS[example["setting"]]
    told = [_Told("first", setting, reading)]
    for index, (given, (start, stop)) in enumerate(
        zip(
            example["administrations"],
            _times(example, together=bool(reading.get("together"))),
            strict=True,
        )
    ):
        if reading.get("visits") and index:
            told.append(_Told(f"visit-{index}", setting, reading))
        told[-1].give(index, given, start, stop)
    names = ["first", *(f"visit-{index}" for index in range(1, len(told)))]
    return [one.stay(names[index - 1] if index else None) for index, one in enumerate(told)]


def _answer(sets: Sequence[ChargeSet]) -> Answer:
    units: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for one in sets:
        for line in one.lines:
            units[line.code, line.modifiers] += line.units
    return dict(units)


def _coded(all_events: Sequence[Sequence[Event]], overrides: Sequence[tuple[str, str]]) -> list[ChargeSet]:
    profile = Profile(overrides=tuple(overrides))
    return [code_encounter(fold(events), profile).charge_set for events in all_events]


def compare(example: Mapping[str, Any], reading: Mapping[str, Any]) -> Comparison:
    """Return how an example compares under the default policy and, where one is named, under a switch."""
    all_events = stays(example, reading)
    plain = _coded(all_events, ())
    told = reading.get("switch")
    switched = _answer(_coded(all_events, [tuple(told.split("=", 1))])) if told else None
    expected = {
        (line["code"], tuple(line["modifiers"])): line["units"] for line in example["expected_current"]
    }
    flags = sorted({flag.flag for one in plain for flag in one.flags})
    return Comparison(example["id"], example["title"], expected, _answer(plain), switched, tuple(flags))


def in_words(answer: Answer) -> str:
    """Return an answer as a coder writes it: ``96365 x1, 96366 x2``; ``nothing`` for none."""
    lines = [
        f"{'-'.join((code, *modifiers))} x{units}" for (code, modifiers), units in sorted(answer.items())
    ]
    return ", ".join(lines) or "nothing"


def report() -> str:
    """Return every example, one line each, then how many agree: what ``pytest -s`` prints."""
    readings = table()
    lines = []
    outcomes: Counter[str] = Counter()
    for example in examples():
        reading = readings.get(example["id"], {})
        found = compare(example, reading)
        outcomes[found.outcome] += 1
        line = f"{found.id} {found.outcome:6} {in_words(found.coded)}"
        if found.outcome != "agree":
            line += f" | source: {in_words(found.expected)}"
        if found.outcome == "switch":
            line += f" | agrees with {reading['switch']}"
        lines.append(line)
    lines.append(", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())))
    return "\n".join(lines)


if __name__ == "__main__":
    import sys

    sys.stdout.write(report() + "\n")
