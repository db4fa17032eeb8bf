"""
The modifiers a reader may ask for, each with what it tells a payer in our own words, from ``parameters/modifiers.toml``.

For readers; coding never asks it. What attaches a modifier is in ``coding.modifiers``.
"""

from dataclasses import dataclass
from functools import cache
from tomllib import load
from typing import Final, Literal, cast, get_args

from rules.data_files import MODIFIERS

Attached = Literal["fact", "policy", "order", "person", "never"]
"""Who puts it on a line: a fact in the events, a policy, an order or registration, a person, nobody ever."""

ATTACHED: Final[tuple[Attached, ...]] = get_args(Attached)


@dataclass(frozen=True, slots=True)
class Modifier:
    """One modifier: what it tells, when it stands on a line of ours, the rules and switches that say so, and sources."""

    code: str
    tells: str
    attached: Attached
    when: str
    rules: tuple[str, ...]
    switches: tuple[str, ...]
    cites: tuple[str, ...]


@cache
def modifiers() -> tuple[Modifier, ...]:
    """Return every modifier, in the order of the file."""
    with MODIFIERS.open("rb") as file:
        entries = load(file)["modifiers"]
    return tuple(
        Modifier(
            code,
            entry["tells"],
            cast("Attached", entry["attached"]),
            entry["when"],
            tuple(entry["rules"]),
            tuple(entry.get("switches", ())),
            tuple(entry["cites"]),
        )
        for entry in entries
        for code in entry["codes"]
    )
