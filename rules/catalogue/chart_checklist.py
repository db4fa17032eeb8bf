"""
What the chart of a stay has and lacks of the checklist of its codes, and what each lack costs.

Pure; from the stay as coded. A flag that stands on an administration is a lack of what it asks for, even where
something is charted: a name nobody knows is no drug. Money is that of the set's own lines and answers.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Final, NamedTuple

from models.charge import ChargeLine, ChargeSet, Flag
from models.encounter import Administration, Encounter
from models.review_item import AnswerOutcome, ChartGap
from rules.catalogue.chart_items import ChartItem, items_of

_STANDS_FOR: Final = {
    "infusion": "96365", "push": "96374", "injection": "96372", "on_body_injector": "96377", "prolonged_pump": "96416",
    "pca": "96374",
}  # fmt: skip
"""Whose checklist an administration without a line is held to: the plainest code of its technique."""

_HYDRATION: Final = "96360"


class Checked(NamedTuple):
    """The checklist of one line, or of what earned none yet: what is charted, what is not, what no event can say."""

    code: str
    administration_ids: tuple[str, ...]
    earned: bool
    """Whether it is a line's code; else it is only the checklist that is asked for."""
    has: tuple[str, ...]
    lacks: tuple[ChartGap, ...]
    untold: tuple[str, ...]


def checked_chart(
    encounter: Encounter, charge_set: ChargeSet, answers: tuple[AnswerOutcome, ...] = ()
) -> tuple[Checked, ...]:
    """Return the checklist of each line of a set, then of what is held without a line, in the stay's order."""
    given = {one.administration_id: one for one in encounter.administrations}
    judge = _Judge(encounter, charge_set, answers)
    checked = [
        judge.checked(line.code, line.service_date, [given[name] for name in line.administration_ids if name in given], line)
        for line in charge_set.lines
    ]  # fmt: skip
    earned = {name for line in charge_set.lines for name in line.administration_ids}
    checked += [
        judge.checked(judge.stand_in(one), _day(one, encounter), [one], None)
        for name, one in given.items()
        if name not in earned and name in judge.held
    ]
    return tuple(one for one in checked if one.has or one.lacks)


def gaps(checked: Iterable[Checked]) -> tuple[ChartGap, ...]:
    """Return every lack once, those that hold the stay first."""
    return tuple(
        sorted(dict.fromkeys(gap for one in checked for gap in one.lacks), key=lambda gap: not gap.holds)
    )


def _day(given: Administration, encounter: Encounter) -> date:
    """Return the day of the first thing charted of an administration; the last there is where nothing is."""
    moments = [
        one
        for one in (given.given_at, *(flow.start for flow in given.flows), *given.touched)
        if one is not None
    ]
    if not moments:
        return date.max
    return datetime.fromtimestamp(min(moments) + encounter.utc_offset_s, UTC).date()


class _Judge:
    """Looks at one stay."""

    def __init__(
        self, encounter: Encounter, charge_set: ChargeSet, answers: tuple[AnswerOutcome, ...]
    ) -> None:
        self._sites = encounter.sites
        self._answers = answers
        self._flags = [flag for flag in charge_set.flags if flag.severity != "info"]
        self.held = {
            name for flag in self._flags if flag.severity == "block" for name in flag.administration_ids
        }
        self._necessity = {
            name for flag in self._flags if flag.flag == "F-HYD_NECESSITY" for name in flag.administration_ids
        }

    def stand_in(self, given: Administration) -> str:
        if given.administration_id in self._necessity or given.intent == "hydrate":
            return _HYDRATION
        return _STANDS_FOR[given.technique]

    def checked(self, code: str, on: date, given: list[Administration], line: ChargeLine | None) -> Checked:
        has: list[str] = []
        lacks: list[ChartGap] = []
        untold: list[str] = []
        for item in items_of(code, on):
            asked = self._asked(item)
            states = {
                one.administration_id: "lacking"
                if one.administration_id in asked
                else item.look(one, self._sites)
                for one in given
            }
            lacking = tuple(name for name, state in states.items() if state == "lacking")
            if lacking:
                lacks.append(self._gap(item, code, lacking, line))
            elif "told" in states.values():
                has.append(item.id)
            elif "untold" in states.values():
                untold.append(item.id)
        names = tuple(one.administration_id for one in given)
        return Checked(code, names, line is not None, tuple(has), tuple(lacks), tuple(untold))

    def _asked(self, item: ChartItem) -> Collection[str]:
        """Return the administrations of which a flag asks for this."""
        return [name for flag in self._asking(item) for name in flag.administration_ids]

    def _asking(self, item: ChartItem) -> Sequence[Flag]:
        # Most items have no flag, and most stays no more than one.
        return [flag for flag in self._flags if flag.flag in item.flags] if item.flags else ()

    def _gap(self, item: ChartItem, code: str, ids: tuple[str, ...], line: ChargeLine | None) -> ChartGap:
        flags = [flag for flag in self._asking(item) if set(ids) & set(flag.administration_ids)]
        holding = [flag for flag in flags if flag.severity == "block"]
        paid = None if line is None or line.expected_payment is None else line.expected_payment.cents
        return ChartGap(
            item=item.id,
            asks=item.asks,
            code=code,
            administration_ids=ids,
            rules=item.rules,
            flags=tuple(dict.fromkeys(flag.flag for flag in flags)),
            holds=bool(holding),
            cents=self._decided(holding) if holding else paid,
        )

    def _decided(self, flags: list[Flag]) -> int | None:
        """Return by how much the answers to these flags differ, in whole US cents; None where none can be listed."""
        ids = {(flag.flag, flag.administration_ids) for flag in flags}
        worth = [one.cents for one in self._answers if (one.flag, one.administration_ids) in ids]
        return max(worth) - min(worth) if worth else None
