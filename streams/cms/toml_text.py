"""The two small TOML files a refresh writes beside its tables, as text; the standard library reads TOML only."""

from collections.abc import Mapping
from json import dumps
from pathlib import Path
from tomllib import load


def quoted(text: str) -> str:
    """Return a TOML basic string: JSON's escapes are a part of TOML's."""
    return dumps(text, ensure_ascii=False)


def standing_sources(folder: Path) -> dict[str, dict[str, str]]:
    """Return the sources a dated folder declares so far; none when it is new."""
    if not (folder / "sources.toml").exists():
        return {}
    with (folder / "sources.toml").open("rb") as file:
        return load(file)


def sources_text(entries: Mapping[str, Mapping[str, str]]) -> str:
    """Return a bibliography as ``rules.sources`` reads it, one section a key."""
    return "\n".join(
        f"[{key}]\n" + "".join(f"{name} = {quoted(text)}\n" for name, text in entry.items())
        for key, entry in entries.items()
    )
