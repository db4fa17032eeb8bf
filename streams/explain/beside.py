"""Drugs beside the charges, in words for every drawing: what each comes to, and why, or what keeps it from having units."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from models.charge import DrugLine, ExpectedPayment
from streams.explain.labels import TIMES, plain
from streams.explain.picture import Picture


class Beside(NamedTuple):
    """
    One drug that is not among the charges.

    ``lead`` is its code with units, modifiers and waste, ``about`` the drug, how it stands and what it was given with;
    ``reasons`` are rules with their sentences.
    """

    lead: str
    about: str
    reasons: tuple[tuple[str, str], ...]
    payment: ExpectedPayment | None


def counted(drug: DrugLine) -> str:
    """Return a drug line's code and units as far as they are known, and its waste under JW."""
    if drug.code is None:
        return "no code"
    code = "-".join((drug.code, *drug.modifiers))
    if drug.units is None:
        return code
    waste = f" + {drug.waste_units} JW" if drug.waste_units else ""
    return f"{code} {TIMES} {drug.units}{waste}"


def beside(picture: Picture) -> Iterator[Beside]:
    """Yield the drugs of a set that are not released, in its order; released ones stand among its lines."""
    for drug in picture.charge_set.drug_lines:
        if drug.status == "released":
            continue
        names = picture.names_of((drug.administration_id,))
        yield Beside(
            counted(drug),
            f"{plain(drug.ingredient)}, {drug.status.replace('_', ' ')} ({names})",
            tuple((reason.rule, plain(reason.says)) for reason in drug.reasons),
            drug.expected_payment,
        )


def at_stake(drugs: Iterable[DrugLine]) -> int:
    """Return what the drugs that are only suggested come to at national amounts, waste included, in whole US cents."""
    return sum(
        drug.expected_payment.cents or 0
        for drug in drugs
        if drug.status == "suggested" and drug.expected_payment is not None
    )
