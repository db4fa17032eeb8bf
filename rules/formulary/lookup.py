"""
What a charted drug is: the ingredient that makes it the same drug twice, and the class that names its code.

Brands, salts, strengths and biosimilars of one ingredient are one drug (R-SAME-5); drugs in one bag are one
infusate, known by the set of what is in it (R-DEF-7). A code decides before a name, the class a publisher
states before both. What is not known is not guessed: ``lookup`` then says None and a person decides (R-CLS-7).
"""

from datetime import date
from typing import Final, NamedTuple

from models.drug import BillingClass, Drug
from rules.formulary.bag_contents import Part, contents, drugs, flat, identity
from rules.formulary.check import problems
from rules.formulary.products import (
    Basis,
    FormularyClass,
    HcpcsCode,
    Product,
    Pushability,
    Pushable,
    catalogue,
    edition,
    hcpcs_codes,
    meaning,
    products,
    statement,
)
from rules.site_folder import cached_by_site

__all__ = [
    "Entry",
    "codes",
    "entries",
    "hcpcs_ended",
    "lookup",
    "on_route",
    "problems",
    "pushability",
    "substance",
]

_COMPLEXITY: Final[tuple[FormularyClass, ...]] = (
    "chemotherapy",
    "complex_biologic",
    "hormonal_antineoplastic",
    "therapeutic",
    "electrolyte",
    "rsv_antibody",
    "blood",
    "vaccine",
    "allergen",
    "contrast",
    "radiopharmaceutical",
    "anesthetic",
    "self_administered",
    "declot",
    "chemodenervation",
    "own_code",
    "hydration",
    "flush",
)
"""Most complex first: a mixed bag takes the class of the most complex thing in it."""

_DOUBT: Final[tuple[Basis, ...]] = ("product", "cited", "signed", "assigned", "unverified")
"""Surest first: a mixed bag is as sure as its least sure drug."""


class Entry(NamedTuple):
    """
    What the formulary says of one charted drug on one date.

    ``ingredient`` is the identity of the infusate, ingredients joined by ``+``. ``base_fluid`` tells that a plain
    fluid is in the bag, which an electrolyte needs to be hydration (R-INF-6); a fluid that only carries an electrolyte
    ordered as a drug is not counted. ``disagreement`` tells that the code and the name are of different drugs; the
    entry then is the code's, or the listed ingredients'. ``by_route`` holds the class under a route that changes it:
    see ``on_route``. ``by_indication`` tells that products of two classes share the charted name and strength, so that
    only a charted indication can say which was given.
    """

    ingredient: str
    billing_class: FormularyClass
    pushable: Pushable
    basis: Basis
    cites: tuple[str, ...]
    base_fluid: bool
    disagreement: bool = False
    by_route: tuple[tuple[str, FormularyClass], ...] = ()
    by_indication: bool = False


class _Found(NamedTuple):
    entry: Entry | None
    substance: str


def lookup(drug: Drug, on: date) -> Entry | None:
    """
    Return what the formulary says of a drug on a date of service, or None when its class is not known.

    A mixed bag with one unknown ingredient is unknown. A class stated on the drug stands in place of the
    formulary's, with basis ``stated``, and makes an unknown drug known.

    Raises:
        NotInForceError: the date lies before the formulary's first day.

    """
    inside = drug.ingredients
    return _find(
        drug.name, drug.code, drug.system, flat(inside) if inside else (), drug.billing_class, edition(on)
    ).entry


def substance(drug: Drug, on: date) -> str:
    """
    Return the identity of an infusate: its ingredients, sorted and joined by ``+`` (R-DEF-7).

    Plain fluid beside a drug is vehicle and leaves no trace; electrolytes stay. An unknown drug is its name without
    strength and form, else ``system:code``; a drug with neither is ``unnamed`` and like any other such.

    Raises:
        NotInForceError: the date lies before the formulary's first day.

    """
    inside = drug.ingredients
    return _find(
        drug.name, drug.code, drug.system, flat(inside) if inside else (), drug.billing_class, edition(on)
    ).substance


def on_route(entry: Entry, route: str | None) -> Entry:
    """
    Return the entry as it stands under a route, ``IV``, ``SC`` or ``IM``; most are the same under all.

    A biologic infused under complex monitoring is a plain injection under the skin (R-CLS-6); lidocaine is
    an anaesthetic except into a vein. The change of class is an assignment no pharmacist has signed, unless a site
    signed the row.
    """
    if not entry.by_route or entry.basis == "stated":
        return entry
    for meant, kind in entry.by_route:
        if meant == route and entry.basis == "signed":
            return entry._replace(billing_class=kind)
        if meant == route:
            return entry._replace(billing_class=kind, basis="assigned", cites=("FORMULARY-2026-11",))
    return entry


def entries() -> tuple[Product, ...]:
    """Return every product of the formulary, whatever its dates, by key."""
    return tuple(sorted(products(), key=lambda row: (row.key, row.since or date.min)))


def codes() -> tuple[HcpcsCode, ...]:
    """Return every drug code the formulary knows, ended ones too, by code."""
    return tuple(sorted(hcpcs_codes(), key=lambda known: (known.code, known.product)))


def hcpcs_ended(code: str, on: date) -> date | None:
    """Return the last day of a drug code that no longer existed on a date of service, else None."""
    last = _last_days().get(code.strip().upper())
    return last if last is not None and last < on else None


def pushability() -> Pushability:
    """Return what the pushable column rests on, in words for a flag, with its source key."""
    return statement()[1]


@cached_by_site()
def _last_days() -> dict[str, date]:
    return {known.code: known.until for known in hcpcs_codes() if known.until is not None}


@cached_by_site(maxsize=8192)
def _find(
    name: str | None,
    code: str | None,
    system: str | None,
    inside: tuple[Part, ...],
    stated: BillingClass | None,
    since: date,
) -> _Found:
    known, unknown, disagreement = contents(name, code, system, inside, since)
    mix = identity(known, unknown)
    entry = None if unknown else _entry(known, mix, disagreement=disagreement)
    if entry is not None and name is not None and not inside and not disagreement:
        entry = _as_ordered(entry, name, since, coded=bool(code and catalogue(since).coded(system, code)))
    if stated is not None:
        entry = _stated(entry, mix, stated, known)
    return _Found(entry, mix)


def _entry(known: tuple[Product, ...], mix: str, *, disagreement: bool) -> Entry:
    counted = drugs(known) or known
    leading = min(counted, key=lambda product: _COMPLEXITY.index(product.billing_class))
    pushes = {product.pushable for product in counted}
    pushable: Pushable = "never" if "never" in pushes else "yes" if pushes == {"yes"} else "unknown"
    return Entry(
        ingredient=mix,
        billing_class=leading.billing_class,
        pushable=pushable,
        basis=max((product.basis for product in counted), key=_DOUBT.index),
        cites=tuple(dict.fromkeys(cite for product in counted for cite in product.cites)),
        base_fluid=any(product.billing_class == "hydration" for product in known),
        disagreement=disagreement,
        by_route=leading.by_route if len(counted) == 1 else (),
    )


def _as_ordered(entry: Entry, name: str, since: date, *, coded: bool) -> Entry:
    """
    Return the entry with what the charted name says beside its drugs: doses, purpose, a strength two products share.

    A product code tells two products of one strength apart where the name cannot.
    """
    meant = meaning(name, since)
    if meant.dosed and entry.billing_class == "electrolyte":
        entry = entry._replace(base_fluid=False)
    if "chemotherapy" in meant.purposes and entry.billing_class == "complex_biologic":
        entry = entry._replace(billing_class="chemotherapy")
    return entry._replace(by_indication=True) if meant.shared and not coded else entry


def _stated(entry: Entry | None, mix: str, stated: BillingClass, known: tuple[Product, ...]) -> Entry:
    if entry is not None:
        return entry._replace(
            billing_class=stated, basis="stated", cites=(), by_route=(), by_indication=False
        )
    fluid = stated == "hydration" or any(product.billing_class == "hydration" for product in known)
    return Entry(mix, stated, "unknown", "stated", (), fluid)
