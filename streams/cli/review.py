"""``infusion review``: what waits for a person, from Kafka; the newest of each stay, most money first."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import aclosing
from time import time
from typing import Any

import click
from orjson import dumps, loads
from pydantic import ValidationError

from models.charge import CHARGE_SET, ChargeSet, expected_cents
from models.review_item import REVIEW_ITEM, ReviewItem
from rules.site_folder import SiteFolder
from streams.charging.bill_hold import BillHold
from streams.cli.shared.bill_hold import bill_hold
from streams.cli.shared.broker import broker
from streams.cli.shared.money import dollars
from streams.cli.shared.nudge_view import NudgeView
from streams.cli.shared.site_option import site_option
from streams.cli.shared.stay_options import stay_filter, stay_options
from streams.cli.shared.stay_rows import (
    REVIEW_COLUMNS,
    REVIEW_HEAD,
    Cells,
    TextTable,
    csv_text,
    review_cells,
    review_rows,
    withdrawn_row,
)
from streams.kafka.connection import Connection
from streams.operations.departures import Departures
from streams.operations.nudge_webhook import WebhookAddressError, webhook_address
from streams.operations.published import Published, follow, newest
from streams.operations.stay_filter import StayFilter
from streams.operations.webhook_access import WebhookAccess, WebhookAccessError, webhook_access
from streams.wire.topics import CHARGES, REVIEW

Waiting = tuple[ReviewItem, ChargeSet, Published]
"""What is asked of a stay, the charge set it is asked about, and the record that asked."""


class HoldEnds:
    """Tells when the bill hold of a held stay ends; nothing of one that is not held, or whose departure is not known."""

    def __init__(self, holds: BillHold) -> None:
        self._holds, self.departures = holds, Departures()

    def of(self, charge_set: ChargeSet) -> int | None:
        """Return the instant in epoch seconds."""
        departed_at = self.departures.of(charge_set.encounter_id)
        if charge_set.status != "held" or departed_at is None:
            return None
        return self._holds.ends_at(departed_at, charge_set.setting, charge_set.payer, charge_set.facility)


@click.command("review")
@click.argument("encounters", metavar="[ENCOUNTER]...", nargs=-1)
@stay_options
@site_option
@click.option(
    "--follow", "following", is_flag=True, help="Go on with what is asked and answered, until Ctrl-C."
)
@click.option(
    "--nudges", is_flag=True, help="What is asked while the patient is there, in place of what waits."
)
@click.option(
    "--webhook",
    metavar="URL",
    help="With --nudges: post each stay's questions there as JSON too, https or on this machine.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "jsonl", "csv"]),
    default="table",
    show_default=True,
    help="A line a flag for people or for a spreadsheet, or whole review items as JSON Lines.",
)
def command(
    *,
    encounters: tuple[str, ...],
    following: bool,
    nudges: bool,
    webhook: str | None,
    form: str,
    site: SiteFolder | None,
    **picked: Any,
) -> int:
    """
    Show what waits for a person: each stay's open questions on infusion.review.v1, the most money first.

    What holds a stay stands before what only warns. Name encounters to see those alone. Money is the expected
    payment of the lines that wait with it. Under BILL HOLD is what is left of it for a held stay, by the policies that the
    environment names, as for a worker: then the claim goes out without these charges. KAFKA_BOOTSTRAP_SERVERS says where Kafka is.

    With --nudges the questions are those of infusion.nudges.v1, which a worker asks with INFUSION_NUDGES=on; encounters and
    --facility pick among them. --webhook posts each stay's, and an empty list once they are answered, until it is taken.
    INFUSION_NUDGES_WEBHOOK_TOKEN_FILE names a file with its bearer token, INFUSION_NUDGES_WEBHOOK_CAFILE the authorities of a private one.

    Exit status: 0 shown, 1 nothing waits, 2 wrong usage or no Kafka.
    """
    if nudges or webhook is not None:
        return _nudges(frozenset(encounters), form, webhook, following=following, asked=nudges, **picked)
    wanted, ends = stay_filter(**picked), HoldEnds(bill_hold(site))
    with broker() as connection:
        return asyncio.run(_show(connection, form, wanted, frozenset(encounters), ends, following=following))


def _nudges(
    encounters: frozenset[str], form: str, webhook: str | None, *, following: bool, asked: bool, **picked: Any
) -> int:
    if not asked:
        message = "--webhook posts what --nudges shows; give that too"
        raise click.UsageError(message)
    if any(value for name, value in picked.items() if name != "facilities"):
        message = "--nudges are picked by encounter and --facility alone; leave the other filters out"
        raise click.UsageError(message)
    access = WebhookAccess()
    if webhook is not None:
        try:
            access = webhook_access(webhook_address(webhook), os.environ)
        except WebhookAddressError as error:
            message = f"--webhook: {error}"
            raise click.UsageError(message) from None
        except WebhookAccessError as error:
            raise click.UsageError(str(error)) from None
    view = NudgeView(form, encounters, picked["facilities"], webhook, access)
    with broker() as connection:
        return asyncio.run(view.show(connection, following=following))


async def _show(
    connection: Connection, form: str, wanted: StayFilter, encounters: frozenset[str], ends: HoldEnds, *,
    following: bool,
) -> int:  # fmt: skip
    if form != "jsonl":
        await ends.departures.look(connection)
    items, positions = await newest(connection, REVIEW)
    sets, charged = await newest(connection, CHARGES)
    waiting = [
        one
        for name, item in items.items()
        if not encounters or name in encounters
        for one in _read(item, sets)
        if wanted.takes(one[1], item.at)
    ]
    waiting.sort(key=lambda one: (one[0].status != "held", -expected_cents(one[1]), one[0].encounter_id))
    table = _begun(waiting, form, ends)
    for one in waiting:
        _write(one, form, table, ends)
    held = [one for one in waiting if one[0].status == "held"]
    cents = sum(expected_cents(one[1]) for one in held)
    click.echo(
        f"stays       {len(waiting):,}, of which held {len(held):,} with {dollars(cents)} USD", err=True
    )
    if following:
        async with aclosing(follow(connection, positions | charged)) as changes:
            async for item in _Following(sets, encounters).items(changes):
                if item.value is None:
                    _write_closed(item, form, table)
                    continue
                if form != "jsonl":
                    await ends.departures.look(connection)
                for one in _read(item, sets):
                    if wanted.takes(one[1], item.at):
                        _write(one, form, table, ends)
    return 0 if waiting else 1


class _Following:
    """Brings each question together with the charge set it is about, whichever of the two topics is read first."""

    def __init__(self, sets: dict[str, Published], encounters: frozenset[str]) -> None:
        self._sets = sets
        self._encounters = encounters
        self._early: dict[str, Published] = {}

    async def items(self, changes: AsyncIterator[Published]) -> AsyncIterator[Published]:
        """Yield the review items that can be shown, as they come."""
        async for change in changes:
            for item in self.take(change):
                yield item

    def take(self, change: Published) -> list[Published]:
        """Take one record of either topic in, and return the review items that can be shown now."""
        name = change.encounter_id
        if change.topic == CHARGES:
            self._sets[name] = change
            waiting = self._early.pop(name, None)
            return [waiting] if waiting is not None else []
        if self._encounters and name not in self._encounters:
            return []
        if change.value is not None and _revision(change) != _revision(self._sets.get(name)):
            self._early[name] = change
            return []
        return [change]


def _revision(one: Published | None) -> int:
    """Return the revision a record speaks of; 0 where it tells none."""
    try:
        revision = loads(one.value)["revision"] if one is not None and one.value is not None else 0
    except (ValueError, KeyError, TypeError):
        return 0
    return revision if isinstance(revision, int) else 0


def _read(item: Published, sets: dict[str, Published]) -> list[Waiting]:
    """Return a review item beside its charge set; none where either is no value of this release."""
    charged = sets.get(item.encounter_id)
    if charged is None:
        return []
    try:
        return [
            (
                REVIEW_ITEM.validate_json(item.value or b""),
                CHARGE_SET.validate_json(charged.value or b""),
                item,
            )
        ]
    except ValidationError:
        return []


def _begun(waiting: list[Waiting], form: str, ends: HoldEnds) -> TextTable | None:
    """Write the head of a form that has one, and return the table that the rows stand in, if they do."""
    if form == "csv":
        click.echo(csv_text([REVIEW_COLUMNS]), nl=False)
    if form != "table":
        return None
    table = TextTable(REVIEW_HEAD, [row for one in waiting for row in _rows(one, ends)])
    click.echo(table.line(REVIEW_HEAD))
    return table


def _rows(one: Waiting, ends: HoldEnds) -> list[Cells]:
    end = ends.of(one[1])
    return [*review_rows(one[0], one[1], one[2].at, None if end is None else end - time())]


def _write(one: Waiting, form: str, table: TextTable | None, ends: HoldEnds) -> None:
    if table is not None:
        for row in _rows(one, ends):
            click.echo(table.line(row))
    elif form == "csv":
        click.echo(csv_text(review_cells(one[0], one[1], one[2].at, ends.of(one[1]))), nl=False)
    else:
        click.echo(one[2].value or b"")


def _write_closed(item: Published, form: str, table: TextTable | None) -> None:
    if table is not None:
        click.echo(table.line((*withdrawn_row(item.encounter_id, item.at)[:3], "answered", *["-"] * 8)))
    elif form == "jsonl":
        click.echo(dumps({"encounter_id": item.encounter_id, "answered": True}))
