"""A policy with the answers that make it differ, and one answer to a switch with who gives it. Pure."""

from collections.abc import Iterator
from datetime import date

from models.field import Setting
from rules.parameter import NotInForceError
from rules.policy.layer_files import Layer, shipped_layers
from rules.policy.resolve import Policy, PolicyError, policy_for
from rules.policy.switches import ANSWERABLE, SETTINGS, SWITCHES, Switch, switch
from streams.rulebook.facts import Facts, citations, decision_facts, switch_facts

GLOBAL = "global"


def policy_names() -> Iterator[str]:
    """Yield the names a shipped policy goes by, alone and with a setting."""
    for name in ("default", *(layer.name for layer in shipped_layers())):
        yield name
        if name != GLOBAL:
            yield from (f"{name}-{setting}" for setting in SETTINGS)


def policy_entry(name: str, setting: Setting, on: date) -> Facts | None:
    """
    Return a policy on a date: its layers, and each switch it answers otherwise than the global layer.

    Of the global layer itself, or of no payer's, every answer is told. None on a date before the first policy.

    Raises:
        PolicyError: there is no such policy, or its file cannot be followed.
    """
    try:
        policy = policy_for(setting, None, None, None, on, "default" if name == GLOBAL else name)
    except NotInForceError:
        return None
    answers = [switch_facts(one, policy) for one in ANSWERABLE if one.key != "setting"]
    own = [answer for answer in answers if answer["decided_by"] != GLOBAL]
    classes = [
        {"drug": drug, "class": kind, **decision_facts(policy, drug)}
        for drug, kind in sorted(policy.complex_biologic_classes.items())
    ]
    layers = dict.fromkeys([GLOBAL, *(answer["decided_by"] for answer in [*own, *classes])])
    return {
        "kind": "policy",
        "id": policy.name,
        "version": policy.version,
        "setting": policy.setting,
        "layers": list(layers),
        "answers": own or answers,
        "as_global": len(answers) - len(own) if own else 0,
        "complex_biologics": classes,
    }


def answers_named(query: str) -> list[tuple[Switch, str]]:
    """Return the switches that take a word as an answer; of ``key=value`` the one, whatever its numbers."""
    key, equals, value = query.partition("=")
    if equals:
        try:
            named = switch(key.strip())
            return [(named, named.normalised(value))]
        except PolicyError:
            return []
    word = query.strip().casefold()
    return [(one, value) for one in SWITCHES for value in one.values if value.casefold() == word]


def answer_names() -> Iterator[str]:
    """Yield every word that a switch takes as an answer; numbers need their switch beside them."""
    return (value for one in SWITCHES for value in one.values if not value.isdigit())


def answer_entry(named: list[tuple[Switch, str]], on: date, policy: Policy | None) -> Facts:
    """Return an answer: the questions it answers, whether it is in force, and which layers and sources hold it."""
    return {
        "kind": "answer",
        "id": named[0][1],
        "switches": [_answer(one, value, on, policy) for one, value in named],
    }


def _answer(one: Switch, value: str, on: date, policy: Policy | None) -> Facts:
    in_force = None if policy is None else switch_facts(one, policy)
    return {
        "id": one.id,
        "key": one.key,
        "question": one.question,
        "answer": value,
        "answers": one.allowed(),
        "default": one.default == value,
        "in_force": in_force is not None and in_force["value"] == value,
        "value": in_force and in_force["value"],
        "views": citations(*one.views.get(value, ())),
        "layers": [held for layer in shipped_layers() for held in _held(layer, one, value, on)],
    }


def _held(layer: Layer, one: Switch, value: str, on: date) -> Iterator[Facts]:
    """Yield where a layer gives this answer on a date, for any setting."""
    told = {layer.answer(one.key, setting, on) for setting in SETTINGS}
    for answer in sorted((each for each in told if each), key=lambda each: (each.since, each.setting or "")):
        if answer.value == value:
            yield {
                "layer": layer.label,
                "setting": answer.setting,
                "since": answer.since.isoformat(),
                "source": citations(answer.cite)[0],
            }
