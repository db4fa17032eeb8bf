"""
One stay reconciled: what was given, what we charge for it, and what the billing system has of it. Pure.

Every administration, every charge line, every drug line and every posted line stands in exactly one row, a posted one
beside its partner where it has one. Amounts stand on rows of lines alone, so they add up: ours to what the charge set
is expected to be paid, the posted ones to what the posted lines are.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from models.charge import ChargeLine, ChargeSet
from streams.feeds.posted import PostedLine
from streams.reconciliation.acknowledged import Posted
from streams.reconciliation.administration_rows import administration_rows
from streams.reconciliation.amounts import priced
from streams.reconciliation.drug_rows import drug_rows
from streams.reconciliation.pairing import differing, pairs, wanted_line
from streams.reconciliation.row import Row, State

REFUSED_ALONE: Final = {"F-REFUSED_EVENT"}
"""What holds a set without taking back what was charged before (R-DOC-9)."""


class Stay(NamedTuple):
    """What is known of one stay; ``charge_set`` is None where nothing stands of it any more, or never did."""

    encounter_id: str
    charge_set: ChargeSet | None
    posted: Posted = Posted()
    administrations: tuple[str, ...] = ()
    """Ids of what the events say was given, beside those the charge set names."""
    told_on: date | None = None
    """The day that ages count from where a row has no service of its own: held administrations have no line yet."""


def reconciled(stay: Stay, as_of: datetime, *, drugs: bool = False) -> list[Row]:
    """
    Return the rows of a stay: its charge lines, then its drug lines, then its administrations.

    ``as_of`` is what ages count to. With ``drugs`` the billing system is expected to have drug lines that are only
    suggested, too; without, one that it has not got is not billed.
    """
    charge_set, posted = stay.charge_set, stay.posted
    amounts = dict(zip(posted.lines, priced(posted.lines, _setting(charge_set), charge_set), strict=True))
    charges, left = _charge_rows(stay, amounts)
    medicines, left = drug_rows(charge_set, left, amounts, charges, expected=drugs)
    charges += [_extra(stay, line, amounts[line]) for line in left]
    given = administration_rows(stay.encounter_id, charge_set, charges, medicines, stay.administrations)
    return [_aged(row, stay.told_on, as_of.date()) for row in (*charges, *medicines, *given)]


def _setting(charge_set: ChargeSet | None) -> str:
    return "facility" if charge_set is None else charge_set.setting


def _charge_rows(stay: Stay, amounts: dict[PostedLine, int]) -> tuple[list[Row], list[PostedLine]]:
    """Return a row for each line of the set, and the posted lines that are none of them."""
    charge_set, posted = stay.charge_set, stay.posted.lines
    if charge_set is None:
        return [], [*posted]
    partners = pairs([wanted_line(line) for line in charge_set.lines], posted)
    rows = []
    for place, line in enumerate(charge_set.lines):
        partner = posted[partners[place]] if place in partners else None
        rows.append(_charge_row(charge_set, line, partner, amounts, stay.posted.notes.get(line.line_id, "")))
    return rows, [line for place, line in enumerate(posted) if place not in partners.values()]


def _charge_row(
    charge_set: ChargeSet, line: ChargeLine, posted: PostedLine | None, amounts: dict[PostedLine, int], note: str
) -> Row:  # fmt: skip
    differs = () if posted is None else differing(wanted_line(line), posted)
    state, rule, says = _standing(charge_set, posted, differs, note)
    cents = 0 if line.expected_payment is None else line.expected_payment.cents or 0
    known = posted if posted is None or posted.code is not None else _as_ours(line)
    return Row(
        charge_set.encounter_id, "charge", state, line.line_id, line.administration_ids, "", line.service_date,
        line.code, line.units, line.modifiers, cents,
        None if known is None else known.code, 0 if known is None else known.units,
        () if known is None else known.modifiers,
        0 if posted is None else amounts[posted] if posted.code is not None and differs else cents,
        differs, rule or (line.reasons[0].rule if line.reasons else ""), says,
    )  # fmt: skip


def _as_ours(line: ChargeLine) -> PostedLine:
    return PostedLine(line.code, line.units, line.modifiers, line.service_date, line.line_id)


def _standing(
    charge_set: ChargeSet, posted: PostedLine | None, differs: Sequence[str], note: str
) -> tuple[State, str, str]:
    """Return how a line of ours stands, the flag that decides it, and why in words."""
    blocking = sorted({flag.flag for flag in charge_set.flags if flag.severity == "block"})
    if charge_set.status == "held" and (posted is None or not {*blocking} <= REFUSED_ALONE):
        if posted is None:
            return "held", " ".join(blocking), "waits for a person"
        return (
            "extra",
            " ".join(blocking),
            note or "posted, and the set is held: its credit has not been taken",
        )
    if charge_set.status == "preview":
        return ("open", "", "a preview: charged once it is final") if posted is None else (
            "extra", "", note or "posted, and the set is a preview: its credit has not been taken",
        )  # fmt: skip
    if posted is None:
        return "missing", "", note or "the billing system has not got it"
    if differs:
        return "differs", "", note or f"the billing system has other {' and '.join(differs)}"
    return "matched", "", "known by its id alone" if posted.code is None else ""


def _extra(stay: Stay, line: PostedLine, cents: int) -> Row:
    """Return the row of a posted line that is none of ours."""
    note = stay.posted.notes.get(line.line_id or "", "")
    why = (
        "no charge set stands of this stay" if stay.charge_set is None else "no line of the charge set is it"
    )
    name = line.line_id or "/".join(
        filter(
            None, (line.code, line.service_date.isoformat() if line.service_date else None, *line.modifiers)
        )
    )
    return Row(
        stay.encounter_id, "charge", "extra", name, service_date=line.service_date, posted_code=line.code,
        posted_units=line.units, posted_modifiers=line.modifiers, posted_cents=cents, says=note or why,
    )  # fmt: skip


def _aged(row: Row, told_on: date | None, today: date) -> Row:
    since = row.service_date or told_on
    return row if since is None else Row(**{**row.__dict__, "age_days": (today - since).days})


def posted_cents(rows: Iterable[Row]) -> int:
    """Return what the posted lines of rows are expected to be paid together, in US cents."""
    return sum(row.posted_cents for row in rows)
