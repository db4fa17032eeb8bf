"""
The figures a visitor sees: the newest rows of coder.csv and stream.csv as a table in README.md and as figures.svg.

    python benchmarks/page.py
"""

import csv
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Final, NamedTuple

HERE: Final = Path(__file__).resolve().parent
BEGIN, END = "<!-- figures: written by page.py -->", "<!-- end of figures -->"
_WIDTH, _LEFT, _BAR, _ROW = 720, 250, 400, 26
_NOTES: Final = {"month": "", "varied": ", varied", "tenth": ", a tenth"}


class Bar(NamedTuple):
    """One bar: a ratio, the least and the most of its rounds, and whether it is ours."""

    name: str
    ratio: float
    least: float
    most: float
    ours: bool


def newest(rows: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Return the rows of the commit measured last; of a figure that it has twice, the later one."""
    rows = list(rows)
    if not rows:
        return []
    last = (rows[-1]["date"], rows[-1]["commit"])
    of_last = [row for row in rows if (row["date"], row["commit"]) == last]
    return list(
        {
            tuple(row[name] for name in ("month", "what", "yardstick") if name in row): row for row in of_last
        }.values()
    )


def _read(name: str) -> list[dict[str, str]]:
    path = HERE / name
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        return newest(csv.DictReader(lines))


def coder_bars(rows: Iterable[dict[str, str]]) -> list[Bar]:
    """Return what coding costs in processor time, as a multiple of the floor."""
    return [
        Bar(
            row["what"] + _NOTES[row["month"]],
            float(row["cpu_ratio"]),
            float(row["ratio_least"]),
            float(row["ratio_most"]),
            row["what"].startswith("infusion"),
        )
        for row in rows
        if row["month"] != "tenth" and (row["month"] == "month" or row["what"].startswith("infusion"))
    ]


def stream_bars(rows: Iterable[dict[str, str]]) -> list[Bar]:
    """Return how many times the events a second of each other contender ours takes."""
    bars = []
    for row in rows:
        if not row["what"].endswith(": events/s") or not row["ratio"]:
            continue
        least, _, most = row["yardstick"].rpartition("; ")[2].partition("-")
        ratio, figure = float(row["ratio"]), float(row["figure"])
        spread = [ratio * figure / float(rate) for rate in (most, least) if rate.replace(".", "").isdigit()]
        low, high = spread if len(spread) == 2 else (ratio, ratio)  # noqa: PLR2004 -- both ends
        bars.append(Bar(row["what"].removesuffix(": events/s"), ratio, low, high, ours=False))
    return bars


def drawing(parts: Sequence[tuple[str, Sequence[Bar]]]) -> str:
    """Return bars with whiskers from least to most, each part under its own heading and on its own scale."""
    out: list[str] = []
    y = 0
    for heading, bars in parts:
        if not bars:
            continue
        y += 30
        out.append(f'<text x="8" y="{y}" font-weight="bold">{escape(heading)}</text>')
        scale = _BAR / max(bar.most for bar in bars)
        for bar in bars:
            y += _ROW
            low, high, end = (_LEFT + value * scale for value in (bar.least, bar.most, bar.ratio))
            fill = "#1f6f8b" if bar.ours else "#9aa5ad"
            out += [
                f'<text x="{_LEFT - 8}" y="{y}" text-anchor="end">{escape(bar.name)}</text>',
                f'<rect x="{_LEFT}" y="{y - 12}" width="{end - _LEFT:.1f}" height="16" fill="{fill}"/>',
                f'<path d="M{low:.1f} {y - 4}H{high:.1f}" stroke="#111" stroke-width="1.5"/>',
                f'<text x="{max(high, end) + 6:.1f}" y="{y}">{bar.ratio:.2f}</text>',
            ]
        y += 10
    style = "font-family='sans-serif' font-size='13' fill='#222'"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y + 14}" {style}>'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(out)}</svg>\n'
    )


def table(rows: Sequence[dict[str, str]], stream: Sequence[dict[str, str]]) -> str:
    """Return the table of README.md."""
    lines = (
        [
            "| what | CPU s (least to most) | wall s | times the floor's CPU | wall | peak MiB |",
            "|---|---|---|---|---|---|",
        ]
        if rows
        else []
    )
    lines += [
        f"| {row['what']}{_NOTES[row['month']]}, {int(row['stays']):,} stays | {row['cpu_s']} ({row['cpu_least']} to {row['cpu_most']}) "
        f"| {row['wall_s']} | **{row['cpu_ratio']}** ({row['ratio_least']} to {row['ratio_most']}) | {row['wall_ratio']} | {row['peak_mib']} |"
        for row in rows
    ]
    wanted = [
        row
        for row in stream
        if row["what"].endswith(": events/s")
        or row["what"].startswith("recovery")
        or (
            row["what"].startswith("departure to")
            and row["yardstick"] in {"round trip p50", "round trip p99"}
        )
    ]
    if wanted:
        lines += ["", "| the stream | figure | beside | ratio |", "|---|---|---|---|"]
        lines += [
            f"| {row['what']} | {row['figure']} {row['unit']} | {row['yardstick']} | {row['ratio']} |"
            for row in wanted
        ]
    measured = [
        f"{name} {row[-1]['date']}, commit {row[-1]['commit']}"
        for name, row in (("coder", rows), ("stream", stream))
        if row
    ]
    return "\n".join([*lines, "", f"Measured: {'; '.join(measured) or 'nothing yet'}."])


def main() -> None:
    """Write the table and the drawing anew."""
    coder, stream = _read("coder.csv"), _read("stream.csv")
    parts = (
        ("Processor time of coding a month, floor = 1 (less is better)", coder_bars(coder)),
        ("The worker's events a second over the contender's (more is better)", stream_bars(stream)),
    )
    (HERE / "figures.svg").write_text(drawing(parts), encoding="utf-8")
    page = HERE / "README.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n{table(coder, stream)}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
