"""Whether two names stand for one payer: what a stay calls it, and what a contract or a published file does."""

from rules.policy.choice import local_layers
from rules.policy.layer_files import Layer, shipped_layers
from rules.policy.payers import by_name, compact, payer_named, with_what_it_extends
from rules.policy.site_layers import with_the_sites
from rules.site_folder import cached_by_site


@cached_by_site(maxsize=4096)
def paying_names(payer: str) -> tuple[str, ...]:
    """
    Return what a stay's payer is known by, nearest first: its own name, its layer's, and those that layer builds on.

    A licensee whose layer extends another's is so found under the rates of that one where it has none of its own.
    """
    layers = _layers()
    layer = payer_named(payer, by_name(layers))
    bases = () if layer is None else with_what_it_extends(layer, layers)
    return tuple(dict.fromkeys((compact(payer), *(compact(one.name) for one in reversed(bases)))))


@cached_by_site(maxsize=4096)
def listed_names(payer: str) -> frozenset[str]:
    """
    Return what a table's payer is known by: its own name, and its layer's where that name is written out there.

    An alias for every licensee stands for none of them: the rates of one are not another's.
    """
    layer = by_name(_layers()).get(compact(payer))
    return frozenset({compact(payer)} | ({compact(layer.name)} if layer is not None else set()))


@cached_by_site()
def _layers() -> tuple[Layer, ...]:
    return (*shipped_layers(), *local_layers(with_the_sites(())))
