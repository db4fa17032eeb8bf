"""Drugs given while another procedure went on, and drips of anaesthetics outside any (R-BUN-6)."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from models.encounter import Administration
from rules.formulary.charted_terms import means
from rules.formulary.drug_lists import on_list

Window = tuple[int, int | None]
"""When a procedure ran, in epoch seconds; without an end it ran to the end of the stay."""

SEDATED: Final = (
    "Sedation or pain relief during another procedure: part of it unless it was given for something else."
)
DRIP: Final = (
    "A drip of an anaesthetic beside no procedure: chart what it was for, ventilation or a procedure."
)


def begun_inside(charted: Administration, windows: Sequence[Window]) -> bool:
    """Tell whether an administration began during a procedure."""
    at = charted.given_at
    return (
        bool(windows)
        and at is not None
        and any(start <= at and (end is None or at < end) for start, end in windows)
    )


def sedates(charted: Administration, ingredient: str, windows: Sequence[Window], on: date) -> bool:
    """Tell whether a drug of sedation or pain relief was given, or ran, during a procedure and not said to be for else."""
    if not windows or charted.intent == "treat" or not on_list(ingredient, "sedation", on):
        return False
    return begun_inside(charted, windows) or _ran_inside(charted, windows)


def _ran_inside(charted: Administration, windows: Sequence[Window]) -> bool:
    return any(
        (end is None or flow.start < end) and (flow.stop is None or start < flow.stop)
        for flow in charted.flows or charted.pump_flows
        for start, end in windows
    )


def ventilates(charted: Administration, ingredient: str, on: date) -> bool:
    """Tell whether an anaesthetic ran as a drip that kept a ventilated patient asleep: an infusion like another."""
    return (
        charted.technique == "infusion"
        and on_list(ingredient, "drip", on)
        and means(charted.indication, "ventilated")
    )


def uncertain(charted: Administration, ingredient: str, windows: Sequence[Window], on: date) -> str | None:
    """
    Return what a person is asked of an anaesthetic that is not billed, or None where nothing is open.

    During a procedure it may have been for something else; a drip beside none may have been an infusion.
    """
    if sedates(charted, ingredient, windows, on):
        return SEDATED
    if (
        charted.technique != "infusion"
        or not on_list(ingredient, "drip", on)
        or begun_inside(charted, windows)
        or _ran_inside(charted, windows)
        or means(charted.indication, "procedure_sedation")
    ):
        return None
    return DRIP
