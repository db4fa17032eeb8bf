"""
Drugs that left the pharmacy and that nobody is charted to have given: handed out, charged, or thrown away.

None of them earns a line. What was handed out belongs to a giving of the stay where it names one, or is the same drug;
how much was handed out decides nothing, for two vials may be one dose.
"""

from collections.abc import Iterable
from itertools import groupby

from models.charge import DrugLine, Flag, Reason
from models.encounter import Dispense
from rules.claim.charge_lines import stable_id
from rules.drug_lines.drug_rules import UNGIVEN
from rules.drug_lines.ingredients import drugs_of
from rules.drug_lines.waste import apart
from rules.flags import FLAGS
from rules.worksheet.context import Context


def ungiven(context: Context) -> Iterable[DrugLine]:
    """Return a line, not billed or open, for each drug handed out or thrown away without a giving in the stay."""
    encounter = context.encounter
    return _ungiven(context) if encounter.wasted_apart or encounter.dispensed else ()


def _ungiven(context: Context) -> Iterable[DrugLine]:
    encounter = context.encounter
    for name, wasted in groupby(encounter.wasted_apart, key=lambda waste: waste.administration_id):
        at = min(waste.at for waste in wasted)
        reason = apart(name)
        flag = FLAGS["F-DRUG_WASTE"].on((), reason.says)
        yield _line(context, ("wasted", name), "discarded drug", at, reason, flag)
    if not encounter.dispensed:
        return
    given = {one.administration_id for one in encounter.administrations}
    named = [_named(context, one) for one in encounter.dispensed]
    known: set[str] = set()
    for administration in encounter.administrations:
        if administration.drug is not None:
            for drug in drugs_of(administration.drug, context.on):
                known |= {drug.name, *drug.products}
    for one, (name, means) in zip(encounter.dispensed, named, strict=True):
        if one.administration_id in given or known & means:
            continue
        says = (
            f"{name} was handed out or charged ({one.dispense_id}), and nobody is charted to have given it."
        )
        reason = UNGIVEN.because(says)
        flag = FLAGS["F-DRUG_UNGIVEN"].on((), says, dispense_id=one.dispense_id)
        yield _line(context, ("dispensed", one.dispense_id), name, one.at, reason, flag)


def _named(context: Context, one: Dispense) -> tuple[str, frozenset[str]]:
    """Return how a drug handed out is called, and everything by which a giving of it would be known."""
    drugs = drugs_of(one.drug, context.on)
    means = {word for drug in drugs for word in (drug.name, *drug.products)}
    return " + ".join(dict.fromkeys(drug.name for drug in drugs)), frozenset(means)


def _line(context: Context, key: tuple[str, str], name: str, at: int, reason: Reason, flag: Flag) -> DrugLine:
    kind, named = key
    line_id = stable_id(f"{context.encounter.encounter_id}\x1f{kind}\x1f{named}")
    on = context.calendar.date_of(at)
    return DrugLine(
        line_id, named, name, "not_billed", None, None, None, (), on, None, "charted", (reason,), (flag,)
    )
