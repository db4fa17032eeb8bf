"""
What the rule book says on a date of service, as plain mappings: for a person's table and for JSON alike.

Pure: the date, the setting and the payer are the caller's. A number or a table with no value yet on the date says
so in place of one.
"""

from datetime import date
from typing import Any

from rules.formulary.products import edition
from rules.parameter import NotInForceError, Parameter, dated, parameters
from rules.policy.resolve import Policy
from rules.policy.switches import SWITCHES, Switch
from rules.rule import Rule
from rules.rulebook import CHAPTERS, VERSION
from rules.sources import sources
from rules.tables.edition_files import TABLES, Table, in_force

Facts = dict[str, Any]


def overview(on: date, payer: str | None, policy: Policy | None) -> Facts:
    """Return everything in force on a date: rules by chapter, numbers, switches with who decided, tables."""
    return {
        "on": on.isoformat(),
        "rulebook": VERSION,
        "policy": None
        if policy is None
        else {
            "name": policy.name,
            "version": policy.version,
            "setting": policy.setting,
            "payer": payer,
        },
        "rules": [
            {"chapter": chapter, **rule_facts(rule)}
            for chapter, rules in CHAPTERS.items()
            for rule in rules
            if rule.in_force(on)
        ],
        "parameters": [number_facts(one, on) for one in parameters()],
        "switches": [] if policy is None else [switch_facts(one, policy) for one in SWITCHES],
        "complex_biologics": {}
        if policy is None
        else {
            drug: {"class": kind, **decided(policy, drug)}
            for drug, kind in policy.complex_biologic_classes.items()
        },
        "tables": [_table(table, on) for table in TABLES],
        "formulary": _formulary(on),
    }


def sourced(*keys: str) -> list[Facts]:
    """Return citations by key; a word that is no key, such as a site's own, stands for itself."""
    known = sources()
    return [{"key": key, "cite": known[key].line() if key in known else key} for key in keys]


def rule_facts(rule: Rule) -> Facts:
    """Return a rule as it stands in a list."""
    return {
        "id": rule.id,
        "says": rule.says,
        "grade": rule.grade,
        "since": rule.since.isoformat(),
        "sources": sourced(*rule.cites),
    }


def decided(policy: Policy, key: str) -> Facts:
    """Return which layer of the policy answered, and where it is written."""
    origin = policy.origin(key)
    return {"decided_by": origin.layer, "source": sourced(origin.cite)[0]}


def switch_facts(one: Switch, policy: Policy) -> Facts:
    """Return a switch with the answer in force, the layer that gave it and where that is written."""
    return {
        "id": one.id,
        "key": one.key,
        "question": one.question,
        "value": policy.value(one.key),
        "unit": one.unit,
        **decided(policy, one.key),
    }


def number_facts(one: Parameter, on: date) -> Facts:
    """Return a number with the value in force and its source; a null value and the first day before it."""
    facts: Facts = {"name": one.name, "label": one.label, "unit": one.unit}
    try:
        held = dated(one.name, on)
    except NotInForceError as error:
        return facts | {"value": None, "first": error.first.isoformat()}
    return facts | {
        "value": held.value,
        "since": held.since.isoformat(),
        "source": sourced(held.cite)[0],
    }


def _table(table: Table, on: date) -> Facts:
    try:
        layers = in_force(table, on)
    except NotInForceError as error:
        return {"table": table, "editions": [], "first": error.first.isoformat()}
    return {
        "table": table,
        "editions": [
            {
                "effective": one.effective.isoformat(),
                "covers": one.covers,
                "source": sourced(one.cite)[0],
                "note": one.note,
            }
            for one in reversed(layers)
        ],
    }


def _formulary(on: date) -> Facts:
    try:
        return {"since": edition(on).isoformat()}
    except NotInForceError as error:
        return {"since": None, "first": error.first.isoformat()}
