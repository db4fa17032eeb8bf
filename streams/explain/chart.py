"""What the chart has and lacks of the checklist of each line, in words that terminal and letter share."""

from collections.abc import Mapping
from typing import NamedTuple

from models.review_item import ChartGap
from rules.catalogue.chart_checklist import Checked
from streams.explain.labels import plain


class ChartRow(NamedTuple):
    """A checklist in words: whose it is, what is charted, and what is not, each with its cost."""

    code: str
    """The codes of the lines; or that there is none yet."""
    names: str
    has: str
    asked: tuple[tuple[str, str], ...]
    """What a flag asks for: the item, and what asks for it."""
    silent: str
    """What is not charted and nothing is held for."""
    stands: int | None
    """The expected payment of the lines that stand on it, in whole US cents."""


def chart_rows(checked: tuple[Checked, ...], tags: Mapping[str, str], *, money: bool) -> tuple[ChartRow, ...]:
    """Return the checklists in words, lines of the same administrations as one; a letter is told no money."""
    alike: dict[object, list[Checked]] = {}
    for one in checked:
        same = (
            one.administration_ids,
            one.earned,
            one.has,
            tuple((gap.item, gap.flags) for gap in one.lacks),
        )
        alike.setdefault(same, []).append(one)
    return tuple(_row(lines, tags, money=money) for lines in alike.values())


def untold(checked: tuple[Checked, ...]) -> str:
    """Return what no event can say of these lines, each once."""
    return ", ".join(dict.fromkeys(item for one in checked for item in one.untold))


def _row(lines: list[Checked], tags: Mapping[str, str], *, money: bool) -> ChartRow:
    first = lines[0]
    codes = ", ".join(dict.fromkeys(one.code for one in lines))
    silent = [gap.item for gap in first.lacks if not gap.flags]
    stands = sum(next((gap.cents for gap in one.lacks if not gap.flags and gap.cents), 0) for one in lines)
    return ChartRow(
        codes if first.earned else f"no line, asked as for {codes}",
        ", ".join(tags.get(name, plain(name)) for name in first.administration_ids),
        ", ".join(first.has),
        tuple((gap.item, _asked(gap, money=money)) for gap in first.lacks if gap.flags),
        ", ".join(silent),
        stands if money and first.earned and stands else None,
    )


def _asked(gap: ChartGap, *, money: bool) -> str:
    flags = ", ".join(gap.flags)
    said = f"{gap.asks}; {flags} {'holds the stay' if gap.holds else 'asks for it'}"
    if not money or gap.cents is None:
        return said
    worth = f"${gap.cents // 100:,}.{gap.cents % 100:02d}"
    return f"{said}, the answers differ by {worth}" if gap.holds else f"{said}, {worth} stands on it"
