"""Drugs Medicare takes for self-administered: no covered code for their injection (R-INJ-6)."""

from rules.formulary.exclusion_list import excluded
from rules.rule import Rule
from rules.sources import cite
from rules.worksheet.codable import CodableAdministration
from rules.worksheet.context import Context

SELF_ADMINISTERED = Rule(
    "R-INJ-6",
    "A drug on Medicare's list of self-administered drugs earns no covered injection by that route.",
    ("SAD-DEF", "SAD-CMS-2023"),
    "A",
)

RULES = (SELF_ADMINISTERED,)


def refused_as_self_administered(
    context: Context, administrations: list[CodableAdministration], code: str
) -> bool:
    """
    Refuse what Medicare does not cover because patients give it to themselves; tell whether it was refused.

    ``code`` is what the administrations would have earned. Payers other than Medicare are not asked.
    """
    sheet, first = context.sheet, administrations[0]
    policy = sheet.policy
    if not policy.medicare:
        return False
    drug = first.charted.drug
    hcpcs = drug.code if drug is not None and drug.system in {"hcpcs", None} else None
    row = excluded(first.substance, hcpcs, first.route, context.on)
    if row is None:
        return False
    sheet.decided_by("sad", [administration.id for administration in administrations])
    if policy.sad == "bill":
        return False
    says = (
        f"On the list of self-administered drugs ({row.listed_by}; {row.as_of}) for the route {first.route}: {code} would be"
        " non-covered. Show it as a non-covered charge, or report it with GY."
    )
    sheet.refuse(administrations, SELF_ADMINISTERED, says)
    sheet.flag("F-SAD", administrations, f"{code} is not billed to Medicare: {cite(row.cite)}.", code=code)
    return True
