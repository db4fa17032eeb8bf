"""
Dated numbers: the value of a threshold on a date of service, and its source.

One TOML file a number under ``parameters/``, named as it is asked for: ``timing.infusion_minimum`` is
``parameters/timing/infusion_minimum.toml``. Every value carries its own date and citation, so one can tell
which source supports which year. A date before the first value has no answer: it is refused.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache, lru_cache
from pathlib import Path
from tomllib import TOMLDecodeError, load
from types import MappingProxyType
from typing import Final

from rules.data_files import RULES
from rules.sources import sources

QUESTIONS: Final = ("payment", "timing")
"""The folders of parameters/ that hold single numbers; the others hold tables, drugs and policies."""

LARGEST: Final = 10_000
"""The largest threshold in minutes, percent or millilitres; a larger one is a slip of the keyboard."""


class UnknownParameterError(LookupError):
    """Nobody wrote a parameter of this name."""

    def __init__(self, name: str, known: Mapping[str, object]) -> None:
        near = get_close_matches(name, known, n=3)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        super().__init__(
            f"parameter {name!r} is not known.{hint} Write rules/parameters/{name.replace('.', '/')}.toml, "
            "or see 'infusion rules' for the names there are.",
        )


class NotInForceError(LookupError):
    """A parameter or a table is asked about a date before its first value."""

    def __init__(self, what: str, on: date, first: date, place: str) -> None:
        super().__init__(
            f"{what} has no value on {on}: its first value is in force from {first}. "
            f"Add an earlier {place}, or hold encounters before {first}.",
        )
        self.what = what
        self.on = on
        self.first = first
        self.place = place

    def __reduce__(self) -> tuple[type["NotInForceError"], tuple[str, date, date, str]]:
        """Return how to build the error again, so that it survives the way back from a worker process."""
        return NotInForceError, (self.what, self.on, self.first, self.place)


@dataclass(frozen=True, slots=True)
class Dated:
    """A value in force from a day until the next value's day, and the key of its source."""

    since: date
    value: int
    cite: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number with its whole history, oldest value first; ``unit`` is minute, percent, mL or mEq/L."""

    name: str
    label: str
    description: str
    unit: str
    values: tuple[Dated, ...]


@cache
def _by_name() -> Mapping[str, Parameter]:
    return MappingProxyType({name: _parameter(name, _read(path)) for name, path in _files(RULES)})


def parameters() -> tuple[Parameter, ...]:
    """Return every parameter, by name, for ``infusion rules``."""
    return tuple(_by_name().values())


@lru_cache(maxsize=4096)
def dated(name: str, on: date) -> Dated:
    """
    Return the value in force on a date of service together with its day and its citation.

    Raises:
        NotInForceError: the date lies before the first value.
        UnknownParameterError: no file of that name exists.

    """
    known = _by_name()
    if name not in known:
        raise UnknownParameterError(name, known)
    values = known[name].values
    position = bisect_right(values, on, key=_since)
    if not position:
        what = f"parameter {name}"
        place = "[[values]] entry with its source to rules/parameters/"
        raise NotInForceError(what, on, values[0].since, place)
    return values[position - 1]


@lru_cache(maxsize=4096)
def parameter(name: str, on: date) -> int:
    """
    Return the number in force on a date of service, in the parameter's own unit.

    Raises:
        NotInForceError: the date lies before the first value.
        UnknownParameterError: no file of that name exists.

    """
    return dated(name, on).value


def problems(root: Path = RULES) -> list[str]:
    """Return what is wrong with the parameter files, one sentence each."""
    problems_found: list[str] = []
    for name, path in _files(root):
        place = path.relative_to(root).as_posix()
        try:
            entry = _read(path)
        except (OSError, TOMLDecodeError) as error:
            problems_found.append(
                f"{place}: cannot be read as TOML ({type(error).__name__}); mend or restore it."
            )
            continue
        problems_found += [f"{place}: {wrong}" for wrong in _wrong(entry)]
        if name.count(".") != 1:
            problems_found.append(f"{place}: lies too deep; parameters are named folder.file.")
    return problems_found


def _since(value: Dated) -> date:
    return value.since


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    for question in QUESTIONS:
        folder = root / "parameters" / question
        for path in sorted(folder.rglob("*.toml")):
            yield ".".join(path.relative_to(root / "parameters").with_suffix("").parts), path


def _read(path: Path) -> dict[str, object]:
    with path.open("rb") as file:
        return load(file)


def _parameter(name: str, entry: Mapping[str, object]) -> Parameter:
    values = entry["values"]
    if not isinstance(values, list):
        message = f"parameter {name} has no [[values]]; run 'infusion check' for what to mend."
        raise TypeError(message)
    return Parameter(
        name,
        str(entry["label"]),
        str(entry["description"]),
        str(entry["unit"]),
        tuple(Dated(value["from"], value["value"], value["cite"]) for value in values),
    )


def _wrong(entry: Mapping[str, object]) -> Iterator[str]:
    for field in ("label", "description", "unit"):
        if not isinstance(entry.get(field), str) or not entry[field]:
            yield f"{field} is missing."
    for field in entry.keys() - {"label", "description", "unit", "values"}:
        yield f"field {field!r} is not one of label, description, unit, values."
    values = entry.get("values")
    if not isinstance(values, list) or not values:
        yield "has no [[values]]."
        return
    before: date | None = None
    for number, value in enumerate(values, 1):
        since, worth = value.get("from"), value.get("value")
        if type(since) is not date:
            yield f"value {number}: from must be a date, written 2026-01-01."
        elif before is not None and since <= before:
            yield f"value {number}: from must be later than the value before it."
        else:
            before = since
        if type(worth) is not int or not 0 <= worth <= LARGEST:
            yield f"value {number}: value must be a whole number from 0 to {LARGEST}."
        if value.get("cite") not in sources():
            yield f"value {number}: cite must be a key of rules/sources.toml."
