"""Which places and payers a policy may depend on: all others have one policy, which is made once for them."""

from collections.abc import Mapping
from functools import lru_cache

from rules.policy.choice import folders, is_path, local_layers
from rules.policy.layer_files import Layer, shipped_layers
from rules.policy.payers import by_name, payer_named
from rules.policy.site_layers import Place, with_the_sites
from rules.site_folder import cached_by_site


def place_told_apart(
    place: tuple[str | None, str | None], choice: str | None, extra_dirs: tuple[Place, ...] = ()
) -> tuple[str | None, str | None]:
    """Return facility and department where a policy may depend on them: only a site's own files tell them apart."""
    return place if is_path(choice) or with_the_sites(extra_dirs) else (None, None)


@lru_cache(maxsize=64)
def payers_at(places: tuple[Place, ...]) -> Mapping[str, Layer]:
    """Return the payers that have a layer, shipped or in these places, by each of their names."""
    return by_name((*shipped_layers(), *local_layers(places)))


@cached_by_site(maxsize=8192)
def payer_told_apart(payer: str | None, choice: str | None) -> str | None:
    """
    Return the payer where it has a layer of its own; None for any other, which is coded as a stay without a payer is.

    Raises PolicyError for a choice or a file that cannot be followed.
    """
    if not payer:
        return None
    known = payer_named(payer, payers_at(folders(choice, with_the_sites(()))))
    return None if known is None else payer
