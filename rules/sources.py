"""
The bibliography: every authority once, by the key that rules, parameters and tables cite.

``sources.toml`` beside this module holds what people wrote down; a quarterly refresh adds the keys of the
official files it read in ``parameters/edits/<date>/sources.toml`` and ``parameters/drugs/<date>/sources.toml``. A
citation of an undeclared key is an error.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from tomllib import TOMLDecodeError, load
from types import MappingProxyType
from typing import Final

from models.charge import CitedSource, SourceGrade
from rules.data_files import RULES
from rules.site_folder import SiteFolder, cached_by_site, files_of, site_in_force
from rules.text_files import toml_of

GRADES: Final[tuple[SourceGrade, ...]] = ("A", "B", "C", "unverified", "K")
"""Best first: a text somebody could read, though nobody here did, comes before no text at all."""
UNCITED: Final = "No primary source found: working knowledge, to be confirmed by a licensed coder."
"""What a rule cites that is written nowhere."""

FIELDS: Final = ("title", "section", "edition", "href", "found", "grade", "note")


class UnknownSourceError(LookupError):
    """A citation names a key the bibliography does not hold."""

    def __init__(self, key: str, known: Mapping[str, object]) -> None:
        near = get_close_matches(key, known, n=3)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        super().__init__(
            f"source {key!r} is not in rules/sources.toml.{hint} Add it there with its title, "
            "edition and grade, or cite a key that is."
        )


@dataclass(frozen=True, slots=True)
class Source:
    """
    One authority.

    ``grade`` is A (primary text), B (codebook as quoted), C (press, payers, derived copies), K (working
    knowledge) or ``unverified`` (never read here). ``href`` is a whole address; ``found`` says where it was
    read when the address was recorded only in part. Absent fields are empty.
    """

    key: str
    title: str
    section: str
    edition: str
    href: str
    found: str
    grade: SourceGrade
    note: str

    @property
    def verified(self) -> bool:
        """Tell whether somebody read it; an unread source may not be presented as fact."""
        return self.grade not in {"K", "unverified"}

    def line(self) -> str:
        """Return the citation as one line: title, section, (edition), and a warning when nobody read it."""
        text = ", ".join(part for part in (self.title, self.section) if part)
        if self.edition:
            text += f" ({self.edition})"
        if self.key == "HOUSE":
            return text
        return text if self.verified else f"{text} [not verified]"


def bibliographies(root: Path = RULES) -> list[Path]:
    """Return the files that declare sources, the house's own first, then one a refreshed edition."""
    refreshed = (sorted((root / "parameters" / area).glob("*/sources.toml")) for area in ("edits", "drugs"))
    return [root / "sources.toml", *(path for paths in refreshed for path in paths)]


@cached_by_site()
def sources() -> Mapping[str, Source]:
    """Return every known authority by its key, those a site declares beside its own rows too."""
    site = site_in_force()
    # What ships comes last, so that no site gives a shipped key another meaning.
    declared = [*(site_bibliographies(site).values() if site else ()), *map(_read, bibliographies())]
    return MappingProxyType({source.key: source for entries in declared for source in _declared(entries)})


def site_bibliographies(site: SiteFolder) -> dict[str, dict[str, object]]:
    """
    Return what each sources.toml of a site's folder declares, by the file's name.

    Raises:
        TOMLDecodeError, UnicodeDecodeError: one of them is no TOML.
    """
    files = files_of(site).items()
    return {name: toml_of(raw) for name, raw in files if name.endswith("sources.toml")}


@cached_by_site()
def cite(key: str) -> str:
    """
    Return one readable line for a citation, fit for an appeal letter.

    Raises:
        UnknownSourceError: the bibliography has no such key.

    """
    known = sources()
    if key not in known:
        raise UnknownSourceError(key, known)
    return known[key].line()


def rank(key: str) -> int:
    """Return the place of a source among the grades, 0 for the best; a word that is no key comes last."""
    known = sources().get(key)
    return GRADES.index(known.grade) if known else len(GRADES)


@cached_by_site()
def best_first(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return source keys by grade, those of one grade in the order given."""
    return tuple(sorted(keys, key=rank))


@cached_by_site()
def _by_line() -> Mapping[str, Source]:
    """Return the sources by the line they are cited with; of several with one line the best."""
    ordered = sorted(sources().values(), key=lambda source: -rank(source.key))
    return {source.line(): source for source in ordered}


@cached_by_site(maxsize=4096)
def bibliography(cited: tuple[tuple[str, ...], ...]) -> tuple[CitedSource, ...]:
    """Return every citation among these once with its grade and address, best grade first."""
    known = _by_line()
    found = [
        CitedSource(cite, source.grade, source.href or None)
        if (source := known.get(cite))
        else CitedSource(cite, "K" if cite == UNCITED else None, None)
        for cite in dict.fromkeys([cite for cites in cited for cite in cites])
    ]
    return tuple(sorted(found, key=lambda one: GRADES.index(one.grade) if one.grade else len(GRADES)))


def declared_beside(folder: Path) -> frozenset[str]:
    """Return the keys known to tables under a folder of editions: the shipped ones and the folder's own."""
    own = (key for path in sorted(folder.glob("*/sources.toml")) for key in _read(path))
    return frozenset(sources()) | frozenset(own)


def site_problems(site: SiteFolder) -> list[str]:
    """Return what is wrong with the sources a site declares, one sentence each; empty when they are in order."""
    problems_found: list[str] = []
    seen = {
        source.key: (source.title, "the shipped sources.toml")
        for path in bibliographies()
        for source in _declared(_read(path))
    }
    for name, raw in files_of(site).items():
        if not name.endswith("sources.toml"):
            continue
        try:
            declared = toml_of(raw)
        except (UnicodeDecodeError, TOMLDecodeError) as error:
            problems_found.append(f"{name}: is not TOML: {error}.")
            continue
        for key, entry in declared.items():
            problems_found += [f"{name} [{key}]: {wrong}" for wrong in _wrong(entry)]
            title = str(entry.get("title", "")) if isinstance(entry, dict) else ""
            # A refresh of ours and a later release may both bring one file of CMS's.
            if key in seen and seen[key][0] != title:
                problems_found.append(
                    f"{name} [{key}]: already declared in {seen[key][1]}; a key stands for one source."
                )
            seen.setdefault(key, (title, name))
    return problems_found


def problems(root: Path = RULES) -> list[str]:
    """Return what is wrong with the bibliography, one sentence each; empty when it is in order."""
    problems_found: list[str] = []
    seen: dict[str, str] = {}
    for path in bibliographies(root):
        name = path.relative_to(root).as_posix()
        try:
            declared = _read(path)
        except (OSError, TOMLDecodeError) as error:
            problems_found.append(
                f"{name}: cannot be read as TOML ({type(error).__name__}); mend or restore it."
            )
            continue
        for key, entry in declared.items():
            problems_found += [f"{name} [{key}]: {wrong}" for wrong in _wrong(entry)]
            if key in seen:
                problems_found.append(
                    f"{name} [{key}]: already declared in {seen[key]}; a key stands for one source."
                )
            seen[key] = name
    return problems_found


def _wrong(entry: object) -> Iterator[str]:
    if not isinstance(entry, dict):
        yield "is not a table; write title, edition and grade under it."
        return
    if not entry.get("title"):
        yield "has no title."
    if entry.get("grade") not in GRADES:
        yield f"grade must be one of {', '.join(sorted(GRADES))}."
    if "href" in entry and not str(entry["href"]).startswith(("https://", "http://")):
        yield "href must be a whole address; write a partial one under found."
    for name, value in entry.items():
        if name not in FIELDS:
            yield f"field {name!r} is not one of {', '.join(FIELDS)}."
        elif not isinstance(value, str):
            yield f"field {name!r} must be text."


def _read(path: Path) -> dict[str, object]:
    with path.open("rb") as file:
        return load(file)


def _declared(entries: Mapping[str, object]) -> Iterator[Source]:
    for key, entry in entries.items():
        if isinstance(entry, dict):
            told = {name: str(entry.get(name, "")) for name in FIELDS if name != "grade"}
            grade: SourceGrade = next((one for one in GRADES if one == entry.get("grade")), "unverified")
            yield Source(key, grade=grade, **told)
