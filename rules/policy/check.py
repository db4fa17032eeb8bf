"""Checks the policy files: every switch is answered, every answer cited, every name belongs to one payer."""

from collections.abc import Iterable, Iterator
from datetime import date
from difflib import get_close_matches
from itertools import chain
from pathlib import Path

from rules.data_files import POLICIES
from rules.formulary.lookup import entries
from rules.policy import layer_files
from rules.policy.layer_files import Layer, files_in, read_layer
from rules.policy.payers import ANY_ENDING, compact, with_what_it_extends
from rules.policy.switches import ANSWERABLE, SETTINGS, SWITCHES, PolicyError
from rules.sources import sources


def _global_gaps(layer: Layer) -> Iterator[str]:
    """Yield the switches without an answer where the layer begins, and the defaults that moved in one place only."""
    first = min((switch.since for switch in layer.values), default=date.min)
    for switch in ANSWERABLE[1:]:
        for setting in SETTINGS:
            newest = layer.answer(switch.key, setting, date.max)
            if layer.answer(switch.key, setting, first) is None:
                yield f"global.toml: {switch.key} ({switch.id}) has no value in {setting} from {first}, where the layer begins"
            elif newest is not None and newest.value != switch.default_in(setting):
                yield (
                    f"global.toml: {switch.key} ({switch.id}) is {newest.value} in {setting}, but the default in"
                    f" rules/policy/switches.py is {switch.default_in(setting)}; change both or neither"
                )


def _unknown_sources(shipped: Iterable[Layer]) -> Iterator[str]:
    """Yield the citations of shipped layers and of the register that the bibliography does not hold."""
    known = sources()
    for layer in shipped:
        for answer in (*layer.values, *layer.classes):
            source = known.get(answer.cite)
            if source is None:
                yield f"{Path(layer.file).name}: {answer.key}: no source {answer.cite!r} in rules/sources.toml"
            elif source.grade == "unverified":
                yield f"{Path(layer.file).name}: {answer.key}: {answer.cite} was never read; it cannot decide a value"
    for switch in SWITCHES:
        for view, keys in switch.views.items():
            if view not in switch.values:
                yield f"rules/policy/switches.py: {switch.key}: nobody can hold {view!r}, it is not an answer"
            yield from (
                f"rules/policy/switches.py: {switch.key}: no source {key!r}"
                for key in keys
                if key not in known
            )


def unknown_drugs(layers: Iterable[Layer]) -> Iterator[str]:
    """Yield the drugs that a layer classes and the formulary does not know; no encounter could ever ask for them."""
    known = {row.ingredient for row in entries()}
    for layer in layers:
        for answer in layer.classes:
            if answer.key not in known:
                near = get_close_matches(answer.key, known, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                yield f"{Path(layer.file).name}: {answer.key!r} is no ingredient of the formulary{hint}"


def payer_problems(layers: tuple[Layer, ...], beside: tuple[Layer, ...]) -> Iterator[str]:
    """Yield the names that two payers of one directory claim, and the payers that extend a payer nobody has."""
    owners: dict[str, Layer] = {}
    for layer in layers:
        for alias in layer.aliases if layer.scope == "payer" else ():
            name = compact(alias) + alias[-1] * alias.endswith(ANY_ENDING)
            if owners.setdefault(name, layer) is not layer:
                yield f"{Path(layer.file).name}: the name {alias!r} already belongs to {owners[name].name}"
        try:
            with_what_it_extends(layer, (*beside, *layers))
        except PolicyError as error:
            yield str(error)


def _place_problems(layers: tuple[Layer, ...]) -> Iterator[str]:
    """Yield the layers of one directory that are for one facility, or for one department of it: none would be seen to win."""
    owners: dict[tuple[str | None, ...], Layer] = {}
    for layer in layers:
        if layer.scope in {"facility", "department"}:
            place = (layer.scope, layer.facility, layer.department)
            if owners.setdefault(place, layer) is not layer:
                named = " ".join(filter(None, (layer.facility, layer.department)))
                yield f"{Path(layer.file).name}: {layer.scope} {named} already has the layer {owners[place].name}"


def problems(extra_dirs: tuple[Path | str, ...] = ()) -> list[str]:
    """
    Return what is wrong with the policy files, one sentence each, for ``infusion check``; empty when in order.

    Unknown keys, values out of range, missing cites, unknown sources, a switch the global layer leaves
    unanswered, a default that moved in one place only, two payers claiming one name, two layers of one facility. The shipped examples
    and ``extra_dirs`` are a site's own: their cites may be words.
    """
    problems_found: list[str] = []
    directories: list[tuple[Path, ...]] = [(POLICIES / "global.toml", *files_in(POLICIES / "payers"))]
    for directory in (POLICIES / "examples", *map(Path, extra_dirs)):
        try:
            directories.append(files_in(directory))
        except PolicyError as error:
            problems_found.append(str(error))
    problems_found += [
        problem for files in directories for path in files for problem in layer_files.problems(path)
    ]
    if problems_found:
        return problems_found
    shipped, *local = [tuple(map(read_layer, files)) for files in directories]
    problems_found += _global_gaps(shipped[0])
    problems_found += _unknown_sources(shipped)
    problems_found += unknown_drugs((*shipped, *chain.from_iterable(local)))
    problems_found += payer_problems(shipped, ())
    for layers in local:
        problems_found += payer_problems(layers, shipped)
        problems_found += _place_problems(layers)
    return problems_found
