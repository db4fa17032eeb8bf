"""
The modifiers a reader may ask for, each with what it tells a payer in our own words, from ``parameters/modifiers.toml``.

For readers; coding never asks it. What attaches a modifier is in ``coding.modifiers``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from tomllib import load
from typing import Any, Final, Literal, cast, get_args

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
    on: str = ""
    """The line it goes on."""
    since: date | None = None
    mind: str = ""
    """What to mind of it."""


@cache
def modifiers() -> tuple[Modifier, ...]:
    """Return every modifier, in the order of the file."""
    with MODIFIERS.open("rb") as file:
        table = load(file)
    own = table.get("own", {})
    return tuple(
        _modifier(code, entry, own.get(code, {})) for entry in table["modifiers"] for code in entry["codes"]
    )


def _modifier(code: str, entry: Mapping[str, Any], own: Mapping[str, Any]) -> Modifier:
    return Modifier(
        code,
        own.get("tells", entry["tells"]),
        cast("Attached", entry["attached"]),
        entry["when"],
        tuple(entry["rules"]),
        tuple(entry.get("switches", ())),
        tuple(entry["cites"]),
        own.get("on", ""),
        own.get("since"),
        own.get("mind", ""),
    )
