"""The drawing beside the table: ratios as bars, each part on its own scale, with the aim as a line across its bar."""

from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

_WIDTH, _LEFT, _BAR, _ROW, _FIGURE = 760, 260, 400, 26, 50
_FILLS: Final = {"met": "#1f6f8b", "not met": "#c8652f", "": "#9aa5ad"}


class Bar(NamedTuple):
    """One bar: a ratio, the least and the most of its rounds, its aim, and what came of that."""

    name: str
    ratio: float
    least: float
    most: float
    aim: float | None
    verdict: str


def drawing(parts: Sequence[tuple[str, Sequence[Bar]]]) -> str:
    """Return bars with whiskers from least to most, each part under its own heading and on its own scale."""
    out: list[str] = []
    y = 0
    for heading, bars in parts:
        if not bars:
            continue
        y += 30
        out.append(f'<text x="8" y="{y}" font-weight="bold">{escape(heading)}</text>')
        scale = _BAR / max(max(bar.most, bar.ratio, bar.aim or 0) for bar in bars)
        for bar in bars:
            y += _ROW
            out += _bar(bar, y, scale)
        y += 10
    y += 30
    x = 8
    for words, fill in (("met", _FILLS["met"]), ("not met", _FILLS["not met"]), ("no aim", _FILLS[""])):
        out.append(f'<rect x="{x}" y="{y - 12}" width="14" height="14" fill="{fill}"/>')
        out.append(f'<text x="{x + 20}" y="{y}">{words}</text>')
        x += 90
    out.append(f'<path d="M{x + 6} {y - 14}V{y + 4}" stroke="#111" stroke-width="2" stroke-dasharray="3 2"/>')
    out.append(f'<text x="{x + 16}" y="{y}">the aim</text>')
    style = "font-family='sans-serif' font-size='13' fill='#222'"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y + 14}" {style}>'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(out)}</svg>\n'
    )


def _bar(bar: Bar, y: int, scale: float) -> list[str]:
    low, high, end = (_LEFT + value * scale for value in (bar.least, bar.most, bar.ratio))
    found = [
        f'<text x="{_LEFT - 8}" y="{y}" text-anchor="end">{escape(bar.name)}</text>',
        f'<rect x="{_LEFT}" y="{y - 12}" width="{end - _LEFT:.1f}" height="16" fill="{_FILLS[bar.verdict]}"/>',
    ]
    if bar.least < bar.most:
        found.append(f'<path d="M{low:.1f} {y - 4}H{high:.1f}" stroke="#111" stroke-width="1.5"/>')
    right = max(high, end)
    if bar.aim is not None:
        at = _LEFT + bar.aim * scale
        if right <= at <= right + _FIGURE:  # the figure stands at its bar, but not across the line of its aim
            right = at
        found.append(
            f'<path d="M{at:.1f} {y - 15}V{y + 7}" stroke="#111" stroke-width="2" stroke-dasharray="3 2"/>'
        )
    found.append(f'<text x="{right + 6:.1f}" y="{y}">{bar.ratio:.2f}</text>')
    return found
