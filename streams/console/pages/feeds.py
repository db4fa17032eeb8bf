"""Feeds: the last message of each sender, who is silent, what came late and what was refused."""

from typing import Final

from aiohttp import web

from streams.console.desk import desk_of
from streams.console.page_of import Part, asked_of
from streams.console.senders import senders
from streams.console.tables import as_file
from streams.console.words import iso

COLUMNS: Final = (
    "source", "last_message_at", "silent_seconds", "limit_seconds", "silent", "own_rhythm", "messages_day", "late_day", "rejected_day",
    "messages",
)  # fmt: skip


def routes(application: web.Application) -> None:
    """Add the addresses of this page."""
    application.router.add_get("/feeds", show)
    application.router.add_get("/feeds.{kind:csv|json}", table)


async def show(request: web.Request) -> web.StreamResponse:
    """Return the page."""
    desk = desk_of(request)
    found = await desk.lately("senders", senders, desk.model, desk.clock())
    asked = asked_of("/feeds", {}, ())
    return desk.page(
        request,
        "feeds.html.jinja",
        senders=found,
        asked=asked,
        part=Part(found, len(found), 1, max(1, len(found))),
    )


async def table(request: web.Request) -> web.StreamResponse:
    """Return every sender as a file."""
    desk = desk_of(request)
    now = desk.clock()
    rows = [
        (
            one.name,
            iso(one.newest_ms / 1000),
            int(one.silent_s(now)),
            int(one.limit_minutes * 60),
            one.silent(now),
            one.own_rhythm,
            one.messages,
            one.late,
            one.rejected,
            one.total,
        )
        for one in await desk.look(senders, desk.model, now)
    ]
    return as_file(request.match_info["kind"], "feeds", COLUMNS, rows)
