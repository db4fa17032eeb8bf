"""
The rows a site lays over the formulary: its own drugs and codes, and the shipped ones it has signed.

A row whose product ships already only says what is to be different: empty cells are as shipped. Whoever signs gives
the class its weight; a row nobody signed is as doubtful as any other. When it was signed does not matter to a date
of service: what a drug is, is a fact, and signing it only says who vouches for it.
"""

from collections.abc import Iterable, Iterator, Mapping
from csv import DictReader
from io import StringIO
from typing import Final

from rules.site_folder import SiteFolder, files_of

Cells = Mapping[str, str]

SIGNATURE: Final = ("signed_by", "signed_role", "signed_on")
"""Who signed a row of products.csv, in which role, and when; all three or none."""

NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "products.csv": ("product", "class"),
    "hcpcs.csv": ("code", "product"),
    "rxnorm.csv": ("rxcui", "tty"),
    "ndc.csv": ("ndc", "hcpcs"),
    "self_administered.csv": ("routes", "listed_by", "from", "cite", "as_of"),
    "containers.csv": ("hcpcs", "holding"),
}
"""The columns a site's file must have."""

OPTIONAL: Final[Mapping[str, tuple[str, ...]]] = {
    "products.csv": (
        *("ingredient", "by_route", "pushable", "basis", "cites", "rxcui", "from", "until", "names"),
        *SIGNATURE,
    ),
    "hcpcs.csv": ("from", "until"),
    "rxnorm.csv": ("ingredient", "product", "cite"),
    "ndc.csv": (),
    "self_administered.csv": ("ingredient", "hcpcs", "until"),
    "containers.csv": ("ndc", "amount", "unit", "program", "from", "until"),
}
"""The columns it may leave out: every cell of them is then empty."""

_AS_SHIPPED: Final = ("ingredient", "by_route", "pushable", "cites", "rxcui")


def place(file: str) -> str:
    """Return the name of one of a site's lists of drugs within its folder."""
    return f"drugs/{file}"


def numbered(text: str) -> Iterator[tuple[int, dict[str | None, str | list[str] | None]]]:
    """Yield the line number and the cells of each row as they stand; lines that begin with # say nothing."""
    lines = [
        (number, line)
        for number, line in enumerate(StringIO(text, newline=""), 1)
        if line.strip() and not line.startswith("#")
    ]
    reader = DictReader(line for _, line in lines)
    for row in reader:
        yield lines[reader.line_num - 1][0], row


def header(text: str) -> tuple[int, tuple[str, ...]]:
    """Return the line number and the names of a table's columns; 1 and none for an empty file."""
    for number, line in enumerate(StringIO(text, newline=""), 1):
        if line.strip() and not line.startswith("#"):
            return number, tuple(DictReader([line]).fieldnames or ())
    return 1, ()


def site_cells(site: SiteFolder, file: str) -> Iterator[dict[str, str]]:
    """Yield the rows of one of a site's lists, every column of it there; nothing when the site has no such list."""
    raw = files_of(site).get(place(file))
    if raw is None:
        return
    empty = dict.fromkeys((*NEEDED[file], *OPTIONAL[file]), "")
    for _, row in numbered(raw.decode("utf-8-sig")):
        yield empty | {str(name): str(cell).strip() for name, cell in row.items()}


def is_signed(row: Cells) -> bool:
    """Tell whether somebody signed a row."""
    return bool(row["signed_by"])


def site_products(site: SiteFolder, shipped: Iterable[Cells]) -> Iterator[Cells]:
    """Yield a site's rows as the formulary has its own, empty cells as shipped; ``basis`` tells which are signed."""
    by_product = {row["product"]: row for row in shipped}
    for row in site_cells(site, "products.csv"):
        under = by_product.get(row["product"])
        basis = "signed" if is_signed(row) else row["basis"]
        if under is None:
            yield {**row, "pushable": row["pushable"] or "unknown", "basis": basis or "unverified"}
            continue
        names = ";".join(name for name in (under["names"], row["names"]) if name)
        as_shipped = {name: row[name] or under[name] for name in _AS_SHIPPED}
        yield {**row, **as_shipped, "names": names, "basis": basis or under["basis"]}


def site_codes(site: SiteFolder, shipped: Iterable[Cells]) -> Iterator[Cells]:
    """Yield the drug codes with a site's own, which stand in place of the shipped ones of the same product."""
    own = list(site_cells(site, "hcpcs.csv"))
    replaced = {(row["code"], row["product"]) for row in own}
    yield from (row for row in shipped if (row["code"], row["product"]) not in replaced)
    yield from own
