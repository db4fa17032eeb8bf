"""
The identity of a charge set: another rulebook, policy or override gives another id, a replay the same one.

A line's id holds none of this (``charge_lines.line_id``), so that a set coded under another policy still replaces
the lines of the one before it in place.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from json import dumps

from models.charge import ChargeSet, PolicyLayer
from rules.claim.charge_lines import stable_id


def charge_set_id(
    encounter_id: str,
    revision: int,
    rulebook: str,
    policy: str,
    policy_layers: Iterable[PolicyLayer] = (),
    overrides: Mapping[str, str] | None = None,
    tables: Mapping[str, str] | None = None,
) -> str:
    """Return the id of an encounter's charge set at a revision, under this rulebook, policy and these tables."""
    named = decided_by(rulebook, policy, policy_layers, overrides or {}, tables or {})
    return id_decided_by(encounter_id, revision, named)


def id_decided_by(encounter_id: str, revision: int, named: str) -> str:
    """Return the same where what decided the set is at hand in words (``decided_by``)."""
    return stable_id(f"{encounter_id}\x1f{revision}\x1f{named}")


def decided_by(
    rulebook: str,
    policy: str,
    policy_layers: Iterable[PolicyLayer],
    overrides: Mapping[str, str],
    tables: Mapping[str, str],
) -> str:
    """Return in words what decides a set beside its stay: the same for all stays of a payer and a day."""
    return _decided_by(
        rulebook,
        policy,
        tuple(policy_layers),
        tuple(sorted(overrides.items())),
        tuple(sorted(tables.items())),
    )


_Pairs = tuple[tuple[str, str], ...]


@lru_cache(maxsize=1024)
def _decided_by(
    rulebook: str, policy: str, layers: tuple[PolicyLayer, ...], overrides: _Pairs, tables: _Pairs
) -> str:
    versions = [(layer.name, layer.version) for layer in layers]
    return dumps((rulebook, policy, versions, overrides, tables), ensure_ascii=False)


def identity_of(charge_set: ChargeSet, revision: int) -> str:
    """Return the id that a set's content has at a revision, its own or another."""
    return charge_set_id(
        charge_set.encounter_id,
        revision,
        charge_set.rulebook,
        charge_set.policy,
        charge_set.policy_layers,
        charge_set.overrides,
        charge_set.tables,
    )


def at_revision(charge_set: ChargeSet, revision: int, replaces: str | None = None) -> ChargeSet:
    """
    Return a set as it is at a revision: with its id, and that of the revision it replaces.

    Nothing else in it depends on the revision. Without ``replaces`` a revision above 1 replaces one that was coded
    just as it is.
    """
    if replaces is None and revision > 1:
        replaces = identity_of(charge_set, revision - 1)
    return replace(
        charge_set, charge_set_id=identity_of(charge_set, revision), revision=revision, replaces=replaces
    )


def identity_in_26_11(encounter_id: str, revision: int) -> str:
    """Return the id that releases 26.11.0 and 26.11.1 gave a set, for a revision of theirs that is replaced now."""
    return stable_id(f"{encounter_id}\x1f{revision}")
