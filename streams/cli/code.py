"""``infusion code``: events in, one charge set per encounter out; no Kafka."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from heapq import merge
from shutil import get_terminal_size
from typing import Final

import click

from models.charge import ChargeSet
from models.field import Setting
from rules.engine import Profile
from rules.site_folder import SiteFolder
from streams.batch.gather import Gatherer
from streams.batch.patient_accounts import PatientAccounts, finished
from streams.batch.process_pool import Batch, Code, Recipe, batches, coder
from streams.batch.sorted_runs import Record, Spool, key_of_record
from streams.batch.spill_buckets import Buckets
from streams.batch.tally import Tally
from streams.cli.shared.inputs import STDIN, display_names, files_argument, open_input, size_of
from streams.cli.shared.instant import InstantType
from streams.cli.shared.profile_options import check_policy, profile_options
from streams.cli.shared.progress import ProgressDisplay, progress_display
from streams.cli.shared.reject_order import RejectOrder
from streams.wire.charge_json import written
from streams.wire.rejects import Reject

_TABLE_COLUMNS: Final = 80


@click.command("code")
@files_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "table"]),
    default="jsonl",
    show_default=True,
    help="JSON Lines for machines, or a table for people.",
)
@profile_options
@click.option(
    "--as-of",
    type=InstantType(),
    metavar="INSTANT",
    help="Code as seen at this instant: before its confirm window has passed, a discharged encounter is a preview.",
)
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that code.")
@click.option(
    "--max-line-bytes",
    type=click.IntRange(256, 1 << 30),
    default=1 << 20,
    show_default=True,
    help="Longer lines are rejected and skipped.",
)
@click.option("-q", "--quiet", is_flag=True, help="Count rejects and faults without a line for each.")
def command(  # noqa: PLR0913 -- one parameter an option
    *,
    files: tuple[str, ...],
    form: str,
    policy: str | None,
    overrides: tuple[tuple[str, str], ...],
    setting: Setting | None,
    payer: str | None,
    site: SiteFolder | None,
    as_of: datetime | None,
    jobs: int,
    max_line_bytes: int,
    quiet: bool,
) -> int:
    """
    Code events: JSON Lines in, one charge set per encounter out.

    Reads the files, or stdin where there are none or one is -. Charge sets go to stdout in the order of their
    encounter ids, whatever the order of the events; words and a summary go to stderr.

    Exit status: 0 all coded, 1 something held or rejected, 2 wrong usage or an input that cannot be read.
    """
    check_policy(policy, overrides, setting, payer, site)
    recipe = Recipe(Profile(policy, overrides, setting, payer, site), as_of, _writer(form))
    inputs = tuple(dict.fromkeys(files)) or (STDIN,)
    if inputs == (STDIN,) and sys.stdin.isatty():
        click.echo("Reading events from the terminal; end with Ctrl-D, or see --help.", err=True)
    with progress_display() as shown:
        run = _Run(inputs, recipe, jobs, max_line_bytes, shown, quiet=quiet)
        run.code()
    if form == "table" and run.tally.statuses.total() > 1:
        _write_summary(run.tally)
    for line in run.tally.summary():
        click.echo(line, err=True)
    return 0 if run.tally.all_coded else 1


def _write_summary(tally: Tally) -> None:
    from streams.cli.shared.charge_table import summary_table  # noqa: PLC0415 -- only a table pays for loading rich

    width, colour = _shape()
    out = click.get_binary_stream("stdout")
    out.write(summary_table(tally, width, colour=colour))
    out.flush()


def _writer(form: str) -> Callable[[ChargeSet], bytes]:
    if form == "jsonl":
        return written
    from streams.cli.shared.charge_table import table  # noqa: PLC0415 -- only a table pays for loading rich

    width, colour = _shape()
    return partial(table, width=width, colour=colour)


def _shape() -> tuple[int, bool]:
    """Return the columns a table may take and whether it may use colour; in a pipe 80 and no colour."""
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return (get_terminal_size().columns if colour else _TABLE_COLUMNS), colour


class _Run:
    """One run of the verb: gather, set linked stays aside, code bucket by bucket, write in order."""

    def __init__(
        self,
        inputs: Sequence[str],
        recipe: Recipe,
        jobs: int,
        limit: int,
        shown: ProgressDisplay,
        *,
        quiet: bool,
    ) -> None:
        self.tally: Final = Tally()
        self._inputs = inputs
        self._names = display_names(inputs)
        self._recipe = recipe
        self._jobs = jobs
        self._limit = limit
        self._shown = shown
        self._quiet = quiet
        self._rejects = RejectOrder(self._names, shown.say, piped=size_of(inputs) is None)

    def code(self) -> None:
        """Write the charge set of every stay of the inputs to stdout, in the order of their ids."""
        out = click.get_binary_stream("stdout")
        with coder(self._recipe, self._jobs) as code, Buckets() as buckets:
            gatherer = Gatherer(buckets, self._limit, self._refuse)
            self._shown.stage("reading", size_of(self._inputs))
            for number, name in enumerate(self._inputs):
                with open_input(name) as stream:
                    gatherer.gather(number, stream, self._shown.passed)
            self.tally.events = gatherer.lines
            self._shown.stage("coding", gatherer.lines)
            for _, line in self._in_order(buckets, gatherer, code):
                out.write(line)
        out.flush()
        self._rejects.show()

    def _in_order(self, buckets: Buckets, gatherer: Gatherer, code: Code) -> Iterator[Record]:
        # A small input is coded while it is written. Of a large one each bucket is coded and waits in a file; and so
        # it does where patients have keys, for the last stay read may be the other account of the first.
        runs: list[Iterator[Record]] = []
        links = gatherer.links
        with Buckets() as linked, Spool() as spool, PatientAccounts(self._refuse) as accounts:
            for stays in buckets.drain():
                for key in links.ids():
                    if key in stays:
                        linked.add(links.group(key), stays.pop(key))
                run = self._records(code(batches(stays)), accounts)
                runs.append(spool.add(run) if buckets.spilled or gatherer.patients else run)
            for groups in linked.drain():
                sets = sorted(self._records(code(batches(groups, linked=True)), accounts), key=key_of_record)
                runs.append(spool.add(sets) if linked.spilled else iter(sets))
            yield from finished(merge(*runs, key=key_of_record), accounts.others(spool), self._recipe.write)

    def _records(self, coded: Iterator[Batch], accounts: PatientAccounts) -> Iterator[Record]:
        for batch in coded:
            accounts.add(batch.accounts)
            self._shown.passed(batch.lines)
            self.tally.add(batch.tally)
            if not self._quiet:
                for reject in (*batch.rejects, *batch.faults):
                    self._rejects.add(reject)
            yield from batch.records

    def _refuse(self, reject: Reject) -> None:
        self.tally.rejected += 1
        if not self._quiet:
            self._rejects.add(reject)
