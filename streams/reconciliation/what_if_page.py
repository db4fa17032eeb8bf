"""What another policy would move, as one page that stands alone: no script, nothing fetched, prints well. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from markupsafe import Markup, escape

from models.printable import replaced
from streams.reconciliation.moves import Move, Totals

_STYLE: Final = Markup(
    ":root{color-scheme:light;--ink:#111;--grey:#555;--wash:#f0f0f0}"
    "body{margin:0;background:#e9e9e9;color:var(--ink);font:14px/1.45 system-ui,sans-serif}"
    "main{max-width:70rem;margin:1.5rem auto;padding:2.2rem 2.4rem;background:#fff;box-shadow:0 1px 4px #0003}"
    "h1{margin:0;font-size:1.6rem;line-height:1.2}h2{margin:1.7rem 0 .5rem;border-bottom:1px solid var(--ink);font-size:1.1rem}"
    ".verdict{font-size:1.15rem;font-weight:700;margin:.3rem 0}.note{color:var(--grey)}"
    "table{width:100%;border-collapse:collapse}th{text-align:left;color:var(--grey);font-weight:400}"
    "td,th{padding:.15rem .8rem .15rem 0;vertical-align:top;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}"
    "tr+tr td{border-top:1px solid #e3e3e3}.n{text-align:right}th,td:nth-child(n+2){white-space:nowrap}"
    "@media(max-width:44rem){main{margin:0;padding:1.1rem;box-shadow:none}section{overflow-x:auto}td,th{padding-right:.5rem}}"
    "@media print{body{background:#fff}main{margin:0;padding:0;box-shadow:none;max-width:none}tr{break-inside:avoid}}"
)
_HEAD: Final = Markup(
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">'
    "<title>What another policy moves</title><style>{style}</style></head>\n<body><main>\n"
)


def page(title: str, totals: Totals, found: Iterable[Move]) -> Iterator[str]:
    """Yield the page in parts; ``title`` says what is compared with what. Whatever comes from events is escaped."""
    yield str(_HEAD.format(style=_STYLE))
    yield str(
        Markup(
            '<h1>What would move</h1><p class="verdict">{usd} USD net, in {moved} of {stays} stays</p>'
            '<p class="note">{title}. National OPPS amounts; nothing was sent.</p>\n'
        ).format(
            usd=_usd(totals.cents), moved=f"{totals.moved:,}", stays=f"{totals.stays:,}", title=_shown(title)
        )
    )  # fmt: skip
    statuses = [
        (f"{before} → {after}" if before else after, f"{count:,}")
        for (before, after), count in sorted(totals.statuses.items())
        if before != after
    ]
    yield _table("Stays", ("Status", "Stays"), statuses, 1)
    codes = [
        (one.code, f"{one.stays:,}", f"{one.units_before:,}", f"{one.units_after:,}", _usd(one.cents))
        for one in totals.codes()
    ]
    yield _table("Codes", ("Code", "Stays", "Before", "After", "USD"), codes, 1)
    lines = (
        (
            one.encounter_id, one.service_date.isoformat(), "-".join((one.code, *one.modifiers)),
            f"{one.units_before:,}", f"{one.units_after:,}", _usd(one.cents),
        )
        for one in found
    )  # fmt: skip
    yield _table("Lines", ("Encounter", "Service", "Code", "Before", "After", "USD"), lines, 3)
    yield "</main></body></html>\n"


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]], words: int) -> str:
    """Return a table whose first columns are words and the others numbers; nothing where there is no row."""
    body = Markup("\n").join(_row(row, "td", words) for row in rows)
    if not body:
        return ""
    return str(
        Markup(
            "<section><h2>{0}</h2><table><thead>{1}</thead><tbody>\n{2}</tbody></table></section>\n"
        ).format(title, _row(head, "th", words), body)
    )


def _row(cells: Sequence[str], kind: str, words: int) -> Markup:
    left, right = (Markup("<td>{0}</td>"), Markup('<td class="n">{0}</td>'))
    if kind == "th":
        left, right = Markup("<th>{0}</th>"), Markup('<th class="n">{0}</th>')
    made = Markup("").join(
        (right if place >= words else left).format(escape(_shown(cell))) for place, cell in enumerate(cells)
    )
    return Markup("<tr>{0}</tr>").format(made)


def _shown(text: str) -> str:
    return replaced(text)


def _usd(cents: int) -> str:
    sign = "+" if cents > 0 else "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100:,}.{abs(cents) % 100:02d}"
