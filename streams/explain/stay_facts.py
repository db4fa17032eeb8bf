"""What the head of a letter says of a stay: where it was, whose claim it is, and by which rules it was coded."""

from typing import NamedTuple

from models.charge import ChargeSet
from models.encounter import Encounter
from streams.explain.labels import plain

Fact = tuple[str, str]
"""A label and its words."""


class StayFacts(NamedTuple):
    """Whose stay it was, and by which rules it was coded; what is not known says so or is left out."""

    whose: tuple[Fact, ...] = ()
    rules: tuple[Fact, ...] = ()


def stay_facts(encounter: Encounter, charge_set: ChargeSet) -> StayFacts:
    """Return the facts of a stay in the order in which a reader asks for them."""
    departments = [period.department for period in encounter.departments] or [encounter.department]
    where = ", then ".join(dict.fromkeys(plain(name) for name in departments if name))
    tables = ", ".join(f"{table} {effective}" for table, effective in charge_set.tables.items())
    whose = [
        ("Facility", plain(encounter.facility) or "not named"),
        ("Department", where),
        ("Claim", charge_set.setting.replace("_", " ")),
        ("Payer", plain(charge_set.payer) or "not named"),
    ]
    rules = [
        ("Policy", plain(charge_set.policy)),
        ("Rule book", charge_set.rulebook),
        ("Edit tables", tables.replace("_", "-")),
    ]
    return StayFacts(_known(whose), _known(rules))


def _known(facts: list[Fact]) -> tuple[Fact, ...]:
    return tuple(fact for fact in facts if fact[1])
