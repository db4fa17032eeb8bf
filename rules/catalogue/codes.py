"""
The codes this product knows, each with what it reports in our own words, from ``parameters/codes.toml``.

For readers and for the coverage table; coding never asks it. Descriptors of the code book are the American
Medical Association's and are not in here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter
from tomllib import TOMLDecodeError, load
from types import MappingProxyType
from typing import Final, Literal, cast, get_args

from rules.claim.charge_lines import RANK_ORDER
from rules.data_files import CODES
from rules.parameter import dated, parameters
from rules.sources import sources

Status = Literal["complete", "partial", "person"]
Role = Literal["initial", "add-on", "own", "start", "device", "person"]

_TEXTS: Final = ("code", "family", "role", "reports", "minutes", "grade", "status")
_LISTS: Final = ("rules", "cites")
_FIELDS: Final = frozenset({*_TEXTS, *_LISTS, "from", "note"})
_GRADES: Final = frozenset("ABCK")

FIRST_ADDED: Final = "first_added"
"""The placeholder, in a sentence, of the first minute that earns an added hour; two parameters make that number."""


@dataclass(frozen=True, slots=True)
class Code:
    """
    One code from one day on.

    ``minutes`` names the sentence that says which time earns it; ``rules`` are the ids that can. ``status`` tells
    whether events alone suffice, and ``note`` where they do not.
    """

    code: str
    since: date
    family: str
    role: Role
    reports: str
    minutes: str
    rules: tuple[str, ...]
    cites: tuple[str, ...]
    grade: str
    status: Status
    note: str = ""


@dataclass(frozen=True, slots=True)
class NeverCoded:
    """Related codes that no charge of ours ever carries, and why."""

    codes: tuple[str, ...]
    says: str
    cites: tuple[str, ...]
    grade: str


@cache
def codes() -> tuple[Code, ...]:
    """Return every row, in the order a claim lists the codes."""
    return tuple(_code(entry) for entry in _tables(_read(CODES), "codes"))


@cache
def never_coded() -> tuple[NeverCoded, ...]:
    """Return the codes that no charge ever carries, with the reason."""
    return tuple(
        NeverCoded(_texts(entry, "codes"), str(entry["says"]), _texts(entry, "cites"), str(entry["grade"]))
        for entry in _tables(_read(CODES), "never")
    )


def code_on(name: str, on: date) -> Code | None:
    """Return a code as it stands on a date of service; None when we do not charge it or not yet."""
    return max(
        (code for code in codes() if code.code == name and code.since <= on),
        key=lambda code: code.since,
        default=None,
    )


@cache
def sentences() -> Mapping[str, str]:
    """Return the sentences about minutes by name, with the parameters' names where their numbers go."""
    table = _read(CODES)["minutes"]
    return MappingProxyType(
        {str(name): str(text) for name, text in table.items()} if isinstance(table, dict) else {}
    )


def thresholds(code: Code) -> tuple[str, ...]:
    """Return the parameters that decide a code's minutes, as ``timing.infusion_minimum``."""
    names = (name for _, name, _, _ in Formatter().parse(sentences()[code.minutes]) if name)
    used = [
        part
        for name in names
        for part in (("first_hour", "additional_hour_over") if name == FIRST_ADDED else (name,))
    ]
    return tuple(f"timing.{name}" for name in dict.fromkeys(used))


def minutes_rule(code: Code, on: date) -> str:
    """
    Return which time earns a code, with the numbers in force on a date of service.

    Raises:
        NotInForceError: the date lies before the first value of one of them.

    """
    numbers = {name.partition(".")[2]: dated(name, on).value for name in thresholds(code)}
    if "additional_hour_over" in numbers:
        numbers[FIRST_ADDED] = numbers["first_hour"] + numbers["additional_hour_over"] + 1
    return sentences()[code.minutes].format(**numbers)


def problems(file: Path = CODES) -> list[str]:
    """Return what is wrong with the table of codes, one sentence each; nothing when it is in order."""
    place = f"parameters/{file.name}"
    try:
        document = _read(file)
    except (OSError, TOMLDecodeError) as error:
        return [f"{place}: cannot be read as TOML ({type(error).__name__}); mend or restore it."]
    entries = _tables(document, "codes")
    minutes = document.get("minutes")
    problems_found = [f"{place} {wrong}" for wrong in _wrong_sentences(minutes)]
    spoken = minutes if isinstance(minutes, dict) else {}
    for entry in entries:
        problems_found += [f"{place} {entry.get('code', '?')}: {wrong}" for wrong in _wrong(entry, spoken)]
    if problems_found:
        return problems_found
    listed = tuple(dict.fromkeys(str(entry["code"]) for entry in entries))
    missing, strange = set(RANK_ORDER) - set(listed), set(listed) - set(RANK_ORDER)
    problems_found += [
        f"{place}: {code} can be charged (rules/claim/charge_lines.py) but is not described; add it."
        for code in sorted(missing)
    ]
    problems_found += [
        f"{place}: {code} is described but cannot be charged; add it to RANK_ORDER in rules/claim/charge_lines.py or take it out."
        for code in sorted(strange)
    ]
    if not problems_found and listed != RANK_ORDER:
        problems_found.append(
            f"{place}: the codes stand in another order than RANK_ORDER in rules/claim/charge_lines.py; sort them."
        )
    return problems_found


def _wrong_sentences(minutes: object) -> Iterator[str]:
    known = {
        parameter.name.partition(".")[2] for parameter in parameters() if parameter.name.startswith("timing.")
    }
    if not isinstance(minutes, dict) or not minutes:
        yield "[minutes]: is missing; write a sentence a kind of time."
        return
    for name, text in minutes.items():
        for _, number, _, _ in Formatter().parse(str(text)):
            if number and number not in known | {FIRST_ADDED}:
                yield f"[minutes] {name}: there is no parameter timing.{number}; name one that is."


def _wrong(entry: Mapping[str, object], minutes: Mapping[str, object]) -> Iterator[str]:
    yield from (f"field {name!r} is not known; take it out." for name in sorted(entry.keys() - _FIELDS))
    lacking = [name for name in _TEXTS if not isinstance(entry.get(name), str) or not entry[name]]
    lacking += [name for name in _LISTS if not isinstance(entry.get(name), list) or not entry[name]]
    if lacking:
        yield f"{', '.join(lacking)} must be given."
        return
    if type(entry.get("from")) is not date:
        yield "from must be a date, written 2026-01-01."
    for name, allowed in (("role", get_args(Role)), ("status", get_args(Status)), ("grade", sorted(_GRADES))):
        if entry[name] not in allowed:
            yield f"{name} must be one of {', '.join(allowed)}."
    if entry["minutes"] not in minutes:
        yield f"minutes must name a sentence of [minutes], not {entry['minutes']!r}."
    if entry["status"] != "complete" and not entry.get("note") and entry["role"] != "person":
        yield "is not complete; say in note what is left out."
    yield from (
        f"cites {key!r}, which rules/sources.toml does not hold; add it there."
        for key in _texts(entry, "cites")
        if key not in sources()
    )


def _read(file: Path) -> dict[str, object]:
    with file.open("rb") as stream:
        return load(stream)


def _tables(document: Mapping[str, object], name: str) -> list[dict[str, object]]:
    entries = document.get(name, [])
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _texts(entry: Mapping[str, object], name: str) -> tuple[str, ...]:
    items = entry.get(name, ())
    return tuple(str(item) for item in items) if isinstance(items, list) else ()


def _code(entry: Mapping[str, object]) -> Code:
    since = entry["from"]
    if not isinstance(since, date):
        message = "codes.toml: from must be a date; run 'infusion check' for what to mend."
        raise TypeError(message)
    text = {name: str(entry[name]) for name in _TEXTS}
    return Code(
        text["code"],
        since,
        text["family"],
        cast("Role", text["role"]),
        text["reports"],
        text["minutes"],
        _texts(entry, "rules"),
        _texts(entry, "cites"),
        text["grade"],
        cast("Status", text["status"]),
        str(entry.get("note", "")),
    )
