"""
Finds the modules each id stands in by reading the rules' own source, so that nobody keeps a table by hand.

A rule stands where its constant is declared, used or named; a flag where it is raised; a switch where an attribute
of a ``policy`` is read; a code where it can be earned. Modules are named by their dotted path inside ``rules``.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from re import compile as pattern
from types import MappingProxyType
from typing import Final

from rules.data_files import RULES

_ID: Final = pattern(r"\b([RPFH]-(?:[A-Z_]+-)*[0-9A-Z_]+b?)\b")
_CODE: Final = pattern(r"[0-9A-Z][0-9]{4}")
_TABLES: Final = frozenset(
    {
        "answers",
        "catalogue.chart_checklist",
        "catalogue.chart_items",
        "catalogue.codes",
        "catalogue.coverage",
        "catalogue.source_index",
        "claim.settled_lines",
        "clearing",
        "flags",
        "policy.switches",
        "rulebook",
    }
)
"""Modules that list ids without applying them, or answer what others raise."""
_LOOK_ON: Final = frozenset({"claim.charge_lines", "claim.claim_edits", "coding.modifiers", "policy.resolve"})
"""Modules that look at codes which others have earned, or write them as answers of a switch."""

Places = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Declared:
    """A rule as its module declares it: the id and the sentence, as written."""

    id: str
    says: str
    module: str
    line: int

    @property
    def path(self) -> str:
        """Return the module's file inside ``rules``."""
        return f"{self.module.replace('.', '/')}.py"


@dataclass(frozen=True, slots=True)
class Source:
    """What one reading of the rules' source found."""

    rules: Places
    flags: Places
    codes: Places
    policy_attributes: Places
    """The modules that read each attribute of a policy."""
    declared: tuple[Declared, ...]


@cache
def source(folder: Path = RULES) -> Source:
    """Return where everything stands; empty where only compiled modules are installed."""
    trees = {
        ".".join(path.relative_to(folder).with_suffix("").parts): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.py"))
    }
    modules = {name: ast.parse(text) for name, text in trees.items()}
    declared = tuple(rule for name, tree in modules.items() for rule in _declared(name, tree))
    homes = {rule.id: rule.module for rule in reversed(declared)}
    rules, flags, codes, policy_attributes = (defaultdict[str, set[str]](set) for _ in range(4))
    for name, tree in modules.items():
        if name in _TABLES:
            continue
        for rule_id in _ID.findall(trees[name]):
            rules[rule_id].add(name)
        for text in _texts(tree):
            if text.startswith("F-"):
                flags[text].add(name)
            elif name not in _LOOK_ON and _CODE.fullmatch(text):
                codes[text].add(name)
        for attribute in _policy_attributes(tree):
            policy_attributes[attribute].add(name)
    for rule in _used(modules, declared):
        rules[rule[0]].add(rule[1])
    return Source(
        _places(rules, homes),
        _places(flags, {}),
        _places(codes, {}),
        _places(policy_attributes, {}),
        declared,
    )


def _places(modules_by_id: Mapping[str, Iterable[str]], homes: Mapping[str, str]) -> Places:
    """Return the modules of each id, the one that declares it first."""
    return MappingProxyType(
        {
            key: tuple(sorted(modules, key=lambda name: (name != homes.get(key), name)))
            for key, modules in sorted(modules_by_id.items())
        }
    )


def _declared(module: str, tree: ast.Module) -> Iterator[Declared]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Rule":
            texts = [part.value for part in node.args[:2] if isinstance(part, ast.Constant)]
            if len(texts) == 2 and all(isinstance(text, str) for text in texts):  # noqa: PLR2004 id and sentence
                yield Declared(str(texts[0]), str(texts[1]), module, node.lineno)


def _constants(module: str, tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the module-level names that hold a rule, with its id."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            for rule in _declared(module, ast.Module([ast.Expr(node.value)], [])):
                yield from ((target.id, rule.id) for target in node.targets if isinstance(target, ast.Name))


def _used(modules: Mapping[str, ast.Module], declared: Iterable[Declared]) -> Iterator[tuple[str, str]]:
    """Yield each rule's id with a module that declares or uses its constant."""
    yield from ((rule.id, rule.module) for rule in declared)
    constants = {name: dict(_constants(name, tree)) for name, tree in modules.items()}
    for name, tree in modules.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rules."):
                home = constants.get(str(node.module).removeprefix("rules."), {})
                yield from ((home[part.name], name) for part in node.names if part.name in home)


def _texts(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _policy_attributes(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value
            if (owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")) == "policy":
                yield node.attr
