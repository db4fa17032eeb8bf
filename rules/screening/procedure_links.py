"""What a drug's own link says of the procedure it was part of; the link stands, whatever the times say (R-BUN-6)."""

from typing import Final

from rules.screening.classes import INTEGRAL, NO_PROCEDURE
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.context import Context

BESIDE: Final = frozenset({"evaluation", "subcutaneous_pump_setup"})
"""Kinds of procedure that a drug may be linked to and is no part of: the visit, and the setting up of its own pump."""


def refuse_linked(administration: CodableAdministration, context: Context) -> bool:
    """Refuse a drug that is part of the procedure it is linked to, ask where the chart contradicts that; tell whether it is."""
    sheet, charted = context.sheet, administration.charted
    procedure_id = charted.procedure_id
    if procedure_id is None:
        return False
    if procedure_id == NO_PROCEDURE:
        if charted.intent != "procedure":
            return False
        sheet.refuse([administration], INTEGRAL, "Charted as part of another procedure.")
        sheet.block(
            "F-PROCEDURE_WINDOW", [administration], "Charted as part of a procedure, and linked to none."
        )
        return True
    kinds = [one.kind for one in context.encounter.procedures if one.procedure_id == procedure_id]
    if kinds and kinds[0] in BESIDE:
        return False
    sheet.refuse([administration], INTEGRAL, f"Linked to procedure {procedure_id}: part of it.")
    if not kinds:
        says = f"Linked to procedure {procedure_id}, of which nothing else is charted."
        sheet.warn("F-PROCEDURE_WINDOW", [administration], says)
    return True
