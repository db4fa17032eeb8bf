"""The policy files of a site's own folder: layers beside those that ship, for the site in force."""

from functools import lru_cache
from pathlib import Path

from rules.policy.layer_files import Layer, layer_of, layers_in, parsed
from rules.site_folder import SiteFolder, files_of, site_in_force

Place = Path | str | SiteFolder
"""Where policy files are: a directory, or a site's folder with them among other files."""


@lru_cache(maxsize=64)
def site_layers(site: SiteFolder) -> tuple[Layer, ...]:
    """
    Return the layers of a site's folder, in file name order.

    Raises PolicyError for a file that cannot be followed.
    """
    files = ((Path(site.path) / name, raw) for name, raw in files_of(site).items())
    policies = [(path, raw) for path, raw in files if path.parent.name == "policies"]
    return tuple(layer_of(parsed(raw, path), path) for path, raw in policies)


def layers_at(place: Place) -> tuple[Layer, ...]:
    """
    Return the layers of a directory or of a site's folder, in file name order.

    Raises PolicyError for a missing directory or a file that cannot be followed.
    """
    return site_layers(place) if isinstance(place, SiteFolder) else layers_in(Path(place))


def with_the_sites(places: tuple[Place, ...]) -> tuple[Place, ...]:
    """Return these places and the folder of the site in force, where it has policies."""
    if (site := site_in_force()) is None:
        return places
    return (*places, site) if site_layers(site) else places
