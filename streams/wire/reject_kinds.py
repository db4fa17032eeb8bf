"""
The kind of a reject: one word of a fixed list, for figures. Pure.

A reject's words name fields and places and come in any number; Prometheus wants few words, none of them a feed's.
"""

from typing import Final

from streams.wire.rejects import TWICE, WHOLE_LINE, Reject

KINDS: Final = (
    *("unreadable", "unknown_type", "unknown_field", "missing_field", "wrong_value", "two_ids", "repeated_field", "too_long", "empty"),
    *("stay_forgotten", "stay_too_heavy", "no_effect", "not_a_command", "not_a_closed_encounter", "fault"),
    *("header_name", "skipped", "too_large"),
)  # fmt: skip

SKIPPED: Final = "skipped"
"""Of a record that was moved past because an operator said so."""

_BY_WORDS: Final = (
    ("a fault of ours", "fault"),
    ("the stay was closed and forgotten", "stay_forgotten"),
    ("the stay's events are more than", "stay_too_heavy"),
    (TWICE, "repeated_field"),
    ("longer than", "too_long"),
    ("no value", "empty"),
    ("not a closed encounter", "not_a_closed_encounter"),
    ("unknown event type", "unknown_type"),
    ("unknown field", "unknown_field"),
    ("missing", "missing_field"),
    ("the encounter was cancelled before", "no_effect"),
    ("the merges of these encounters", "no_effect"),
    ("not a command", "not_a_command"),
    ("a header has a name", "header_name"),
    ("the stay as a whole is larger", "too_large"),
    ("skipped, as", SKIPPED),
)
"""How the fault begins, and its kind."""


def kind_of(reject: Reject) -> str:
    """Return the kind of a reject of an event, or of a closed encounter."""
    if reject.says == TWICE and reject.field == "encounter_id":
        return "two_ids"
    for words, kind in _BY_WORDS:
        if reject.says.startswith(words):
            return kind
    if "has no such field" in reject.says:
        return "unknown_field"
    return "unreadable" if reject.field == WHOLE_LINE else "wrong_value"


def kind_in(reason: str) -> str:
    """Return the kind of a reject whose reason stands in its headers."""
    field, _, says = reason.partition(": ")
    return kind_of(Reject(field, says, ""))
