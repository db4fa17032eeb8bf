"""``infusion reconcile``: what was given, charged and taken by the billing system, side by side."""

import asyncio
import pickle
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from heapq import merge
from typing import Any

import click

from models.field import Setting
from models.printable import printable
from rules.engine import Profile
from rules.site_folder import SiteFolder, under_site
from streams.batch.sorted_runs import Record, Spool, key_of_record
from streams.batch.spill_buckets import Buckets
from streams.batch.told_stays import ToldStay, ToldStays, stored
from streams.cli.shared.broker import broker
from streams.cli.shared.comparison_options import all_codes_option, encounters_option, format_option
from streams.cli.shared.inputs import display_names, files_argument, open_input
from streams.cli.shared.instant import InstantType
from streams.cli.shared.posted_files import PostedLines, once_from_stdin, read_posted
from streams.cli.shared.profile_options import check_policy, profile_options
from streams.cli.shared.reconciliation_rows import COLUMNS, HEAD, amount, csv_row, json_row, table_row
from streams.cli.shared.reject_order import RejectOrder
from streams.cli.shared.site_file_option import site_file_beside_folder
from streams.cli.shared.stay_rows import TextTable, csv_text
from streams.feeds.posted import standing
from streams.feeds.site_mapping import SiteMapping
from streams.kafka.connection import Connection
from streams.operations.billed_topics import billed_records
from streams.reconciliation.acknowledged import Posted, acknowledged
from streams.reconciliation.row import STATES, Row, State
from streams.reconciliation.stay import Stay, reconciled
from streams.reconciliation.totals import Totals
from streams.wire.rejects import Reject

UNACCOUNTED = 3
"""The exit status of a run that found something missing, extra or other than it should be."""
_LONGEST = 16 << 20


@click.command("reconcile")
@files_argument
@click.option(
    "--billed", "billed", type=click.Path(exists=True, dir_okay=False, allow_dash=True), multiple=True, metavar="FILE",
    help="What the billing system has: DFT^P03 messages, or CSV with columns; - is stdin. Repeatable. In place of deliveries.",
)  # fmt: skip
@click.option(
    "--destination", metavar="NAME", help="The billing system whose answers count, where there are several."
)
@click.option(
    "--state",
    "states",
    type=click.Choice(STATES),
    multiple=True,
    help="Show only what stands so. Repeatable.",
)
@click.option(
    "--kind", "kinds", type=click.Choice(["charge", "drug", "administration"]), multiple=True,
    help="Show only such rows. Repeatable.",
)  # fmt: skip
@click.option(
    "--pairing", "pairings", type=click.Choice(["without_drug", "without_administration"]), multiple=True,
    help="Show only administrations charged without a drug, or drugs whose administration is not charged.",
)  # fmt: skip
@encounters_option
@click.option("--facility", "facilities", metavar="NAME", multiple=True, help="Only stays of this facility.")
@click.option("--for-payer", "payers", metavar="PAYER", multiple=True, help="Only stays of this payer.")
@click.option(
    "--older-than", type=click.IntRange(min=0), default=0, metavar="DAYS",
    help="Only services at least so many days ago: what came today is still on its way.",
)  # fmt: skip
@click.option(
    "--drugs", is_flag=True, help="Expect drug lines that are only suggested at the billing system, too."
)
@click.option("--at", type=InstantType(), metavar="INSTANT", help="What ages count to; now when left out.")
@format_option
@all_codes_option
@site_file_beside_folder
@profile_options
def command(  # noqa: PLR0913 -- one parameter an option
    *, files: tuple[str, ...], billed: tuple[str, ...], destination: str | None, drugs: bool, at: datetime | None,
    form: str, all_codes: bool, site_file: SiteMapping, policy: str | None, overrides: tuple[tuple[str, str], ...], setting: Setting | None,
    payer: str | None, site: SiteFolder | None, **picked: Any,
) -> int:  # fmt: skip
    """
    Put administrations, charge lines, drug lines and what the billing system has side by side.

    Without a FILE it reads infusion.charges.v1, infusion.charge-lines.v1 and infusion.deliveries.v1;
    KAFKA_BOOTSTRAP_SERVERS says where Kafka is. With FILEs it reads JSON Lines of events, charge sets, charge lines and
    deliveries, mixed as they come, and --billed is what the billing system has. Money is the expected payment.

    Exit status: 0 all accounted for, 1 the same but some input was rejected, 3 something is missing, extra or differs,
    2 wrong usage, an input that cannot be read, or no Kafka.
    """
    check_policy(policy, overrides, setting, payer, site)
    if billed and not files:
        message = "--billed goes with files of events or charge sets; Kafka has its own deliveries"
        raise click.UsageError(message)
    once_from_stdin(files, billed, "--billed")
    if billed and destination is not None:
        message = "--destination goes with deliveries; --billed stands in their place"
        raise click.UsageError(message)
    rejects = RejectOrder(
        display_names([*files, *billed]) or ("Kafka",), lambda line: click.echo(line, err=True), piped=False
    )
    run = _Run(
        Profile(policy, overrides, setting, payer, site), destination, at or datetime.now(UTC), rejects, picked,
        drugs=drugs,
    )  # fmt: skip
    with Buckets() as buckets, Spool() as spool, under_site(site):
        told = ToldStays(buckets, _LONGEST, run.refuse)
        if files:
            for number, file in enumerate(files):
                with open_input(file) as stream:
                    told.gatherer.gather(number, stream, lambda _: None)
            post = PostedLines(told, every=all_codes)
            read_posted(billed, len(files), site_file.charges, post.take, run.refuse)
            run.others = post.others
        else:
            with broker() as connection:
                asyncio.run(_gather(connection, buckets))
        rows = run.rows(told, spool, [*billed])
        if unknown := run.unknown(from_files=bool(files)):
            rejects.show()
            raise click.UsageError(unknown)
        _write(rows, form, run)
    rejects.show()
    return UNACCOUNTED if not run.totals.accounted else 1 if run.rejected else 0


async def _gather(connection: Connection, buckets: Buckets) -> None:
    number = 0
    async for key, value, at in billed_records(connection):
        number += 1
        buckets.add(key, [(0, number, value) if at is None else stored(value, at)])


class _Run:
    """One run: what is asked for, and the totals of what was found."""

    def __init__(
        self, profile: Profile, destination: str | None, at: datetime, rejects: RejectOrder, picked: dict[str, Any], *,
        drugs: bool,
    ) -> None:  # fmt: skip
        self.totals = Totals()
        self.rejected = self.others = 0
        self._profile, self._destination, self._at, self._drugs = profile, destination, at, drugs
        self._rejects, self._picked = rejects, picked
        self._named: set[str] = set()
        self._destinations: set[str] = set()

    def refuse(self, reject: Reject) -> None:
        """Take in what could not be used."""
        self.rejected += 1
        self._rejects.add(reject)

    def rows(self, told: ToldStays, spool: Spool, billed: Sequence[str]) -> Iterator[Row]:
        """Return the rows that are asked for, in the order of encounter ids, once all stays are counted."""
        runs = [
            spool.add(self._records(stays, from_file=bool(billed))) for stays in told.stays(self._profile)
        ]
        return (
            row
            for _, rows in merge(*runs, key=key_of_record)
            for row in pickle.loads(rows)  # noqa: S301 -- written by this process
        )

    def unknown(self, *, from_files: bool) -> str:
        """Return, once the rows are made, what was asked for by a name that nothing has; empty where all was found."""
        strange = [name for name in self._picked["encounters"] if name not in self._named]
        if strange:
            return f"no such stay: {', '.join(map(printable, strange))}; ids are compared letter for letter"
        if self._destination is None or self._destination in self._destinations:
            return ""
        if self._destinations:
            asked, known = printable(self._destination), ", ".join(map(printable, sorted(self._destinations)))
            return f"no billing system {asked} has answered; those that have: {known}"
        return "--destination goes with deliveries, and the files have none" if from_files else ""

    def _records(self, stays: list[ToldStay], *, from_file: bool) -> Iterator[Record]:
        for stay in stays:
            self._destinations.update(one.destination for one in stay.deliveries)
            self._named.update({*self._picked["encounters"]} & {stay.encounter_id})
            if self._left_out(stay):
                continue
            self.totals.stays += 1
            posted = Posted(standing(stay.posted)) if from_file else self._acknowledged(stay)
            given = () if stay.coded is None else stay.coded.encounter.administrations
            known = Stay(
                stay.encounter_id,
                stay.charge_set,
                posted,
                tuple(one.administration_id for one in given),
                stay.told_on,
            )
            shown = []
            for row in reconciled(known, self._at, drugs=self._drugs):
                if row.age_days is not None and row.age_days < self._picked["older_than"]:
                    continue
                self.totals.count(row)
                if self._shown(row):
                    shown.append(row)
            yield stay.encounter_id.encode(), pickle.dumps(shown)

    def _left_out(self, stay: ToldStay) -> bool:
        wanted, charge_set = self._picked, stay.charge_set
        return bool(
            (wanted["encounters"] and stay.encounter_id not in wanted["encounters"])
            or (
                wanted["facilities"]
                and (charge_set is None or charge_set.facility not in wanted["facilities"])
            )
            or (wanted["payers"] and (charge_set is None or charge_set.payer not in wanted["payers"]))
        )

    def _acknowledged(self, stay: ToldStay) -> Posted:
        names = sorted({one.destination for one in stay.deliveries})
        if self._destination is None and len(names) > 1:
            message = f"several billing systems answered ({', '.join(names)}); name one with --destination"
            raise click.UsageError(message)
        kept = (one for one in stay.deliveries if self._destination in {None, one.destination})
        return acknowledged(stay.changes, kept)

    def _shown(self, row: Row) -> bool:
        wanted = self._picked
        states: Sequence[State] = wanted["states"]
        return (
            (not states or row.state in states)
            and (not wanted["kinds"] or row.kind in wanted["kinds"])
            and (not wanted["pairings"] or row.pairing in wanted["pairings"])
        )


def _write(rows: Iterator[Row], form: str, run: _Run) -> None:
    out = click.get_binary_stream("stdout")
    if form == "table":
        shown = [table_row(row) for row in rows]
        table = TextTable(HEAD, shown)
        for cells in (HEAD, *shown):
            out.write(f"{table.line(cells)}\n".encode())
    elif form == "csv":
        out.write(csv_text([COLUMNS]).encode())
        for row in rows:
            out.write(csv_text([csv_row(row)]).encode())
    else:
        for row in rows:
            out.write(json_row(row))
    out.flush()
    click.echo(f"stays           {run.totals.stays:,}", err=True)
    if run.others:
        click.echo(f"other codes     {run.others:,} billed lines that are none of ours, left out", err=True)
    for kind, state, count, ours, posted in run.totals.lines():
        money = "" if kind == "administration" else f", ours {amount(ours)}, billed {amount(posted)} USD"
        click.echo(f"{kind:14}  {state:10}  {count:,}{money}", err=True)
    for name in ("without_drug", "without_administration"):
        if run.totals.pairings[name]:
            click.echo(f"{'pairing':14}  {name}  {run.totals.pairings[name]:,}", err=True)
