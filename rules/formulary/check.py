"""
Checks the formulary, the files under ``parameters/drugs/``, for ``infusion check``.

The files are read raw, so that one bad cell is a sentence with its line and not the end of the program.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from re import compile as pattern
from tomllib import TOMLDecodeError, load
from typing import Final, get_args

from rules.data_files import DRUGS
from rules.formulary.charted_name import Key, key
from rules.formulary.crosswalks import problems as wrong_crosswalks
from rules.formulary.drug_editions import DrugListError, editions
from rules.formulary.drug_editions import problems as wrong_editions
from rules.formulary.drug_editions import rows as edition_rows
from rules.formulary.name_strengths import problems as wrong_strengths
from rules.formulary.name_words import problems as wrong_words
from rules.formulary.products import Basis, Pushable, classes, rows
from rules.sources import declared_beside, sources

PRODUCTS: Final = "products.csv"
HCPCS: Final = "hcpcs.csv"
STATEMENT: Final = "formulary.toml"

_CLASSES: Final = classes()
_ROUTES: Final = frozenset({"IV", "SC", "IM", "IA"})
_PUSHABLE: Final = frozenset(get_args(Pushable))
_BASES: Final = frozenset(get_args(Basis)) - {"stated"}
_KEY: Final = pattern(r"[a-z0-9]+(?:[-.][a-z0-9]+)*")
_CODE: Final = pattern(r"[A-Z][0-9]{4}|[0-9]{5}")

_Row = tuple[int, Mapping[str, str]]
_Span = tuple[date, date]


def problems(folder: Path = DRUGS) -> list[str]:
    """Return what is wrong with the formulary's files, one sentence each; nothing when they are in order."""
    problems_found: list[str] = []
    products = _table(folder, PRODUCTS, problems_found)
    codes = _table(folder, HCPCS, problems_found)
    for line, row in products:
        problems_found += [f"{PRODUCTS} line {line}: {wrong}" for wrong in _wrong_product(row)]
    problems_found += _shared_names(products)
    row_classes = {row["product"]: row["class"] for _, row in products}
    for line, row in codes:
        problems_found += [f"{HCPCS} line {line}: {wrong}" for wrong in _wrong_code(row, row_classes)]
    problems_found += _overlapping_codes(codes, row_classes)
    problems_found += [f"{STATEMENT}: {wrong}" for wrong in _wrong_statement(folder)]
    known = dict.fromkeys(declared_beside(folder))
    problems_found += wrong_editions(known, folder)
    refreshed = _refreshed_codes(folder, row_classes, problems_found)
    ingredients = {concept for _, row in products for concept in _list(row["rxcui"])}
    product_codes = {row["code"] for _, row in codes} | refreshed
    return [
        *problems_found,
        *wrong_crosswalks(row_classes, ingredients, product_codes, known, folder),
        *wrong_words(sources(), folder),
        *wrong_strengths(frozenset(row_classes), sources(), folder),
    ]


def _table(folder: Path, file: str, problems_found: list[str]) -> list[_Row]:
    """Return the well-formed rows of a table; the others become sentences."""
    good: list[_Row] = []
    try:
        for line, row in rows(file, folder):
            if None in row or None in row.values():
                problems_found.append(
                    f"{file} line {line}: has too many or too few commas; quote a cell that holds one."
                )
            else:
                good.append((line, row))
    except (OSError, UnicodeDecodeError) as error:
        problems_found.append(f"{file}: cannot be read ({type(error).__name__}); mend or restore it.")
    columns = {
        PRODUCTS: {
            "product",
            "ingredient",
            "class",
            "by_route",
            "pushable",
            "basis",
            "cites",
            "rxcui",
            "names",
        },
        HCPCS: {"code", "product"},
    }[file] | {"from", "until"}
    if good and (missing := columns - good[0][1].keys()):
        problems_found.append(f"{file}: has no column {', '.join(sorted(missing))}.")
        return []
    return good


def _refreshed_codes(folder: Path, row_classes: Mapping[str, str], problems_found: list[str]) -> set[str]:
    """Return the codes of dated editions; what is wrong with their rows becomes sentences."""
    known: set[str] = set()
    try:
        for edition in editions(folder)["hcpcs"]:
            if edition.effective == date.min:
                continue
            codes = [(line, row) for line, row in edition_rows(edition)]
            for line, row in codes:
                problems_found += [
                    f"{edition.place} line {line}: {wrong}" for wrong in _wrong_code(row, row_classes)
                ]
            problems_found += [
                wrong.replace(HCPCS, edition.place, 1) for wrong in _overlapping_codes(codes, row_classes)
            ]
            known.update(row["code"] for _, row in codes)
    except DrugListError as error:
        if str(error) not in problems_found:
            problems_found.append(str(error))
    return known


def _list(cell: str) -> list[str]:
    return [item.strip() for item in cell.split(";") if item.strip()]


def _span(row: Mapping[str, str]) -> _Span | None:
    """Return the first and last day of a row, None when a day cannot be read or they are in the wrong order."""
    try:
        first = date.fromisoformat(row["from"]) if row["from"] else date.min
        last = date.fromisoformat(row["until"]) if row["until"] else date.max
    except ValueError:
        return None
    return (first, last) if first <= last else None


def _meet(first: _Span | None, second: _Span | None) -> bool:
    return first is not None and second is not None and first[0] <= second[1] and second[0] <= first[1]


def _wrong_product(row: Mapping[str, str]) -> Iterator[str]:
    for name in (row["product"], *(row["ingredient"] or row["product"]).split("+")):
        if not _KEY.fullmatch(name):
            yield f"{name!r} is no key; write lower-case words joined by hyphens, ingredients joined by +."
    if row["class"] not in _CLASSES:
        yield f"{row['class']!r} is no billing class; models/drug.py lists them, with three of ours in rules/products.py."
    for item in _list(row["by_route"]):
        route, _, kind = item.partition("=")
        if route not in _ROUTES or kind not in _CLASSES:
            yield f"by_route {item!r} is not a route and a billing class, such as SC=therapeutic."
    if row["pushable"] not in _PUSHABLE:
        yield f"pushable is {row['pushable']!r}; write yes, never or unknown."
    if row["basis"] not in _BASES:
        yield f"basis is {row['basis']!r}; write {', '.join(sorted(_BASES))}."
    if _span(row) is None:
        yield "from and until must be dates such as 2026-01-01, the first not after the second."
    yield from _wrong_cites(row)
    yield from (
        f"name {name!r} holds no word that tells drugs apart."
        for name in _list(row["names"])
        if not key(name)
    )
    yield from (
        f"rxcui {concept!r} is no number." for concept in _list(row["rxcui"]) if not concept.isdigit()
    )


def _wrong_cites(row: Mapping[str, str]) -> Iterator[str]:
    cites = _list(row["cites"])
    if not cites:
        yield "cites nothing; name the source of its class."
    unknown = [cite for cite in cites if cite not in sources()]
    yield from (f"cites {cite}, which rules/sources.toml does not hold." for cite in unknown)
    if row["basis"] == "cited" and not unknown and not any(sources()[cite].verified for cite in cites):
        yield "is called cited, but nobody has read what it cites; call it assigned or unverified."


def _shared_names(products: Iterable[_Row]) -> Iterator[str]:
    """Find names and keys that would mean two products on one day."""
    owners: dict[Key, list[tuple[int, Mapping[str, str], str]]] = defaultdict(list)
    for line, row in products:
        for name in (row["product"].replace("-", " "), *_list(row["names"])):
            owners[key(name)].append((line, row, name))
    for claims in owners.values():
        line, row, _ = claims[0]
        for other_line, other, name in claims[1:]:
            if other_line != line and _meet(_span(row), _span(other)):
                yield f"{PRODUCTS} line {other_line}: {name!r} already means {row['product']} in line {line}."


def _wrong_code(row: Mapping[str, str], classes: Mapping[str, str]) -> Iterator[str]:
    if not _CODE.fullmatch(row["code"]):
        yield f"{row['code']!r} is no product code; write J3373 or 90380."
    if row["product"] and row["product"] not in classes:
        yield f"{row['product']!r} is not in {PRODUCTS}."
    if not row["product"] and not row["until"]:
        yield "names neither a product nor a last day."
    if _span(row) is None:
        yield "from and until must be dates such as 2026-01-01, the first not after the second."


def _overlapping_codes(codes: Iterable[_Row], classes: Mapping[str, str]) -> Iterator[str]:
    """Find codes that on one day stand twice for one product, or for products of different classes."""
    earlier: dict[str, list[_Row]] = defaultdict(list)
    for line, row in codes:
        for other_line, other in earlier[row["code"]]:
            if not _meet(_span(row), _span(other)):
                continue
            if other["product"] == row["product"]:
                yield f"{HCPCS} line {line}: {row['code']} overlaps line {other_line} in time."
            elif classes.get(other["product"]) != classes.get(row["product"]):
                yield f"{HCPCS} line {line}: {row['code']} means another class in line {other_line}."
        earlier[row["code"]].append((line, row))


def _wrong_statement(folder: Path) -> Iterator[str]:
    try:
        with (folder / STATEMENT).open("rb") as file:
            text = load(file)
    except (OSError, TOMLDecodeError) as error:
        yield f"cannot be read as TOML ({type(error).__name__}); mend or restore it."
        return
    editions = text.get("editions")
    if not isinstance(editions, list) or not editions:
        yield "has no [[editions]]; say from when the formulary is in force."
        editions = []
    for number, opened in enumerate(editions, 1):
        if type(opened.get("from")) is not date:
            yield f"edition {number}: from must be a date, written 2026-01-01."
    pushable = text.get("pushable", {})
    for field in ("basis", "reason", "cite"):
        if not isinstance(pushable.get(field), str):
            yield f"[pushable] has no {field}."
    for cite in (
        *(opened.get("cite") for opened in editions),
        pushable.get("cite"),
        text.get("rxcui", {}).get("cite"),
    ):
        if cite not in sources():
            yield f"cites {cite}, which rules/sources.toml does not hold."
