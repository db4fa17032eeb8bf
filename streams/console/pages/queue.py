"""The review queue: the questions, and one of them open with its answers."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from streams.console import answering, queue
from streams.console.desk import Desk, desk_of
from streams.console.drawing import drawing_of
from streams.console.gate import NOBODY, person_of
from streams.console.page_of import Asked, asked_of
from streams.console.tables import as_file, usd
from streams.console.words import iso

PATH: Final = "/queue"
HINTS: Final = {
    "instant": "09:31, or 2026-03-02 09:31",
    "intervals": "08:00-09:31, 10:00-10:40",
    "code": "five characters",
    "codes": "JZ, or JZ, RT",
}
"""What to type, by the kind of an input."""

COLUMNS: Final = (
    "encounter_id", "flag", "severity", "administration_ids", "says", "status", "payer", "facility", "revision", "at_stake_usd",
    "lines_usd", "bill_hold_ends_at", "asked_at", "claimed_by",
)  # fmt: skip


def routes(application: web.Application) -> None:
    """Add the addresses of this page."""
    add = application.router
    add.add_get("/", show)
    add.add_get("/queue", show)
    add.add_get("/queue.{kind:csv|json}", table)


async def show(request: web.Request) -> web.StreamResponse:
    """Return the page."""
    asked = asked_of(PATH, request.query, queue.FILTERS)
    return await queue_page(request, asked, {})


async def table(request: web.Request) -> web.StreamResponse:
    """Return every question that matches as a file."""
    desk, asked = desk_of(request), asked_of(PATH, request.query, queue.FILTERS)
    part = await desk.look(queue.questions, desk.model, asked, _me(), desk.clock(), whole=True)
    rows = [
        (
            row["encounter_id"],
            row["flag"],
            row["severity"],
            row["administrations"],
            row["says"],
            row["status"],
            row["payer"],
            row["facility"],
            row["revision"],
            usd(row["stake"]),
            usd(row["cents"]),
            None if row["hold_ends_at"] is None else iso(row["hold_ends_at"]),
            iso(row["asked_at_ms"] / 1000),
            row["claimed_by"],
        )
        for row in part.rows
    ]
    desk.saw(request, f"{len(rows)} questions", "download")
    return as_file(request.match_info["kind"], "queue", COLUMNS, rows)


async def queue_page(
    request: web.Request,
    asked: Asked,
    typed: Mapping[str, str],
    *,
    problem: str = "",
    preview: Any = None,
    stated: Sequence[str] = (),
) -> web.Response:
    """
    Return the queue as an address asks for it, with what was ``typed`` into the open question's form.

    ``stated`` are the times that the answer of a ``preview`` states, each with its date.
    """
    desk, me, now = desk_of(request), _me(), desk_of(request).clock()
    part = await desk.look(queue.questions, desk.model, asked, me, now)
    encounter_id, _, number = asked.get("item").rpartition("~")
    item, found = None, None
    if encounter_id and number.isdecimal():
        item = await desk.look(queue.question, desk.model, encounter_id, int(number[:6]), now)
    if item is not None:
        found = await desk.look(answering.asked, desk, encounter_id, item["number"])
        desk.saw(request, encounter_id)
    drawn = await desk.look(drawing_of, found.record) if found is not None else None
    return desk.page(
        request, "queue.html.jinja", status=409 if problem else 200, asked=asked, part=part, item=item,
        question=found.question if found else None, effects=found.outcomes if found else {},
        tried=found.effects if found else {}, sums=await desk.unless_changed("summary", queue.summary, desk.model, now),
        choices=await desk.lately("queue", _choices, desk), me=me, typed=typed, problem=problem, preview=preview, stated=stated, hints=HINTS,
        sent=request.query.get("sent", "")[:200],
        undone=request.query.get("undone", "")[:200], sent_to=request.query.get("to", "")[:200],
        **(drawn or {"drawings": [], "described": "", "hatching": ""}),
    )  # fmt: skip


def _choices(desk: Desk) -> dict[str, list[tuple[str, str]]]:
    found = queue.choices(desk.model)
    return {
        name: [(value, f"{value} ({number:,})") for value, number in values] for name, values in found.items()
    }


def _me() -> str:
    name = person_of().name
    return "" if name == NOBODY else name
