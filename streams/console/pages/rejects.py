"""Rejects: by reason, time and source; sent back in a trial or for good, one, some or all; and dismissed with a reason."""

from typing import Any, Final

from aiohttp import web
from aiokafka.errors import KafkaError

from streams.console.desk import Desk, desk_of
from streams.console.forms import posted
from streams.console.gate import require
from streams.console.page_of import PER_PAGE, Asked, Part, asked_of
from streams.console.tables import as_file
from streams.console.words import count, iso
from streams.kafka.publisher import MissingTopicError
from streams.operations.reject_queue import Selection
from streams.operations.reject_replay import ReplayResult, dismiss, replay

FILTERS: Final = ("state", "reason", "source", "since")
COLUMNS: Final = ("place", "rejected_at", "state", "reason", "topic", "source", "encounter_id", "told")
STATES: Final = ("open", "parked", "replayed", "mended", "dismissed")
_SPANS: Final = {"hour": 3600, "day": 86_400, "week": 604_800}
_MOST_PLACES: Final = 5_000
_SHOWN: Final = 10


def routes(application: web.Application) -> None:
    """Add the addresses of this page."""
    add = application.router
    add.add_get("/rejects", show)
    add.add_get("/rejects.{kind:csv|json}", table)
    add.add_post("/rejects", act)


async def show(request: web.Request) -> web.StreamResponse:
    """Return the page."""
    return await _page(request, asked_of("/rejects", request.query, FILTERS))


async def table(request: web.Request) -> web.StreamResponse:
    """Return every reject that matches as a file."""
    desk, asked = desk_of(request), asked_of("/rejects", request.query, FILTERS)
    part = await desk.look(rejects, desk.model, asked, desk.clock(), whole=True)
    rows = [
        (
            f"{row['partition']}:{row['position']}",
            iso(row["at_ms"] / 1000),
            row["state"],
            row["reason"],
            row["topic"],
            row["source"],
            row["encounter_id"],
            row["told"],
        )
        for row in part.rows
    ]
    desk.saw(request, f"{len(rows)} rejects", "download")
    return as_file(request.match_info["kind"], "rejects", COLUMNS, rows)


async def act(request: web.Request) -> web.StreamResponse:
    """Send rejects back, try that, or dismiss them: those that are marked, or all that match."""
    require("replay")
    desk, form = desk_of(request), await posted(request)
    asked = asked_of("/rejects", {name: str(form.get(name, "")) for name in FILTERS}, FILTERS)
    marked = [str(value) for value in form.getall("place", [])]
    if not marked and form.get("which") != "all":
        return await _page(
            request, asked, problem="Mark the rejects that are meant, or choose all that match."
        )
    if not marked:
        part = await desk.look(rejects, desk.model, asked, desk.clock(), whole=True)
        marked = [
            f"{row['partition']}:{row['position']}" for row in part.rows if row["state"] in {"open", "parked"}
        ][:_MOST_PLACES]
    places = frozenset(place for text in marked if (place := _place(text)) is not None)
    what, why = str(form.get("do", "")), str(form.get("why", "")).strip()
    if not places:
        return await _page(request, asked, problem="None of these is open: nothing to send back.")
    if what == "dismiss" and not why:
        return await _page(request, asked, problem="Say why they are dismissed; it stands on the topic.")
    try:
        selection = Selection(places=places)
        if what == "dismiss":
            result = await dismiss(desk.connection, selection, why[:500])
        else:
            result = await replay(desk.connection, selection, dry=what != "replay")
    except (KafkaError, MissingTopicError, OSError, TimeoutError):
        return await _page(request, asked, problem="Kafka does not answer; what was not sent is still open.")
    desk.saw(request, f"{result.sent} rejects", what)
    return await _page(request, asked, done=_told(what, result), left=_left(result))


async def _page(
    request: web.Request, asked: Asked, *, problem: str = "", done: str = "", left: list[str] | None = None
) -> web.Response:
    desk, now = desk_of(request), desk_of(request).clock()
    part = await desk.look(rejects, desk.model, asked, now)
    about = await desk.look(_about, desk)
    return desk.page(
        request, "rejects.html.jinja", status=409 if problem else 200, asked=asked, part=part, problem=problem, done=done,
        left=left or [], **about,
    )  # fmt: skip


def _about(desk: Desk) -> dict[str, Any]:
    counted = desk.model.rows(
        "SELECT state, count(*) FROM rejects WHERE state NOT IN ('mark', 'repeated') GROUP BY state"
    )
    counts = {row[0]: row[1] for row in counted}
    reasons = desk.model.rows(
        "SELECT reason, count(*) AS number, max(at_ms) AS newest_ms FROM rejects WHERE state IN ('open', 'parked') GROUP BY reason ORDER BY 2 DESC LIMIT 30"
    )
    sources = desk.model.rows(
        "SELECT source, count(*) FROM rejects WHERE state NOT IN ('mark', 'repeated') GROUP BY source ORDER BY 2 DESC LIMIT 40"
    )
    return {
        "counts": {state: counts.get(state, 0) for state in STATES},
        "reasons": reasons,
        "sources": [(row[0], f"{row[0] or 'unnamed'} ({row[1]:,})") for row in sources if row[0]],
        "states": [(state, f"{state} ({counts.get(state, 0):,})") for state in STATES],
    }


def rejects(model: Any, asked: Asked, now: float, *, whole: bool = False) -> Part:
    """Return one page of the rejects that match, the newest first, or with ``whole`` all of them; open ones where no state is named."""
    values: dict[str, Any] = {}
    parts = ["state NOT IN ('mark', 'repeated')"]
    state = asked.get("state")
    if state != "all":
        parts.append("state IN ('open', 'parked')" if state not in STATES else "state = :state")
        values["state"] = state
    for name in ("reason", "source"):
        if asked.get(name):
            parts.append(f"{name} = :{name}")
            values[name] = asked.get(name)
    if asked.get("since") in _SPANS:
        parts.append("at_ms > :since")
        values["since"] = (now - _SPANS[asked.get("since")]) * 1000
    where = " AND ".join(parts)
    with model.reader() as connection:
        total = connection.execute(f"SELECT count(*) FROM rejects WHERE {where}", values).fetchone()[0]  # noqa: S608 - our own words
        page = max(1, min(asked.page, -(-total // PER_PAGE)))
        paged = values | {
            "limit": total if whole else PER_PAGE,
            "skip": 0 if whole else (page - 1) * PER_PAGE,
        }
        rows = connection.execute(
            f"SELECT * FROM rejects WHERE {where} ORDER BY at_ms DESC, partition, position LIMIT :limit OFFSET :skip",  # noqa: S608 - our own words
            paged,
        ).fetchall()
    return Part(rows, total, page)


def _place(text: str) -> tuple[int, int] | None:
    partition, _, offset = text.partition(":")
    return (int(partition), int(offset)) if partition.isdecimal() and offset.isdecimal() else None


def _told(what: str, result: ReplayResult) -> str:
    if what == "dismiss":
        return f"{count(result.sent, 'reject')} dismissed."
    if what == "replay":
        return f"{count(result.sent, 'reject')} sent back. Those that are used now become mended; those that are refused again come back as one."
    return f"A trial: {count(result.sent, 'reject')} would be sent back. Nothing was sent."


def _left(result: ReplayResult) -> list[str]:
    return [f"{place[0]}:{place[1]} stays: {why}" for place, why in result.not_sent[:_SHOWN]]
