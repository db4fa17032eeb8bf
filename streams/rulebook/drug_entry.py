"""A drug as the formulary knows it: its class, its codes, what it rests on. Pure; the date is the caller's."""

from collections.abc import Iterator
from datetime import date

from models.drug import Drug
from rules.formulary.exclusion_list import exclusions
from rules.formulary.lookup import Entry, codes, entries, lookup
from rules.formulary.products import HcpcsCode, Product
from rules.parameter import NotInForceError
from rules.policy.resolve import Policy
from streams.rulebook.facts import Facts, citations


def drug_names() -> Iterator[str]:
    """Yield every name and every product code by which the formulary knows a drug."""
    for product in entries():
        yield from (product.key, product.ingredient, *product.names)
    yield from (known.code for known in codes() if known.product)


def drug_entry(name: str, on: date, policy: Policy | None) -> Facts | None:
    """Return what is known of a drug, by a charted name or a product code; None where the formulary knows none."""
    code = next((known for known in codes() if known.code == name.strip().upper() and known.product), None)
    listed = next(
        (product.names[0] for product in entries() if name in {product.key, product.ingredient}), name
    )
    drug = Drug(code=code.code, system="hcpcs") if code else Drug(name=listed)
    try:
        found = lookup(drug, on)
    except NotInForceError:
        return None
    if found is None:
        return None
    parts = found.ingredient.split("+")
    products = [product for product in entries() if product.ingredient in (found.ingredient, *parts)]
    keys = {product.key for product in products}
    return {
        "kind": "drug",
        "id": found.ingredient,
        "asked": name,
        "class": found.billing_class,
        "by_route": dict(found.by_route),
        "pushable": found.pushable,
        "basis": found.basis,
        "payer_class": _payers_class(found, policy),
        "self_administered": [
            {
                "listed_by": row.listed_by,
                "routes": sorted(row.routes),
                "since": row.since.isoformat(),
                "until": row.until and row.until.isoformat(),
                "source": citations(row.cite)[0],
            }
            for row in exclusions()
            if row.ingredient and row.lists(found.ingredient)
        ],
        "products": [_product(product) for product in products],
        "codes": [_code(known) for known in codes() if known.product in keys],
        "sources": citations(*found.cites),
    }


def _payers_class(entry: Entry, policy: Policy | None) -> Facts | None:
    """Return the payer's own class of a complex biologic and who says so, where it has one (P-14b)."""
    kind = None if policy is None else policy.complex_biologic_classes.get(entry.ingredient)
    if policy is None or kind is None:
        return None
    origin = policy.origin(entry.ingredient)
    return {"class": kind, "decided_by": origin.layer, "source": citations(origin.cite)[0]}


def _product(product: Product) -> Facts:
    return {
        "product": product.key,
        "class": product.billing_class,
        "names": list(product.names),
        "rxcui": list(product.rxcui),
        "since": product.since and product.since.isoformat(),
        "until": product.until and product.until.isoformat(),
    }


def _code(known: HcpcsCode) -> Facts:
    return {
        "code": known.code,
        "product": known.product,
        "since": known.since and known.since.isoformat(),
        "until": known.until and known.until.isoformat(),
    }
