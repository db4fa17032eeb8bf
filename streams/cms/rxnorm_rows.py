"""An RxNorm release as rows of ``rxnorm.csv`` and ``ndc_rxnorm.csv``, beside what is installed."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from rules.formulary.charted_name import key
from rules.formulary.crosswalks import RxNormConcept
from rules.formulary.products import Catalogue
from streams.cms.rxnorm_products import RxNormProducts, Target
from streams.cms.rxnorm_release import RxNormRelease, read_packages
from streams.cms.taken import Note, Row, Taken, left_out

PACKAGED: Final = frozenset({"SCD", "SBD", "GPCK", "BPCK"})
"""The term types a package is one of."""


def rxnorm_rows(
    release: RxNormRelease,
    catalogue: Catalogue,
    installed: Mapping[str, RxNormConcept],
    cite: str,
) -> Taken:
    """
    Return a row for every concept of the release that leads to the formulary.

    An installed row that says which of an ingredient's products a concept is stays, when the relations say no more
    than the ingredient: somebody knew more than the relations do.
    """
    found = RxNormProducts(release, catalogue)
    rows: list[Row] = []
    for rxcui, tty, target in found.targets():
        ours = installed.get(str(rxcui))
        kept = target
        if ours is not None and ours.product and target.ingredient:
            among = {product.key for product in found.products(target)}
            substances = {product.ingredient for product in found.products(target)}
            product = catalogue.by_key.get(ours.product)
            if ours.product in among or (product is not None and product.ingredient in substances):
                kept = Target(product=ours.product)
        rows.append((str(rxcui), tty, kept.ingredient, kept.product, cite))
    conflicts = [str(rxcui) for rxcui in sorted(found.conflicts)]
    notes = left_out("concepts whose name reads as another drug than their relations say", conflicts)
    return Taken(tuple(rows), release.released, (*notes, *_identifiers(release, catalogue)))


def _identifiers(release: RxNormRelease, catalogue: Catalogue) -> Iterator[Note]:
    """Yield the identifiers of ``products.csv`` that the release does not hold, or knows as another drug."""
    missing: list[str] = []
    contested: list[str] = []
    for (system, rxcui), products in catalogue.by_code.items():
        if system != "rxnorm":
            continue
        concept = release.concepts.get(int(rxcui)) if rxcui.isdecimal() else None
        if concept is None:
            missing.append(rxcui)
            continue
        named = catalogue.by_words.get(key(concept.name))
        if named is not None and named.ingredient not in {product.ingredient for product in products}:
            contested.append(f"{rxcui} {concept.name}")
    if contested:
        yield Note("to look at: identifiers of products.csv that RxNorm gives another drug", tuple(contested))
    if missing:
        yield Note("to look at: identifiers of products.csv that the release does not hold", tuple(missing))


def package_rows(path: Path, concepts: tuple[Row, ...], release: RxNormRelease) -> Taken:
    """
    Return the package and concept of every package of the concepts taken.

    Raises:
        RefreshRefusedError: RXNSAT is missing, cut off, of another layout or no UTF-8.

    """
    wanted = {int(rxcui) for rxcui, tty, *_ in concepts if tty in PACKAGED}
    return Taken(read_packages(path, wanted), release.released)
