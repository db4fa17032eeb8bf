"""Entries of the rule book as one page that stands alone: an index, then each entry; no script, nothing fetched. Pure."""

from collections.abc import Iterable, Iterator
from typing import Final

from markupsafe import Markup, escape

from streams.rulebook.benchmark_picture import STYLE as PICTURE_STYLE
from streams.rulebook.benchmark_picture import picture
from streams.rulebook.benchmark_text import BOX
from streams.rulebook.facts import Facts
from streams.rulebook.text import entry_parts

_STYLE: Final = Markup(
    "body{font:15px/1.45 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"
    "h1{font-size:1.4rem}h2{font-size:1.2rem;margin-top:2.5rem;border-top:1px solid #bbb;padding-top:1rem}"
    "h3{font-size:1rem;margin:1.2rem 0 .3rem}table{border-collapse:collapse;width:100%}"
    "td{padding:.15rem .8rem .15rem 0;vertical-align:top;border-bottom:1px solid #eee;overflow-wrap:anywhere}"
    "td:first-child{white-space:nowrap;color:#444}nav a{margin-right:.7rem}"
    "@media print{nav{display:none}h2{break-before:page}}"
)


def page(entries: list[Facts]) -> str:
    """Return the entries as HTML, each under its name; whatever stands in them is escaped."""
    body = [_entry(facts) for facts in entries]
    links = Markup("").join(
        Markup('<a href="#{0}">{0}</a>').format(facts["id"]) for facts in entries if len(entries) > 1
    )
    title = entries[0]["id"] if len(entries) == 1 else "Codes"
    on = entries[0].get("on", "")
    html = Markup(
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>{title}</title><style>{style}</style></head>\n'
        "<body><h1>{title}, on {on}</h1>\n<nav>{links}</nav>\n{body}\n"
        "<p>Own words throughout; the descriptors of the code book are not in here.</p></body></html>\n"
    )
    return str(
        html.format(
            title=title, style=_STYLE + PICTURE_STYLE, on=on, links=links, body=Markup("\n").join(body)
        )
    )


def _entry(facts: Facts) -> Markup:
    (title, rows), *others = entry_parts(facts)
    heading = Markup('<section id="{0}"><h2>{1}</h2>').format(facts["id"], title or facts["id"])
    parts = [
        heading,
        _table(rows),
        *(Markup("<h3>{0}</h3>").format(name) + _table(of) for name, of in others if name != BOX),
    ]
    if rates := facts.get("benchmarks", {}).get("rows"):
        parts.append(Markup("<h3>Published rates, drawn</h3>") + picture(rates))
    cases = [(f"{one['file']}:{one['line']}", str(one["case"])) for one in facts.get("cases") or ()]
    if cases:
        parts.append(Markup("<h3>Golden cases</h3>") + _table(cases))
    return Markup("\n").join(parts) + Markup("</section>")


def _table(rows: Iterable[tuple[str, ...]]) -> Markup:
    return Markup("<table>{0}</table>").format(Markup("").join(_rows(rows)))


def _rows(rows: Iterable[tuple[str, ...]]) -> Iterator[Markup]:
    for row in rows:
        yield Markup("<tr>{0}</tr>").format(
            Markup("").join(Markup("<td>{0}</td>").format(escape(cell)) for cell in row)
        )
