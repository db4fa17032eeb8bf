"""
Entries of the rule book as one page that stands alone: an index, then each entry; no script, nothing fetched. Pure.

The same facts as in the terminal, in the same words; of codes with what is asked first on top, and with every source
that the page cites, so that a reader who has only the page can look each one up.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup, escape

from models.printable import replaced
from streams.rulebook.benchmark_picture import STYLE as PICTURE_STYLE
from streams.rulebook.benchmark_picture import picture
from streams.rulebook.benchmark_text import BOX
from streams.rulebook.facts import Facts
from streams.rulebook.further_text import READ_FROM
from streams.rulebook.glance import glance
from streams.rulebook.text import entry_parts

_STYLE: Final = Path(__file__).parent / "page.css"
_CASES: Final = 12
"""Golden cases a reader is shown of one entry."""

_SPECIAL: Final = re.compile(
    r"https?://[^\s<>\"']+|\b(?:\d{5}|[A-Z]\d{4})\b|\b[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)+\b"
)
"""An address, a code, the name of a rule, a flag or a source, or the key of a switch."""

_COLUMNS: Final = {2: "two stack", 3: "three stack"}


def page(entries: list[Facts]) -> str:
    """Return the entries as HTML, each under its name; whatever stands in them is escaped."""
    ids = {facts["id"] for facts in entries if len(entries) > 1}
    title = entries[0]["id"] if len(entries) == 1 else "Codes"
    html = Markup(
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        "<title>{title}</title><style>{style}</style></head>\n<body>\n{top}{body}\n"
        "<footer>Own words throughout; the descriptors of the code book are not in here. A word in brackets is a source, "
        "with its grade: A primary text, B the code book as quoted, C press and payers, K working knowledge.</footer>"
        "</body></html>\n"
    )
    body = Markup("\n").join(_entry(facts, ids) for facts in entries)
    return str(html.format(title=title, style=_style(), top=_index(entries) if ids else "", body=body))


@cache
def _style() -> Markup:
    return Markup(_STYLE.read_text(encoding="utf-8")) + PICTURE_STYLE  # noqa: S704 -- our own file


def _index(entries: list[Facts]) -> Markup:
    """Return every entry with what it reports, those of one family together."""
    groups = Markup("").join(
        Markup("<div><h3>{0}</h3><ul>{1}</ul></div>").format(
            family,
            Markup("").join(
                Markup('<li><a href="#{0}">{0}</a><span>{1}</span></li>').format(
                    one["id"], one.get("reports") or ""
                )
                for one in of_family
            ),
        )
        for family, of_family in groupby(entries, key=lambda one: str(one.get("family") or one["kind"]))
    )
    on = entries[0].get("on", "")
    return Markup(
        '<header class="top" id="index"><h1>Codes, on {0}</h1><div class="index">{1}</div></header>\n'
    ).format(on, groups)


def _entry(facts: Facts, ids: set[str]) -> Markup:
    (title, rows), *others = [part for part in entry_parts(facts) if part[0] not in {READ_FROM, BOX}]
    words = str(title or facts["id"]).removeprefix(facts["id"]).strip()
    parts = [
        Markup('<section class="entry" id="{0}"><h2><span class="code">{0}</span> {1}</h2>').format(
            facts["id"], words
        ),
        _glance(facts),
        _table(rows, ids - {facts["id"]}),
        *(Markup("<h3>{0}</h3>").format(name) + _table(of, ids - {facts["id"]}) for name, of in others if of),
        _rates(facts),
        _cases(facts.get("cases") or []),
        _sources(facts),
    ]
    back = Markup('<a class="back" href="#index">All codes</a>') if ids else Markup("")
    return Markup("\n").join(part for part in parts if part) + back + Markup("</section>")


def _glance(facts: Facts) -> Markup:
    cards = Markup("").join(
        Markup("<div><dt>{0}</dt><dd>{1}<small>{2}</small></dd></div>").format(*card)
        for card in glance(facts)
    )
    return Markup('<dl class="glance">{0}</dl>').format(cards) if cards else Markup("")


def _rates(facts: Facts) -> Markup:
    rows = facts.get("benchmarks", {}).get("rows")
    return Markup("<h3>Published rates, drawn</h3>") + picture(rows) if rows else Markup("")


def _cases(cases: list[Facts]) -> Markup:
    if not cases:
        return Markup("")
    more = f", the first {_CASES} of {len(cases)}" if len(cases) > _CASES else ""
    rows = [(f"{one['file']}:{one['line']}", str(one["case"])) for one in cases[:_CASES]]
    return Markup("<h3>Golden cases{0}</h3>").format(more) + _table(rows, set())


def _sources(facts: Facts) -> Markup:
    """Return every source the entry cites, by its key, with its address."""
    cited = {one["key"]: one for one in _citations(facts) if one["key"] != one["cite"] or one["address"]}
    notes = [("", str(note)) for note in facts.get("table_notes", ())]
    rows = [
        (key, f"{one['cite']}{', ' + one['address'] if one['address'] else ''}")
        for key, one in sorted(cited.items())
    ]
    if not rows:
        return Markup("")
    return Markup('<h3>Sources</h3><div class="sources">') + _table([*rows, *notes], set()) + Markup("</div>")


def _citations(facts: Any) -> Iterator[Facts]:
    if isinstance(facts, dict):
        if {"key", "cite", "address"} <= facts.keys():
            yield facts
        else:
            for held in facts.values():
                yield from _citations(held)
    elif isinstance(facts, list):
        for held in facts:
            yield from _citations(held)


def _table(rows: Iterable[tuple[str, ...]], ids: set[str]) -> Markup:
    table = [tuple(row) for row in rows]
    if not table:
        return Markup("")
    widest = max(map(len, table))
    headed = len(table) > 1 and table[0][0] == "" and widest > max(_COLUMNS)
    body = Markup("").join(
        _row(row, "th" if headed and not number else "td", ids) for number, row in enumerate(table)
    )
    kind = "grid" if headed else _COLUMNS.get(widest, "stack")
    return Markup('<div class="wide"><table class="{0}">{1}</table></div>').format(kind, body)


def _row(row: tuple[str, ...], tag: str, ids: set[str]) -> Markup:
    cells = Markup("").join(Markup("<{0}>{1}</{0}>").format(tag, _linked(cell, ids)) for cell in row)
    return Markup("<tr>{0}</tr>").format(cells)


def _linked(cell: str, ids: set[str]) -> Markup:
    """Return a cell with addresses, and codes of this page, as links, names such as R-DOC-1 in one piece, and keys of switches broken at their underscores."""
    words = replaced(str(cell))
    linked = Markup("")
    at = 0
    for found in _SPECIAL.finditer(words):
        text = found[0]
        if text.startswith("http"):
            made = Markup('<a href="{0}">{0}</a>').format(text)
        elif text in ids:
            made = Markup('<a href="#{0}">{0}</a>').format(text)
        elif "_" in text and text.islower():
            made = Markup("_<wbr>").join(escape(part) for part in text.split("_"))
        elif "-" in text:
            made = Markup('<span class="n">{0}</span>').format(text)
        else:
            continue
        linked += escape(words[at : found.start()]) + made
        at = found.end()
    return linked + escape(words[at:])
