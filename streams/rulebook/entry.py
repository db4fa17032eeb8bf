"""
One entry of the rule book as a plain mapping: a code, a rule, a flag, a switch, a number or a source.

``infusion rules show`` prints it. Pure: the date, the policy and the golden cases are the caller's.
"""

from datetime import date
from difflib import get_close_matches

from models.field import Setting
from rules.catalogue.code_facts import CodeFacts, code_facts
from rules.catalogue.codes import Code, code_on, codes, minutes_rule, never_coded, thresholds
from rules.catalogue.coverage import gaps
from rules.flags import FLAGS, FlagKind
from rules.parameter import NotInForceError, Parameter, parameters
from rules.policy.resolve import Policy
from rules.policy.switches import SWITCHES, Switch
from rules.rule import Rule
from rules.rulebook import CHAPTERS, all_rules
from rules.sources import Source, sources
from rules.tables.lookup import Mue
from streams.rulebook.facts import Facts, number_facts, rule_facts, sourced, switch_facts
from streams.rulebook.golden_cases import Case


def names() -> dict[str, str]:
    """Return everything ``show`` knows, in its own spelling, by its name in lower case."""
    known = [
        *(one.code for one in codes()),
        *(code for row in never_coded() for code in row.codes),
        *(rule.id for rule in all_rules()),
        *FLAGS,
        *(name for one in SWITCHES for name in (one.id, one.key)),
        *(one.name for one in parameters()),
        *sources(),
    ]
    return {name.casefold(): name for name in reversed(known)}


def nearest(name: str) -> list[str]:
    """Return up to three known names like one nobody knows."""
    known = names()
    return [known[near] for near in get_close_matches(name.casefold(), known, n=3)]


def entry_of(asked: str, on: date, policy: Policy | None, cases: tuple[Case, ...] | None) -> Facts | None:
    """Return what there is to say of a code, rule, flag, switch, number or source; None when nothing is."""
    name = names().get(asked.strip().casefold(), asked.strip().upper())
    facts = _shown(name, on, policy)
    if facts is None:
        return None
    proven = facts["kind"] in {"code", "rule", "flag", "switch"}
    return {**facts, "on": on.isoformat(), **(_proofs(facts, cases) if proven else {})}


def _shown(name: str, on: date, policy: Policy | None) -> Facts | None:
    rule = next((one for one in all_rules() if one.id == name), None)
    switch = next((one for one in SWITCHES if name in {one.id, one.key}), None)
    number = next((one for one in parameters() if one.name == name), None)
    if rule is not None:
        return _told_rule(rule, on)
    if name in FLAGS:
        return _told_flag(FLAGS[name])
    if switch is not None:
        return _told_switch(switch, policy)
    if number is not None:
        return _told_number(number, on)
    code = _told_code(name, on)
    if code is None and name in sources():
        return _told_source(sources()[name])
    return code


def _proofs(facts: Facts, cases: tuple[Case, ...] | None) -> Facts:
    if cases is None:
        return {"cases": None}
    asked = [facts["id"], *([facts["key"]] if facts["kind"] == "switch" else [])]
    found = [
        case
        for case in cases
        if (case.charges(asked[0]) if facts["kind"] == "code" else any(map(case.names, asked)))
    ]
    return {"cases": [{"case": case.name, "file": case.file, "line": case.line} for case in found]}


def _left_out(name: str) -> Facts:
    status, note = gaps().get(name, ("complete", ""))
    return {"status": status, "left_out": note}


def _told_rule(rule: Rule, on: date) -> Facts:
    chapter = next(name for name, rules in CHAPTERS.items() if rule in rules)
    return {
        "kind": "rule",
        "chapter": chapter,
        **rule_facts(rule),
        "in_force": rule.in_force(on),
        "flags": [kind.id for kind in FLAGS.values() if kind.rule == rule.id],
        "codes": [one.code for one in codes() if rule.id in one.rules],
        **_left_out(rule.id),
    }


def _told_flag(kind: FlagKind) -> Facts:
    return {
        "kind": "flag",
        "id": kind.id,
        "severity": kind.severity,
        "rule": kind.rule,
        "means": kind.means,
        "suggestion": kind.suggestion,
        "ours": kind.house,
        **_left_out(kind.id),
    }


def _told_switch(one: Switch, policy: Policy | None) -> Facts:
    return {
        "kind": "switch",
        "id": one.id,
        "key": one.key,
        "question": one.question,
        "answers": one.allowed(),
        "default": one.default,
        **({"value": None} if policy is None else switch_facts(one, policy) | {"policy": policy.name}),
        "views": {answer: sourced(*keys) for answer, keys in one.views.items()},
        **_left_out(one.id),
    }


def _told_number(one: Parameter, on: date) -> Facts:
    history = [
        {"since": held.since.isoformat(), "value": held.value, "source": sourced(held.cite)[0]}
        for held in one.values
    ]
    return {
        "kind": "parameter",
        "id": one.name,
        "description": one.description,
        **number_facts(one, on),
        "history": history,
    }


def _told_source(one: Source) -> Facts:
    return {
        "kind": "source",
        "id": one.key,
        "cite": one.line(),
        "grade": one.grade,
        "href": one.href,
        "found": one.found,
        "note": one.note,
        "rules": [rule.id for rule in all_rules() if one.key in rule.cites],
    }


def _told_code(name: str, on: date) -> Facts | None:
    never = next((row for row in never_coded() if name in row.codes), None)
    ours = code_on(name, on)
    later = next((one for one in codes() if one.code == name), None)
    seen = code_facts(name, on)
    if never is None and later is None and not seen.known:
        return None
    facts: Facts = {"kind": "code", "id": name}
    if ours is not None:
        facts |= _described(ours, on)
    elif later is not None:
        facts |= {"reports": None, "note": f"Not a code on {on}: it begins on {later.since}."}
    elif never is not None:
        facts |= {"reports": None, "note": f"Never charged. {never.says}", "sources": sourced(*never.cites)}
    else:
        facts |= {"reports": None, "note": "Not charged here; the tables below tie it to codes that are."}
    return facts | _tabled(seen)


def _described(one: Code, on: date) -> Facts:
    rules = {rule.id: rule for rule in all_rules()}
    try:
        minutes, numbers = minutes_rule(one, on), list(thresholds(one))
    except NotInForceError as error:
        minutes, numbers = str(error), []
    return {
        "reports": one.reports,
        "family": one.family,
        "role": one.role,
        "minutes": minutes,
        "thresholds": [part for part in map(_by_name(on).get, numbers) if part is not None],
        "rules": [rule_facts(rules[name]) for name in one.rules if name in rules],
        "grade": one.grade,
        "status": one.status,
        "note": one.note,
        "sources": sourced(*one.cites),
    }


def _by_name(on: date) -> dict[str, Facts]:
    return {one.name: number_facts(one, on) for one in parameters()}


def _limit(limit: Mue | None) -> Facts | None:
    if limit is None:
        return None
    return {"units": limit.value, "mai": limit.mai, "source": sourced(limit.cite)[0]}


def _tabled(seen: CodeFacts) -> Facts:
    rate = seen.opps
    settings: tuple[Setting, ...] = ("facility", "office")
    return {
        "primaries": {book: list(held) for book, held in seen.primaries.items()},
        "mue": {setting: _limit(seen.mue[setting]) for setting in settings},
        "opps": None
        if rate is None
        else {
            "status": rate.status_indicator,
            "apc": rate.apc,
            "unit_cents": rate.unit_cents,
            "packaging": rate.packaging,
            "meaning": rate.meaning,
            "source": sourced(rate.cite)[0],
        },
        "pairs": {
            setting: {
                "denies": [list(pair) for pair in seen.bundles[setting]],
                "denied_by": [list(pair) for pair in seen.bundled_into[setting]],
            }
            for setting in settings
        },
        "table_sources": sourced(*seen.cites),
        "table_notes": list(seen.notes),
        "tables_not_in_force": list(seen.not_in_force),
    }
