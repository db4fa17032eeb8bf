"""Whether a charted reason is one for volume: on the dated list of ``parameters/volume_reasons.toml`` (R-HYD-7)."""

import re
import tomllib
from datetime import date
from functools import cache, lru_cache
from typing import Final, NamedTuple

from rules.data_files import VOLUME_REASONS
from rules.formulary.asserted_words import asserted
from rules.formulary.coded_reasons import plain_reason

_CODE: Final = re.compile(r"\b[a-z]\d[0-9a-z](?:\.?[0-9a-z]{1,4})?\b")
"""What may be an ICD-10-CM code in lower case, with or without its dot."""


class VolumeReason(NamedTuple):
    """One reason of the list: its name, its first day, its words and its codes without dots."""

    name: str
    since: date
    words: re.Pattern[str] | None
    codes: frozenset[str]
    families: tuple[str, ...]
    """What codes begin with, where every code of a family counts."""
    offered: str
    """Name and codes, as a person is shown them."""


def _reason(entry: dict[str, object]) -> VolumeReason:
    words, whole, codes = (_strings(entry[key]) for key in ("words", "whole", "codes"))
    parts = [rf"\b{re.escape(word)}" for word in words] + [rf"\b{re.escape(word)}\b" for word in whole]
    plain = [code.replace(".", "").casefold() for code in codes]
    name, since = entry["name"], entry["from"]
    if not isinstance(name, str) or not isinstance(since, date):
        message = (
            "volume_reasons.toml: every reason has a name, and a from that is a date such as 2006-01-01."
        )
        raise TypeError(message)
    return VolumeReason(
        name,
        since,
        re.compile("|".join(parts)) if parts else None,
        frozenset(code for code in plain if not code.endswith("-")),
        tuple(code.removesuffix("-") for code in plain if code.endswith("-")),
        f"{name} ({', '.join(codes)})" if codes else name,
    )


def _strings(listed: object) -> list[str]:
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        message = "volume_reasons.toml: words, whole and codes are lists of text; an empty one is []."
        raise TypeError(message)
    return listed


@cache
def volume_reasons() -> tuple[VolumeReason, ...]:
    """
    Return every reason of the list, whatever its date.

    Raises:
        TypeError: an entry is not made as the file's header says.
    """
    table = tomllib.loads(VOLUME_REASONS.read_text("utf-8"))
    return tuple(_reason(entry) for entry in table.values() if isinstance(entry, dict))


@lru_cache(maxsize=4096)
def reason_for_volume(indication: str | None, on: date) -> str | None:
    """Return the name of the reason for volume that a charted indication gives on a date of service, else None."""
    if indication is None:
        return None
    said = asserted(plain_reason(indication))
    codes = [code.replace(".", "") for code in _CODE.findall(said)]
    for reason in volume_reasons():
        if reason.since <= on and (
            (reason.words is not None and reason.words.search(said) is not None)
            or any(code in reason.codes or code.startswith(reason.families) for code in codes)
        ):
            return reason.name
    return None


@lru_cache(maxsize=512)
def offered_reasons(on: date) -> str:
    """Return the list in force on a date of service, as a person who has to chart a reason is shown it."""
    return "; ".join(reason.offered for reason in volume_reasons() if reason.since <= on)
