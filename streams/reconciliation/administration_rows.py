"""
What was given, each administration once: what became of its charges, and whether drug and administration go together. Pure.

An administration stands as the worst of its charge lines does. One without a charge line is not billed by a rule, or a
flag holds it; one that is nowhere is missing, which would be a fault of ours.
"""

from collections.abc import Sequence
from typing import Final

from models.charge import ChargeSet
from streams.reconciliation.amounts import HYDRATION
from streams.reconciliation.row import STATES, Pairing, Row, State

_CHARGED: Final = {"suggested", "released"}
_NOWHERE: Final = "it is in no line, no refusal and behind no flag"


def administration_rows(
    encounter_id: str, charge_set: ChargeSet | None, charges: Sequence[Row], drugs: Sequence[Row], given: Sequence[str]
) -> list[Row]:  # fmt: skip
    """Return a row for each administration that the events or the charge set name, in the order of their ids."""
    names = {*given}
    if charge_set is not None:
        names |= {name for line in charge_set.lines for name in line.administration_ids}
        names |= {name for flag in charge_set.flags for name in flag.administration_ids if flag.severity == "block"}  # fmt: skip
        names |= {refusal.administration_id for refusal in charge_set.not_billed}
        # A drug handed out and given by nobody has a line that is not billed, and no administration behind it.
        names |= {line.administration_id for line in charge_set.drug_lines if line.status != "not_billed"}
    return [_row(encounter_id, charge_set, name, charges, drugs) for name in sorted(names - {""})]


def _row(
    encounter_id: str, charge_set: ChargeSet | None, name: str, charges: Sequence[Row], drugs: Sequence[Row]
) -> Row:
    drug_codes = {row.code for row in drugs if name in row.administration_ids}
    mine = [row for row in charges if name in row.administration_ids and row.code not in drug_codes]
    dates = [
        row.service_date
        for row in (*charges, *drugs)
        if name in row.administration_ids and row.service_date is not None
    ]
    state, rule, says = _standing(charge_set, name, mine)
    return Row(
        encounter_id, "administration", state, name, (name,), _pairing(charge_set, name, mine),
        min(dates, default=None), rule=rule, says=says,
    )  # fmt: skip


def _standing(charge_set: ChargeSet | None, name: str, mine: Sequence[Row]) -> tuple[State, str, str]:
    if mine:
        worst = min(mine, key=lambda row: STATES.index(row.state))
        return worst.state, worst.rule, worst.says
    if charge_set is None or charge_set.status == "cancelled":
        return "not_billed", "", "nothing is charged of this stay"
    for refusal in charge_set.not_billed:
        if refusal.administration_id == name:
            return "not_billed", refusal.rule, refusal.says
    for flag in charge_set.flags:
        if flag.severity == "block" and (name in flag.administration_ids or not flag.administration_ids):
            return "held", flag.flag, flag.says
    return "missing", "", _NOWHERE


def _pairing(charge_set: ChargeSet | None, name: str, mine: Sequence[Row]) -> Pairing:
    """Return whether an administration's charge and its drug both stand; nothing where drugs are not coded at all."""
    if charge_set is None or not charge_set.drug_lines:
        return ""
    drug = any(line.administration_id == name and line.status in _CHARGED for line in charge_set.drug_lines)
    charged = any(row.code not in HYDRATION for row in mine)
    if drug and not mine:
        return "without_administration"
    if charged and not drug:
        return "without_drug"
    return "paired" if drug else ""
