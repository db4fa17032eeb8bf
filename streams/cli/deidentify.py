"""``infusion deidentify``: events of real stays in, data that can be shared out; no Kafka."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click
from orjson import OPT_INDENT_2, dumps

from rules.engine import Profile
from rules.site_folder import SiteFolder, under_site
from streams.batch.deidentify import Deidentification, Report
from streams.batch.garbage_collection import paused
from streams.batch.spill_buckets import Buckets
from streams.cli.shared.inputs import STDIN, display_names, files_argument, open_input, size_of
from streams.cli.shared.reject_order import RejectOrder
from streams.cli.shared.site_option import site_option

KEY: Final = "INFUSION_DEIDENTIFY_KEY"
KEY_FILE: Final = "INFUSION_DEIDENTIFY_KEY_FILE"
_SHORTEST_SECRET: Final = 32


@click.command("deidentify")
@files_argument
@click.option(
    "--key-file", type=click.Path(dir_okay=False, path_type=Path), envvar=KEY_FILE, show_envvar=True, metavar="FILE",
    help=f"The secret that ids and shifts are made with, at least {_SHORTEST_SECRET} characters; or {KEY} holds it.",
)  # fmt: skip
@click.option(
    "--weeks", type=click.IntRange(1, 520), default=52, show_default=True,
    help="Move each stay by up to so many whole weeks, back or forth.",
)  # fmt: skip
@click.option(
    "--report", "report_file", type=click.Path(dir_okay=False, writable=True, path_type=Path), metavar="FILE",
    help="Write what was taken away as JSON, too.",
)  # fmt: skip
@click.option(
    "--max-line-bytes", type=click.IntRange(256, 1 << 30), default=1 << 20, show_default=True,
    help="Longer lines are rejected and skipped.",
)  # fmt: skip
@site_option
def command(
    *, files: tuple[str, ...], key_file: Path | None, weeks: int, report_file: Path | None, max_line_bytes: int,
    site: SiteFolder | None,
) -> int:  # fmt: skip
    """
    Make shareable data of real events: keyed ids, dates shifted by whole weeks, known words alone.

    Reads events as JSON Lines from the files, or stdin. Every stay is coded before and after: codes, units and minutes
    are the same, and where they are not, the report says so. The same key gives the same bytes.

    Exit status: 0 all written, 1 something was rejected or is coded otherwise, 2 wrong usage or an input that cannot be
    read.
    """
    secret = _secret(key_file, os.environ)
    inputs = tuple(dict.fromkeys(files)) or (STDIN,)
    rejects = RejectOrder(
        display_names(inputs), lambda line: click.echo(line, err=True), piped=size_of(inputs) is None
    )
    out = click.get_binary_stream("stdout")
    with Buckets() as buckets, paused(), under_site(site):
        run = Deidentification(secret, weeks, Profile(site=site), buckets, max_line_bytes, rejects.add)
        for number, file in enumerate(inputs):
            with open_input(file) as stream:
                run.gatherer.gather(number, stream, lambda _: None)
        out.writelines(run.lines())
    out.flush()
    rejects.show()
    _tell(run.report)
    if report_file is not None:
        report_file.write_bytes(dumps(run.report.facts(), option=OPT_INDENT_2) + b"\n")
    return 1 if run.report.refused or run.report.coded_otherwise else 0


def _secret(file: Path | None, environment: Mapping[str, str]) -> bytes:
    try:
        text = file.read_text(encoding="utf-8") if file is not None else environment.get(KEY, "")
    except (OSError, UnicodeDecodeError) as error:
        says = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        message = f"the key cannot be read: {click.format_filename(str(file))}: {says}"
        raise click.UsageError(message) from None
    if file is None and not text.strip():
        message = f"there is no key: name its file with --key-file, or set {KEY}; make one with openssl rand -hex 32"
        raise click.UsageError(message)
    secret = text.strip().encode()
    if len(secret) < _SHORTEST_SECRET:
        name = KEY if file is None else "the file of the key"
        message = f"{name} has less than {_SHORTEST_SECRET} characters; make one with openssl rand -hex 32"
        raise click.UsageError(message)
    return secret


def _tell(report: Report) -> None:
    lines = [
        f"events      written {report.events:,}, rejected {report.refused:,}",
        f"stays       {report.stays:,}: coded the same {report.coded_the_same:,}, otherwise {report.coded_otherwise:,}"
        + (f" ({report.tables_moved:,} by tables of another date)" if report.tables_moved else ""),
    ]
    for title, counted in (("dropped", report.unknown_fields), ("texts", report.texts_changed)):
        some = sorted((+counted).items(), key=lambda pair: (-pair[1], pair[0]))
        lines += [f"{title:10}  " + ", ".join(f"{name} {count:,}" for name, count in some)] if some else []
    for line in lines:
        click.echo(line, err=True)
