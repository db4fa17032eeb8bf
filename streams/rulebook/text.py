"""
The rule book as text for a person, from the mappings of ``facts`` and ``entry``. Pure.

One entry a line, columns side by side; the last column wraps where a width is given and runs on where none is, so
that what goes into a pipe can be searched line by line.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from textwrap import wrap
from typing import Final

from streams.rulebook.facts import Facts
from streams.rulebook.further_text import FURTHER, READ_FROM, Part, citation_rows
from streams.rulebook.known_text import KNOWN, known_parts

_NARROWEST: Final = 24
"""Columns below which wrapping a sentence makes it unreadable; it then runs on."""

_SHOWN: Final = 12
"""Golden cases a person is shown of one entry."""

_BOOKS: Final = {"cms_aoc_file": "CMS add-on file", "cpt_parentheticals": "CPT notes"}

_PAIRS: Final = {
    "denies": "denies beside it",
    "denied_by": "is denied beside",
}

_STATUSES: Final = {"complete": "complete", "partial": "partial", "person": "left to a person"}


def columns(rows: Iterable[Sequence[str]], width: int | None, indent: int = 2) -> Iterator[str]:
    """Yield rows as lines, every column but the last as wide as its widest cell."""
    table = [tuple(row) for row in rows]
    if not table:
        return
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]) - 1)]
    before = indent + sum(widths) + 2 * len(widths)
    room = width - before if width else 0
    for row in table:
        start = " " * indent + "".join(
            f"{cell:{size}}  " for cell, size in zip(row[:-1], widths, strict=True)
        )
        lines = wrap(row[-1], room) if room >= _NARROWEST else [row[-1]]
        for number, text in enumerate(lines or [""]):
            yield f"{start if not number else ' ' * before}{text}".rstrip()


def overview_text(facts: Facts, width: int | None, when: str) -> str:
    """Return the rule book in force; ``when`` says whose choice the date is."""
    policy = facts["policy"]
    lines = [f"Rule book {facts['rulebook']}, in force on {facts['on']} ({when})"]
    if policy is not None:
        payer = policy["payer"] or "none"
        lines.append(
            f"Policy {policy['name']}, version {policy['version']}: setting {policy['setting']}, payer {payer}"
        )
    for chapter, rules in groupby(facts["rules"], key=lambda rule: str(rule["chapter"])):
        lines += ["", f"Rules: {chapter}", *columns(map(_rule_row, rules), width)]
    if not facts["rules"]:
        lines += ["", "Rules: none in force on this date."]
    lines += ["", "Numbers", *columns(map(_number_row, facts["parameters"]), width)]
    lines += ["", "Switches", *columns(map(_switch_row, facts["switches"]), width)]
    if policy is None:
        lines.append("  none answered on this date: it lies before the first policy.")
    if facts["complex_biologics"]:
        rows = [
            (drug, answer["class"], f"{answer['decided_by']} [{answer['source']['key']}]")
            for drug, answer in sorted(facts["complex_biologics"].items())
        ]
        lines += ["", "Complex biologics as the payer classes them", *columns(rows, width)]
    lines += ["", "Tables", *columns(_table_rows(facts), width)]
    lines += [
        "",
        "Keys in brackets are sources; 'infusion rules show KEY' tells all of one, of a code or of a rule.",
    ]
    return "\n".join(lines) + "\n"


def entry_text(facts: Facts, width: int | None) -> str:
    """Return one entry: a code, a rule, a flag, a switch, a number, a source, or one of ``further_text``."""
    lines = []
    for title, rows in entry_parts(facts):
        lines += ([title] if title else []) + list(columns(rows, width))
    if "cases" in facts:
        lines += _cases(facts, width)
    return "\n".join(lines) + "\n"


def entry_parts(facts: Facts) -> list[Part]:
    """Return the headings of an entry with their rows, for text and for a page alike."""
    return {
        **FURTHER,
        **KNOWN,
        "code": _code,
        "rule": _rule,
        "flag": _flag,
        "switch": _switch,
        "parameter": _number,
        "source": _source,
    }[facts["kind"]](facts)


def _keys(citations: Iterable[Facts]) -> str:
    keys = ", ".join(source["key"] for source in citations)
    return f" [{keys}]" if keys else ""


def _rule_row(rule: Facts) -> tuple[str, ...]:
    return rule["id"], rule["grade"], f"{rule['says']}{_keys(rule['sources'])}"


def _number_row(number: Facts) -> tuple[str, ...]:
    if number["value"] is None:
        return number["name"], "none", f"{number['label']}: no value before {number['first']}"
    value = f"{number['value']} {number['unit']}{'s' if number['unit'] == 'minute' else ''}"
    return number["name"], value, f"{number['label']} (since {number['since']}) [{number['source']['key']}]"


def _switch_row(switch: Facts) -> tuple[str, ...]:
    value = f"{switch['value']} {switch['unit']}" if switch["value"].isdigit() else switch["value"]
    return (
        switch["id"],
        switch["key"],
        value.strip(),
        f"{switch['decided_by']} [{switch['source']['key']}] {switch['question']}",
    )


def _why_none(table: Facts) -> str:
    if "awaited" in table:
        return f"the one of {table['awaited']} is awaited: fetch {table['fetch']}"
    return f"its first edition begins on {table['first']}"


def _table_rows(facts: Facts) -> Iterator[tuple[str, ...]]:
    for table in facts["tables"]:
        if not table["editions"]:
            yield table["table"], "none", _why_none(table)
            continue
        newest, *older = table["editions"]
        over = "".join(f", over {edition['effective']} [{edition['source']['key']}]" for edition in older)
        yield table["table"], newest["effective"], f"[{newest['source']['key']}]{over}"
    formulary = facts["formulary"]
    if formulary["since"] is None:
        yield "formulary", "none", f"it begins on {formulary['first']}"
    else:
        yield "formulary", formulary["since"], "drugs and their classes"


def _completeness(facts: Facts) -> tuple[str, str]:
    note = facts.get("left_out") or facts.get("note") or ""
    return "in the code", f"{_STATUSES[facts['status']]}{': ' if note else ''}{note}"


def _rule(facts: Facts) -> list[Part]:
    rows: list[tuple[str, ...]] = [
        ("chapter", facts["chapter"]),
        ("grade", facts["grade"]),
        ("since", facts["since"] + ("" if facts["in_force"] else f", not in force on {facts['on']}")),
        _completeness(facts),
    ]
    if facts["codes"]:
        rows.append(("earns", ", ".join(facts["codes"])))
    if facts["flags"]:
        rows.append(("flags", ", ".join(facts["flags"])))
    citations = citation_rows(facts["sources"]) or [
        ("", "No source was found: working knowledge, to be confirmed.")
    ]
    return [(f"{facts['id']}  {facts['says']}", rows), ("Written in", citations)]


def _flag(facts: Facts) -> list[Part]:
    rows: list[tuple[str, ...]] = [
        ("weight", facts["severity"]),
        ("to do", facts["suggestion"]),
        *([("cleared by", facts["cleared_by"])] if facts["cleared_by"] else ()),
        ("rule", facts["rule"]),
        ("whose", "ours" if facts["ours"] else "the rule book's"),
        _completeness(facts),
    ]
    return [(f"{facts['id']}  {facts['means']}", rows)]


def _switch(facts: Facts) -> list[Part]:
    rows: list[tuple[str, ...]] = [("answers", facts["answers"]), ("starts from", facts["default"])]
    if facts["value"] is None:
        rows.append(("in force", f"nothing on {facts['on']}"))
    else:
        value = f"{facts['value']} {facts['unit']}".strip()
        rows.append(("in force", f"{value}, by {facts['decided_by']} [{facts['source']['key']}]"))
    views = [
        (answer, "; ".join(source["cite"] for source in citations))
        for answer, citations in facts["views"].items()
    ]
    parts: list[Part] = [
        (f"{facts['id']}  {facts['key']}: {facts['question']}", [*rows, _completeness(facts)])
    ]
    return [*parts, ("Who holds which view", [*views])] if views else parts


def _number(facts: Facts) -> list[Part]:
    history = [
        (
            value["since"],
            f"{value['value']} {facts['unit']}",
            f"{value['source']['key']}: {value['source']['cite']}",
        )
        for value in facts["history"]
    ]
    now = "none" if facts["value"] is None else f"{facts['value']} {facts['unit']}"
    rows: list[tuple[str, ...]] = [("means", facts["description"]), (f"on {facts['on']}", now)]
    return [(f"{facts['id']}  {facts['label']}", rows), ("Since", [*history])]


def _source(facts: Facts) -> list[Part]:
    rows: list[tuple[str, ...]] = [("grade", facts["grade"])]
    rows += [(name, facts[name]) for name in ("href", "found", "note") if facts[name]]
    if facts["rules"]:
        rows.append(("cited by", ", ".join(facts["rules"])))
    return [(f"{facts['id']}  {facts['cite']}", rows)]


def _code(facts: Facts) -> list[Part]:
    if facts["reports"] is None:
        parts: list[Part] = [(facts["id"], [("", facts["note"]), *citation_rows(facts.get("sources", ()))])]
    else:
        rows: list[tuple[str, ...]] = [
            ("family", facts["family"]),
            ("role", facts["role"]),
            ("minutes", facts["minutes"]),
            ("grade", f"{facts['grade']}{_keys(facts['sources'])}"),
            _completeness(facts),
        ]
        parts = [(f"{facts['id']}  {facts['reports']}", rows)]
        parts.append(("Earned by", [_rule_row(rule) for rule in facts["rules"]]))
        if facts["thresholds"]:
            parts.append(
                (f"Numbers on {facts['on']}", [_number_row(number) for number in facts["thresholds"]])
            )
    known = [*known_parts(facts)]
    if not facts["table_sources"]:
        return [*parts, *known]
    parts.append((f"Tables on {facts['on']}", [*_limits(facts), *_payment(facts), *_primaries(facts)]))
    parts.append(("NCCI pairs, with their modifier indicator", [*_pairs(facts)]))
    read_from = [*citation_rows(facts["table_sources"]), *(("note", note) for note in facts["table_notes"])]
    read_from += (
        [("no edition yet", ", ".join(facts["tables_not_in_force"]))] if facts["tables_not_in_force"] else []
    )
    return [*parts, *known, (READ_FROM, read_from)]


def _limits(facts: Facts) -> Iterator[tuple[str, ...]]:
    for setting, limit in facts["mue"].items():
        words = "no value read, which is not the same as no limit"
        if limit is not None:
            per = "a claim line" if limit["mai"] == 1 else "a date of service"
            words = (
                f"{limit['units']} {per}, adjudication indicator {limit['mai']} [{limit['source']['key']}]"
            )
        yield f"MUE, {setting}", words


def _payment(facts: Facts) -> Iterator[tuple[str, ...]]:
    rate = facts["opps"]
    if rate is None:
        yield "OPPS", "not listed, as read"
        return
    apc = f", APC {rate['apc']}" if rate["apc"] else ""
    cents = rate["unit_cents"]
    paid = f", {cents // 100}.{cents % 100:02d} USD nationally" if cents is not None else ""
    yield "OPPS", f"status {rate['status']}{apc}{paid}. {rate['meaning']} [{rate['source']['key']}]"


def _primaries(facts: Facts) -> Iterator[tuple[str, ...]]:
    for book, codes in facts["primaries"].items():
        yield f"stands beside, {_BOOKS[book]}", ", ".join(codes) or "not an add-on there"


def _pairs(facts: Facts) -> Iterator[tuple[str, ...]]:
    for setting, sides in facts["pairs"].items():
        for side, words in _PAIRS.items():
            for indicator, meaning in ((1, "unless a modifier is earned"), (0, "whatever the modifier")):
                if codes := [code for code, shown in sides[side] if shown == indicator]:
                    yield setting, f"{words}, {meaning}", ", ".join(codes)
    if not any(codes for sides in facts["pairs"].values() for codes in sides.values()):
        yield "none read", "", ""


def _cases(facts: Facts, width: int | None) -> list[str]:
    cases = facts["cases"]
    if cases is None:
        return ["Golden cases", "  Not installed with this package; a checkout has them in tests/cases."]
    if not cases:
        return ["Golden cases", "  None names it by its id."]
    rows = [(f"{case['file']}:{case['line']}", case["case"]) for case in cases[:_SHOWN]]
    lines = [f"Golden cases ({len(cases)})", *columns(rows, width)]
    more = len(cases) - _SHOWN
    return [*lines, f"  and {more} more; --format json lists them all"] if more > 0 else lines
