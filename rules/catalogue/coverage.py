"""
How much of the rule book is in the code: where each code, rule, switch and flag stands, and what is left out.

Built from the code itself, with the sentences of ``coverage.toml`` for what is not complete. The README beside
this module shows it; ``infusion check`` says when the two differ.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from tomllib import load
from types import MappingProxyType
from typing import Final, NamedTuple

from rules.catalogue.codes import Status, codes, never_coded
from rules.catalogue.source_index import Declared, source
from rules.data_files import COVERAGE, README
from rules.flags import FLAGS
from rules.policy.switches import SWITCHES
from rules.rule import Rule
from rules.rulebook import CHAPTERS, all_rules
from rules.sources import sources

BEGIN: Final = "<!-- coverage: begin; written by `infusion rules coverage` -->"
NEVER: Final = "Never charged."
END: Final = "<!-- coverage: end -->"


class Row(NamedTuple):
    """One id of the rule book: its sentence, the modules it stands in, how complete it is, what is left out."""

    id: str
    says: str
    where: tuple[str, ...]
    status: Status
    grade: str
    note: str = ""


@cache
def gaps() -> Mapping[str, tuple[Status, str]]:
    """Return the status of each id that is not complete, with one sentence on what is left out."""
    with COVERAGE.open("rb") as file:
        document = load(file)
    statuses: dict[str, tuple[Status, str]] = {
        key: ("partial", text) for key, text in document["partial"].items()
    }
    statuses |= {key: ("person", text) for key, text in document["person"].items()}
    return MappingProxyType(statuses)


def code_rows() -> tuple[Row, ...]:
    """Return the codes, in the order a claim lists them, then those that are never charged."""
    ours = [
        Row(code.code, code.reports, _earned_in(code.code), code.status, code.grade, code.note)
        for code in codes()
    ]
    never = [
        Row(code, NEVER, (), "complete", row.grade, row.says) for row in never_coded() for code in row.codes
    ]
    return (*ours, *never)


def _earned_in(code: str) -> tuple[str, ...]:
    """Return the modules that write a code, or that read a switch whose answers include it."""
    answering = (
        source().policy_attributes.get(switch.attribute, ()) for switch in SWITCHES if code in switch.values
    )
    return tuple(
        dict.fromkeys((*source().codes.get(code, ()), *(name for modules in answering for name in modules)))
    )


def rule_rows() -> tuple[Row, ...]:
    """Return the rules, in order of application."""
    places = source().rules
    return tuple(
        Row(rule.id, rule.says, places.get(rule.id, ()), *_gap(rule.id, rule.grade))
        for rule in _once(all_rules())
    )


def switch_rows() -> tuple[Row, ...]:
    """Return the switches, in the register's order; in place of a grade the answer the rule book starts from."""
    places = source().policy_attributes
    return tuple(
        Row(
            switch.id,
            f"{switch.key}: {switch.question}",
            places.get(switch.attribute, ()),
            *_gap(switch.id, switch.default),
        )
        for switch in SWITCHES
    )


def flag_rows() -> tuple[Row, ...]:
    """Return the flags, the rule book's and then ours; in place of a grade their weight."""
    places = source().flags
    return tuple(
        Row(
            kind.id,
            f"{kind.means} ({kind.rule}{', ours' if kind.house else ''})",
            places.get(kind.id, ()),
            *_gap(kind.id, kind.severity),
        )
        for kind in FLAGS.values()
    )


def known_ids() -> frozenset[str]:
    """Return every id the code knows: rules, switches and flags."""
    return frozenset(
        {rule.id for rule in all_rules()} | {switch.id for switch in SWITCHES} | FLAGS.keys(),
    )


def block() -> str:
    """Return the tables as the README holds them, in Markdown, marks included."""
    parts = [
        BEGIN,
        _count(),
        _table("Codes", ("code", "reports", "where", "status", "grade", "note"), code_rows()),
        _table("Rules", ("rule", "says", "where", "status", "grade", "left out"), rule_rows()),
        _table("Switches", ("switch", "asks", "where", "status", "starts from", "left out"), switch_rows()),
        _table("Flags", ("flag", "means", "where", "status", "weight", "left out"), flag_rows()),
        END,
    ]
    return "\n\n".join(parts) + "\n"


def block_in(text: str) -> str:
    """Return the tables a README holds, marks included; empty when a mark is missing."""
    if BEGIN not in text or END not in text:
        return ""
    return BEGIN + text.split(BEGIN, 1)[1].split(END, 1)[0] + END + "\n"


def problems(readme: Path = README) -> list[str]:
    """Return where rules, flags, codes and tables contradict each other, one sentence each."""
    problems_found = [*_wrong_rules(source().declared, CHAPTERS), *_wrong_references(), *_wrong_statuses()]
    try:
        shown = block_in(readme.read_text(encoding="utf-8"))
    except OSError as error:
        return [*problems_found, f"{readme.name}: cannot be read ({type(error).__name__}); restore it."]
    if shown != block():
        problems_found.append(
            f"{readme.name}: the coverage table is not the code's; run 'infusion rules coverage --into rules/README.md'."
        )
    return problems_found


def _wrong_rules(declared: Iterable[Declared], chapters: Mapping[str, Iterable[Rule]]) -> Iterator[str]:
    """Find ids with two sentences, rules no chapter lists and rules a chapter lists twice."""
    first: dict[str, Declared] = {}
    listed = [rule.id for chapter in chapters.values() for rule in chapter]
    for rule in declared:
        before = first.setdefault(rule.id, rule)
        if before.says != rule.says:
            yield (
                f"{rule.path} line {rule.line}: {rule.id} says something else than in {before.path};"
                " import that rule, or give this one an id of its own."
            )
        if rule.id not in listed:
            yield f"{rule.path} line {rule.line}: {rule.id} is in no chapter; add it to the module's RULES."
    yield from (
        f"rulebook.py: {name} is listed {listed.count(name)} times; leave it in one chapter."
        for name in dict.fromkeys(listed)
        if listed.count(name) > 1
    )


def _wrong_references() -> Iterator[str]:
    """Find citations of undeclared sources, and rules that flags and codes name but no module declares."""
    rules = {rule.id for rule in all_rules()}
    for rule in _once(all_rules()):
        place = f"{source().rules.get(rule.id, ('rulebook',))[0]}.py"
        for key in rule.cites:
            if key not in sources():
                yield f"{place}: {rule.id} cites {key}, which sources.toml does not hold; add it or cite a key that is."
        if not rule.cites and rule.grade != "K":
            yield f"{place}: {rule.id} has grade {rule.grade} and cites nothing; cite a source or grade it K."
    for kind in FLAGS.values():
        if kind.rule not in rules:
            yield f"flags.py: {kind.id} names {kind.rule}, which no module declares; name a rule that is."
    for code in codes():
        for name in code.rules:
            if name not in rules:
                yield f"parameters/codes.toml {code.code}: names {name}, which no module declares; name a rule that is."


def _wrong_statuses() -> Iterator[str]:
    """Find sentences on gaps of unknown ids, and ids that are called complete but stand in no module."""
    for name in sorted(gaps().keys() - known_ids()):
        yield f"coverage.toml: {name} is no rule, switch or flag; take it out or mend the id."
    if (
        not source().declared
    ):  # only compiled modules are installed: nothing can be said of where things stand
        return
    for row in (*code_rows(), *switch_rows(), *flag_rows()):
        if not row.where and row.status == "complete" and row.says != NEVER:
            yield f"coverage.toml: {row.id} stands in no module; write it, or say under partial what is left out."


def _once(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    return tuple({rule.id: rule for rule in reversed(tuple(rules))}.values())[::-1]


def _gap(name: str, grade: str) -> tuple[Status, str, str]:
    status, note = gaps().get(name, ("complete", ""))
    return status, grade, note


def _count() -> str:
    counted = []
    for name, rows in (
        ("codes", code_rows()),
        ("rules", rule_rows()),
        ("switches", switch_rows()),
        ("flags", flag_rows()),
    ):
        statuses = [row.status for row in rows]
        shares = ", ".join(
            f"{statuses.count(status)} {status}"
            for status in ("complete", "partial", "person")
            if status in statuses
        )
        counted.append(f"{len(rows)} {name} ({shares})")
    return f"{'; '.join(counted)}."


def _table(title: str, columns: Iterable[str], rows: Iterable[Row]) -> str:
    lines = [f"### {title}", "", _line(columns), _line("---" for _ in Row._fields)]
    lines += [
        _line((row.id, row.says, ", ".join(row.where) or "-", row.status, row.grade, row.note))
        for row in rows
    ]
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    kept = (cell.replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(kept)} |"
