"""What is asked of a code first: what a hospital and an office are paid, how many units, what it stands beside. Pure."""

from collections.abc import Iterator
from typing import Final

from streams.rulebook.facts import Facts

Card = tuple[str, str, str]
"""What is asked, the answer, and what it rests on."""


def glance(facts: Facts) -> Iterator[Card]:
    """Yield the answers of a code that is charged; nothing for anything else."""
    if facts["kind"] != "code" or not facts.get("reports"):
        return
    yield _hospital(facts["opps"])
    yield _office(facts)
    yield _units(facts["mue"])
    primaries = facts["primaries"].get("cms_aoc_file") or []
    yield (
        "Stands beside",
        ", ".join(primaries[:_SHOWN])
        + (f" and {len(primaries) - _SHOWN} more" if len(primaries) > _SHOWN else "")
        if primaries
        else "no primary needed",
        "CMS add-on file" if primaries else f"role: {facts['role']}",
    )


_SHOWN: Final = 5
"""Primaries that are named on the card."""


def _hospital(rate: Facts | None) -> Card:
    if rate is None:
        return "Hospital, national (OPPS)", "not listed", ""
    cents = rate["unit_cents"]
    apc = f", APC {rate['apc']}" if rate["apc"] else ""
    return (
        "Hospital, national (OPPS)",
        "no amount" if cents is None else f"${cents // 100:,}.{cents % 100:02d}",
        f"status {rate['status']}{apc}, {rate['source']['key']}",
    )


def _office(facts: Facts) -> Card:
    amounts = facts.get("amounts") or []
    paid = next((one for one in amounts if one["nonfacility"] is not None), None)
    if paid is None:
        return (
            "Office, national (fee schedule)",
            "no amount",
            "not priced, or no release of the year was read",
        )
    return (
        "Office, national (fee schedule)",
        f"${paid['nonfacility']}",
        f"{paid['applies_to']}, factor {paid['conversion_factor']}, {paid['source']['key']}",
    )


def _units(limits: Facts) -> Card:
    said = [f"{limit['units']} {setting}" for setting, limit in limits.items() if limit is not None]
    return "Units at most (MUE)", ", ".join(said) or "none read", "a date or a line, as its indicator says"
