"""The payer's file that an encounter's payer, or a name on the command line, stands for."""

from collections.abc import Iterable, Mapping

from rules.policy.layer_files import Layer
from rules.policy.switches import PolicyError

ANY_ENDING = "*"
"""Ends an alias that stands for every name with that beginning: one licensee of many."""


def compact(name: str) -> str:
    """Return a payer's name without case, spaces and punctuation; an ampersand is an ``and``."""
    return "".join(sign for sign in name.casefold().replace("&", "and") if sign.isalnum())


def by_name(layers: Iterable[Layer]) -> Mapping[str, Layer]:
    """Return the payers under each of their names; a later file may take a name over from an earlier one."""
    return {
        compact(alias) + (ANY_ENDING if alias.endswith(ANY_ENDING) else ""): layer
        for layer in layers
        if layer.scope == "payer"
        for alias in layer.aliases
    }


def payer_named(name: str, payers: Mapping[str, Layer]) -> Layer | None:
    """Return the payer of a name: the exact one, else the alias with the longest fitting beginning, else None."""
    compacted = compact(name)
    if compacted in payers:
        return payers[compacted]
    fitting = [alias for alias in payers if alias.endswith(ANY_ENDING) and compacted.startswith(alias[:-1])]
    return payers[max(fitting, key=len)] if fitting else None


def with_what_it_extends(payer: Layer | None, layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """
    Return a payer's layers, the one it builds on first.

    Raises PolicyError when the payer extends one that is not there, or extends itself in a circle.
    """
    known = [layer for layer in layers if layer.scope == "payer"]
    chain: list[Layer] = [] if payer is None else [payer]
    while chain and (wanted := chain[0].extends):
        bases = [layer for layer in known if layer is not chain[0] and compact(layer.name) == compact(wanted)]
        if not bases:
            message = (
                f"Policy file {chain[0].file}: extends {wanted!r}, but there is no such payer."
                f" Payers: {', '.join(sorted({layer.name for layer in known}))}."
            )
            raise PolicyError(message)
        if bases[-1] in chain:
            message = (
                f"Policy file {chain[0].file}: payer {chain[0].name} extends itself; name another, or none."
            )
            raise PolicyError(message)
        chain.insert(0, bases[-1])
    return tuple(chain)
