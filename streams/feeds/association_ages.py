"""How long what is remembered of a facility is kept, by kind, after the last message about it."""

from collections.abc import Mapping
from typing import Any, Final

from streams.feeds.association_entries import DEVICE, ORDER, PUMP, RESOURCE, STAY
from streams.feeds.association_state import State

HOUR: Final = 3600
_DAY: Final = 24 * HOUR
KEPT_S: Final[Mapping[str, int]] = {
    PUMP: 3 * _DAY,
    DEVICE: 3 * _DAY,
    ORDER: 14 * _DAY,
    STAY: 60 * _DAY,
    RESOURCE: 400 * _DAY,
}
"""How long an entry outlives the last message about it."""
UNLINKED_KEPT_S: Final = 60 * _DAY
LEFT_KEPT_S: Final = 7 * _DAY
"""A stay whose patient has left."""
CHARTED_KEPT_S: Final = 2 * _DAY
"""An order that no pump was sent."""


def forget_old(state: State, at: int) -> list[tuple[str, str]]:
    """Forget what nobody has spoken of for long, and return the kind and the name of each entry."""
    state.swept_at = at
    old = [
        (kind, name)
        for kind in (PUMP, DEVICE, ORDER, STAY)
        for name, entry in state.table(kind).items()
        if at - entry.seen > _kept_s(kind, entry)
    ]
    for kind, name in old:
        state.forget(kind, name)
    unused = [name for name, seen in state.resources_seen.items() if at - seen > KEPT_S[RESOURCE]]
    for name in unused:
        del state.resources[name], state.resources_seen[name]
    return [*old, *((RESOURCE, name) for name in unused)]


def _kept_s(kind: str, entry: Any) -> int:
    if kind == PUMP and entry.unlinked:
        return UNLINKED_KEPT_S
    if kind == ORDER and all(word.by == "chart" for word in entry.words):
        return CHARTED_KEPT_S
    if kind == STAY and any(state in {"left", "never", "into"} for _, state, _ in entry.words):
        return LEFT_KEPT_S
    return KEPT_S[kind]
