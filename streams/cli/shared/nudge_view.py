"""What is asked while patients are there, from Kafka: as rows, as JSON Lines, and posted to a webhook."""

from collections.abc import Collection, Iterator
from contextlib import AsyncExitStack, aclosing

import click
from orjson import dumps
from pydantic import ValidationError

from models.nudge import NUDGE_SET, NudgeSet
from streams.cli.shared.stay_rows import Cells, TextTable, csv_text
from streams.kafka.connection import Connection
from streams.operations.nudge_webhook import NudgeWebhook
from streams.operations.published import Published, follow, newest
from streams.operations.webhook_access import WebhookAccess
from streams.wire.topics import NUDGES

HEAD: Cells = (
    "ASKED", "ENCOUNTER", "FACILITY", "DEPARTMENT", "KIND", "ADMINISTRATIONS", "SINCE", "QUESTION", "ANSWERED BY",
)  # fmt: skip


class NudgeView:
    """Shows nudges in a form; ``encounters`` and ``facilities`` are those wanted, all where there are none."""

    def __init__(
        self, form: str, encounters: Collection[str], facilities: Collection[str], webhook: str | None,
        access: WebhookAccess = WebhookAccess(),  # noqa: B008 - it is frozen
    ) -> None:  # fmt: skip
        self._form, self._encounters, self._facilities = form, encounters, facilities
        self._webhook, self._access = webhook, access
        self._table: TextTable | None = None
        self._shown: set[str] = set()
        """Stays of which something is shown, so that a facility's view tells of their answers too."""

    async def show(self, connection: Connection, *, following: bool) -> int:
        """
        Show what is asked now, and with ``following`` what is asked and answered; return the exit status.

        Raises:
            MissingTopicError: there is no such topic.
            aiokafka.errors.KafkaError: Kafka cannot be reached.
        """
        published, positions = await newest(connection, NUDGES)
        open_now = [one for one in published.values() if self._wanted(one)]
        open_now.sort(key=lambda one: (one.at, one.encounter_id))
        self._head([row for one in open_now for row in rows_of(one)])
        async with AsyncExitStack() as stack:
            hook = None
            if self._webhook is not None:
                made = NudgeWebhook(
                    self._webhook, lambda says: click.echo(says, err=True), access=self._access
                )
                hook = await stack.enter_async_context(made)
            for one in open_now:
                await self._take(one, hook)
            click.echo(f"stays       {len(open_now):,} asked about", err=True)
            if following:
                async with aclosing(follow(connection, positions)) as changes:
                    async for change in changes:
                        if self._wanted(change):
                            await self._take(change, hook)
        return 0 if open_now else 1

    def _wanted(self, one: Published) -> bool:
        if self._encounters and one.encounter_id not in self._encounters:
            return False
        if one.value is None:
            return not self._facilities or one.encounter_id in self._shown
        asked = read(one)
        return asked is not None and (not self._facilities or (asked.facility or "") in self._facilities)

    async def _take(self, one: Published, hook: NudgeWebhook | None) -> None:
        if one.value is None:
            self._shown.discard(one.encounter_id)
        else:
            self._shown.add(one.encounter_id)
        self._write(one)
        if hook is not None:
            await hook.post(one)

    def _head(self, rows: list[Cells]) -> None:
        if self._form == "csv":
            click.echo(csv_text([tuple(name.lower().replace(" ", "_") for name in HEAD)]), nl=False)
        elif self._form == "table":
            self._table = TextTable(HEAD, rows)
            click.echo(self._table.line(HEAD))

    def _write(self, one: Published) -> None:
        if self._form == "jsonl":
            click.echo(one.value or dumps({"encounter_id": one.encounter_id, "nudges": []}))
            return
        rows = list(rows_of(one)) or [("-", one.encounter_id, "-", "-", "answered", "-", "-", "-", "-")]
        if self._table is None:
            click.echo(csv_text(rows), nl=False)
            return
        for row in rows:
            click.echo(self._table.line(row))


def read(one: Published) -> NudgeSet | None:
    """Return what a record asks; None for a tombstone, and for what a newer release wrote."""
    try:
        return None if one.value is None else NUDGE_SET.validate_json(one.value)
    except ValidationError:
        return None


def rows_of(one: Published) -> Iterator[Cells]:
    """Yield a row under ``HEAD`` for each question of a record."""
    asked = read(one)
    if asked is None:
        return
    for nudge in asked.nudges:
        yield (
            nudge.asked_at,
            asked.encounter_id,
            asked.facility or "-",
            asked.department or "-",
            nudge.kind,
            ",".join(nudge.administration_ids) or "-",
            nudge.since,
            nudge.asks,
            nudge.answered_by,
        )
