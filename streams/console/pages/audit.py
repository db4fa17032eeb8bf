"""Audit: everything that people entered by hand, the newest first: who, when, what and why."""

from typing import Any, Final

from aiohttp import web

from streams.console.by_hand import entered_by_hand
from streams.console.desk import desk_of
from streams.console.page_of import PER_PAGE, Asked, Part, asked_of
from streams.console.tables import as_file
from streams.console.words import iso

FILTERS: Final = ("who", "type", "encounter")
COLUMNS: Final = (
    "stored_at",
    "who",
    "encounter_id",
    "event_id",
    "type",
    "flag",
    "about",
    "what",
    "why",
    "taken_back",
)


def routes(application: web.Application) -> None:
    """Add the addresses of this page."""
    application.router.add_get("/audit", show)
    application.router.add_get("/audit.{kind:csv|json}", table)


async def show(request: web.Request) -> web.StreamResponse:
    """Return the page."""
    desk, asked = desk_of(request), asked_of("/audit", request.query, FILTERS)
    part = await desk.look(entries, desk.model, asked)
    kinds = await desk.look(
        desk.model.rows, "SELECT type, count(*) FROM events WHERE manual GROUP BY type ORDER BY 2 DESC"
    )
    return desk.page(
        request, "audit.html.jinja", asked=asked, part=part, by_hand=part.rows, with_encounter=True,
        kinds=[(row[0], f"{row[0].replace('_', ' ')} ({row[1]:,})") for row in kinds],
    )  # fmt: skip


async def table(request: web.Request) -> web.StreamResponse:
    """Return every entry that matches as a file."""
    desk, asked = desk_of(request), asked_of("/audit", request.query, FILTERS)
    part = await desk.look(entries, desk.model, asked, whole=True)
    rows = [
        (
            iso(one.at_ms / 1000),
            one.who,
            one.encounter_id,
            one.event_id,
            one.type,
            one.flag,
            one.about,
            one.what,
            one.why,
            one.voided,
        )
        for one in part.rows
    ]
    desk.saw(request, f"{len(rows)} entries", "download")
    return as_file(request.match_info["kind"], "audit", COLUMNS, rows)


def entries(model: Any, asked: Asked, *, whole: bool = False) -> Part:
    """Return one page of the entries that match, or with ``whole`` all of them."""
    parts, values = ["manual"], {}
    if asked.get("type"):
        parts.append("type = :type")
        values["type"] = asked.get("type")
    if asked.get("encounter"):
        parts.append("encounter_id = :encounter")
        values["encounter"] = asked.get("encounter")
    if asked.get("who"):
        parts.append(":who IN (json_extract(value, '$.entered_by'), json_extract(value, '$.decided_by'))")
        values["who"] = asked.get("who")
    where = " AND ".join(parts)
    with model.reader() as connection:
        total = connection.execute(f"SELECT count(*) FROM events WHERE {where}", values).fetchone()[0]  # noqa: S608 - our own words
        page = max(1, min(asked.page, -(-total // PER_PAGE)))
        paged = values | {
            "limit": total if whole else PER_PAGE,
            "skip": 0 if whole else (page - 1) * PER_PAGE,
        }
        rows = connection.execute(
            f"SELECT * FROM events WHERE {where} ORDER BY at_ms DESC, partition, position DESC LIMIT :limit OFFSET :skip",  # noqa: S608 - our own words
            paged,
        ).fetchall()
        voids = connection.execute(
            "SELECT value FROM events WHERE manual AND type = 'event_voided'"
        ).fetchall()
    return Part(entered_by_hand(rows, voids), total, page)
