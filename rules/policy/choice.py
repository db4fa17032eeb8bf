"""What ``--policy`` names, and which layers are laid over each other for a stay's payer, facility and department."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from rules.policy.layer_files import SCOPES, Layer, files_in, read_layer
from rules.policy.payers import compact, payer_named
from rules.policy.site_layers import Place, layers_at
from rules.policy.switches import SETTINGS, PolicyError


class Chosen(NamedTuple):
    """The setting, the payer's layer or the further layer that ``--policy`` names."""

    setting: str | None
    payer: Layer | None
    more: tuple[Layer, ...] = ()
    passed_over: str = ""
    """Why the layer that was named does not code this stay; empty where it does."""


def is_path(choice: str | None) -> bool:
    """Tell whether a choice is the path of a policy file or of a folder of them, and no name."""
    return choice is not None and (choice.endswith(".toml") or "/" in choice or "\\" in choice)


def folders(choice: str | None, extra_dirs: tuple[Place, ...]) -> tuple[Place, ...]:
    """
    Return the folders whose layers are chosen stay by stay: those given, then the one ``--policy`` names.

    Raises PolicyError when the named folder holds no policy file.
    """
    if choice is None or not is_path(choice) or not Path(choice).is_dir():
        return extra_dirs
    if not files_in(Path(choice)):
        message = f"Policy directory {choice} holds no TOML policy file. Name the folder in which they are."
        raise PolicyError(message)
    return (*extra_dirs, Path(choice))


def local_layers(places: Iterable[Place]) -> tuple[Layer, ...]:
    """
    Return the layers of some folders, a site's own among them, folder by folder, in file name order.

    Raises PolicyError for a missing folder or a file that cannot be followed.
    """
    return tuple(layer for place in places for layer in layers_at(place))


def _named(choice: str, payers: Mapping[str, Layer]) -> Chosen:
    compacted = compact(choice)
    if compacted in payers:
        return Chosen(None, payers[compacted])
    for setting in (*sorted(SETTINGS, key=len, reverse=True), None):
        name = compacted.removesuffix(compact(setting)) if setting else compacted
        if setting and name == compacted:
            continue
        payer = payer_named(name, payers)
        if payer is not None or name == "default":
            return Chosen(setting, payer)
    names = ["default", *dict.fromkeys(layer.name for layer in payers.values())]
    near = get_close_matches(
        choice.casefold(), (*names, *(f"{profile}-{also}" for profile in names for also in SETTINGS)), n=1
    )
    hint = f" Did you mean {near[0]}?" if near else ""
    message = (
        f"There is no policy {choice!r}.{hint} Policies: {', '.join(names)}, each also with a setting"
        f" (medicare-office), or the path of a TOML policy file or of a folder of them (policies/)."
    )
    raise PolicyError(message)


def elsewhere(layer: Layer, facility: str | None, department: str | None) -> str:
    """
    Return why a layer that was named by its file does not code a stay, else nothing.

    A stay that says neither its facility nor its department contradicts no layer: whoever names the file knows.
    """
    for what, wanted, its_own in (
        ("facility", layer.facility, facility),
        ("department", layer.department, department),
    ):
        if None not in {wanted, its_own} and wanted != its_own:
            return f"The policy {layer.name} is for {what} {wanted}; this stay is in {what} {its_own}."
    return ""


def applies(layer: Layer, facility: str | None, department: str | None) -> bool:
    """Tell whether a layer of a folder is for a stay of this facility and department; a payer's is chosen by payer."""
    if layer.scope == "department":
        return layer.department == department and layer.facility in {None, facility}
    return layer.scope == "global" or (layer.scope == "facility" and layer.facility == facility)


def chosen_by(
    choice: str | None,
    payer: str | None,
    payers: Mapping[str, Layer],
    facility: str | None,
    department: str | None,
) -> Chosen:
    """
    Return what a choice comes to for a stay; without one, its payer's own layer.

    Raises PolicyError for a name nobody has, or a file that cannot be followed.
    """
    its_own = payer_named(payer, payers) if payer else None
    if choice is None:
        return Chosen(None, its_own)
    if not is_path(choice):
        return _named(choice, payers)
    if Path(choice).is_dir():
        return Chosen(None, its_own)
    layer = read_layer(Path(choice))
    if layer.scope == "payer":
        return Chosen(None, layer)
    if why := elsewhere(layer, facility, department):
        return Chosen(None, its_own, passed_over=why)
    return Chosen(None, its_own, (layer,))


def in_order(layers: Iterable[Layer]) -> list[Layer]:
    """Return layers in the order they are laid over each other; those of one scope stay as they stand."""
    return sorted(layers, key=lambda layer: SCOPES.index(layer.scope))
