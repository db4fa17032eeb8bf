"""Checks the policy files of a site's folder: each fault with its file and the line of the entry it stands in."""

from collections.abc import Iterator
from pathlib import Path
from re import MULTILINE, escape, finditer, match
from typing import Any

from rules.policy.check import payer_problems, unknown_drugs
from rules.policy.layer_files import Layer, document_problems, layer_of, parsed, shipped_layers
from rules.policy.payers import compact
from rules.policy.switches import PolicyError
from rules.site_folder import SiteFolder, files_of


def problems(site: SiteFolder) -> list[str]:
    """Return what is wrong with the policies of the site in force, one sentence each; empty when they are in order."""
    found: list[str] = []
    layers: list[Layer] = []
    owners = {compact(layer.name): "a policy that ships" for layer in shipped_layers()}
    for name, raw in files_of(site).items():
        path = Path(name)
        if path.parent.name != "policies":
            continue
        try:
            document = parsed(raw, path)
        except PolicyError as error:
            found.append(f"{name}: {error}".replace(f"Policy file {name} ", ""))
            continue
        text = raw.decode("utf-8")
        wrong = document_problems(document)
        found += [f"{name} line {_line(text, problem)}: {problem}" for problem in wrong]
        if wrong:
            continue
        found += [f"{name} line {_line(text, 'name ')}: {problem}" for problem in _taken(document, owners)]
        owners.setdefault(compact(document["name"]), path.name)
        layers.append(layer_of(document, path))
    if found:
        return found
    among = (*unknown_drugs(layers), *payer_problems(tuple(layers), shipped_layers()))
    return [f"policies/{problem.removeprefix('Policy file policies/')}" for problem in among]


def _taken(document: dict[str, Any], owners: dict[str, str]) -> Iterator[str]:
    owner = owners.get(compact(document["name"]))
    if owner is not None:
        extending = (
            f', and build on it with extends = "{document["name"]}"' if document["scope"] == "payer" else ""
        )
        yield f"the name {document['name']!r} belongs to {owner}; choose another{extending}."


def _line(text: str, problem: str) -> int:
    """Return the line of the entry or field that a problem begins with; 1 where it names none."""
    entry = match(r"(\w+) entry (\d+)", problem)
    wanted = (
        rf"^[ \t]*\[\[\s*{entry[1]}\s*\]\]"
        if entry
        else rf"^[ \t]*{escape(problem.split(maxsplit=1)[0])}\s*="
    )
    places = [found.start() for found in finditer(wanted, text, MULTILINE)]
    number = int(entry[2]) - 1 if entry else 0
    return text.count("\n", 0, places[number]) + 1 if number < len(places) else 1
