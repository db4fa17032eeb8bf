"""
The drug lines of a stay beside what the billing system has of them. Pure.

A released drug line is among the charge lines, and stands as its charge line does, without an amount of its own. Of
suggested ones that are one code on one date together, the first row carries what was posted. One that lacks a code or units is
held where it would be released; where drugs are only suggested nobody waits for it, and it is not billed.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

from models.charge import ChargeSet, DrugLine, ExpectedPayment
from streams.feeds.posted import PostedLine
from streams.reconciliation.pairing import Wanted, differing, pairs, wanted_drug
from streams.reconciliation.row import Row, State

_SUGGESTED: Final = "suggested, not released: the switch drug_lines says so"


def drug_rows(
    charge_set: ChargeSet | None, posted: Sequence[PostedLine], amounts: dict[PostedLine, int],
    charges: Sequence[Row], *, expected: bool,
) -> tuple[list[Row], list[PostedLine]]:  # fmt: skip
    """Return a row for each drug line, and the posted lines that are none of them."""
    drugs = () if charge_set is None else tuple(chain.from_iterable(map(_parted, charge_set.drug_lines)))
    groups: dict[tuple[object, ...], list[Wanted]] = {}
    for drug in drugs:
        if (wanted := _wanted(drug)) is not None:
            groups.setdefault((wanted.code, wanted.service_date, wanted.modifiers), []).append(wanted)
    together = [group[0]._replace(units=sum(one.units for one in group)) for group in groups.values()]
    found = pairs(together, posted)
    partner = {
        member.line_id: (together[place], posted[found[place]] if place in found else None)
        for place, group in enumerate(groups.values())
        for member in group
    }
    carried: set[int] = set()
    rows = []
    for drug in drugs:
        whole, line = partner.get(drug.drug_line_id, (None, None))
        row = _row(charge_set, drug, whole, line, charges, expected=expected)
        if line is not None and id(line) not in carried:
            carried.add(id(line))
            row = Row(
                **{
                    **row.__dict__,
                    "posted_code": line.code,
                    "posted_units": line.units,
                    "posted_modifiers": line.modifiers,
                    "posted_cents": amounts[line],
                }
            )
        rows.append(row)
    return rows, [line for place, line in enumerate(posted) if place not in found.values()]


def _wanted(drug: DrugLine) -> Wanted | None:
    """Return what of the billing system's may be this drug: also of an open one, whose units are not known yet."""
    if drug.status == "suggested":
        return wanted_drug(drug)
    if drug.status == "open" and drug.code is not None:
        return Wanted(drug.drug_line_id, drug.code, 0, tuple(sorted(drug.modifiers)), drug.service_date)
    return None


def _parted(drug: DrugLine) -> tuple[DrugLine, ...]:
    """Return a suggested drug and, as a line of its own, what was thrown away of it, each with its share of the amount."""
    if drug.status != "suggested" or not drug.units or not drug.waste_units:
        return (drug,)
    whole = drug.units + drug.waste_units
    wasted = replace(
        drug,
        drug_line_id=f"{drug.drug_line_id}-JW",
        units=drug.waste_units,
        waste_units=None,
        modifiers=("JW",),
        expected_payment=_share(drug.expected_payment, drug.waste_units, whole),
    )
    paid = drug.expected_payment
    given = None
    if paid is not None and paid.cents is not None and wasted.expected_payment is not None:
        given = replace(paid, cents=paid.cents - (wasted.expected_payment.cents or 0))
    return replace(drug, waste_units=None, expected_payment=given or paid), wasted


def _share(paid: ExpectedPayment | None, units: int, whole: int) -> ExpectedPayment | None:
    """Return the amount of so many of the units a payment is for; the rest is the others', to the cent."""
    if paid is None or paid.cents is None:
        return paid
    return replace(paid, cents=paid.cents * units // whole)


def _row(
    charge_set: ChargeSet | None, drug: DrugLine, whole: Wanted | None, posted: PostedLine | None,
    charges: Sequence[Row], *, expected: bool,
) -> Row:  # fmt: skip
    unknown = whole is None or posted is None or drug.status == "open"
    differs = () if unknown or whole is None or posted is None else differing(whole, posted)
    state, says = _standing(drug, posted, differs, charges, expected=expected, waits=_waits(charge_set, drug))
    if state == "missing" and charge_set is not None and charge_set.status in {"held", "preview"}:
        state = "held" if charge_set.status == "held" else "open"
    cents = 0 if drug.status == "released" or drug.expected_payment is None else drug.expected_payment.cents
    return Row(
        "" if charge_set is None else charge_set.encounter_id, "drug", state, drug.drug_line_id,
        (drug.administration_id,), "", drug.service_date, drug.code, drug.units or 0, drug.modifiers, cents or 0,
        differs_in=differs, rule=drug.reasons[-1].rule if drug.reasons else "", says=says,
    )  # fmt: skip


def _waits(charge_set: ChargeSet | None, drug: DrugLine) -> bool:
    """Tell whether what a drug line asks holds the set: only one that would be released asks among the set's flags."""
    asked = () if charge_set is None else charge_set.flags
    return any(
        one.flag == flag.flag
        and one.severity == "block"
        and {*flag.administration_ids} <= {*one.administration_ids}
        for flag in drug.flags
        for one in asked
    )


def _standing(
    drug: DrugLine, posted: PostedLine | None, differs: Sequence[str], charges: Sequence[Row], *, expected: bool,
    waits: bool,
) -> tuple[State, str]:  # fmt: skip
    if drug.status == "released":
        for row in charges:
            if (row.code, row.service_date, row.modifiers) == (drug.code, drug.service_date, drug.modifiers):
                return row.state, "stands on its charge line"
        return "held", "released, and on no charge line"
    if drug.status == "open":
        return "held" if waits else "not_billed", "; ".join(flag.says for flag in drug.flags) or drug.reasons[
            -1
        ].says
    if drug.status == "not_billed":
        return "not_billed", drug.reasons[-1].says if drug.reasons else ""
    if posted is not None:
        return (
            ("differs", f"the billing system has other {' and '.join(differs)}")
            if differs
            else ("matched", "")
        )
    return ("missing", "the billing system has not got it") if expected else ("not_billed", _SUGGESTED)
