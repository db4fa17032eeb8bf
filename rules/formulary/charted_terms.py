"""Reads routes and indications as feeds write them, by the dated lists under ``parameters/``."""

import re
import tomllib
from functools import cache, lru_cache
from typing import Literal

from rules.data_files import INDICATIONS, ROUTES

Route = Literal[
    "IV",
    "IA",
    "SC",
    "IM",
    "IT",
    "INTRAVENTRICULAR",
    "INTRAPLEURAL",
    "INTRAPERITONEAL",
    "INTRALESIONAL",
    "OUTSIDE",
]
Meaning = Literal["deficiency", "routine", "maintenance", "keep_open", "hormone_without_cancer"]


@cache
def _routes() -> dict[str, str]:
    table = tomllib.loads(ROUTES.read_text("utf-8"))
    return {spelling: route for route, spellings in table["routes"].items() for spelling in spellings}


@lru_cache(maxsize=1024)
def route_of(charted: str | None) -> str | None:
    """Return the route a feed's spelling means, ``OUTSIDE`` for one these codes do not cover, None for an unknown one."""
    if charted is None:
        return None
    return _routes().get(re.sub(r"[^A-Z0-9]", "", charted.upper()))


@cache
def _indications() -> dict[str, re.Pattern[str]]:
    table = tomllib.loads(INDICATIONS.read_text("utf-8"))
    patterns = {}
    for meaning, entry in table.items():
        if isinstance(entry, dict):
            parts = [r"\b" + re.escape(word) for word in entry["words"]]
            # A code is charted with its dot or without.
            parts += [r"\b" + re.escape(code.lower()).replace(r"\.", r"\.?") for code in entry["codes"]]
            patterns[meaning] = re.compile("|".join(parts))
    return patterns


@lru_cache(maxsize=4096)
def means(indication: str | None, meaning: Meaning) -> bool:
    """Tell whether a charted indication has this meaning; False when no indication is charted."""
    return indication is not None and _indications()[meaning].search(indication.lower()) is not None
