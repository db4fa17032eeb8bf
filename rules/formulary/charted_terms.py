"""Reads indications as feeds write them, by the list ``parameters/indications.toml``."""

import re
import tomllib
from functools import cache, lru_cache
from typing import Literal

from rules.data_files import INDICATIONS
from rules.formulary.coded_reasons import plain_reason

Meaning = Literal[
    "deficiency",
    "routine",
    "maintenance",
    "keep_open",
    "hormone_without_cancer",
    "cancer",
    "brain_or_heart_infarct",
    "lung_embolus",
    "blocked_catheter",
    "ventilated",
    "procedure_sedation",
]


@cache
def _indications() -> dict[str, re.Pattern[str]]:
    table = tomllib.loads(INDICATIONS.read_text("utf-8"))
    patterns = {}
    for meaning, entry in table.items():
        if isinstance(entry, dict):
            parts = [r"\b" + re.escape(word) for word in entry["words"]]
            # A code is charted with its dot or without.
            parts += [r"\b" + re.escape(code.lower()).replace(r"\.", r"\.?") for code in entry["codes"]]
            parts += [rf"\b{re.escape(word)}\b" for word in entry.get("whole", ())]
            patterns[meaning] = re.compile("|".join(parts))
    return patterns


@lru_cache(maxsize=4096)
def means(indication: str | None, meaning: Meaning) -> bool:
    """Tell whether a charted indication has this meaning; False when no indication is charted."""
    return (
        indication is not None
        and _indications()[meaning].search(plain_reason(indication).lower()) is not None
    )
