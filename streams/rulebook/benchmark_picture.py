"""Published rates of a code as a picture for a page: a box for each payer on one scale, SVG, nothing fetched. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from markupsafe import Markup

from rules.catalogue.benchmarks import usd
from streams.rulebook.benchmark_text import name_of

_LABEL: Final = 390
_WIDTH: Final = 900
_ROW: Final = 26
_TOP: Final = 26
_MARGIN: Final = 50
_TICKS: Final = 5
_PLOT: Final = _WIDTH - _LABEL - _MARGIN
_LONGEST: Final = 62
"""Signs of a label that fit beside the boxes; the whole stands in its title."""


def picture(rows: list[Mapping[str, Any]]) -> Markup:
    """
    Return the boxes as SVG: whiskers from P10 to P90, box between the quartiles, a bar at the median, a dot at the mean.

    Empty where there is no row. A dashed mark is what Medicare pays in the row's setting.
    """
    if not rows:
        return Markup()
    low, high = _ends(rows)
    height = _TOP + _ROW * len(rows) + 6

    def x(cents: float) -> str:
        return f"{_LABEL + (cents - low) * _PLOT / max(1, high - low):.1f}"

    parts = [*_axis(low, high, height, x)]
    for number, row in enumerate(rows):
        parts += _box(row, _TOP + _ROW * number + _ROW // 2, x)
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" role="img" aria-label="Published rates, a box for each payer" class="rates">{2}</svg>'
    ).format(_WIDTH, height, Markup("").join(parts))


def standalone(rows: list[Mapping[str, Any]]) -> Markup:
    """Return the picture as a file of its own, its style in it; empty where there is no row."""
    head, begin, rest = str(picture(rows)).partition(">")
    return Markup(f"{head}{begin}<style>{STYLE}</style>{rest}\n") if begin else Markup()  # noqa: S704 -- both are ours


STYLE: Final = Markup(
    "svg.rates{width:100%;max-width:52rem;font:11px system-ui,sans-serif}svg.rates text{fill:var(--ink)}"
    ".rates .axis{stroke:var(--line)}.rates .whisker{stroke:var(--grey)}.rates .box{fill:var(--wash);stroke:var(--accent)}"
    ".rates .median{stroke:var(--ink);stroke-width:2}.rates .mean{fill:#c0453f}.rates .medicare{stroke:#c0453f;stroke-dasharray:4 3}"
)
"""The picture's part of a page's style."""


def _cents(amount: str) -> int:
    return round(float(amount) * 100)


def _ends(rows: list[Mapping[str, Any]]) -> tuple[int, int]:
    values = [cents for row in rows for cents in row["cents"]]
    values += [_cents(row["mean"]) for row in rows]
    values += [_cents(row["medicare"]) for row in rows if row["medicare"] is not None]
    return min(values), max(values)


def _axis(low: int, high: int, height: int, x: Any) -> Iterator[Markup]:
    for cents in sorted({round(low + (high - low) * tick / (_TICKS - 1)) for tick in range(_TICKS)}):
        yield Markup('<line x1="{0}" x2="{0}" y1="{1}" y2="{2}" class="axis"/>').format(
            x(cents), _TOP - 6, height
        )
        yield Markup('<text x="{0}" y="{1}" text-anchor="middle">{2}</text>').format(
            x(cents), _TOP - 10, usd(cents)
        )


def _box(row: Mapping[str, Any], y: int, x: Any) -> Iterator[Markup]:
    p10, p25, p50, p75, p90 = row["cents"]
    name = name_of(row)
    short = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
    yield Markup('<text x="{0}" y="{1}" text-anchor="end">{2}<title>{3}</title></text>').format(
        _LABEL - 12, y + 4, short, name
    )
    yield Markup('<line x1="{0}" x2="{1}" y1="{2}" y2="{2}" class="whisker"/>').format(x(p10), x(p90), y)
    width = max(1.0, float(x(p75)) - float(x(p25)))
    yield Markup('<rect x="{0}" y="{1}" width="{2:.1f}" height="12" class="box"/>').format(
        x(p25), y - 6, width
    )
    yield Markup('<line x1="{0}" x2="{0}" y1="{1}" y2="{2}" class="median"/>').format(x(p50), y - 7, y + 7)
    yield Markup('<circle cx="{0}" cy="{1}" r="2.5" class="mean"/>').format(x(_cents(row["mean"])), y)
    if row["medicare"] is not None:
        yield Markup(
            '<line x1="{0}" x2="{0}" y1="{1}" y2="{2}" class="medicare"><title>Medicare {3} USD, {4}</title></line>'
        ).format(x(_cents(row["medicare"])), y - 10, y + 10, row["medicare"], row["medicare_from"])
