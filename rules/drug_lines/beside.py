"""What the switch ``drug_lines`` makes of a stay's drugs: nothing, a field beside the charges, or charges among them."""

from models.charge import ChargeLine, DrugLine
from rules.drug_lines.lines import drug_lines
from rules.drug_lines.released import asked, charged
from rules.worksheet.context import Context


def drugs_beside(
    context: Context, lines: tuple[ChargeLine, ...]
) -> tuple[tuple[ChargeLine, ...], tuple[DrugLine, ...]]:
    """
    Return the lines of the set, and its drug lines.

    ``off`` makes none. ``suggest`` leaves lines and flags as they are. ``release`` adds the drugs to the lines, and what
    they leave open to the flags of the sheet.
    """
    sheet = context.sheet
    if sheet.policy.drug_lines == "off":
        return lines, ()
    drugs = drug_lines(context, lines, sheet.refused)
    if sheet.policy.drug_lines == "suggest" or not drugs:
        return lines, drugs
    drugs, flags = asked(drugs, sheet)
    sheet.flags += flags
    return (*lines, *charged(context.encounter.encounter_id, drugs, sheet)), drugs
