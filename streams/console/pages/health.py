"""Health: is it working? Workers, lag, topics and logs, and how far the console itself has read."""

from typing import Any, Final

from aiohttp import web

from streams.console.desk import Desk, desk_of
from streams.console.health_watch import NOT_TOLD
from streams.console.page_of import Part, asked_of
from streams.console.tables import as_file

COLUMNS: Final = (
    "topic",
    "partition",
    "committed",
    "end",
    "unread_records",
    "late_seconds",
    "deleted_unread",
)

WORDS: Final = {
    "working": "The stream works.",
    "behind": "The workers are behind.",
    "no worker": "No worker runs: nothing is coded.",
    "rebalancing": "Partitions are being dealt among the workers.",
    "topics wrong": "A topic is not as it should be.",
    "logs wrong": "A log is not the one that was read; the workers stop for it.",
    "not started": "No worker has ever run here.",
}
"""The verdict in a sentence."""


def routes(application: web.Application) -> None:
    """Add the addresses of this page."""
    application.router.add_get("/health", show)
    application.router.add_get("/health.{kind:csv|json}", table)


async def show(request: web.Request) -> web.StreamResponse:
    """Return the page."""
    desk = desk_of(request)
    rows = _rows(desk)
    newest = desk.health.newest
    return desk.page(
        request, "health.html.jinja", health=newest, trouble=desk.health.trouble, words=WORDS, not_told=NOT_TOLD, rows=rows,
        asked=asked_of("/health", {}, ()), part=Part(rows, len(rows), 1, max(1, len(rows))), sizes=await desk.lately("sizes", _sizes, desk),
    )  # fmt: skip


async def table(request: web.Request) -> web.StreamResponse:
    """Return the lag of every partition as a file."""
    return as_file(request.match_info["kind"], "lag", COLUMNS, _rows(desk_of(request)))


def _rows(desk: Desk) -> list[tuple[Any, ...]]:
    newest = desk.health.newest
    if newest is None:
        return []
    return [
        (
            one.topic,
            one.partition,
            one.committed,
            one.end,
            one.records,
            round(one.seconds(newest.at_ms)),
            one.deleted_unread,
        )
        for one in newest.lags
    ]


def _sizes(desk: Desk) -> dict[str, int]:
    found = desk.model.row(
        "SELECT (SELECT count(*) FROM stays WHERE status IS NOT NULL) AS encounters, (SELECT count(*) FROM questions) AS questions,"
        " (SELECT max(rowid) FROM events) AS events"
    )
    return {
        name: (found[name] or 0) if found is not None else 0 for name in ("encounters", "questions", "events")
    } | {"bytes": desk.model.size()}
