"""
Whether every code has every fact, or says where it was looked for; and whether the tables agree with the codes.

For ``infusion check``: a code without an indicator and without a word about it is a blank nobody sees.
"""

from collections.abc import Iterator
from datetime import date

from rules.catalogue.code_history import events
from rules.catalogue.codes import codes
from rules.catalogue.fact_rows import Row, not_found
from rules.catalogue.indicators import categories, indicator_on
from rules.catalogue.modifiers import ATTACHED, modifiers
from rules.policy.switches import ANSWERABLE
from rules.rulebook import all_rules
from rules.sources import sources
from rules.tables.code_dates import first_days
from rules.tables.table_columns import RVUS

INDICATORS = (
    "status", "global_days", "pctc", "multiple", "bilateral", "assistant", "co_surgeon", "team", "supervision",
    *RVUS,
)  # fmt: skip
"""What a page of a code has to tell of the fee schedule."""

_UNDECIDED = "person"
"""The role of codes that only a person reports; when they began may be unknown."""


def problems(on: date) -> list[str]:
    """Return each fact that a code lacks without a word, and each table that says otherwise than the codes."""
    return [*_blanks(on), *_days(), *_modifiers()]


def _blanks(on: date) -> Iterator[str]:
    told = {(code, one.fact) for one in not_found() for code in one.codes}
    for code in dict.fromkeys(one.code for one in codes()):
        row = indicator_on(code, on)
        schemes = {one["scheme"] for one in categories(code)}
        lacking = [*_unread(row), *(fact for fact in ("rbcs", "ccs") if fact not in schemes)]
        lacking += [] if events(code) else ["history"]
        yield from (
            f"searched.toml: {code} has no {fact}, and nothing says where it was looked for; add an entry."
            for fact in lacking
            if (code, fact) not in told
        )


def _unread(row: Row | None) -> list[str]:
    return ["indicators"] if row is None else [name for name in INDICATORS if not row[name]]


def _days() -> Iterator[str]:
    """Yield each code whose first day is another in its history than in the table of codes."""
    own: dict[str, date] = {}
    for one in codes():
        own[one.code] = min(own.get(one.code, one.since), one.since)
    for code, since in own.items():
        begun = first_days().get(code)
        if begun is not None and begun.on > since:
            yield f"history.csv {code}: begins on {begun.on}, but codes.toml has it from {since}; mend one of them."


def _modifiers() -> Iterator[str]:
    rules = {rule.id for rule in all_rules()}
    switches = {one.key for one in ANSWERABLE}
    seen: set[str] = set()
    for one in modifiers():
        where = f"modifiers.toml {one.code}"
        if one.code in seen:
            yield f"{where}: stands twice; leave one."
        seen.add(one.code)
        if one.attached not in ATTACHED:
            yield f"{where}: attached must be one of {', '.join(ATTACHED)}."
        yield from (
            f"{where}: there is no rule {name}; name one that is." for name in one.rules if name not in rules
        )
        yield from (
            f"{where}: {name} is no switch; name one that is."
            for name in one.switches
            if name not in switches
        )
        yield from (
            f"{where}: cites {key!r}, which rules/sources.toml does not hold; add it there."
            for key in one.cites
            if key not in sources()
        )
