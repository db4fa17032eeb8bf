"""``infusion refresh``: a quarter of CMS's edit files in, a dated folder of tables out."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import click

from rules.data_files import EDITS
from rules.tables.edition_files import Table
from streams.cli.shared.site_option import site_path_option
from streams.cms.refresh import Change, quarter_start, refresh
from streams.cms.refusal import RefreshRefusedError

_SHOWN: Final = 10
"""Rows of each kind of change that are named; the folder itself holds them all."""


class QuarterType(click.ParamType):
    """A quarter of a year."""

    name = "quarter"

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the first day of a quarter written 2027Q1 or 2027-01-01."""
        try:
            return quarter_start(value) if isinstance(value, str) else value
        except ValueError as error:
            self.fail(str(error), param, ctx)


_FILE: Final = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


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
@click.option("--replace", is_flag=True, help="Write over tables this quarter already has.")
@click.option(
    "--into",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    metavar="FOLDER",
    help="Where the dated folders are. Default: the site's folder, else those of this installation.",
)
@site_path_option
def command(
    *, quarter: date, replace: bool, into: Path | None, site_dir: Path | None, **paths: tuple[Path, ...]
) -> int:
    """
    Take a quarter's tables from CMS's own files, as unpacked from their downloads.

    QUARTER is 2027Q1 or its first day. Nothing is written unless every file is good and the result holds; then the
    changes against the day before are listed. Large tables come in parts: give the option once for each.

    Exit status: 0 written, 2 nothing written.
    """
    files: dict[Table, tuple[Path, ...]] = {
        table: paths[table]
        for table in (
            "mue_practitioner",
            "mue_outpatient",
            "ptp_practitioner",
            "ptp_outpatient",
            "add_on",
            "opps",
        )
        if paths[table]
    }
    try:
        changes = refresh(quarter, files, into or editions_of(site_dir), replace=replace)
    except RefreshRefusedError as error:
        for fault in error.faults:
            click.echo(fault, err=True)
        click.echo("nothing was written", err=True)
        return 2
    for change in changes:
        for line in lines(change):
            click.echo(line)
    click.echo(f"written for dates of service from {quarter}; run 'infusion check' and the tests", err=True)
    return 0


def editions_of(site_dir: Path | None) -> Path:
    """Return the folder of editions to write: in a site's own folder where there is one, made if need be."""
    if site_dir is None:
        return EDITS
    folder = site_dir / "edits"
    folder.mkdir(exist_ok=True)
    return folder


def lines(change: Change) -> Iterator[str]:
    """Yield how one table moved: its size, then the first rows that came, went or changed."""
    kinds = (("came", change.came), ("went", change.went), ("changed", change.moved))
    counts = ", ".join(f"{len(rows)} {kind}" for kind, rows in kinds)
    yield f"{change.table}: {change.rows} rows, {counts}"
    for kind, rows in kinds:
        yield from (f"  {kind} {row}" for row in rows[:_SHOWN])
        if len(rows) > _SHOWN:
            yield f"  and {len(rows) - _SHOWN} more {kind}"
