"""What makes two charted drugs one: the ingredient the formulary knows, or the set of what is in the bag."""

from datetime import date

from models.encounter import Administration
from rules.formulary.lookup import lookup, substance


def substance_of(charted: Administration, on: date) -> str | None:
    """Return the identity of what an administration gave (R-SAME-5, R-DEF-7); None where no formulary knows it."""
    if charted.drug is None:
        return None
    if charted.drug.ingredients:
        return substance(charted.drug, on)
    entry = lookup(charted.drug, on)
    return None if entry is None else entry.ingredient
