"""
What nurses do on a medication administration record, as eMARs write it in RXA-20 or RXA-9.

The words are those that charting systems show on their own screens and manuals; K, working knowledge. A site adds
its own, or gives one of these another meaning, in ``mar_actions``.
"""

from collections.abc import Mapping
from typing import Final, Literal

MarAction = Literal[
    "given",
    "push",
    "injection",
    "start",
    "bag",
    "rate",
    "pause",
    "resume",
    "stop",
    "bolus",
    "verify",
    "not_given",
    "void",
]
"""
``given`` states a whole administration whose technique other fields tell; ``bag`` begins an infusion or goes on with its
next bag; ``bolus`` comes out of a running bag and ``verify`` looks at one, so neither changes what is billed;
``void`` was entered in error.
"""

FLOW: Final = frozenset({"start", "bag", "rate", "pause", "resume", "stop"})
"""They tell of an infusion as it goes."""

_WORDS: Final[Mapping[MarAction, tuple[str, ...]]] = {
    "given": (
        "given", "administered", "complete", "given by other", "given by provider", "given during downtime",
        "given - without order", "partial", "partially given", "self administered", "auto given",
    ),
    "push": ("push", "iv push", "given iv push", "ivp"),
    "injection": ("injection", "injected", "given im", "given subcut"),
    "start": ("start", "started", "infusion started", "infusion start", "begin infusion", "initiated"),
    "bag": (
        "new bag", "begin bag", "bag started", "bag hung", "hung", "hang bag", "new syringe", "bag change", "bag changed",
        "next bag", "new cassette", "syringe change",
    ),
    "rate": ("rate change", "rate changed", "rate/dose change", "dose change", "dose/rate change", "titrated", "titrate"),
    "pause": ("paused", "pause", "infusion paused", "temporarily stopped", "stopped temporarily", "infusion held", "interrupted"),
    "resume": ("restarted", "restart", "resumed", "resume", "continued", "infusion resumed"),
    "stop": (
        "stopped", "stop", "infusion stopped", "infusion complete", "infusion completed", "end bag", "bag completed", "ended",
        "discontinued", "finished", "completed infusion",
    ),
    "bolus": ("bolus", "bolus from bag", "bolus from pump", "clinician bolus", "loading dose from bag"),
    "verify": (
        "rate verify", "rate verification", "rate/dose verify", "verified", "verify", "handoff", "hand off", "handover",
        "infusion check", "volume update", "site check", "dual sign", "cosign", "co-sign",
    ),
    "not_given": (
        "not given", "refused", "held", "hold", "missed", "not done", "not administered", "mar hold", "automatically held",
        "patient refused", "due", "pending", "unable to give", "see alternative", "dose not available", "omitted",
    ),
    "void": ("canceled entry", "cancelled entry", "entered in error", "error", "charted in error", "undo", "deleted", "void"),
}  # fmt: skip

MAR_ACTIONS: Final[Mapping[str, MarAction]] = {
    word: action for action, words in _WORDS.items() for word in words
}
"""Each word in small letters, and what it means."""
