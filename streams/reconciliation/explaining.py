"""
Which differences another answer to one switch explains: each answer is tried alone, by coding the stay again. Pure.

An answer explains a difference when the difference is gone under it and no other has come. Coding is handed in, so it is
the path every stay takes.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from models.charge import ChargeSet
from rules.policy.switch import Switch
from rules.policy.switches import SWITCHES
from streams.feeds.posted import PostedLine
from streams.reconciliation.difference import Answer, Difference, differences

SILENT: Final = frozenset(
    {"provisional_charge_emission", "confirm_window_after_departure_before_final", "rural_sch"}
)
"""Switches that decide when or for how much, and never a line."""


def other_answers(in_force: Callable[[str], str]) -> Iterator[Answer]:
    """
    Yield each switch's answers but the one in force; of one that takes any number, a few.

    These are the smallest, the largest, half the default and twice it.
    """
    for switch in SWITCHES:
        if switch.key in SILENT:
            continue
        now = in_force(switch.key)
        for answer in dict.fromkeys((*switch.values, *_numbers(switch))):
            if answer != now:
                yield switch.key, answer


def _numbers(switch: Switch) -> list[str]:
    if switch.span is None:
        return []
    default = int(switch.default) if switch.default.isdigit() else switch.span.start
    tried = sorted({switch.span.start, default // 2, default, default * 2, switch.span.stop - 1})
    return [f"{switch.prefix}{number}" for number in tried if number in switch.span]


def explained(
    base: Sequence[Difference], theirs: Sequence[PostedLine], answers: Iterable[Answer],
    code: Callable[[Answer], ChargeSet],
) -> list[Difference]:  # fmt: skip
    """Return the differences of one stay, each with the answers that explain it."""
    if not base:
        return []
    before = Counter(one.sameness for one in base)
    by_sameness: dict[tuple[object, ...], list[Answer]] = {}
    seen: dict[tuple[object, ...], Counter[tuple[object, ...]]] = {}
    for answer in answers:
        again = code(answer)
        lines = tuple((line.code, line.units, line.modifiers, line.service_date) for line in again.lines)
        if lines not in seen:
            seen[lines] = Counter(one.sameness for one in differences(again.encounter_id, again, theirs))
        after = seen[lines]
        if after - before:
            continue
        for sameness in before - after:
            by_sameness.setdefault(sameness, []).append(answer)
    return [replace(one, explained_by=tuple(by_sameness.get(one.sameness, ()))) for one in base]
