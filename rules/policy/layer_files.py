"""
Policy files: one layer each, TOML, every value with the date it holds from and where it is written.

``rules/policies/README.md`` has the grammar. A file that cannot be followed is refused whole, with the file
and the entry named; ``problems`` lists everything wrong with one, for ``infusion check``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Any, Literal, get_args

from rules.data_files import POLICIES
from rules.policy.bill_hold import misplaced
from rules.policy.switches import SETTINGS, PolicyError, switch
from rules.text_files import file_bytes, toml_of

Scope = Literal["global", "payer", "facility", "department"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""The layers in the order they are laid over each other; a later one wins."""

AdministrationClass = Literal["chemotherapy", "therapeutic"]

INHERITS = "inherits"
"""The answer with which a layer stops answering: from that date the layers below decide again."""

_SIMPLE = {"name": str, "title": str, "edition": date, "extends": str, "facility": str, "department": str}
_TOP = {"scope", "aliases", "values", "complex_biologic_classes", *_SIMPLE}
_NEEDED = ("name", "title", "edition")
_VALUE = {"key", "from", "value", "cite", "setting", "note"}
_CLASS = {"drug", "class", "from", "cite", "note"}


@dataclass(frozen=True, slots=True)
class Dated:
    """One answer and the day it holds from; ``setting`` narrows it to one kind of claim."""

    key: str
    since: date
    value: str
    cite: str
    setting: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One policy file: what a payer, a hospital or a department answers differently, and since when."""

    scope: Scope
    name: str
    edition: date
    values: tuple[Dated, ...]
    classes: tuple[Dated, ...]
    """Complex biologics by formulary ingredient, each ``chemotherapy`` or ``therapeutic``."""
    aliases: tuple[str, ...]
    extends: str | None
    facility: str | None
    department: str | None
    file: str

    @property
    def label(self) -> str:
        """Return the layer's name as the origin of an answer: ``global``, or its scope and name."""
        return self.scope if self.scope == self.name else f"{self.scope} {self.name}"

    def answer(self, key: str, setting: str, on: date) -> Dated | None:
        """Return this layer's answer on a date: the newest for this very setting, else the newest for all."""
        in_force = [answer for answer in self.values if answer.key == key and answer.since <= on]
        for narrowed in (setting, None):
            if fitting := [answer for answer in in_force if answer.setting == narrowed]:
                return max(fitting, key=lambda answer: answer.since)
        return None

    def drug_classes(self, on: date) -> dict[str, Dated]:
        """Return this layer's class for each drug it speaks of on a date."""
        in_force = sorted(
            (answer for answer in self.classes if answer.since <= on), key=lambda answer: answer.since
        )
        return {answer.key: answer for answer in in_force}


def _entry_problems(entry: Any, fields: set[str], where: str) -> Iterator[str]:
    if not isinstance(entry, dict):
        yield f"{where}: is not a table"
        return
    for name in sorted(entry.keys() - fields):
        yield f"{where}: there is no field {name!r}; write {', '.join(sorted(fields))}"
    since = entry.get("from")
    if not isinstance(since, date) or isinstance(since, datetime):
        yield f"{where}: from must be a date such as 2026-01-01, the first day the value holds"
    if not isinstance(entry.get("cite"), str) or not entry["cite"].strip():
        yield f"{where}: cite is missing; say where this is written"
    if not isinstance(entry.get("note", ""), str):
        yield f"{where}: note must be text"


def _value_problems(entry: Any, scope: Any, where: str) -> Iterator[str]:
    yield from _entry_problems(entry, _VALUE, where)
    if not isinstance(entry, dict):
        return
    if entry.get("setting", SETTINGS[0]) not in SETTINGS:
        yield f"{where}: setting must be one of {', '.join(SETTINGS)}"
    key, value = entry.get("key"), entry.get("value")
    if not isinstance(key, str) or isinstance(value, bool) or not isinstance(value, str | int):
        yield f"{where}: key must be text, value text or a whole number"
        return
    try:
        named = switch(key)
        if value != INHERITS:
            named.normalised(str(value))
    except PolicyError as error:
        yield f"{where}: {error}"
        return
    if why := misplaced(named, scope, inherits=value == INHERITS):
        yield f"{where}: {why}"


def _class_problems(entry: Any, where: str) -> Iterator[str]:
    yield from _entry_problems(entry, _CLASS, where)
    if not isinstance(entry, dict):
        return
    drug = entry.get("drug")
    if not isinstance(drug, str) or not drug.strip() or drug != drug.strip().lower():
        yield f"{where}: drug must be a formulary ingredient in lower case"
    if entry.get("class") not in (*get_args(AdministrationClass), INHERITS):
        yield f"{where}: class must be one of {', '.join(get_args(AdministrationClass))} or {INHERITS}"


def _tables(document: dict[str, Any], name: str) -> list[Any]:
    entries = document.get(name, [])
    return entries if isinstance(entries, list) else [entries]


def _body_problems(document: dict[str, Any]) -> Iterator[str]:
    seen: set[tuple[str, ...]] = set()
    for number, entry in enumerate(_tables(document, "values"), 1):
        where = f"values entry {number}"
        wrong = list(_value_problems(entry, document.get("scope"), where))
        yield from wrong
        if not wrong:
            same = (switch(entry["key"]).key, str(entry["from"]), entry.get("setting", ""))
            if same in seen:
                yield f"{where}: {same[0]} has two values from {same[1]}"
            seen.add(same)
    for number, entry in enumerate(_tables(document, "complex_biologic_classes"), 1):
        where = f"complex_biologic_classes entry {number}"
        wrong = list(_class_problems(entry, where))
        yield from wrong
        if not wrong:
            same = ("", entry["drug"], str(entry["from"]))
            if same in seen:
                yield f"{where}: {same[1]} has two classes from {same[2]}"
            seen.add(same)


def _is_a_name(alias: Any) -> bool:
    return isinstance(alias, str) and any(map(str.isalnum, alias))


def _head_problems(document: dict[str, Any]) -> Iterator[str]:
    for name in sorted(document.keys() - _TOP):
        yield f"there is no field {name!r}; write {', '.join(sorted(_TOP))}"
    for name, kind in _SIMPLE.items():
        if name in document and (
            not isinstance(document[name], kind) or isinstance(document[name], datetime)
        ):
            yield f"{name} must be {'a date' if kind is date else 'text'}"
        elif name in _NEEDED and not document.get(name):
            yield f"{name} is missing"
    if any(sign in str(document.get("name", "")) for sign in "+\t\r\n"):
        yield "name is written on charge sets: leave out plus signs and line breaks"
    if document.get("name") == "default":
        yield "name: default is what a stay without a payer's profile is coded under; choose another"
    aliases = document.get("aliases", [])
    if not isinstance(aliases, list) or not all(map(_is_a_name, aliases)):
        yield "aliases must be a list of names, each with a letter or a digit"


def _scope_problems(document: dict[str, Any]) -> Iterator[str]:
    scope = document.get("scope")
    if scope not in SCOPES:
        yield f"scope must be one of {', '.join(SCOPES)}"
        return
    fields = {
        "payer": {"aliases", "extends"},
        "facility": {"facility"},
        "department": {"facility", "department"},
    }
    for name in sorted(
        {"aliases", "extends", "facility", "department"} & document.keys() - fields.get(scope, set())
    ):
        yield f"{name} does not belong in a {scope} layer"
    if scope in {"facility", "department"} and not document.get(scope):
        yield f"{scope} is missing: the identifier encounters carry"


def document_problems(document: dict[str, Any]) -> list[str]:
    """Return everything wrong with a document, each with the entry it stands in."""
    return [*_head_problems(document), *_scope_problems(document), *_body_problems(document)]


def _document(path: Path) -> dict[str, Any]:
    try:
        raw = file_bytes(path)
    except OSError as error:
        message = f"Policy file {path} cannot be read: {error.strerror or type(error).__name__}."
        raise PolicyError(message) from error
    return parsed(raw, path)


def parsed(raw: bytes, path: Path) -> dict[str, Any]:
    """Return the document of a policy file; PolicyError when it is no TOML."""
    try:
        return toml_of(raw)
    except (TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"Policy file {path} is not TOML: {error}.") from error  # noqa: EM102, TRY003 -- one line


def problems(path: Path) -> list[str]:
    """Return everything wrong with one policy file, each with the entry it stands in; empty when all is well."""
    try:
        document = _document(path)
    except PolicyError as error:
        return [str(error)]
    return [f"{path.name}: {problem}" for problem in document_problems(document)]


@lru_cache(maxsize=512)
def read_layer(path: Path) -> Layer:
    """
    Return the layer a policy file holds; a file is read once per process.

    Raises PolicyError for a file that cannot be read, is not TOML, or says what no switch can mean.
    """
    return layer_of(_document(path), path)


def layer_of(document: dict[str, Any], path: Path) -> Layer:
    """Return the layer of a document; PolicyError for one that says what no switch can mean."""
    if wrong := document_problems(document):
        more = f" ({len(wrong) - 1} more: run `infusion check`)" if len(wrong) > 1 else ""
        message = f"Policy file {path}: {wrong[0]}{more}."
        raise PolicyError(message)
    return Layer(
        scope=document["scope"],
        name=document["name"],
        edition=document["edition"],
        values=tuple(
            Dated(
                named.key,
                entry["from"],
                INHERITS if entry["value"] == INHERITS else named.normalised(str(entry["value"])),
                entry["cite"],
                entry.get("setting"),
            )
            for entry in document.get("values", ())
            for named in (switch(entry["key"]),)
        ),
        classes=tuple(
            Dated(entry["drug"], entry["from"], entry["class"], entry["cite"], None)
            for entry in document.get("complex_biologic_classes", ())
        ),
        aliases=(document["name"], *document.get("aliases", ())),
        extends=document.get("extends"),
        facility=document.get("facility"),
        department=document.get("department"),
        file=str(path),
    )


def files_in(directory: Path) -> tuple[Path, ...]:
    """
    Return the policy files of a directory, by name.

    Raises PolicyError when there is no such directory.
    """
    if not directory.is_dir():
        message = f"Policy directory {directory} does not exist. Name a directory of TOML policy files."
        raise PolicyError(message)
    return tuple(sorted(directory.glob("*.toml")))


@lru_cache(maxsize=64)
def layers_in(directory: Path) -> tuple[Layer, ...]:
    """
    Return the layers of a directory, in file name order.

    Raises PolicyError for a missing directory or a file that cannot be followed.
    """
    return tuple(read_layer(path) for path in files_in(directory))


@lru_cache(maxsize=1)
def shipped_layers() -> tuple[Layer, ...]:
    """Return the layers that come with the product: the global one, then the payers."""
    return (read_layer(POLICIES / "global.toml"), *layers_in(POLICIES / "payers"))
