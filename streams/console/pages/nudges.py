"""Nudges: what is asked while the patient is still there, how long it waits, and how fast each kind is answered."""

from typing import Any, Final

from aiohttp import web

from models.nudge import NUDGE_KINDS
from streams.console.asked import WITHIN_S, KindFigures, about, figures, questions
from streams.console.desk import Desk, desk_of
from streams.console.page_of import Asked, asked_of
from streams.console.tables import as_file
from streams.console.words import iso

PATH: Final = "/nudges"
FILTERS: Final = ("state", "kind", "facility", "department", "encounter", "older", "since")
COLUMNS: Final = (
    "state", "encounter_id", "kind", "asks", "answered_by", "administration_ids", "facility", "department", "since", "asked_at",
    "closed_at", "open_seconds", "answer_seconds",
)  # fmt: skip
KIND_COLUMNS: Final = (
    "kind", "open", "oldest_asked_at", "answered", "coded_first", "closed", "median_seconds", "p90_seconds", "within_15_min",
    "within_60_min",
)  # fmt: skip
KINDS: Final = {
    "planned_end": "planned end passed",
    "open_pause": "not resumed",
    "missing_stop": "no stop",
    "second_site": "second access",
    "key_reason": "reason of visit",
}
_STATES: Final = (
    ("answered", "answered"), ("coded", "coded first"), ("closed", "closed, not told why"), ("all", "all"),
)  # fmt: skip
_OLDER: Final = (("15", "a quarter of an hour or more"), ("60", "an hour or more"), ("240", "four hours or more"))  # fmt: skip
_SINCE: Final = (("hour", "in the last hour"), ("day", "in the last day"), ("week", "in the last week"))


def routes(application: web.Application) -> None:
    """Add the addresses of this page."""
    add = application.router
    add.add_get(PATH, show)
    add.add_get(PATH + ".{kind:csv|json}", table)
    add.add_get(PATH + "/kinds.{kind:csv|json}", kinds)


async def show(request: web.Request) -> web.StreamResponse:
    """Return the page."""
    desk, asked = desk_of(request), asked_of(PATH, request.query, FILTERS)
    part = await desk.look(questions, desk.model, asked, desk.clock())
    return desk.page(
        request, "nudges.html.jinja", asked=asked, part=part, figures=await _figures(desk, asked), words=KINDS,
        kinds=[(kind, KINDS[kind]) for kind in NUDGE_KINDS], states=_STATES, olders=_OLDER, sinces=_SINCE,
        choices=await desk.lately("nudges", about, desk.model), kind_asked=Asked(PATH + "/kinds", asked.filters),
    )  # fmt: skip


async def table(request: web.Request) -> web.StreamResponse:
    """Return every question that matches as a file."""
    desk, asked, now = desk_of(request), asked_of(PATH, request.query, FILTERS), desk_of(request).clock()
    part = await desk.look(questions, desk.model, asked, now, whole=True)
    desk.saw(request, f"{part.total} nudges", "download")
    return as_file(request.match_info["kind"], "nudges", COLUMNS, (_row(row, now) for row in part.rows))


async def kinds(request: web.Request) -> web.StreamResponse:
    """Return the figures of every kind as a file."""
    asked = asked_of(PATH, request.query, FILTERS)
    listed = [_kind_row(one) for one in await _figures(desk_of(request), asked)]
    return as_file(request.match_info["kind"], "nudge-kinds", KIND_COLUMNS, listed)


async def _figures(desk: Desk, asked: Asked) -> list[KindFigures]:
    """Return figures of the facility, department and time asked for; which questions are listed makes no difference to them."""
    wanted = asked._replace(
        filters={name: text for name, text in asked.filters.items() if name in {"facility", "department", "since"}}
    )  # fmt: skip
    name = f"nudges {sorted(wanted.filters.items())}"
    return await desk.unless_changed(name, figures, desk.model, wanted, desk.clock())


def _row(row: Any, now: float) -> tuple[Any, ...]:
    closed = row["closed_at_ms"]
    return (
        row["state"],
        row["encounter_id"],
        row["kind"],
        row["asks"],
        row["answered_by"],
        row["administrations"],
        row["facility"],
        row["department"],
        iso(row["since"]),
        iso(row["asked_at"]),
        None if closed is None else iso(closed / 1000),
        max(0, int(now) - row["asked_at"]) if row["state"] == "open" else None,
        closed // 1000 - row["asked_at"] if row["state"] == "answered" else None,
    )


def _kind_row(one: KindFigures) -> tuple[Any, ...]:
    shares = [one.within(seconds) for seconds in WITHIN_S]
    return (
        one.kind, one.open, None if one.oldest_at is None else iso(one.oldest_at), one.answered, one.coded, one.closed,
        one.quantile(0.5), one.quantile(0.9), *(None if share is None else round(share, 4) for share in shares),
    )  # fmt: skip
