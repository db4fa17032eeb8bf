"""
The claim edits and the price list: what CMS publishes about a code, by setting and date of service.

MUE (units a day), NCCI code pairs, add-on primaries, OPPS status and rate. Whole mappings are built once an
edition and kept, so coding an encounter costs dictionary lookups. This module says what an edit would stop and
what a line would be paid; it decides nothing that is billed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from tomllib import load
from types import MappingProxyType
from typing import Final, Literal, cast

from models.charge import Packaging
from models.field import Setting
from rules.data_files import OPPS_STATUS
from rules.site_folder import cached_by_site, digest_of, files_of, site_in_force
from rules.tables.check import problems
from rules.tables.edition_files import Edition, laid_over
from rules.tables.in_force import in_force
from rules.tables.money import standing
from rules.tables.table_columns import Table

__all__ = [
    "Book",
    "Mue",
    "OppsRate",
    "addon_primaries",
    "editions",
    "mue",
    "opps",
    "problems",
    "ptp",
    "ptp_edition",
]

Book = Literal["cms_aoc_file", "cpt_parentheticals"]

MUE_TABLE: Final[Mapping[Setting, Table]] = {
    "facility": "mue_outpatient",
    "office": "mue_practitioner",
    "professional_in_facility": "mue_practitioner",
}
PTP_TABLE: Final[Mapping[Setting, Table]] = {
    "facility": "ptp_outpatient",
    "office": "ptp_practitioner",
    "professional_in_facility": "ptp_practitioner",
}
BOOK_TABLE: Final[Mapping[Book, Table]] = {"cms_aoc_file": "add_on", "cpt_parentheticals": "add_on_cpt"}


SITE_DRUGS: Final[Mapping[str, str]] = {
    "products.csv": "site_formulary",
    "hcpcs.csv": "site_formulary",
    "rxnorm.csv": "site_rxnorm",
    "ndc_rxnorm.csv": "site_rxnorm",
    "ndc.csv": "site_ndc",
    "package_units.csv": "site_ndc",
    "opps_drugs.csv": "site_opps_drugs",
    "self_administered.csv": "site_self_administered",
    "containers.csv": "site_containers",
}
"""What a charge set's ``tables`` calls a site's lists of drugs."""


@dataclass(frozen=True, slots=True)
class Mue:
    """
    The most units of a code an edit lets through.

    ``mai`` 1 counts a claim line; 2 a date of service, absolutely; 3 a date of service, open to review. Zero
    means not payable in that setting. ``effective`` and ``cite`` are of the edition the value was read from.
    """

    value: int
    mai: int
    effective: date
    cite: str


@dataclass(frozen=True, slots=True)
class OppsRate:
    """What OPPS nationally pays a hospital for one unit, in whole US cents; None where it has no rate."""

    status_indicator: str
    apc: str | None
    unit_cents: int | None
    packaging: Packaging
    meaning: str
    effective: date
    cite: str


def mue(code: str, setting: Setting, on: date) -> Mue | None:
    """
    Return the unit limit of a code in a setting; None when no value was read, which is not "no limit".

    Raises:
        NotInForceError: the date lies before the first edition.

    """
    return _mues_on(setting, on).get(code)


def ptp(setting: Setting, on: date) -> Mapping[tuple[str, str], int]:
    """
    Return the NCCI pairs in force: (column 1, column 2) to modifier indicator.

    0 never lets both through, 1 lets them through with a modifier the record supports.

    Raises:
        NotInForceError: the date lies before the first edition.

    """
    return _pairs(in_force(PTP_TABLE[setting], on))


def ptp_edition(pair: tuple[str, str], setting: Setting, on: date) -> date:
    """
    Return the first day of the edition a pair in force was read from; an older edition's where it continues.

    Raises:
        KeyError: the pair is not in force on the date.
        NotInForceError: the date lies before the first edition.

    """
    return _pair_editions(in_force(PTP_TABLE[setting], on))[pair]


def addon_primaries(book: Book, on: date) -> Mapping[str, frozenset[str]]:
    """
    Return, for each add-on code, the codes it may be added to, by CMS's file or by the codebook's notes.

    Raises:
        NotInForceError: the date lies before the first edition.

    """
    return _primaries(in_force(BOOK_TABLE[book], on))


def opps(code: str, on: date) -> OppsRate | None:
    """
    Return what OPPS pays for a code; None when Addendum B, as read, does not list it.

    Raises:
        NotInForceError: the date lies before the first edition.

    """
    return _rates(in_force("opps", on)).get(code)


def editions(on: date, setting: Setting = "facility") -> dict[str, str]:
    """
    Return the effective date of each table in force, for the charge set's ``tables``.

    Keys are mue, ptp, add_on and, in a facility, opps, in an office pfs; a table with no edition yet on the date is left out. What the
    site in force lays over what ships has a key of its own, such as site_mue or site_formulary, with a digest of its
    rows: so two sites' answers differ by more than chance.
    """
    return _editions(on, setting).copy()


@cached_by_site(maxsize=8192)
def _mues_on(setting: Setting, on: date) -> Mapping[str, Mue]:
    """Return every limit of a setting on a date; asked of each timed code, so found in one step."""
    return _mues(in_force(MUE_TABLE[setting], on))


@cache
def _mues(layers: tuple[Edition, ...]) -> Mapping[str, Mue]:
    return MappingProxyType(
        {
            code: Mue(int(value), int(mai), edition.effective, edition.cite)
            for (code, value, mai), edition in laid_over(layers).values()
        },
    )


@cache
def _pairs(layers: tuple[Edition, ...]) -> Mapping[tuple[str, str], int]:
    pairs = {
        (column1, column2): int(indicator) for (column1, column2, indicator), _ in laid_over(layers).values()
    }
    return MappingProxyType(dict(sorted(pairs.items())))


@cache
def _pair_editions(layers: tuple[Edition, ...]) -> Mapping[tuple[str, str], date]:
    return {
        (column1, column2): edition.effective for (column1, column2, _), edition in laid_over(layers).values()
    }


@cache
def _primaries(layers: tuple[Edition, ...]) -> Mapping[str, frozenset[str]]:
    primaries: dict[str, set[str]] = {}
    for row, _ in laid_over(layers).values():
        primaries.setdefault(row[0], set()).add(row[1])
    return MappingProxyType({add_on: frozenset(codes) for add_on, codes in primaries.items()})


@cache
def _rates(layers: tuple[Edition, ...]) -> Mapping[str, OppsRate]:
    with OPPS_STATUS.open("rb") as file:
        statuses = load(file)
    rates: dict[str, OppsRate] = {}
    for (code, status, apc, cents), edition in laid_over(layers).values():
        packaging = cast("Packaging", statuses[status]["packaging"])
        rates[code] = OppsRate(
            status,
            apc or None,
            int(cents) if cents else None,
            packaging,
            str(statuses[status]["meaning"]),
            edition.effective,
            edition.cite,
        )
    return MappingProxyType(rates)


@cached_by_site(maxsize=4096)
def _editions(on: date, setting: Setting) -> dict[str, str]:
    tables: dict[str, Table] = {
        "mue": MUE_TABLE[setting],
        "ptp": PTP_TABLE[setting],
        "add_on": "add_on",
    }
    if setting == "facility":
        tables["opps"] = "opps"
    elif setting == "office" and any(one.effective.year == on.year for one in standing("pfs", on)[-1:]):
        tables["pfs"] = "pfs"
    effective: dict[str, str] = {}
    of_site: dict[str, str] = {}
    beside: dict[str, Table] = {
        "add_on_cpt": BOOK_TABLE["cpt_parentheticals"],
        "rates": "rates",
        "contract": "contract",
    }
    if setting == "office":
        beside["gpci"] = "gpci"
    for name, table in {**tables, **beside}.items():
        layers = standing(table, on)
        if layers and name in tables:
            effective[name] = layers[-1].effective.isoformat()
        if own := [edition for edition in layers if edition.held is not None]:
            digest = digest_of(*(edition.held or b"" for edition in own))
            of_site[f"site_{name}"] = f"{own[-1].effective.isoformat()}.{digest}"
    return effective | of_site | _site_drugs()


def _site_drugs() -> dict[str, str]:
    site = site_in_force()
    files = {} if site is None else files_of(site)
    lists: dict[str, list[bytes]] = {}
    for name, content in files.items():
        if name.startswith("drugs/") and name.endswith(".csv"):
            lists.setdefault(SITE_DRUGS.get(name.rpartition("/")[2], "site_drugs"), []).append(content)
    return {name: digest_of(*contents) for name, contents in lists.items()}
