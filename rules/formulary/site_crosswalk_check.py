"""Checks a site's crosswalks and its list of self-administered drugs, row by row, against those that ship."""

from collections.abc import Collection, Iterator
from datetime import date
from typing import Final

from rules.formulary.crosswalks import TERM_TYPES, eleven_digits, ndc_hcpcs, rxnorm_concepts
from rules.formulary.exclusion_list import ROUTES
from rules.formulary.products import Product, catalogue, products
from rules.formulary.site_shape import Row
from rules.site_folder import under_site
from rules.sources import sources

_ALWAYS: Final = date.max


def wrong_rxnorm(
    rows: list[Row], keys: Collection[str], ingredients: Collection[str]
) -> Iterator[tuple[int, str]]:
    """Yield line and fault of each wrong row; ``keys`` are all products, ``ingredients`` all their RxNorm concepts."""
    with under_site(None):
        concepts = rxnorm_concepts()
        plain = {concept: row.key for row in products() for concept in row.rxcui}
    earlier: dict[str, int] = {}
    for line, row in rows:
        rxcui, meant = row["rxcui"], row["product"] or row["ingredient"]
        if not rxcui.isdigit():
            yield line, f"rxcui {rxcui!r} is no number."
        if row["tty"] not in TERM_TYPES:
            yield line, f"tty {row['tty']!r} is no kind of drug; write {', '.join(sorted(TERM_TYPES))}."
        if bool(row["ingredient"]) == bool(row["product"]):
            yield line, "write an ingredient or a product, one of them."
        elif row["product"] and row["product"] not in keys:
            yield line, f"there is no product {row['product']!r}; add it to products.csv."
        elif row["ingredient"] and row["ingredient"] not in ingredients:
            yield line, f"ingredient {row['ingredient']!r} is no rxcui of products.csv."
        if rxcui in earlier:
            yield line, f"{rxcui} is in line {earlier[rxcui]} already; keep one."
        earlier.setdefault(rxcui, line)
        known = concepts.get(rxcui)
        ships = (known.product or known.ingredient) if known is not None else plain.get(rxcui, meant)
        if ships != meant:
            yield (
                line,
                f"{rxcui} ships as {ships}, not {meant}; a shipped concept keeps its meaning. Take the row out, and report it if it is right.",
            )


def wrong_packages(rows: list[Row], coded: Collection[str]) -> Iterator[tuple[int, str]]:
    """Yield line and fault of each wrong row of a site's ndc.csv; ``coded`` are all drug codes."""
    with under_site(None):
        packages = ndc_hcpcs()
    earlier: dict[tuple[str, str], int] = {}
    for line, row in rows:
        forms = eleven_digits(row["ndc"])
        if len(forms) != 1:
            yield (
                line,
                f"ndc {row['ndc']!r} is no single package; write eleven digits, or ten with their hyphens.",
            )
            continue
        if row["hcpcs"] not in coded:
            yield line, f"{row['ndc']} is billed with {row['hcpcs']!r}, which no hcpcs.csv holds."
        same = (forms[0], row["hcpcs"])
        if same in earlier:
            yield line, f"{row['ndc']} with {row['hcpcs']} is in line {earlier[same]} already; keep one."
        earlier.setdefault(same, line)
        ships = [meant for code in packages.get(forms[0], ()) for meant in _meant(code)]
        own = _meant(row["hcpcs"])
        if ships and own and not {product.ingredient for product in ships} & {one.ingredient for one in own}:
            yield (
                line,
                f"{row['ndc']} ships as {ships[0].ingredient}, not {own[0].ingredient}; a shipped package keeps its meaning. Take the row out, and report it if it is right.",
            )


def _meant(code: str) -> tuple[Product, ...]:
    """Return what a drug code means today, with the site's own products among them."""
    return catalogue(_ALWAYS).coded("hcpcs", code)


def wrong_exclusions(rows: list[Row]) -> Iterator[tuple[int, str]]:
    """Yield line and fault of each wrong row of a site's list of self-administered drugs."""
    for line, row in rows:
        if not row["ingredient"] and not row["hcpcs"]:
            yield line, "names neither an ingredient nor a code."
        if not set(row["routes"].split(";")) <= ROUTES:
            yield line, "routes are SC and IM, joined by a semicolon; nothing else is listed."
        try:
            days = [date.fromisoformat(row[name]) for name in ("from", "until", "as_of") if row[name]]
        except ValueError:
            yield line, "from, until and as_of must be dates such as 2026-01-01."
            continue
        if row["until"] and days[1] < days[0]:
            yield line, "until lies before from."
        if row["cite"] not in sources():
            yield (
                line,
                f"cites {row['cite']}, which no sources.toml declares; declare it in the folder's own.",
            )
