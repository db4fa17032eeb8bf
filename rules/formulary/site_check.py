"""
Checks the lists of drugs in a site's folder against what ships: one sentence for each thing, with file and line.

A row may add, sign, and say otherwise only where nobody vouched for what ships: a signed class stands in place of an
assigned or unverified one, never of one that a source decides.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final, NamedTuple

from rules.formulary.charted_name import Key, key
from rules.formulary.check import meet, span_of, wrong_code, wrong_product
from rules.formulary.drug_editions import DrugListError, of_site
from rules.formulary.drug_editions import rows as rows_of
from rules.formulary.products import HcpcsCode, Product, hcpcs_codes, products
from rules.formulary.site_crosswalk_check import wrong_exclusions, wrong_packages, wrong_rxnorm
from rules.formulary.site_rows import Cells, is_signed, place
from rules.formulary.site_shape import Row, read_list, wrong_signature
from rules.site_folder import SiteFolder, under_site
from rules.sources import sources

UNSIGNED: Final = frozenset({"assigned", "unverified"})
"""What a class rests on that nobody vouches for."""

_PRODUCTS: Final = "products.csv"
_CODES: Final = "hcpcs.csv"


class _Shipped(NamedTuple):
    """What ships, without the site."""

    products: tuple[Product, ...]
    codes: tuple[HcpcsCode, ...]

    def product(self, name: str) -> Product | None:
        """Return the row of a product, the last of several."""
        return next((row for row in reversed(self.products) if row.key == name), None)


def problems(site: SiteFolder, today: date) -> list[str]:
    """Return what is wrong with the site's lists of drugs; ``today`` is the newest date there is anywhere."""
    found: list[str] = []
    with under_site(None):
        shipped = _Shipped(products(), hcpcs_codes())
    found += _wrong_editions(site)
    own = read_list(site, _PRODUCTS, found)
    codes = read_list(site, _CODES, found)
    classes = {row.key: str(row.billing_class) for row in shipped.products}
    classes |= {row["product"]: row["class"] for _, row in own}
    found += _told(_PRODUCTS, _wrong_products(own, shipped, today))
    found += _told(_CODES, _wrong_codes(codes, shipped, classes))
    if found:  # what the crosswalks mean is read from these two
        return found
    concepts = {concept for row in shipped.products for concept in row.rxcui}
    concepts |= {item.strip() for _, row in own for item in row["rxcui"].split(";")}
    coded = {known.code for known in shipped.codes} | {row["code"] for _, row in codes}
    found += _told("rxnorm.csv", wrong_rxnorm(read_list(site, "rxnorm.csv", found), classes, concepts))
    found += _told("ndc.csv", wrong_packages(read_list(site, "ndc.csv", found), coded))
    listed = read_list(site, "self_administered.csv", found)
    return found + _told("self_administered.csv", wrong_exclusions(listed))


def _wrong_editions(site: SiteFolder) -> Iterator[str]:
    """Yield what is wrong with the lists a refresh wrote: how they are written, and what they cite."""
    try:
        dated = of_site(site)
    except DrugListError as error:
        yield f"drugs/{error}"
        return
    for edition in (edition for of_table in dated.values() for edition in of_table):
        if edition.cite not in sources():
            yield f"drugs/{edition.place}: cites {edition.cite}, which no sources.toml declares."
        try:
            for _ in rows_of(edition):
                pass
        except DrugListError as error:
            yield f"drugs/{error}"


def _told(file: str, wrong: Iterator[tuple[int, str]]) -> list[str]:
    return [f"{place(file)} line {line}: {says}" for line, says in wrong]


def _wrong_products(rows: list[Row], shipped: _Shipped, today: date) -> Iterator[tuple[int, str]]:
    owners: dict[Key, set[str]] = {}
    for product in shipped.products:
        for name in product.names:
            owners.setdefault(key(name), set()).add(product.key)
    earlier: dict[str, list[Row]] = {}
    for line, row in rows:
        under = shipped.product(row["product"])
        yield from ((line, wrong) for wrong in wrong_signature(row, today))
        yield from ((line, wrong) for wrong in _wrong_row(row, under))
        if under is not None:
            yield from ((line, wrong) for wrong in _contradictions(row, under))
        for other_line, other in earlier.get(row["product"], ()):
            if meet(span_of(row), span_of(other)):
                yield line, f"{row['product']} is in line {other_line} already, on the same days; keep one."
        earlier.setdefault(row["product"], []).append((line, row))
        for name in (row["product"].replace("-", " "), *_items(row["names"])):
            others = owners.setdefault(key(name), set()) - {row["product"]}
            if others:
                yield line, f"the name {name!r} already means {min(others)}; leave it out."
            owners[key(name)].add(row["product"])


def _wrong_row(row: Cells, under: Product | None) -> Iterator[str]:
    """Yield what is wrong with the cells of a row, empty ones as they would be filled."""
    signed = is_signed(row)
    filled = {
        **row,
        "pushable": row["pushable"] or "unknown",
        "basis": "assigned" if signed else row["basis"] or "unverified",
    }
    # A signature is an authority of its own, and a shipped row has cited its own already.
    if not row["cites"] and (signed or under is not None):
        filled["cites"] = "HOUSE"
    yield from wrong_product(filled)


def _contradictions(row: Cells, under: Product) -> Iterator[str]:
    signed = is_signed(row)
    if row["class"] != under.billing_class:
        ships = f"ships as {under.billing_class}"
        if under.basis not in UNSIGNED:
            cites = ", ".join(under.cites)
            yield (
                f"calls {row['product']} {row['class']}, but it {ships}, which a source decides ({cites});"
                " take the row out, or answer the switch that decides it in a policy."
            )
        elif not signed:
            yield f"calls {row['product']} {row['class']}, but it {ships}; sign the row, or take it out."
    if row["ingredient"] and row["ingredient"] != under.ingredient:
        yield f"calls the ingredient of {row['product']} {row['ingredient']}, but it ships as {under.ingredient}; leave the cell empty."
    if signed:
        return
    routes = ";".join(f"{route}={kind}" for route, kind in under.by_route)
    for column, ships in (("pushable", under.pushable), ("by_route", routes)):
        if row[column] and row[column] != ships:
            yield f"says {column} {row[column]} of {row['product']}, but it ships as {ships or 'empty'}; sign the row, or leave the cell empty."


def _wrong_codes(rows: list[Row], shipped: _Shipped, classes: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    earlier: dict[str, list[Row]] = {}
    for line, row in rows:
        yield from ((line, wrong) for wrong in wrong_code(row, classes))
        for known in shipped.codes:
            if known.code != row["code"] or known.product in {row["product"], ""}:
                continue
            span = (known.since or date.min, known.until or date.max)
            if classes.get(known.product) != classes.get(row["product"]) and meet(span_of(row), span):
                yield (
                    line,
                    f"{row['code']} ships as {known.product}, of another class; take the row out, or give it other days.",
                )
        for other_line, other in earlier.get(row["code"], ()):
            if other["product"] == row["product"] and meet(span_of(row), span_of(other)):
                yield line, f"{row['code']} is in line {other_line} already, on the same days; keep one."
        earlier.setdefault(row["code"], []).append((line, row))


def _items(cell: str) -> list[str]:
    return [item.strip() for item in cell.split(";") if item.strip()]
