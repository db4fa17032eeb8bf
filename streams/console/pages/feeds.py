"""Feeds: the last message of each sender, who is silent, what came late and what was refused, which pumps nothing links."""

from typing import Any, Final

from aiohttp import web

from streams.console.desk import desk_of
from streams.console.page_of import Asked, Part, asked_of
from streams.console.senders import Sender, senders, unlinked
from streams.console.tables import as_file
from streams.console.words import iso

COLUMNS: Final = (
    "source", "last_message_at", "silent_seconds", "limit_seconds", "silent", "own_rhythm", "messages_day", "late_day", "rejected_day",
    "messages",
)  # fmt: skip
SENDER_COLUMNS: Final = ("sender", *(name for name in COLUMNS[1:] if name != "late_day"))
UNLINKED_COLUMNS: Final = ("facility", "infusions", "programs")


def routes(application: web.Application) -> None:
    """Add the addresses of this page."""
    add = application.router
    add.add_get("/feeds", show)
    add.add_get("/feeds.{kind:csv|json}", table)
    add.add_get("/feeds/senders.{kind:csv|json}", sender_table)
    add.add_get("/feeds/unlinked.{kind:csv|json}", unlinked_table)


async def show(request: web.Request) -> web.StreamResponse:
    """Return the page."""
    desk = desk_of(request)
    found = await desk.lately("senders", senders, desk.model, desk.clock())
    spoke = await desk.lately("spoke", senders, desk.model, desk.clock(), "spoke")
    waiting = await desk.lately("unlinked", unlinked, desk.model)
    return desk.page(
        request, "feeds.html.jinja", senders=found, spoke=spoke, waiting=waiting, asked=asked_of("/feeds", {}, ()), part=_whole(found),
        sender_asked=Asked("/feeds/senders", {}), sender_part=_whole(spoke), unlinked_asked=Asked("/feeds/unlinked", {}),
    )  # fmt: skip


async def table(request: web.Request) -> web.StreamResponse:
    """Return every source of events as a file."""
    desk, now = desk_of(request), desk_of(request).clock()
    rows = [_row(one, now) for one in await desk.look(senders, desk.model, now)]
    return as_file(request.match_info["kind"], "feeds", COLUMNS, rows)


async def sender_table(request: web.Request) -> web.StreamResponse:
    """Return every sender of messages as a file."""
    desk, now = desk_of(request), desk_of(request).clock()
    late = COLUMNS.index("late_day")
    rows = [_row(one, now) for one in await desk.look(senders, desk.model, now, "spoke")]
    return as_file(
        request.match_info["kind"],
        "senders",
        SENDER_COLUMNS,
        [(*row[:late], *row[late + 1 :]) for row in rows],
    )


async def unlinked_table(request: web.Request) -> web.StreamResponse:
    """Return the facilities whose pumps nothing links as a file."""
    desk = desk_of(request)
    return as_file(
        request.match_info["kind"],
        "unlinked",
        UNLINKED_COLUMNS,
        map(tuple, await desk.look(unlinked, desk.model)),
    )


def _row(one: Sender, now: float) -> tuple[Any, ...]:
    return (
        one.name, iso(one.newest_ms / 1000), int(one.silent_s(now)), int(one.limit_minutes * 60), one.silent(now), one.own_rhythm,
        one.messages, one.late, one.rejected, one.total,
    )  # fmt: skip


def _whole(rows: list[Sender]) -> Part:
    return Part(rows, len(rows), 1, max(1, len(rows)))
