"""
Drug lines that are released: charge lines like any other, with the questions they leave open among the set's flags.

So they are held with their set, credited and charged with its revisions, and exported with it (switch ``drug_lines``).
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Final

from models.charge import ChargeLine, DrugLine, ExpectedPayment, Flag, Reason, weakest_evidence
from rules.claim.charge_lines import line_id
from rules.drug_lines.opps_status import expected
from rules.worksheet.reviews import answered, refuses, said
from rules.worksheet.sheet import Worksheet

WASTED: Final = ("JW",)
"""The modifiers of what was thrown away, on a line of its own."""


def charged(encounter_id: str, drugs: Iterable[DrugLine], sheet: Worksheet) -> tuple[ChargeLine, ...]:
    """Return the charge lines of released drug lines, one per code, date and modifiers, after those of the stay."""
    together: dict[tuple[date, str, tuple[str, ...]], list[DrugLine]] = {}
    for drug in drugs:
        if drug.status != "released" or drug.code is None:
            continue
        together.setdefault((drug.service_date, drug.code, drug.modifiers), []).append(drug)
        if drug.waste_units:
            together.setdefault((drug.service_date, drug.code, WASTED), []).append(drug)
    switch = sheet.policy.because("drug_lines")
    return tuple(
        _line(encounter_id, key, together[key], switch, facility=sheet.facility) for key in sorted(together)
    )


def _line(
    encounter_id: str, key: tuple[date, str, tuple[str, ...]], drugs: list[DrugLine], switch: Reason, *, facility: bool
) -> ChargeLine:  # fmt: skip
    on, code, modifiers = key
    units = sum((drug.waste_units if modifiers == WASTED else drug.units) or 0 for drug in drugs)
    payment: ExpectedPayment | None = expected(code, units, on) if facility else None
    minutes = [drug.minutes for drug in drugs if drug.minutes is not None]
    ids = tuple(dict.fromkeys(drug.administration_id for drug in drugs))
    reasons: dict[tuple[str, str], Reason] = {}
    for drug in drugs:
        about = (drug.administration_id,) if len(ids) > 1 else ()
        for reason in drug.reasons:
            reasons.setdefault((reason.rule, reason.says), replace(reason, administration_ids=about))
    return ChargeLine(
        line_id(encounter_id, code, on, modifiers),
        code,
        units,
        modifiers,
        on,
        ids,
        sum(minutes) if minutes else None,
        weakest_evidence(drug.evidence for drug in drugs),
        (*reasons.values(), switch),
        (),
        payment,
    )


def asked(drugs: Iterable[DrugLine], sheet: Worksheet) -> tuple[tuple[DrugLine, ...], list[Flag]]:
    """
    Return the drug lines and the flags of the set once a person's answers are entered (R-REV-1).

    ``no_code`` leaves the drug unbilled and its administration as it is.
    """
    settled: list[DrugLine] = []
    told: list[Flag] = []
    for drug in drugs:
        line = drug
        for flag in drug.flags:
            review = sheet.reviews.answer(flag) if sheet.reviews is not None else None
            if review is None:
                told.append(flag)
                sheet.decided_by("drug_lines", flag.administration_ids or ("",), flag.flag)
                continue
            told.append(answered(flag, review))
            refusal = refuses(review, drug.administration_id, f"{drug.ingredient}: {said(review)}")
            sheet.refused.append(refusal)
            reason = Reason(refusal.rule, refusal.says, refusal.cites)
            line = replace(line, status="not_billed", units=None, flags=(), reasons=(*line.reasons, reason))
        settled.append(line)
    return tuple(settled), told
