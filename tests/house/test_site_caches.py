"""What is remembered of data that a site may lay over is remembered by site: else one site's answer is another's."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ASKS = ("rules.site_folder", "site_in_force")
"""What a reader of such data asks; whoever leads to it depends on the site."""

PLAIN = {"cache", "lru_cache"}

Name = tuple[str, str]
"""A module and a name in it."""


def module_of(path: Path) -> str:
    """Return a module's dotted name."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(tree: ast.Module) -> dict[str, Name]:
    """Return where each name that a module imports from another of ours is defined."""
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("rules")
        for alias in node.names
    }


def definitions(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """Yield each name a module defines at its top, with the statement that does."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((target.id, node) for target in targets if isinstance(target, ast.Name))


def decorators(node: ast.stmt) -> set[str]:
    """Return the names of a function's decorators."""
    found = node.decorator_list if isinstance(node, ast.FunctionDef) else []
    names = (one.func if isinstance(one, ast.Call) else one for one in found)
    return {name.id for name in names if isinstance(name, ast.Name)}


def forgetful() -> list[str]:
    """Return the functions of ``rules`` that remember site-dependent answers without the site."""
    uses: dict[Name, set[Name]] = {}
    plain: set[Name] = set()
    for path in sorted((ROOT / "rules").rglob("*.py")):
        tree, module = ast.parse(path.read_text(encoding="utf-8")), module_of(path)
        here = imported(tree) | {name: (module, name) for name, _ in definitions(tree)}
        for name, node in definitions(tree):
            read = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} - {name}
            uses[module, name] = {here[one] for one in read if one in here}
            if decorators(node) & PLAIN:
                plain.add((module, name))
    depends = {ASKS}
    while more := {name for name, used in uses.items() if used & depends} - depends:
        depends |= more
    assert len(depends) > 1, "nothing asks for the site in force"
    return sorted(f"{module}.{name}" for module, name in plain & depends)


def test_no_answer_outlives_its_site() -> None:
    """Decorate them with ``cached_by_site``, or hand them what they need of the site as an argument."""
    assert forgetful() == [], "\n".join(forgetful())
