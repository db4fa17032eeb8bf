"""
Which product a code without a name means, where it may mean a fluid or a drug and a flush alike.

RxNorm's ingredient of saline stands for a litre and for ten millilitres in a syringe. The charted intent decides,
else the manner: what ran is no flush, and what was put under the skin or into muscle is none either.
"""

from datetime import date

from models.drug import Drug
from models.field import Intent, Technique
from rules.formulary.lookup import Entry, lookup
from rules.formulary.products import catalogue, edition
from rules.site_folder import cached_by_site

NO_FLUSH = frozenset({"infusion", "prolonged_pump", "pca", "injection", "on_body_injector"})
"""Manners of giving that no flush has."""


def as_meant(drug: Drug, entry: Entry, intent: Intent | None, technique: Technique, on: date) -> Entry | None:
    """
    Return what the formulary says of a drug, read by what it was given for where its code alone leaves that open.

    ``entry`` is what its lookup says. None for a code that may mean a drug or a flush where neither intent nor manner
    tells.
    """
    if entry.disagreement:
        return _holding(drug, entry, on)
    if entry.billing_class != "flush" or entry.basis == "stated" or drug.ingredients:
        return entry
    if drug.code is None or (drug.name is not None and lookup(Drug(name=drug.name), on) is not None):
        return entry
    other = _besides_flush(drug.system, drug.code, edition(on))
    if other is None or intent == "flush":
        return entry
    meant = lookup(Drug(name=other), on)
    if intent is not None or technique in NO_FLUSH:
        return meant
    # A push of plain fluid earns nothing either way; a push of a drug would.
    return entry if meant is None or meant.billing_class == "hydration" else None


def _holding(drug: Drug, coded: Entry, on: date) -> Entry:
    """Return the entry of the name where the code is of one thing in it, as saline's is of dextrose in saline."""
    named = lookup(Drug(name=drug.name), on) if drug.name is not None else None
    if named is None or coded.basis == "stated":
        return coded
    return named if set(coded.ingredient.split("+")) < set(named.ingredient.split("+")) else coded


@cached_by_site(maxsize=512)
def _besides_flush(system: str | None, code: str, since: date) -> str | None:
    """Return the name of the product that a code may mean besides a flush, or None when it means only flushes."""
    names = [
        product.names[0]
        for product in catalogue(since).coded(system, code)
        if product.billing_class != "flush"
    ]
    return names[0] if names else None
