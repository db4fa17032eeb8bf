"""Which editions of the edits are in force on a date: those that ship, and over them those of a site's own folder."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

from rules.site_folder import SiteFolder, cached_by_site, files_of, site_in_force
from rules.tables.edition_files import FAMILIES, EditFileError, Edition, editions, editions_in, layers
from rules.tables.table_columns import TABLES, Table


@cache
def shipped() -> Mapping[Table, tuple[Edition, ...]]:
    """Return the editions this release ships, read once."""
    return MappingProxyType(editions())


def of_site(site: SiteFolder) -> dict[Table, tuple[Edition, ...]]:
    """
    Return a site's editions of every table, as ``infusion refresh`` writes them, oldest first.

    Raises:
        EditFileError: an edition.toml is missing or does not say what it must.

    """
    files = files_of(site)
    by_table: dict[Table, list[Edition]] = {table: [] for table in TABLES}
    for folder in dict.fromkeys(Path(name).parent for name in files if name.startswith("edits/")):
        said = files.get((folder / "edition.toml").as_posix())
        if said is None:
            message = (
                f"{folder.name}/edition.toml: is missing; copy the whole folder that infusion refresh wrote."
            )
            raise EditFileError(message)
        for edition in editions_in(Path(site.path) / folder, said):
            held = files.get((folder / edition.path.name).as_posix())
            by_table[edition.table].append(replace(edition, held=held))
    return {table: tuple(of_table) for table, of_table in by_table.items()}


def in_order(shipped_ones: tuple[Edition, ...], own: tuple[Edition, ...]) -> tuple[Edition, ...]:
    """Return editions of one table oldest first; of one date a site's stands over the shipped one."""
    return tuple(sorted((*shipped_ones, *own), key=lambda edition: edition.effective))


def with_what_ships(edits: Path) -> dict[Table, tuple[Edition, ...]]:
    """
    Return the editions of a folder, over those that ship where it is not whole by itself, as a site's is not.

    Raises:
        EditFileError: an edition.toml is missing or does not say what it must.

    """
    own = editions(edits)
    if (edits / FAMILIES).exists():
        return own
    return {table: in_order(shipped()[table], own[table]) for table in TABLES}


@cached_by_site()
def at_hand() -> Mapping[Table, tuple[Edition, ...]]:
    """Return the editions that ship with those of the site in force, oldest first."""
    site = site_in_force()
    if site is None:
        return shipped()
    own = of_site(site)
    return MappingProxyType({table: in_order(shipped()[table], own[table]) for table in TABLES})


@cached_by_site(maxsize=8192)
def in_force(table: Table, on: date) -> tuple[Edition, ...]:
    """
    Return the editions in force on a date, oldest first; the same tuple for every such date.

    Raises:
        NotInForceError: the date lies before the table's first edition, or its edition is awaited.

    """
    return layers(table, on, at_hand()[table])
