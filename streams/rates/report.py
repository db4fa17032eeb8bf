"""What an edition says of one code, as a plain mapping and as text with a box for each payer. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from rules.catalogue.fact_rows import rows as facts_of_catalogue
from streams.rates.edition import COLUMNS, Row, usd
from streams.rates.spread import Spread

_WIDTH: Final = 48
_MEDICARE: Final = "Medicare"


def facts_of(code: str, rows: Iterable[Row], said: Mapping[str, object]) -> dict[str, Any]:
    """Return the rows of a code with their gap and ratio to Medicare's mean of the same setting, where there is one."""
    of_code = [row for row in rows if row.key.code == code]
    medicare = {
        (row.key.setting, row.key.billing_class): row.rates.mean
        for row in of_code
        if row.key.payer == _MEDICARE
    }
    return {
        "code": code,
        "on": said.get("on"),
        "rows": [_row(row, medicare.get((row.key.setting, row.key.billing_class))) for row in of_code],
        "left_out": said.get("left_out", {}),
        "remarks": said.get("remarks", {}),
        "sources": said.get("sources", []),
        "note": "Published rates, for comparison: they choose no code and no expected payment rests on them.",
    }


def _row(row: Row, medicare: int | None) -> dict[str, Any]:
    values = (*row.key, row.rates.observed, *(usd(cents) for cents in row.rates[1:]))
    return {
        **dict(zip(COLUMNS, values, strict=True)),
        "between_quartiles": usd(row.rates.between_quartiles),
        "gap_to_medicare": None if medicare is None else usd(row.rates.mean - medicare),
        "ratio_to_medicare": None if not medicare else round(row.rates.mean / medicare, 2),
        "cents": list(row.rates[2:]),
    }


def example(code: str) -> list[dict[str, str]]:
    """Return the worked example of a code: figures of one published page, for reading and never for money."""
    return [dict(row) for row in facts_of_catalogue("benchmarks") if row["code"] == code]


def text_of(facts: Mapping[str, Any]) -> str:
    """Return the rows of a code as a table and as boxes on one scale, then what was left out."""
    lines = [
        f"{facts['code']}  published rates, US dollars"
        + (f", edition of {facts['on']}" if facts["on"] else "")
    ]
    rows = facts["rows"]
    if not rows:
        lines.append("  no edition holds a rate for it; infusion rates ingest FILE --into FOLDER makes one")
    else:
        lines += list(_table(rows))
        lines += ["Box: P10 to P90, quartiles in brackets, median |", *_boxes(rows)]
    if facts["left_out"]:
        lines.append("Left out of the whole edition")
        lines += [f"  {count:>8}  {reason}" for reason, count in sorted(facts["left_out"].items())]
    if facts["example"]:
        lines.append("Worked example, figures of one published page: never used for money")
        lines += [
            f"  {row['payer']:22}  {row['figure']:16}  {row['usd']:>8}  [{row['cite']}, {row['grade']}]"
            for row in facts["example"]
        ]
    return "\n".join([*lines, facts["note"]]) + "\n"


def _name(row: Mapping[str, Any]) -> str:
    return f"{row['payer']}, {row['setting']}, {row['billing_class']}, {row['period']}"


def _table(rows: list[Mapping[str, Any]]) -> Iterator[str]:
    size = max(len(_name(row)) for row in rows)
    names = ("count", "mean", *Spread._fields[2:], "gap_to_medicare", "ratio_to_medicare")
    titles = ("count", "mean", "P10", "P25", "median", "P75", "P90", "gap", "ratio")
    yield "  " + " " * size + "".join(f"{title:>10}" for title in titles)
    for row in rows:
        cells = ("-" if row[name] is None else str(row[name]) for name in names)
        yield f"  {_name(row):{size}}" + "".join(f"{cell:>10}" for cell in cells)


def _boxes(rows: list[Mapping[str, Any]]) -> Iterator[str]:
    size = max(len(_name(row)) for row in rows)
    low, high = min(row["cents"][0] for row in rows), max(row["cents"][-1] for row in rows)
    scale = (_WIDTH - 1) / max(1, high - low)
    for row in rows:
        p10, p25, p50, p75, p90 = (round((cents - low) * scale) for cents in row["cents"])
        drawn = [" "] * _WIDTH
        drawn[p10 : p90 + 1] = ["-"] * (p90 + 1 - p10)
        drawn[p25 : p75 + 1] = ["="] * (p75 + 1 - p25)
        drawn[p25], drawn[p75] = "[", "]"
        drawn[p50] = "|"
        yield f"  {_name(row):{size}}  {''.join(drawn)}".rstrip()
    yield f"  {'':{size}}  {usd(low)}{usd(high):>{_WIDTH - len(usd(low))}}"
