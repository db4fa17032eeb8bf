"""``infusion rates``: payers' published rates to a small dated edition, and what an edition says of a code."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from csv import writer
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Final

import click
from orjson import OPT_INDENT_2, dumps

from models.printable import printable, printable_lines, shows
from rules.catalogue.benchmarks import benchmark_facts, compared
from rules.claim.charge_lines import RANK_ORDER
from rules.site_folder import SiteFolder, under_site
from rules.tables.lookup import problems
from rules.tables.table_columns import COLUMNS
from streams.cli.shared.site_option import site_option, site_path_option
from streams.cli.shared.spreadsheet import spreadsheet_cell
from streams.cms.dated_folder import DatedFolder, install
from streams.cms.refusal import RefreshRefusedError
from streams.rates import edition
from streams.rates.files import ingest as ingest_file
from streams.rates.in_network import RatesFileError
from streams.rates.tally import Tally
from streams.rulebook.benchmark_picture import standalone
from streams.rulebook.benchmark_text import rates_text

_FILE: Final = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_SAID_EVERY: Final = 1 << 30
_CSV: Final = (
    *COLUMNS["rates"], "between_quartiles", "dispersion", "medicare", "medicare_from", "gap_to_medicare", "ratio_to_medicare",
)  # fmt: skip


def _shown_payer(_: click.Context, __: click.Parameter, name: str | None) -> str | None:
    """Return a payer's name without blanks around it: it becomes a row's key, and is compared with what stays say."""
    if name is None:
        return None
    if not name.strip() or not shows(name):
        message = "is empty, or holds what is not seen (a control character, a mark of direction); write the name as events have it"
        raise click.BadParameter(message)
    return name.strip()


@click.group("rates")
def command() -> None:
    """Read payers' published rates for our codes, and show them. They choose no code and decide no charge."""


@command.command("ingest")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=_FILE)
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Where the dated folder goes. Default: edits of the site's folder, where rules and money read it.",
)
@click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Rates that end before it are out. Default: today.",
)
@click.option(
    "--payer",
    metavar="NAME",
    callback=_shown_payer,
    help="Put it in place of the payers' names in the files.",
)
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Files read at a time."
)
@click.option("--replace", is_flag=True, help="Write over rates that this date already has.")
@site_path_option
def ingest(
    *, files: tuple[Path, ...], into: Path | None, on: datetime | None, payer: str | None, jobs: int, replace: bool,
    site_dir: Path | None,
) -> None:  # fmt: skip
    """
    Read in-network files (Transparency in Coverage, JSON or gzip) and hospital price files (CSV or JSON of CMS).

    Keeps our codes alone and writes FOLDER/YYYYMMDD with the rates by payer, code and setting, the files' digests, and
    how many rates were left out and why. No address inside a file is followed. Nothing is written where a file cannot
    be read whole, or holds no rate of our codes. DATE is also the first date of service that the edition prices.
    """
    root = into or (site_dir / "edits" if site_dir else None)
    if root is None:
        message = "say --into FOLDER, or name the site's folder with --site-dir or INFUSION_SITE_DIR"
        raise click.UsageError(message)
    first = (on or datetime.now(UTC).astimezone()).date()
    day = first.isoformat()
    if not replace and (root / f"{first:%Y%m%d}" / edition.RATES).exists():
        message = (
            f"{first:%Y%m%d} already holds rates: name all files in one run, or another --on, or --replace"
        )
        raise click.UsageError(message)
    tally, sources = Tally(), []
    try:
        for of_file, source in _read(files, day, payer, jobs):
            tally.join(of_file)
            sources.append(source)
    except RatesFileError as error:
        raise click.UsageError(printable(str(error))) from error
    if len({source.sha256 for source in sources}) < len(sources):
        message = "two of the files are the same; name each once."
        raise click.UsageError(message)
    if tally.rates:
        _install(tally, sources, first, root)
        click.echo(
            f"{first:%Y%m%d}: {len(tally.rates)} rows of payer, code and setting from {len(sources)} files"
        )
    _tell(tally)
    if not tally.rates:
        message = "the files hold no rate of our codes that can be taken; nothing is written"
        raise click.ClickException(message)


def _tell(tally: Tally) -> None:
    """Say how many rates were left out and what was remarked, by reason."""
    for words, counts in (("left out", tally.left_out), ("remarked", tally.remarks)):
        for reason, count in sorted(counts.items()):
            if count:
                click.echo(printable(f"{words}  {count}  {reason}"))


def _install(tally: Tally, sources: list[edition.Source], on: date, root: Path) -> None:
    """Write the edition aside and put it in place where the tables of the folder hold with it."""
    root.mkdir(parents=True, exist_ok=True)
    folder = DatedFolder(root, on)
    folder.restore()
    try:
        edition.write(tally, sources, on, folder.building())
        install([folder], lambda: problems(root))
    except RefreshRefusedError as error:
        raise click.UsageError(printable(error.faults[0])) from error
    finally:
        folder.abandon()


def _read(
    files: tuple[Path, ...], day: str, payer: str | None, jobs: int
) -> Iterator[tuple[Tally, edition.Source]]:
    if jobs == 1 or len(files) == 1:
        yield from (_one(path, day, payer) for path in files)
        return
    with ProcessPoolExecutor(min(jobs, len(files))) as pool:
        yield from pool.map(_one, files, [day] * len(files), [payer] * len(files))


def _one(path: Path, day: str, payer: str | None) -> tuple[Tally, edition.Source]:
    done = 0

    def progress(more: int) -> None:
        nonlocal done
        if done // _SAID_EVERY != (done + more) // _SAID_EVERY:
            click.echo(printable(f"{path.name}: {(done + more) / 1e9:.0f} GB read"), err=True)
        done += more

    return ingest_file(path, day, payer, progress)


@command.command("show")
@click.argument("code", metavar="CODE")
@click.option(
    "--from",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="An edition, as ingest wrote it. Default: the editions of the site's folder.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "svg"]),
    default="table",
    show_default=True,
    help="A table with a box for each payer, JSON for machines, CSV for a spreadsheet, or the boxes as SVG.",
)
@site_option
def show(*, code: str, folder: Path | None, form: str, site: SiteFolder | None) -> None:
    """Show what payers have published for a code: count, mean, percentiles, the gap to Medicare, and a box for each."""
    if code.upper() not in RANK_ORDER:
        message = f"{code!r} is no code that this product charges; 'infusion rules' lists those it does."
        raise click.UsageError(message)
    today = datetime.now(UTC).astimezone().date()
    with under_site(site):
        facts = {
            "code": code.upper(),
            "on": None,
            "remarks": {},
            "sources": [],
            **benchmark_facts(code.upper(), today),
        }
    if folder is not None:
        try:
            rates, said = edition.read(folder)
        except RatesFileError as error:
            message = f"{folder.name}: {error}"
            raise click.UsageError(message) from error
        of_code = [one for one in rates if one.code == code.upper()]
        facts |= {name: said[name] for name in ("on", "left_out", "remarks", "sources") if name in said}
        facts["rows"] = compared(of_code, date.fromisoformat(said["on"]))
    if form == "json":
        click.echo(dumps(facts, option=OPT_INDENT_2).decode())
    elif form == "svg":
        if not facts["rows"]:
            message = f"no edition holds a rate for {facts['code']}, so there is nothing to draw; --from FOLDER names one"
            raise click.UsageError(message)
        click.echo(standalone(facts["rows"]), nl=False)
    elif form == "csv":
        text = StringIO()
        table = writer(text, lineterminator="\n")
        table.writerow(_CSV)
        table.writerows(
            [spreadsheet_cell(str("" if row[name] is None else row[name])) for name in _CSV]
            for row in facts["rows"]
        )
        click.echo(text.getvalue(), nl=False)
    else:
        click.echo(printable_lines(rates_text(facts)), nl=False)
