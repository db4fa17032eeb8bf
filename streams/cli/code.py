"""``infusion code``: events in, one charge set per encounter out; no Kafka."""

import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
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
from streams.batch.bucket_coding import Bucket
from streams.batch.gather import Gatherer
from streams.batch.patient_accounts import PatientAccounts, finished
from streams.batch.process_pool import Coders, coder, processes_for
from streams.batch.sorted_runs import Record, Spool, key_of_record, read_run
from streams.batch.spill_buckets import Buckets, file_of
from streams.batch.stay_batches import Batch, Recipe, batches
from streams.batch.tally import Tally
from streams.cli.shared.inputs import STDIN, display_names, files_argument, open_input, size_of
from streams.cli.shared.instant import InstantType
from streams.cli.shared.profile_options import check_policy, profile_options
from streams.cli.shared.progress import ProgressDisplay, progress_display
from streams.cli.shared.reject_order import RejectOrder
from streams.encounter.merge_groups import MergeGroups
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
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    help="Processes that code; without it as many as there are cores, and one for a small input.",
)
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
    jobs: int | None,
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
        jobs: int | None,
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
        size = size_of(self._inputs)
        with ExitStack() as open_now:
            buckets = open_now.enter_context(Buckets())
            # Processes start while the input is read. How long a pipe is, is known once it has ended.
            coders = (
                None
                if self._jobs is None and size is None
                else open_now.enter_context(self._coder(buckets, size or 0))
            )
            gatherer = Gatherer(buckets, self._limit, self._refuse)
            self._shown.stage("reading", size)
            for number, name in enumerate(self._inputs):
                with open_input(name) as stream:
                    gatherer.gather(number, stream, self._shown.passed)
            coders = coders or open_now.enter_context(self._coder(buckets, gatherer.bytes))
            self.tally.events = gatherer.lines
            self._shown.stage("coding", gatherer.lines)
            for _, line in self._in_order(buckets, gatherer, coders):
                out.write(line)
        out.flush()
        self._rejects.show()

    def _coder(self, buckets: Buckets, size: int) -> AbstractContextManager[Coders]:
        jobs = self._jobs or processes_for(size)
        return coder(self._recipe, jobs, buckets.files() if jobs > 1 else ())

    def _in_order(self, buckets: Buckets, gatherer: Gatherer, coders: Coders) -> Iterator[Record]:
        # A small input is coded while it is written. Of a large one each bucket is coded and waits in a file; and so
        # it does where patients have keys, for the last stay read may be the other account of the first.
        runs: list[Iterator[Record]] = []
        links = gatherer.links
        with Buckets() as linked, Spool() as spool, PatientAccounts(self._refuse) as accounts:
            if buckets.spilled and coders.buckets is not None:
                runs += self._runs_of_processes(buckets, links, coders, linked, accounts)
            else:
                for stays in buckets.drain():
                    for key in links.ids():
                        if key in stays:
                            linked.add(links.group(key), stays.pop(key))
                    run = self._records(coders.batches(batches(stays)), accounts)
                    runs.append(spool.add(run) if buckets.spilled or gatherer.patients else run)
            for groups in linked.drain():
                records = self._records(coders.batches(batches(groups, linked=True)), accounts)
                sets = sorted(records, key=key_of_record)
                runs.append(spool.add(sets) if linked.spilled else iter(sets))
            yield from finished(merge(*runs, key=key_of_record), accounts.others(spool), self._recipe.write)

    def _runs_of_processes(
        self, buckets: Buckets, links: MergeGroups, coders: Coders, linked: Buckets, accounts: PatientAccounts
    ) -> Iterator[Iterator[Record]]:
        """Yield the runs that other processes make of the buckets; put linked stays into ``linked``."""
        in_file: defaultdict[int, set[bytes]] = defaultdict(set)
        for key in links.ids():
            in_file[file_of(key)].add(key)
        sizes = enumerate(buckets.settle())
        work = [Bucket(at, size, buckets.budget, frozenset(in_file[at])) for at, size in sizes if size]
        assert coders.buckets is not None  # noqa: S101 -- asked before
        for bucket in coders.buckets(work):
            for key, lines in bucket.linked:
                linked.add(links.group(key), lines)
            for batch in bucket.batches:
                self._take(batch, accounts)
            file = buckets.files()[bucket.number]
            yield from [read_run(file, extent) for extent in bucket.runs]

    def _records(self, coded: Iterator[Batch], accounts: PatientAccounts) -> Iterator[Record]:
        for batch in coded:
            self._take(batch, accounts)
            yield from batch.records

    def _take(self, batch: Batch, accounts: PatientAccounts) -> None:
        accounts.add(batch.accounts)
        self._shown.passed(batch.lines)
        self.tally.add(batch.tally)
        if not self._quiet:
            for reject in (*batch.rejects, *batch.faults):
                self._rejects.add(reject)

    def _refuse(self, reject: Reject) -> None:
        self.tally.rejected += 1
        if not self._quiet:
            self._rejects.add(reject)
