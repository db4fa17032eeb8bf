"""Published rates of a code as text: a table, a box for each payer on one scale, and what was left out. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rules.catalogue.benchmarks import usd

Part = tuple[str, list[tuple[str, ...]]]
"""A heading and its rows."""

WIDTH: Final = 48
"""Signs a box may be wide."""

_FIGURES: Final = (
    "count",
    "mean",
    "p10",
    "p25",
    "p50",
    "p75",
    "p90",
    "gap_to_medicare",
    "ratio_to_medicare",
    "dispersion",
)
_TITLES: Final = ("count", "mean", "P10", "P25", "median", "P75", "P90", "gap", "ratio", "dispersion")
BOX: Final = "Box: P10 to P90, quartiles in brackets, median |"
EXAMPLE: Final = "Worked example, figures of one published page: never used for money"


def rates_text(facts: Mapping[str, Any]) -> str:
    """Return the rows of a code as a table and as boxes on one scale, then what was left out."""
    edition = f", edition of {facts['on']}" if facts["on"] else ""
    lines = [f"{facts['code']}  published rates, US dollars{edition}"]
    rows = facts["rows"]
    if not rows:
        lines.append("  no edition holds a rate for it; infusion rates ingest FILE --into FOLDER makes one")
    else:
        lines += list(_table(rows))
        lines += [BOX, *_drawn(rows)]
    if facts["left_out"]:
        lines.append("Left out of the whole edition")
        lines += [f"  {count:>8}  {reason}" for reason, count in sorted(facts["left_out"].items())]
    if facts["example"]:
        lines.append(EXAMPLE)
        lines += [
            f"  {row['payer']:22}  {row['figure']:16}  {row['usd']:>8}  [{row['cite']}, {row['grade']}]"
            for row in facts["example"]
        ]
    return "\n".join([*lines, facts["note"]]) + "\n"


def benchmark_parts(facts: Mapping[str, Any]) -> Iterator[Part]:
    """Yield what a code page says of published rates: figures, boxes, what was left out, and the worked example."""
    told = facts["benchmarks"]
    rows = told["rows"]
    if rows:
        yield "Published rates by payer, US dollars", [(name_of(row), _figures(row)) for row in rows]
        yield (
            BOX,
            [(name_of(row), box) for row, box in boxes(rows)],
        )
        left_out = [(f"{count:,}", reason) for reason, count in told["left_out"].items()]
        yield "Left out of these editions of rates", [*left_out] or [("none", "")]
        yield "How to read them", [("", told["note"])]
    if told["example"]:
        yield (
            EXAMPLE,
            [
                (row["payer"], row["figure"], f"{row['usd']} USD [{row['cite']}, {row['grade']}]")
                for row in told["example"]
            ],
        )


def name_of(row: Mapping[str, Any]) -> str:
    """Return what tells one row from another: payer, setting, class of claim and month."""
    return f"{row['payer']}, {row['setting']}, {row['billing_class']}, {row['period']}"


def _figures(row: Mapping[str, Any]) -> str:
    words = [
        f"{title} {row[name]}" for title, name in zip(_TITLES, _FIGURES, strict=True) if row[name] is not None
    ]
    if row["medicare"] is not None:
        words.append(f"Medicare {row['medicare']} ({row['medicare_from']})")
    return ", ".join(words)


def _table(rows: list[Mapping[str, Any]]) -> Iterator[str]:
    size = max(len(name_of(row)) for row in rows)
    yield "  " + " " * size + "".join(f"{title:>11}" for title in _TITLES)
    for row in rows:
        cells = ("-" if row[name] is None else str(row[name]) for name in _FIGURES)
        yield f"  {name_of(row):{size}}" + "".join(f"{cell:>11}" for cell in cells)


def boxes(rows: list[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield each row with its box; all are on one scale, from the lowest P10 to the highest P90."""
    low, high = min(row["cents"][0] for row in rows), max(row["cents"][-1] for row in rows)
    scale = (WIDTH - 1) / max(1, high - low)
    for row in rows:
        p10, p25, p50, p75, p90 = (round((cents - low) * scale) for cents in row["cents"])
        drawn = [" "] * WIDTH
        drawn[p10 : p90 + 1] = ["-"] * (p90 + 1 - p10)
        drawn[p25 : p75 + 1] = ["="] * (p75 + 1 - p25)
        drawn[p25], drawn[p75] = "[", "]"
        drawn[p50] = "|"
        yield row, "".join(drawn).rstrip()


def _drawn(rows: list[Mapping[str, Any]]) -> Iterator[str]:
    size = max(len(name_of(row)) for row in rows)
    for row, box in boxes(rows):
        yield f"  {name_of(row):{size}}  {box}"
    low, high = min(row["cents"][0] for row in rows), max(row["cents"][-1] for row in rows)
    yield f"  {'':{size}}  {usd(low)}{usd(high):>{WIDTH - len(usd(low))}}"
