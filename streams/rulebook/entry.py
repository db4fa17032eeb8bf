"""
One entry of the rule book as a plain mapping, whatever the name it was asked for by.

A code, a rule, a flag, a switch or one answer to it, a number, a drug, a modifier, a policy or a source.

``infusion rules show`` prints it. Pure: the date, the policy and the golden cases are the caller's.
"""

from dataclasses import asdict
from datetime import date
from difflib import get_close_matches

from models.field import Setting
from rules.catalogue.code_facts import CodeFacts, code_facts
from rules.catalogue.codes import Code, code_on, codes, minutes_rule, never_coded, thresholds
from rules.catalogue.coverage import gaps
from rules.catalogue.modifiers import Modifier, modifiers
from rules.clearing import clears, in_words
from rules.flags import FLAGS, FlagKind
from rules.parameter import NotInForceError, Parameter, parameters
from rules.policy.resolve import Policy
from rules.policy.switches import ANSWERABLE, SWITCHES, Switch
from rules.rule import Rule
from rules.rulebook import CHAPTERS, all_rules
from rules.sources import Source, sources
from rules.tables.lookup import Mue
from streams.rulebook.drug_entry import drug_entry, drug_names
from streams.rulebook.facts import Facts, citations, number_facts, rule_facts, switch_facts
from streams.rulebook.golden_cases import Case
from streams.rulebook.known_facts import catalogue_names, diagnosis_entry, known_of_code, performer_entry
from streams.rulebook.policy_entry import (
    answer_entry,
    answer_names,
    answers_named,
    policy_entry,
    policy_names,
)


def names() -> dict[str, str]:
    """Return everything ``show`` knows, in its own spelling, by its name in lower case."""
    known = [
        *(code.code for code in codes()),
        *(code for row in never_coded() for code in row.codes),
        *(rule.id for rule in all_rules()),
        *FLAGS,
        *(name for switch in ANSWERABLE for name in (switch.id, switch.key)),
        *(parameter.name for parameter in parameters()),
        *(modifier.code for modifier in modifiers()),
        *policy_names(),
        *answer_names(),
        *drug_names(),
        *catalogue_names(),
        *sources(),
    ]
    return {name.casefold(): name for name in reversed(known)}


def nearest(name: str) -> list[str]:
    """Return up to three known names that resemble an unknown one."""
    known = names()
    return [known[near] for near in get_close_matches(name.casefold(), known, n=3)]


def entry_of(query: str, on: date, policy: Policy | None, cases: tuple[Case, ...] | None) -> Facts | None:
    """
    Return the entry of a code, rule, flag, switch, number, drug, modifier, policy or source on a date.

    ``key=value`` is an answer to a switch, a path that ends in ``.toml`` a policy file. None for an unknown name.

    Raises:
        PolicyError: a policy file cannot be followed.
    """
    typed = query.strip()
    name = names().get(typed.casefold(), typed)
    facts = _facts_of(name, on, policy) or _facts_of(typed.upper(), on, policy)
    facts = facts or _further_facts_of(name, on, policy)
    if facts is None:
        return None
    has_cases = facts["kind"] in {"code", "rule", "flag", "switch"}
    return {**facts, "on": on.isoformat(), **(_proofs(facts, cases) if has_cases else {})}


def _facts_of(name: str, on: date, policy: Policy | None) -> Facts | None:
    rule = next((entry for entry in all_rules() if entry.id == name), None)
    switch = next((entry for entry in ANSWERABLE if name in {entry.id, entry.key}), None)
    number = next((entry for entry in parameters() if entry.name == name), None)
    if rule is not None:
        return _rule_entry(rule, on)
    if name in FLAGS:
        return _flag_entry(FLAGS[name])
    if switch is not None:
        return _switch_entry(switch, policy)
    if number is not None:
        return _number_entry(number, on)
    return _code_entry(name, on)


def _further_facts_of(name: str, on: date, policy: Policy | None) -> Facts | None:
    """Return what answers, policies, modifiers and drugs there are of a name, the surest reading first."""
    modifier = next((one for one in modifiers() if one.code == name.upper()), None)
    if modifier is not None:
        return _modifier_entry(modifier, policy)
    if name in set(policy_names()) or name.endswith(".toml"):
        return policy_entry(name, "facility" if policy is None else policy.setting, on)
    if answers := answers_named(name):
        return answer_entry(answers, on, policy)
    if name in sources():
        return _source_entry(sources()[name])
    further = performer_entry(name) or (None if "=" in name else drug_entry(name, on, policy))
    return further or diagnosis_entry(name, on)


def _modifier_entry(modifier: Modifier, policy: Policy | None) -> Facts:
    rules = {rule.id: rule for rule in all_rules()}
    return {
        "kind": "modifier",
        "id": modifier.code,
        "tells": modifier.tells,
        "attached": modifier.attached,
        "when": modifier.when,
        "goes_on": modifier.on or None,
        "since": modifier.since and modifier.since.isoformat(),
        "mind": modifier.mind or None,
        "sources": citations(*modifier.cites),
        "rules": [rule_facts(rules[name]) for name in modifier.rules if name in rules],
        "switches": []
        if policy is None
        else [switch_facts(one, policy) for one in SWITCHES if one.key in modifier.switches],
    }


def _proofs(facts: Facts, cases: tuple[Case, ...] | None) -> Facts:
    if cases is None:
        return {"cases": None}
    spellings = [facts["id"], *([facts["key"]] if facts["kind"] == "switch" else [])]
    proving = [
        case
        for case in cases
        if (case.charges(spellings[0]) if facts["kind"] == "code" else any(map(case.names, spellings)))
    ]
    return {"cases": [{"case": case.name, "file": case.file, "line": case.line} for case in proving]}


def _left_out(name: str) -> Facts:
    status, note = gaps().get(name, ("complete", ""))
    return {"status": status, "left_out": note}


def _rule_entry(rule: Rule, on: date) -> Facts:
    chapter = next(name for name, rules in CHAPTERS.items() if rule in rules)
    return {
        "kind": "rule",
        "chapter": chapter,
        **rule_facts(rule),
        "in_force": rule.in_force(on),
        "flags": [kind.id for kind in FLAGS.values() if kind.rule == rule.id],
        "codes": [code.code for code in codes() if rule.id in code.rules],
        **_left_out(rule.id),
    }


def _flag_entry(kind: FlagKind) -> Facts:
    return {
        "kind": "flag",
        "id": kind.id,
        "severity": kind.severity,
        "rule": kind.rule,
        "means": kind.means,
        "suggestion": kind.suggestion,
        "clears": [asdict(way) for way in clears(kind.id, {})],
        "cleared_by": in_words(clears(kind.id, {})),
        "ours": kind.house,
        **_left_out(kind.id),
    }


def _switch_entry(switch: Switch, policy: Policy | None) -> Facts:
    return {
        "kind": "switch",
        "id": switch.id,
        "key": switch.key,
        "question": switch.question,
        "answers": switch.allowed(),
        "default": switch.default,
        **({"value": None} if policy is None else switch_facts(switch, policy) | {"policy": policy.name}),
        "views": {answer: citations(*keys) for answer, keys in switch.views.items()},
        **_left_out(switch.id),
    }


def _number_entry(parameter: Parameter, on: date) -> Facts:
    history = [
        {"since": value.since.isoformat(), "value": value.value, "source": citations(value.cite)[0]}
        for value in parameter.values
    ]
    return {
        "kind": "parameter",
        "id": parameter.name,
        "description": parameter.description,
        **number_facts(parameter, on),
        "history": history,
    }


def _source_entry(source: Source) -> Facts:
    return {
        "kind": "source",
        "id": source.key,
        "cite": source.line(),
        "grade": source.grade,
        "href": source.href,
        "found": source.found,
        "note": source.note,
        "rules": [rule.id for rule in all_rules() if source.key in rule.cites],
    }


def _code_entry(name: str, on: date) -> Facts | None:
    never = next((row for row in never_coded() if name in row.codes), None)
    ours = code_on(name, on)
    later = next((code for code in codes() if code.code == name), None)
    table_facts, known = code_facts(name, on), known_of_code(name, on)
    if never is None and later is None and not table_facts.known and not known:
        return None
    facts: Facts = {"kind": "code", "id": name}
    if ours is not None:
        facts |= _code_description(ours, on)
    elif later is not None:
        facts |= {"reports": None, "note": f"Not a code on {on}: it begins on {later.since}."}
    elif never is not None:
        facts |= {"reports": None, "note": f"Never charged. {never.says}", "sources": citations(*never.cites)}
    else:
        facts |= {"reports": None, "note": "Not charged here; the tables below tie it to codes that are."}
    return facts | _table_entry(table_facts) | known


def _code_description(code: Code, on: date) -> Facts:
    rules = {rule.id: rule for rule in all_rules()}
    try:
        minutes, numbers = minutes_rule(code, on), list(thresholds(code))
    except NotInForceError as error:
        minutes, numbers = str(error), []
    return {
        "reports": code.reports,
        "family": code.family,
        "role": code.role,
        "minutes": minutes,
        "thresholds": [part for part in map(_by_name(on).get, numbers) if part is not None],
        "rules": [rule_facts(rules[name]) for name in code.rules if name in rules],
        "grade": code.grade,
        "status": code.status,
        "note": code.note,
        "sources": citations(*code.cites),
    }


def _by_name(on: date) -> dict[str, Facts]:
    return {parameter.name: number_facts(parameter, on) for parameter in parameters()}


def _limit(limit: Mue | None) -> Facts | None:
    if limit is None:
        return None
    return {"units": limit.value, "mai": limit.mai, "source": citations(limit.cite)[0]}


def _table_entry(table_facts: CodeFacts) -> Facts:
    rate = table_facts.opps
    settings: tuple[Setting, ...] = ("facility", "office")
    return {
        "primaries": {book: list(primaries) for book, primaries in table_facts.primaries.items()},
        "mue": {setting: _limit(table_facts.mue[setting]) for setting in settings},
        "opps": None
        if rate is None
        else {
            "status": rate.status_indicator,
            "apc": rate.apc,
            "unit_cents": rate.unit_cents,
            "packaging": rate.packaging,
            "meaning": rate.meaning,
            "source": citations(rate.cite)[0],
        },
        "pairs": {
            setting: {
                "denies": [list(pair) for pair in table_facts.bundles[setting]],
                "denied_by": [list(pair) for pair in table_facts.bundled_into[setting]],
            }
            for setting in settings
        },
        "table_sources": citations(*table_facts.cites),
        "table_notes": list(table_facts.notes),
        "tables_not_in_force": list(table_facts.not_in_force),
    }
