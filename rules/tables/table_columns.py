"""The tables of the dated folders: their names, their columns, and how many of those name a row."""

from collections.abc import Mapping
from typing import Final, Literal, get_args

Table = Literal[
    "mue_practitioner",
    "mue_outpatient",
    "ptp_practitioner",
    "ptp_outpatient",
    "add_on",
    "add_on_cpt",
    "opps",
    "pfs",
    "gpci",
    "rbcs",
    "rates",
    "contract",
]
TABLES: Final[tuple[Table, ...]] = get_args(Table)

OF_SITES: Final[frozenset[Table]] = frozenset({"gpci", "rbcs", "rates", "contract"})
"""Tables that ship without an edition: a site brings its own, or has none."""

INDICATORS: Final = (
    "status", "not_used", "global_days", "pctc", "multiple", "bilateral", "assistant", "co_surgeon", "team",
    "supervision", "imaging_family",
)  # fmt: skip
"""What the fee schedule says of a code in letters and digits, in our names."""

RVUS: Final = (
    "work_rvu", "pe_nonfacility", "pe_facility", "mp_rvu", "total_nonfacility", "total_facility",
)  # fmt: skip
"""What it says in relative values."""

FIGURES: Final = ("mean", "p10", "p25", "p50", "p75", "p90")
"""Where published rates lie, in US dollars."""

EVERY_CODE: Final = "*"
"""Stands in place of a code where a contract pays a part of the schedule for all of them."""

COLUMNS: Final[Mapping[Table, tuple[str, ...]]] = {
    "mue_practitioner": ("code", "value", "mai"),
    "mue_outpatient": ("code", "value", "mai"),
    "ptp_practitioner": ("column1", "column2", "modifier"),
    "ptp_outpatient": ("column1", "column2", "modifier"),
    "add_on": ("add_on", "primary"),
    "add_on_cpt": ("add_on", "primary", "cite"),
    "opps": ("code", "status", "apc", "cents"),
    "pfs": (
        "code", *INDICATORS, "work_rvu", "pe_nonfacility", "nonfacility_na", "pe_facility", "facility_na", "mp_rvu",
        "total_nonfacility", "total_facility", "factor",
    ),
    "gpci": ("facility", "contractor", "locality", "work", "pe", "mp"),
    "rbcs": ("code", "since", "category"),
    "rates": ("payer", "code", "setting", "billing_class", "period", "count", *FIGURES),
    "contract": ("payer", "code", "setting", "usd", "percent"),
}  # fmt: skip
"""The columns of each CSV; the first ``KEY_WIDTH`` of them name a row."""

KEY_WIDTH: Final[Mapping[Table, int]] = {
    "mue_practitioner": 1,
    "mue_outpatient": 1,
    "ptp_practitioner": 2,
    "ptp_outpatient": 2,
    "add_on": 2,
    "add_on_cpt": 2,
    "opps": 1,
    "pfs": 1,
    "gpci": 1,
    "rbcs": 1,
    "rates": 5,
    "contract": 3,
}
"""How many leading columns name a row: the code, the pair, or whoever pays and where."""
