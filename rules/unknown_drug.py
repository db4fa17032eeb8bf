"""Why it cannot be said what drug was given, and what to chart so that it can (R-CLS-7)."""

from datetime import date

from models.drug import Drug
from rules.formulary import disagreeing, lookup, nearest


def unknown_drug(drug: Drug | None, on: date) -> tuple[str, str] | None:
    """
    Return what is unclear about a charted drug and what to do, in words; None when the formulary knows it.

    Names that are near to an unknown one are offered and never taken. The charted text itself is not repeated:
    it may hold what a flag must not.
    """
    if drug is None:
        return None
    if (differing := disagreeing(drug, on)) is not None:
        by_name, by_code = differing
        code = f"the code {drug.code}" if drug.code else "a code in the bag"
        return (
            f"The name says {by_name}, {code} says {by_code}.",
            "Correct the name or the code in the chart's drug file; neither was taken.",
        )
    entry = lookup(drug, on)
    if entry is not None:
        return None
    near = nearest(drug, on)
    advice = "Add the drug to the formulary, or state its billing_class on the event."
    if near:
        advice = f"Nearest known names: {', '.join(near)}; none was taken. {advice}"
    return "The drug is not in the formulary.", advice


def unclear_strength() -> tuple[str, str]:
    """Return why a name and strength that two products share decides nothing, and what to chart."""
    return (
        "Products for cancer and for other diseases share the charted name and strength.",
        "Chart the brand or the indication.",
    )
