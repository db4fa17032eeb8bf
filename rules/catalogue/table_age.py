"""
How old the tables and lists are that come by the quarter, and what to fetch where they are too old (A-36).

A code that CMS ended last quarter still looks alive to an old list, and an edit it changed still holds lines: both come
back as denials, weeks later. Old tables are no fault of the house, so they are told and stop nothing.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final

from rules.data_files import DRUGS, EDITS
from rules.formulary import drug_editions
from rules.tables.in_force import with_what_ships

OLDEST_DAYS: Final = 100
"""A quarter, and the days until its successor is fetched."""

FETCH: Final[Mapping[str, tuple[str, str]]] = {
    "mue_practitioner": ("CMS's MUE table for practitioners", "--mue-practitioner"),
    "mue_outpatient": ("CMS's MUE table for outpatient hospitals", "--mue-outpatient"),
    "ptp_practitioner": ("CMS's NCCI pairs for practitioners", "--ptp-practitioner"),
    "ptp_outpatient": ("CMS's NCCI pairs for hospitals", "--ptp-outpatient"),
    "add_on": ("CMS's add-on code edits", "--add-on"),
    "opps": ("OPPS Addendum B", "--opps"),
    "pfs": ("CMS's relative value file of the physician fee schedule", "--pfs"),
    "hcpcs": ("CMS's quarterly alpha-numeric HCPCS file", "--hcpcs"),
    "ndc": ("CMS's ASP NDC-HCPCS crosswalk", "--asp-ndc"),
    "rxnorm": ("a release of RxNorm", "--rxnorm"),
    "self_administered": ("the article export of CMS's coverage database", "--sad"),
}
"""What each table and list is cut from, and the option of ``infusion refresh`` that takes it."""


def newest(edits: Path = EDITS, drugs: Path = DRUGS) -> dict[str, date]:
    """Return the day of the newest edition of each table and list at hand, in the order of ``FETCH``."""
    days: dict[str, date] = {}
    for table, every in with_what_ships(edits).items():
        if at_hand := [one.effective for one in every if not one.awaited]:
            days[table] = max(at_hand)
    for name, of_list in drug_editions.editions(drugs).items():
        if of_list:
            days[name] = max(one.released for one in of_list)
    return {name: days[name] for name in FETCH if name in days}


def too_old(on: date, edits: Path = EDITS, drugs: Path = DRUGS) -> Iterator[str]:
    """Yield one line for each table or list whose newest edition is too old on a day, with what to fetch."""
    for name, day in newest(edits, drugs).items():
        age = (on - day).days
        if age > OLDEST_DAYS:
            official, option = FETCH[name]
            yield f"{name} is of {day}, {age} days old: fetch {official} and run 'infusion refresh QUARTER {option} FILE'"
