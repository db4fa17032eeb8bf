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
from rules.policy.switches import ANSWERABLE, Switch
from rules.rule import Rule
from rules.rulebook import CHAPTERS, VERSION
from rules.sources import best_first, sources
from rules.tables.edition_files import AwaitedError
from rules.tables.in_force import in_force
from rules.tables.money import has
from rules.tables.table_columns import OF_SITES, TABLES, Table

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
        "parameters": [number_facts(parameter, on) for parameter in parameters()],
        "switches": [] if policy is None else [switch_facts(switch, policy) for switch in ANSWERABLE],
        "complex_biologics": {}
        if policy is None
        else {
            drug: {"class": kind, **decision_facts(policy, drug)}
            for drug, kind in policy.complex_biologic_classes.items()
        },
        "tables": [_table(table, on) for table in TABLES if table not in OF_SITES or has(table)],
        "formulary": _formulary(on),
    }


def citations(*keys: str) -> list[Facts]:
    """Return citations by key, best grade first; a word that is no key, such as a site's own, stands for itself."""
    return [_citation(key) for key in best_first(keys)]


def _citation(key: str) -> Facts:
    source = sources().get(key)
    if source is None:
        return {"key": key, "cite": key, "grade": None, "address": None}
    return {"key": key, "cite": source.line(), "grade": source.grade, "address": source.href or None}


def rule_facts(rule: Rule) -> Facts:
    """Return a rule as it stands in a list."""
    return {
        "id": rule.id,
        "says": rule.says,
        "grade": rule.grade,
        "since": rule.since.isoformat(),
        "sources": citations(*rule.cites),
    }


def decision_facts(policy: Policy, key: str) -> Facts:
    """Return which layer of the policy answered, and where it is written."""
    origin = policy.origin(key)
    return {"decided_by": origin.layer, "source": citations(origin.cite)[0]}


def switch_facts(switch: Switch, policy: Policy) -> Facts:
    """Return a switch with the answer in force, the layer that gave it and where that is written."""
    return {
        "id": switch.id,
        "key": switch.key,
        "question": switch.question,
        "value": policy.value(switch.key),
        "unit": switch.unit,
        **decision_facts(policy, switch.key),
    }


def number_facts(parameter: Parameter, on: date) -> Facts:
    """Return a number with the value in force and its source; a null value and the first day before it."""
    facts: Facts = {"name": parameter.name, "label": parameter.label, "unit": parameter.unit}
    try:
        dated_value = dated(parameter.name, on)
    except NotInForceError as error:
        return facts | {"value": None, "first": error.first.isoformat()}
    return facts | {
        "value": dated_value.value,
        "since": dated_value.since.isoformat(),
        "source": citations(dated_value.cite)[0],
    }


def _table(table: Table, on: date) -> Facts:
    try:
        layers = in_force(table, on)
    except AwaitedError as error:
        return {"table": table, "editions": [], "awaited": error.first.isoformat(), "fetch": error.place}
    except NotInForceError as error:
        return {"table": table, "editions": [], "first": error.first.isoformat()}
    return {
        "table": table,
        "editions": [
            {
                "effective": layer.effective.isoformat(),
                "covers": layer.covers,
                "source": citations(layer.cite)[0],
                "note": layer.note,
            }
            for layer in reversed(layers)
        ],
    }


def _formulary(on: date) -> Facts:
    try:
        return {"since": edition(on).isoformat()}
    except NotInForceError as error:
        return {"since": None, "first": error.first.isoformat()}
