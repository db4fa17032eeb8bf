"""
Which line of the input a blocking flag of the charge set rests on.

Each line can be a sound event and the stay still make no sense: a stop before its start, a drug nobody knows.
The words are those of the flags; they never say what was charted.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from models.charge import ChargeSet
from models.event import Event
from rules.flags import FLAGS
from streams.encounter.event_problems import SourcedEvent
from streams.encounter.merge_bound import TOO_MANY_MERGED
from streams.wire.encounter_key import InputLine
from streams.wire.rejects import Reject

_ALSO_DATA: Final = frozenset({"F-CLASS_UNKNOWN", "F-NOT_IN_FORCE", "F-SITE_UNKNOWN"})
"""Flags outside the documentation rules that a better event would clear."""


PASSED_OVER: Final = "F-POLICY_SCOPE"


def told(charge_set: ChargeSet) -> bool:
    """Tell whether a set may have faults to tell of."""
    return any(flag.severity == "block" or flag.flag == PASSED_OVER for flag in charge_set.flags)


def faults(charge_set: ChargeSet, entries: Sequence[SourcedEvent]) -> Iterator[Reject]:
    """
    Yield one reject for each blocking flag that rests on what was charted or is missing from the chart.

    It points at the first event of the administrations the flag names, or of the stay. Flags that ask for a
    coder's judgement point at nothing in the input and are left to the charge set; so is a stop still to come.
    A policy that was named and is another facility's is told of too: the stay was coded without it.
    """
    if not charge_set.flags or not entries:
        return
    # Looked up once for all flags: a stay can have thousands of events, and a flag for each of them.
    first = min(entries, key=_place)
    first_of = _first_of_each(entries)
    for flag in charge_set.flags:
        if flag.flag == PASSED_OVER:
            yield first.reject(flag.flag, _clause(flag.says), _clause(flag.suggestion))
        kind = FLAGS.get(flag.flag)
        if kind is None or flag.severity != "block":
            continue
        if charge_set.status == "preview" and flag.flag == "F-MISSING_STOP":
            continue
        if flag.flag == "F-REFUSED_EVENT":
            if flag.facts.get("refusal_id") == TOO_MANY_MERGED:
                yield min(entries, key=_place).reject(flag.flag, _clause(flag.says), _clause(flag.suggestion))
            continue  # any other was refused at its line, in words of its own
        if kind.rule.startswith("R-DOC-") or flag.flag in _ALSO_DATA:
            about = [first_of[name] for name in flag.administration_ids if name in first_of]
            yield min(about, key=_place, default=first).reject(
                flag.flag, _clause(kind.means), _clause(kind.suggestion)
            )


def _first_of_each(entries: Sequence[SourcedEvent]) -> dict[str, SourcedEvent]:
    """Return the first event of each administration, by every name it goes by."""
    first: dict[str, SourcedEvent] = {}
    for entry in entries:
        for name in _names(entry.event):
            if name not in first or _place(entry) < _place(first[name]):
                first[name] = entry
    return first


def _place(entry: SourcedEvent) -> InputLine:
    return entry.line


def _names(event: Event) -> tuple[str, ...]:
    # In a merged stay an administration may go by its old encounter and its name (streams.encounter.merged_stay).
    name: str | None = getattr(event, "administration_id", None)
    return () if name is None else (name, f"{event.encounter_id}/{name}")


def _clause(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:].rstrip(".")
