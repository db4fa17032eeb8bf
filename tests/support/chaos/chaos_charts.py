"""Stays that no ward has: one with more events than anybody charts, and merges by the hundred into one number."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from orjson import dumps

_MORNING: Final = datetime.fromisoformat("2026-10-05T07:00:00-04:00")
_STORMS: Final = (0, 30, 60, 130)
"""Stays merged into one; beyond a hundred it is a number that registration uses for anybody, and is held."""

_PUSHES: Final = (0, 200, 800)


def extremes(seed: int) -> list[bytes]:
    """Return the events of a huge stay and of a storm of merges, as many as the seed draws, as they come in."""
    rng = Random(seed)  # noqa: S311 - repeatable, not secret
    lines = huge("HUGE", rng.choice(_PUSHES)) + storm("STORM", rng.choice(_STORMS))
    rng.shuffle(lines)
    return lines


def mingled(lines: Sequence[bytes], among: Sequence[bytes], seed: int) -> list[bytes]:
    """Return both, each in its order."""
    rng = Random(seed)  # noqa: S311 - repeatable, not secret
    turns = [0] * len(lines) + [1] * len(among)
    rng.shuffle(turns)
    both = (iter(lines), iter(among))
    return [next(both[turn]) for turn in turns]


def huge(name: str, pushes: int) -> list[bytes]:
    """Return a stay with so many pushes, one each ten seconds; nothing at all for none."""
    if not pushes:
        return []
    made = [_event(name, "o", 0, type="encounter_opened", payer="medicare", setting="facility")]
    made += [
        _event(
            name, f"p{number}", 60 + 10 * number, type="push_given", administration_id=f"A{number}",
            drug={"name": ("ondansetron", "ketorolac", "famotidine")[number % 3]}, route="IV", order_id="O1",
        )
        for number in range(pushes)
    ]  # fmt: skip
    return [*made, _event(name, "d", 120 + 10 * pushes, type="encounter_discharged")]


def storm(name: str, merges: int) -> list[bytes]:
    """Return a stay with one push and so many others with one each, all merged into it; nothing at all for none."""
    if not merges:
        return []
    made: list[bytes] = []
    for number in range(merges + 1):
        stay = name if number == 0 else f"{name}-{number}"
        at = 30 * number
        made += [
            _event(stay, "o", at, type="encounter_opened", payer="medicare", setting="facility"),
            _event(
                stay, "p", at + 120, type="push_given", administration_id=f"A{number}",
                drug={"name": "ondansetron"}, route="IV", order_id="O1",
            ),
        ]  # fmt: skip
        if number:
            made.append(_event(stay, "m", at + 600, type="encounter_merged", into_encounter_id=name))
    return [*made, _event(name, "d", 36_000, type="encounter_discharged")]


def _event(stay: str, number: str, seconds: int, **more: Any) -> bytes:
    at = (_MORNING + timedelta(seconds=seconds)).isoformat()
    return dumps(
        {"event_id": f"{stay}.{number}", "encounter_id": stay, "occurred_at": at, "source": "emar"} | more
    )
