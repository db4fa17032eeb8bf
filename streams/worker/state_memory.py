"""How much memory a state takes beside the store, as far as its parts tell. Pure."""

from typing import Final

from streams.lifecycle.state import EncounterState

_STATE_BYTES: Final = 3_000
_LINE_BYTES: Final = 140
_EVENT_BYTES: Final = 2_200


def memory_of(state: EncounterState) -> int:
    """Return how many bytes of memory a state takes, about: itself, its lines, and those that were read as events."""
    lines = state.size_bytes + _LINE_BYTES * state.event_count()
    dictionary = len(state.journal.dictionary) if state.journal is not None else 0
    return _STATE_BYTES + lines + _EVENT_BYTES * len(state.parsed) + dictionary
