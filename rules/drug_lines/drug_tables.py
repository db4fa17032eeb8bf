"""Checks the tables that drug lines rest on, for ``infusion check``."""

from pathlib import Path

from rules.data_files import DRUGS
from rules.drug_lines import containers, opps_status, package_units, unit_table


def problems(folder: Path = DRUGS) -> list[str]:
    """Return what is wrong with units, statuses and packages, one sentence each; nothing when they are in order."""
    return [
        *unit_table.problems(folder),
        *opps_status.problems(folder),
        *package_units.problems(folder),
        *containers.problems(folder),
    ]
