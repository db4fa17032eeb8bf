"""``infusion refresh``: a quarter of official edit files and drug lists in, dated folders of tables out."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import click

from models.printable import printable
from rules.data_files import DRUGS, EDITS
from rules.tables.table_columns import Table
from streams.cli.shared.site_option import site_path_option
from streams.cms.drug_refresh import DrugFile
from streams.cms.fee_schedule_files import LocalityChoice, locality_choice
from streams.cms.quarter import take_in
from streams.cms.refresh import Change, quarter_start
from streams.cms.refusal import RefreshRefusedError
from streams.cms.taken import LINES_NAMED

_SHOWN: Final = 10
"""Rows of each kind of change that are named; the folder itself holds them all."""

_TABLES: Final[tuple[Table, ...]] = (
    *("mue_practitioner", "mue_outpatient", "ptp_practitioner", "ptp_outpatient", "add_on", "opps"),
    *("pfs", "gpci", "rbcs"),
)
_LISTS: Final[tuple[DrugFile, ...]] = ("hcpcs", "asp_ndc", "opps_drugs", "sad", "rxnorm")


class QuarterType(click.ParamType):
    """A quarter of a year."""

    name = "quarter"

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the first day of a quarter written 2027Q1 or 2027-01-01."""
        try:
            return quarter_start(value) if isinstance(value, str) else value
        except ValueError as error:
            self.fail(str(error), param, ctx)


class LocalityType(click.ParamType):
    """A payment locality, of one facility or of all."""

    name = "locality"

    def convert(
        self, value: str | LocalityChoice, param: click.Parameter | None, ctx: click.Context | None
    ) -> LocalityChoice:
        """Return the locality written 01112-05, or GH=01112-05."""
        try:
            return locality_choice(value) if isinstance(value, str) else value
        except ValueError as error:
            self.fail(str(error), param, ctx)


_FILE: Final = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_DOWNLOAD: Final = click.Path(exists=True, readable=True, path_type=Path)


@click.command("refresh")
@click.argument("quarter", type=QuarterType(), metavar="QUARTER")
@click.option(
    "--mue-practitioner", type=_FILE, multiple=True, metavar="FILE", help="MUE, practitioner services."
)
@click.option("--mue-outpatient", type=_FILE, multiple=True, metavar="FILE", help="MUE, outpatient hospital.")
@click.option(
    "--ptp-practitioner",
    type=_FILE,
    multiple=True,
    metavar="FILE",
    help="NCCI pairs, practitioner; one a part.",
)
@click.option(
    "--ptp-outpatient", type=_FILE, multiple=True, metavar="FILE", help="NCCI pairs, hospital; one a part."
)
@click.option("--add-on", type=_FILE, multiple=True, metavar="FILE", help="Add-on codes and their primaries.")
@click.option("--opps", type=_FILE, multiple=True, metavar="FILE", help="OPPS Addendum B.")
@click.option(
    "--pfs",
    type=_FILE,
    multiple=True,
    metavar="FILE",
    help="Physician fee schedule: relative value file (PPRRVU).",
)
@click.option(
    "--gpci", type=_FILE, multiple=True, metavar="FILE", help="Its localities (GPCI), with --locality."
)
@click.option(
    "--locality",
    "localities",
    type=LocalityType(),
    multiple=True,
    metavar="[FACILITY=]CONTRACTOR-NUMBER",
    help="The site's payment locality, 01112-05; of one facility, GH=01112-05.",
)
@click.option("--rbcs", type=_FILE, multiple=True, metavar="FILE", help="Classes of codes (RBCS taxonomy).")
@click.option("--hcpcs", type=_DOWNLOAD, metavar="FILE", help="HCPCS quarterly alpha-numeric file.")
@click.option("--asp-ndc", type=_DOWNLOAD, metavar="FILE", help="ASP NDC-HCPCS crosswalk.")
@click.option(
    "--opps-drugs",
    type=_DOWNLOAD,
    metavar="FILE",
    help="OPPS Addendum B once more: status and rate of drugs.",
)
@click.option(
    "--sad", type=_DOWNLOAD, metavar="FILE", help="Self-administered drug lists: MCD article export."
)
@click.option("--rxnorm", type=_DOWNLOAD, metavar="FOLDER", help="RxNorm release: its RRF files.")
@click.option("--replace", is_flag=True, help="Write over tables this quarter already has.")
@click.option("--every-row", is_flag=True, help="Name every row that came, went or changed.")
@click.option(
    "--into",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    metavar="FOLDER",
    help="Where the dated folders of edits are. Default: the site's folder, else those of this installation.",
)
@click.option(
    "--drugs-into",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    metavar="FOLDER",
    help="Where the drug lists are. Default: the site's folder, else those of this installation.",
)
@site_path_option
def command(
    *,
    quarter: date,
    replace: bool,
    every_row: bool,
    into: Path | None,
    drugs_into: Path | None,
    site_dir: Path | None,
    localities: tuple[LocalityChoice, ...],
    **paths: tuple[Path, ...] | Path | None,
) -> int:
    """
    Take a quarter's tables and drug lists from the official files.

    QUARTER is 2027Q1 or its first day. Edit files are given as unpacked from their downloads; large tables come in
    parts: give the option once for each. Drug lists are given as downloaded, an archive, its folder or the file in it.
    Nothing is written unless every file is good and the result holds; then the changes against what is installed are
    listed, with what of a file was left out. The relative value and locality files are given as the CSV of the release of
    that quarter; an office is then paid by them, in its locality.

    Exit status: 0 written, 2 nothing written.
    """
    tables: dict[Table, tuple[Path, ...]] = {
        table: given for table in _TABLES if isinstance(given := paths[table], tuple) and given
    }
    lists: dict[DrugFile, Path] = {name: given for name in _LISTS if isinstance(given := paths[name], Path)}
    try:
        edits, drugs = into or folder_of(site_dir, EDITS), drugs_into or folder_of(site_dir, DRUGS)
        changes = take_in(quarter, tables, lists, edits, drugs, replace=replace, localities=localities)
    except RefreshRefusedError as error:
        for fault in error.faults:
            click.echo(printable(fault), err=True)
        click.echo("nothing was written", err=True)
        return 2
    for change in changes:
        for line in lines(change, None if every_row else _SHOWN):
            click.echo(printable(line))
    click.echo(f"written for dates of service from {quarter}; run 'infusion check' and the tests", err=True)
    return 0


def folder_of(site_dir: Path | None, shipped: Path) -> Path:
    """Return the folder to write into: the one of this name in a site's own, made if need be, else the shipped one."""
    if site_dir is None:
        return shipped
    folder = site_dir / shipped.name
    folder.mkdir(exist_ok=True)
    return folder


def lines(change: Change, shown: int | None = _SHOWN) -> Iterator[str]:
    """Yield how one table moved: its size, then the first rows that came, went or changed, or all of them."""
    kinds = (("came", change.came), ("went", change.went), ("changed", change.moved))
    counts = ", ".join(f"{len(rows)} {kind}" for kind, rows in kinds)
    yield f"{change.table}: {change.rows} rows, {counts}"
    for kind, rows in kinds:
        yield from (f"  {kind} {row}" for row in rows[:shown])
        if shown is not None and len(rows) > shown:
            yield f"  and {len(rows) - shown} more {kind}"
    named = LINES_NAMED if shown is not None else None
    yield from (f"  {note.line(named)}" for note in change.notes)
