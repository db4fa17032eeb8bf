"""``infusion status``: is it working? One screen, from Kafka alone; no worker has to live."""

import asyncio
import os
import time
from typing import Any, Final

import click
from orjson import OPT_INDENT_2, dumps

from models.printable import printable
from rules.site_folder import SiteFolder
from streams.cli.shared.bill_hold import bill_hold
from streams.cli.shared.broker import broker
from streams.cli.shared.money import dollars
from streams.cli.shared.site_option import site_option
from streams.cli.shared.span import span_text
from streams.kafka.connection import Connection
from streams.operations.stream_status import StatusReader, StreamStatus
from streams.wire.instant_text import rfc3339
from streams.wire.topics import READ
from streams.worker.settings import SettingError, expected_sources_from

_LABEL: Final = 10
_MOST_SOURCES: Final = 8
_WHAT_TO_DO: Final = {
    "working": "",
    "behind": "see which worker is slow or gone; more workers share the partitions",
    "no worker": "start a worker: infusion worker",
    "rebalancing": "workers are joining or leaving; look again in a minute",
    "logs wrong": "workers stop and decide nothing more; see logs",
    "topics wrong": "infusion topics says what is missing or different",
    "not started": "no worker has ever read; start one: infusion worker",
}


@click.command("status")
@click.option("--follow", "following", is_flag=True, help="Look again every few seconds, until Ctrl-C.")
@click.option(
    "--every",
    type=click.FloatRange(min=0.5, max=3600),
    default=5,
    show_default=True,
    help="Seconds between looks.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people or machines.",
)
@site_option
def command(*, following: bool, every: float, form: str, site: SiteFolder | None) -> int:
    """
    Tell whether the stream works: brokers, topics, workers, lag in seconds, stays, money held, rejects, sources.

    Reads Kafka alone, joins no group and leaves no trace. How long bill holds are, the policies say that the environment
    names, as it does for a worker. KAFKA_BOOTSTRAP_SERVERS says where Kafka is.

    Exit status: 0 working, 1 something needs a look (the first line says what), 2 wrong usage or no Kafka.
    """
    holds = bill_hold(site)
    try:
        expected = expected_sources_from(os.environ)
    except SettingError as error:
        raise click.UsageError(str(error)) from error
    with broker() as connection:
        reader = StatusReader(connection, holds, expected)
        return asyncio.run(_look(connection, reader, form, every if following else None))


async def _look(connection: Connection, reader: StatusReader, form: str, every: float | None) -> int:
    try:
        while True:
            status = await reader.look(int(time.time() * 1000))
            if every is not None and form == "text":
                click.clear()
            click.echo(text_of(status, connection.named()) if form == "text" else json_of(status))
            if every is None:
                return 0 if status.verdict == "working" else 1
            await asyncio.sleep(every)
    finally:
        await reader.close()


def text_of(status: StreamStatus, servers: str) -> str:
    """Return one screen for a person."""
    phases, charged = status.phases, status.statuses
    todo = _WHAT_TO_DO[status.verdict]
    rows = [
        ("verdict", f"{status.verdict}{': ' if todo else ''}{todo}"),
        ("kafka", f"{servers}, {_count(status.cluster.brokers, 'broker')}"),
        ("topics", "as they should be" if not status.topics_wrong else f"not as they should be: {', '.join(status.topics_wrong)}"),
        ("workers", _workers(status)),
        ("lag", f"{span_text(status.lag_seconds)}, {_count(status.lag_records, 'record')} unread" + _by_topic(status)),
        ("stays", f"open {phases['open']:,}, waiting to be final {phases['closed']:,}, final {phases['final']:,}, forgotten {phases['forgotten']:,}"),
        ("due next", _due(status)),
        ("charges", f"final {charged['final']:,}, preview {charged['preview']:,}, held {charged['held']:,}, cancelled {charged['cancelled']:,}"),
        ("held", _held(status)),
        ("review", _asked(status)),
        ("rejected", _rejected(status)),
        ("sources", _sources(status)),
    ]  # fmt: skip
    rows[3:3] = [("logs", fault) for fault in status.log_faults]
    if status.unlinked:
        waiting = f"{_count(status.unlinked, 'infusion')} of no known stay: send the order or the bed, or chart them"
        rows.append(("pumps", waiting))
    if status.deleted_unread:
        rows.insert(
            5 + len(status.log_faults),
            (
                "lost",
                f"{_count(status.deleted_unread, 'record')} deleted by retention before a worker read them",
            ),
        )
    return "\n".join(f"{name:{_LABEL}}  {printable(said)}" for name, said in rows)


def json_of(status: StreamStatus) -> bytes:
    """Return the same for a machine: instants as RFC 3339, lag in seconds, money in US cents."""
    figures: dict[str, Any] = {
        "at": _instant(status.at_ms),
        "verdict": status.verdict,
        "cluster_id": status.cluster.cluster_id,
        "brokers": status.cluster.brokers,
        "topics_wrong": status.topics_wrong,
        "log_faults": status.log_faults,
        "group_state": status.cluster.group.state,
        "workers": status.cluster.group.members,
        "lag_seconds": round(status.lag_seconds, 3),
        "lag_records": status.lag_records,
        "deleted_unread_records": status.deleted_unread,
        "partitions": [
            {
                "topic": lag.topic,
                "partition": lag.partition,
                "end": lag.end,
                "committed": lag.committed,
                "lag_records": lag.records,
                "lag_seconds": round(lag.seconds(status.at_ms), 3),
            }
            for lag in status.lags
        ],
        "stays": dict(status.phases),
        "next_due": None if status.next_due_s is None else rfc3339(status.next_due_s),
        "overdue": status.overdue,
        "charge_sets": dict(status.statuses),
        "held_cents": status.held_cents,
        "next_bill_hold_ends": None if status.next_hold_end_s is None else rfc3339(status.next_hold_end_s),
        "past_bill_hold": status.past_hold,
        "reviews": status.asking,
        "oldest_review": _instant(status.oldest_question_ms),
        "unlinked_infusions": status.unlinked,
        "rejects": status.rejects,
        "newest_reject": _instant(status.newest_reject_ms),
        "sources_never_heard": status.unheard,
        "last_event_by_source": {name: _instant(at) for name, at in status.last_event_ms.items()},
    }
    return dumps(figures, option=OPT_INDENT_2)


def _workers(status: StreamStatus) -> str:
    group = status.cluster.group
    if not group.members:
        return "none"
    return f"{len(group.members)}, {group.state.lower()}: {', '.join(group.members)}"


def _by_topic(status: StreamStatus) -> str:
    unread = {name: sum(lag.records for lag in status.lags if lag.topic == name) for name in READ}
    never = sum(lag.committed is None and lag.end > 0 for lag in status.lags)
    told = ", ".join(f"{name} {count:,}" for name, count in unread.items() if count)
    told += f"{'; ' if told else ''}{_count(never, 'partition')} never read" if never else ""
    return f" ({told})" if told else ""


def _due(status: StreamStatus) -> str:
    if status.next_due_s is None:
        return "nothing waits for a time"
    away = status.next_due_s - status.at_ms // 1000
    when = f"in {span_text(away)}" if away >= 0 else f"{span_text(-away)} ago"
    late = f"; {_count(status.overdue, 'stay')} overdue by more than a minute" if status.overdue else ""
    return f"{rfc3339(status.next_due_s)}, {when}{late}"


def _held(status: StreamStatus) -> str:
    told = f"{dollars(status.held_cents)} USD"
    if status.next_hold_end_s is None:
        return told
    left = status.next_hold_end_s - status.at_ms // 1000
    if not status.past_hold:
        return f"{told}; the first bill hold ends in {span_text(left)}"
    return f"{told}; {_count(status.past_hold, 'stay')} past the bill hold, the first for {span_text(-left)}"


def _asked(status: StreamStatus) -> str:
    if not status.asking:
        return "nothing waits for a person"
    return f"{_count(status.asking, 'stay')} ask, the oldest since {_instant(status.oldest_question_ms)}"


def _rejected(status: StreamStatus) -> str:
    if not status.rejects:
        return "none"
    return (
        f"{status.rejects:,} on {'infusion.rejects.v1'}, the newest {_ago(status, status.newest_reject_ms)}"
    )


def _sources(status: StreamStatus) -> str:
    never = "".join(f"; {name} expected and never heard" for name in status.unheard)
    if not status.last_event_ms:
        return f"no event yet{never}"
    newest_first = sorted(status.last_event_ms.items(), key=lambda one: -one[1])
    told = [f"{name} {_ago(status, at)}" for name, at in newest_first[:_MOST_SOURCES]]
    more = len(newest_first) - len(told)
    return ", ".join(told) + (f", and {more} more" if more else "") + never


def _ago(status: StreamStatus, at_ms: int | None) -> str:
    return f"{span_text(max(status.at_ms - (at_ms or 0), 0) / 1000)} ago"


def _count(number: int, of: str) -> str:
    return f"{number:,} {of}" + ("" if number == 1 else "s")


def _instant(at_ms: int | None) -> str | None:
    return None if at_ms is None else rfc3339(at_ms // 1000)
