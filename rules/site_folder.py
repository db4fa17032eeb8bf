"""
A site's own folder, laid over what ships: policies, drugs with who signed them, crosswalks, editions of the edits.

The shell hands a folder in; nothing here looks for one. ``under_site`` puts it in force for the coding of one stay
and takes it out again, so that nothing is left behind. Readers ask ``site_in_force``, and keep what they read with
``cached_by_site``: one answer a site. All files are read at once and known by a digest, so that every process codes
with the same bytes or says that they changed.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from hashlib import sha256
from pathlib import Path
from re import compile as pattern
from types import MappingProxyType
from typing import Any, Final, NamedTuple, ParamSpec, TypeVar

from rules.text_files import file_bytes

DRUG_LISTS: Final = (
    *("products.csv", "hcpcs.csv", "rxnorm.csv", "ndc.csv", "self_administered.csv", "containers.csv"),
)
"""The files of ``drugs/`` a site may lay over those of ``rules/parameters/drugs``."""

_HELD: Final = pattern(
    r"sources\.toml|policies/[^/]+\.toml|(?:edits|drugs)/\d{8}/(?:edition\.toml|sources\.toml|[a-z_]+\.csv)"
    "|drugs/(?:" + "|".join(name.replace(".", r"\.") for name in DRUG_LISTS) + ")"
)
_WORDS: Final = frozenset({".md", ".txt"})
"""Endings of files for people; they are not read."""

_DIGITS: Final = 12

_UNKNOWN: Final[Any] = object()
"""Stands where no answer is remembered; None may be one."""
_NAMED: Final = object()
"""Begins a key of a site or of named arguments, so that no other arguments can make the same key."""

P = ParamSpec("P")
R = TypeVar("R")


class SiteFolderError(ValueError):
    """A site's folder cannot be used; the message names the file and what to do."""


class SiteFolder(NamedTuple):
    """A site's folder and the digest of all that is read of it; two of one digest decide alike. It pickles."""

    path: str
    digest: str


def digest_of(*contents: bytes) -> str:
    """Return twelve hexadecimal digits that name these contents."""
    whole = sha256()
    for content in contents:
        whole.update(b"%d:" % len(content) + content)
    return whole.hexdigest()[:_DIGITS]


def read_site(folder: Path) -> SiteFolder:
    """
    Return a site's folder by its path and content; whether the content is right is checked elsewhere.

    Raises:
        SiteFolderError: there is no such folder, or a file of it cannot be read or is none that a site may have.
    """
    if not folder.is_dir():
        message = f"{folder}: {'is no folder' if folder.exists() else 'there is no such folder'}; docs/site/README.md says what it holds"
        raise SiteFolderError(message)
    whole = folder.resolve()
    return SiteFolder(str(whole), _digest(_files(whole)))


@cache
def files_of(site: SiteFolder) -> Mapping[str, bytes]:
    """
    Return every file of a site by its name within the folder, read once a process.

    Raises:
        SiteFolderError: a file cannot be read, or the folder is no longer as it was when the run began.
    """
    files = _files(Path(site.path))
    if _digest(files) != site.digest:
        message = "the site's folder changed after this run began; start it again"
        raise SiteFolderError(message)
    return MappingProxyType(files)


def _files(folder: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*"), key=Path.as_posix):
        name = path.relative_to(folder).as_posix()
        # Hidden are an editor's leftovers, a refresh that was cut off, and what a cluster mounts beside the files.
        if any(part.startswith(".") for part in name.split("/")) or path.suffix in _WORDS or path.is_dir():
            continue
        if not _HELD.fullmatch(name):
            message = f"{name}: a site's folder has no such file; docs/site/README.md has the names there are"
            raise SiteFolderError(message)
        try:
            files[name] = file_bytes(path)
        except OSError as error:
            message = f"{name}: cannot be read: {error.strerror or type(error).__name__}"
            raise SiteFolderError(message) from error
    return files


def _digest(files: Mapping[str, bytes]) -> str:
    return digest_of(*(part for name, content in files.items() for part in (name.encode(), content)))


_IN_FORCE: Final[ContextVar[SiteFolder | None]] = ContextVar("site in force", default=None)


site_in_force: Final[Callable[[], SiteFolder | None]] = _IN_FORCE.get
"""Returns the site whose folder lies over what ships; None when only what ships counts."""


@contextmanager
def under_site(site: SiteFolder | None) -> Iterator[None]:
    """Put a site's folder in force, or none, until the block ends; what was in force before then is again."""
    token = _IN_FORCE.set(site)
    try:
        yield
    finally:
        _IN_FORCE.reset(token)


def cached_by_site(maxsize: int | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that remembers up to ``maxsize`` answers, those of one site apart from another's."""
    # Half are fresh, half those that were fresh before: what is asked again in time moves over, the rest is let go.
    half = sys.maxsize if maxsize is None else maxsize // 2

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        fresh: dict[tuple[object, ...], R] = {}
        older: dict[tuple[object, ...], R] = {}

        def remember(key: tuple[object, ...], *args: P.args, **named: P.kwargs) -> R:
            nonlocal fresh, older
            answer = older[key] if key in older else function(*args, **named)
            if len(fresh) >= half:
                fresh, older = {}, fresh
            fresh[key] = answer
            return answer

        @wraps(function)
        def of_this_site(*args: P.args, **named: P.kwargs) -> R:
            # This is asked thirty times a stay, mostly without a site and without names: then the arguments are the key.
            site = _IN_FORCE.get()
            key = args if site is None and not named else (_NAMED, site, args, *named.items())
            answer = fresh.get(key, _UNKNOWN)
            return remember(key, *args, **named) if answer is _UNKNOWN else answer

        return of_this_site

    return decorate
