"""
The contractors' exclusion lists of self-administered drugs, as CMS's coverage database exports them.

The weekly export of articles is an archive in an archive. ``article_x_code_table.csv`` in it has one row a drug of a
list: article, brand, first and last day, remarks, code. ``article_x_contractor.csv`` and ``contractor.csv`` say whose
list an article is, ``article.csv`` whether it is retired, ``update_period.csv`` how old the export is. The one table alone
is read too, and so is CMS's report of the same lists, headed HCPCS Code, Brand Name, Exclusion Effective Date.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from re import IGNORECASE
from re import compile as pattern
from typing import Final, NamedTuple

from rules.tables.edition_files import looks_like_a_code
from streams.cms.files import Cells
from streams.cms.published_day import day
from streams.cms.published_file import Publication, published
from streams.cms.refusal import RefreshRefusedError
from streams.cms.sheet import Headings, sheet
from streams.cms.taken import Faults

TABLE: Final = "article_x_code_table.csv"

NEEDED: Final[Headings] = {
    "hcpc_code_id": pattern(r"hcpccodeid|(?:cpt)?hcpcs?code"),
    "brand_name": pattern(r"brandname|drugbrandnames?"),
    "eff_date": pattern(r"effdate|(?:exclusion)?effectivedate"),
}
OPTIONAL: Final[Headings] = {
    "end_date": pattern(r"enddate|exclusionenddate"),
    "comments": pattern(r"comments?|notes?"),
    "article_id": pattern(r"articleid|documentid"),
    "article_version": pattern(r"articleversion"),
    "contractor": pattern(r"contractor(?:name(?:type)?)?|mac"),
    "last_updated": pattern(r"lastupdated"),
}
_OPEN_ENDED: Final = frozenset({"", "n/a", "na", "none"})
_CORPORATE: Final = pattern(
    r",?\s+(?:llc|inc|administrators|solutions|healthcare|insurance|corporation)\b\.?", IGNORECASE
)

Article = tuple[str, str]
"""An article and its version."""


class Excluded(NamedTuple):
    """One row of a contractor's list."""

    code: str
    brand: str
    remarks: str
    since: date
    until: date | None
    listed_by: tuple[str, ...]
    line: int


class ExclusionLists(NamedTuple):
    """Every row of the lists in an export, the export's day, and the file's name."""

    rows: tuple[Excluded, ...]
    released: date
    name: str


def read_exclusions(path: Path, on: date) -> ExclusionLists:
    """
    Return the lists of one export.

    Raises:
        RefreshRefusedError: it is another file, cut off, or has cells that cannot be read.

    """
    with ExitStack() as stack:
        export = stack.enter_context(_export(path))
        table = _named(export, TABLE) or (export.members[0] if export.single else None)
        if table is None:
            raise RefreshRefusedError(
                [f"{export.name}: has no {TABLE}; give CMS's export of current articles."]
            )
        listers, retired = _listers(export), _retired(export, on)
        file = stack.enter_context(export.open(table))
        faults, newest, found = Faults(), date.min, list[Excluded]()
        for cells in sheet(file, NEEDED, OPTIONAL).rows():
            article = (cells["article_id"], cells["article_version"])
            newest = max(newest, day(cells["last_updated"]) or date.min)
            if article not in retired and (row := _row(cells, listers.get(article, ()), faults)):
                found.append(row)
        faults.settle()
        released = _released(export) or (newest if newest != date.min else on)
        return ExclusionLists(tuple(found), released, file.name)


@contextmanager
def _export(path: Path) -> Iterator[Publication]:
    with published(path) as outer:
        packed = [name for name in outer.members if name.lower().endswith("_csv.zip")]
        if not outer.single and _named(outer, TABLE) is None and len(packed) == 1:
            with outer.inner(packed[0]) as export:
                yield export
        else:
            yield outer


def _named(export: Publication, name: str) -> str | None:
    return next((one for one in export.members if one.rpartition("/")[2].lower() == name), None)


def _row(cells: Cells, listers: tuple[str, ...], faults: Faults) -> Excluded | None:
    code, ends = cells["hcpc_code_id"].upper(), cells["end_date"]
    since = day(cells["eff_date"])
    until = None if ends.lower() in _OPEN_ENDED else day(ends)
    if not code and not cells["brand_name"]:
        return None
    if not looks_like_a_code(code):
        faults.add(cells.fault("hcpc_code_id", "a HCPCS code"))
    elif since is None:
        faults.add(cells.fault("eff_date", "a day such as 2026-01-31"))
    elif until is None and ends.lower() not in _OPEN_ENDED:
        faults.add(cells.fault("end_date", "a day such as 2026-01-31, or blank"))
    else:
        article = cells["article_id"].removeprefix("A")
        named = listers or ((short(cells["contractor"]),) if cells["contractor"] else ())
        named = named or ((f"A{article}",) if article else ("CMS list",))
        return Excluded(code, cells["brand_name"], cells["comments"], since, until, named, cells.line)
    return None


def short(contractor: str) -> str:
    """Return a contractor's name without what every company's has: ``CGS``, ``Noridian``."""
    return " ".join(_CORPORATE.sub(" ", contractor.partition("(")[0]).split()).strip(" ,")


def _table(export: Publication, name: str, headings: Headings) -> Iterator[Cells]:
    member = None if export.single else _named(export, name)
    if member is not None:
        with export.open(member) as file:
            yield from sheet(file, headings).rows()


_CONTRACTORS: Final[Headings] = {
    "contractor_id": pattern("contractorid"),
    "contractor_bus_name": pattern("contractorbusname"),
}
_OF_ARTICLES: Final[Headings] = {
    "article_id": pattern("articleid"),
    "article_version": pattern("articleversion"),
    "contractor_id": pattern("contractorid"),
}
_ARTICLES: Final[Headings] = {
    "article_id": pattern("articleid"),
    "article_version": pattern("articleversion"),
    "date_retired": pattern("dateretired"),
}
_PERIODS: Final[Headings] = {"end_date": pattern("enddate")}


def _listers(export: Publication) -> dict[Article, tuple[str, ...]]:
    names = {
        cells["contractor_id"]: short(cells["contractor_bus_name"])
        for cells in _table(export, "contractor.csv", _CONTRACTORS)
    }
    of_article: dict[Article, set[str]] = defaultdict(set)
    for cells in _table(export, "article_x_contractor.csv", _OF_ARTICLES):
        if name := names.get(cells["contractor_id"]):
            of_article[cells["article_id"], cells["article_version"]].add(name)
    return {article: tuple(sorted(found)) for article, found in of_article.items()}


def _retired(export: Publication, on: date) -> set[Article]:
    return {
        (cells["article_id"], cells["article_version"])
        for cells in _table(export, "article.csv", _ARTICLES)
        if (retired := day(cells["date_retired"])) is not None and retired <= on
    }


def _released(export: Publication) -> date | None:
    days = (day(cells["end_date"]) for cells in _table(export, "update_period.csv", _PERIODS))
    return max((one for one in days if one is not None), default=None)
