"""``infusion rates``: payers' published rates to a small dated edition, and what an edition says of a code."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from csv import writer
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Final

import click
from orjson import OPT_INDENT_2, dumps

from models.printable import printable, printable_lines
from rules.claim.charge_lines import RANK_ORDER
from streams.rates import edition
from streams.rates.files import ingest as ingest_file
from streams.rates.in_network import RatesFileError
from streams.rates.report import example, facts_of, text_of
from streams.rates.tally import Tally

_FILE: Final = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_SAID_EVERY: Final = 1 << 30


@click.group("rates")
def command() -> None:
    """Read payers' published rates for our codes, and show them. They choose no code and decide no charge."""


@command.command("ingest")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=_FILE)
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="FOLDER",
    help="Where to write it.",
)
@click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Rates that end before it are out. Default: today.",
)
@click.option("--payer", metavar="NAME", help="Put it in place of the payers' names in the files.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Files read at a time."
)
def ingest(*, files: tuple[Path, ...], into: Path, on: datetime | None, payer: str | None, jobs: int) -> None:
    """
    Read in-network files (Transparency in Coverage, JSON or gzip) and hospital price files (CSV or JSON of CMS).

    Keeps our codes alone and writes FOLDER/YYYYMMDD with the rates by payer, code and setting, the files' digests, and
    how many rates were left out and why. No address inside a file is followed. Nothing is written where a file cannot
    be read whole.
    """
    day = (on or datetime.now(UTC).astimezone()).date().isoformat()
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
    folder = into / day.replace("-", "")
    edition.write(tally, sources, day, folder)
    click.echo(f"{folder.name}: {len(tally.rates)} rows of payer, code and setting from {len(sources)} files")
    for words, counts in (("left out", tally.left_out), ("remarked", tally.remarks)):
        for reason, count in sorted(counts.items()):
            if count:
                click.echo(printable(f"{words}  {count}  {reason}"))


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
    help="An edition, as ingest wrote it. Default: the worked example alone, where the code has one.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="A table with a box for each payer, JSON for machines, or CSV for a spreadsheet.",
)
def show(*, code: str, folder: Path | None, form: str) -> None:
    """Show what payers have published for a code: count, mean, percentiles, the gap to Medicare, and a box for each."""
    if code.upper() not in RANK_ORDER:
        message = f"{code!r} is no code that this product charges; 'infusion rules' lists those it does."
        raise click.UsageError(message)
    try:
        rows, said = edition.read(folder) if folder is not None else ([], {})
    except RatesFileError as error:
        message = f"{folder.name if folder else ''}: {error}"
        raise click.UsageError(message) from error
    facts = {**facts_of(code.upper(), rows, said), "example": example(code.upper())}
    if form == "json":
        click.echo(dumps(facts, option=OPT_INDENT_2).decode())
    elif form == "csv":
        text = StringIO()
        table = writer(text, lineterminator="\n")
        table.writerow(edition.COLUMNS)
        table.writerows([row[name] for name in edition.COLUMNS] for row in facts["rows"])
        click.echo(text.getvalue(), nl=False)
    else:
        click.echo(printable_lines(text_of(facts)), nl=False)
