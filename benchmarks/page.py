"""
The figures a visitor sees: the newest rows as one table in README.md, each beside its aim, and as figures.svg.

    python benchmarks/page.py

What is to be reached stands in ``aims.py``, what was measured in coder.csv, stream.csv, soak.csv and chaos.csv.
"""

from collections.abc import Iterator, Sequence
from operator import ge, le, lt
from pathlib import Path
from typing import Final

from aims import AIMS, Aim
from drawing import Bar, drawing
from measured import Found, Measured, newest

HERE: Final = Path(__file__).resolve().parent
BEGIN, END = "<!-- figures: written by page.py -->", "<!-- end of figures -->"
_HOLDS: Final = {"<=": le, ">=": ge, "<": lt}
_SIGNS: Final = {"<=": "at most", ">=": "at least", "<": "below"}
_DRAWN: Final = {
    "coder": "Coding a month, times the floor (less is better)",
    "race": "The worker's events a second over the contender's (more is better)",
    "latency": "Departure to charges, in round trips of one message (less is better)",
    "recovery": "Recovery, times a bare read of the changelog (less is better)",
}


def verdict(aim: Aim, found: Measured | None) -> str:
    """Return whether an aim is met, in words; nothing where there is none."""
    if found is None:
        return "not measured"
    if aim.limit is None:
        return ""
    judged = found.ratio if aim.of == "ratio" else found.figure
    if judged is None:
        return "not measured"
    return "met" if _HOLDS[aim.bound](judged, aim.limit) else "not met"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 -- three digits


def _cells(aim: Aim, found: Measured | None) -> Iterator[str]:
    judged = verdict(aim, found)
    yield aim.words
    if found is None:
        yield from ("", "", "")
    else:
        spread = f" ({found.spread})" if found.spread else ""
        yield f"{_number(found.figure)} {found.unit}{spread}".rstrip()
        yield found.beside
        yield "" if found.ratio is None else f"{found.ratio:.2f}"
    of = f" {aim.unit}" if aim.unit else ""
    yield "" if aim.limit is None else f"{_SIGNS[aim.bound]} {_number(aim.limit)}{of}"
    yield f"**{judged}**" if judged in {"met", "not met"} else judged


def table(found: Found) -> str:
    """Return the table of README.md, and below it when and on which commit each part was measured."""
    said = [verdict(aim, found.get((aim.name, aim.beside))) for aim in AIMS if aim.limit is not None]
    count = ", ".join(f"{said.count(words)} {words}" for words in ("met", "not met", "not measured"))
    lines = [f"Of {len(said)} aims: {count}.", ""]
    lines += ["| part | what | figure | beside it | ratio | aim | |", "|---|---|---|---|---|---|---|"]
    parts: dict[str, list[Measured]] = {}
    before = ""
    for aim in AIMS:
        one = found.get((aim.name, aim.beside))
        if one is None and aim.limit is None:
            continue
        lines.append(f"| {aim.part if aim.part != before else ''} | {' | '.join(_cells(aim, one))} |")
        before = aim.part
        if one is not None:
            parts.setdefault(aim.part, []).append(one)
    lines += ["", *(f"- {part}: {_when(rows)}" for part, rows in parts.items())]
    unseen = [part for part in dict.fromkeys(aim.part for aim in AIMS) if part not in parts]
    return "\n".join([*lines, *([f"- not measured: {'; '.join(unseen)}"] if unseen else [])])


def _when(rows: Sequence[Measured]) -> str:
    """Return date and commit of a part's rows, with how many were measured where all say the same."""
    commits = list(dict.fromkeys(f"{row.date}, commit {row.commit}" for row in rows))
    sizes = {row.n for row in rows if row.n}
    return "; ".join(commits) + (f", {sizes.pop()}" if len(sizes) == 1 else "")


def bars(found: Found) -> Iterator[tuple[str, list[Bar]]]:
    """Yield the parts that are drawn, each with its heading."""
    for part, heading in _DRAWN.items():
        made = []
        for aim in AIMS:
            one = found.get((aim.name, aim.beside))
            if aim.part == part and one is not None and one.ratio is not None:
                least = one.ratio if one.least is None else one.least
                most = one.ratio if one.most is None else one.most
                made.append(Bar(aim.words, one.ratio, least, most, aim.limit, verdict(aim, one)))
        yield heading, made


def main() -> None:
    """Write the table and the drawing anew."""
    found = newest(HERE)
    (HERE / "figures.svg").write_text(drawing(list(bars(found))), encoding="utf-8")
    page = HERE / "README.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n\n{table(found)}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
