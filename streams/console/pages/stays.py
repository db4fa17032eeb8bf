"""Encounters: the list with its filters, and the page of one: verdict, timeline, lines, revisions, raw events."""

from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from models.charge import expected_cents
from streams.console.by_hand import entered_by_hand
from streams.console.desk import Desk, desk_of
from streams.console.drawing import drawing_of
from streams.console.page_of import PER_PAGE, Asked, Part, asked_of
from streams.console.revision_changes import RevisionChanges, changes_between
from streams.console.stay_record import StayRecord, read_set, stay_record
from streams.console.tables import as_file, usd
from streams.console.words import iso
from streams.operations.resolutions.questions import questions_of

FILTERS: Final = ("status", "payer", "facility", "flag", "encounter", "order")
COLUMNS: Final = (
    "encounter_id", "status", "revision", "published_at", "payer", "facility", "setting", "service_from", "codes", "expected_usd",
    "held_by", "departed_at", "bill_hold_ends_at",
)  # fmt: skip
_ORDERS: Final = {"": "s.at_ms DESC", "money": "s.cents DESC", "hold": "coalesce(s.hold_ends_at, 1 << 40)", "id": "s.encounter_id"}  # fmt: skip
_EXACT: Final = ("status", "payer", "facility")
_CHANGES_SHOWN: Final = 20
_DIGITS: Final = 9
"""Of a revision in an address; no stay has one of more."""


def routes(application: web.Application) -> None:
    """Add the addresses of these pages."""
    add = application.router
    add.add_get("/stays", listed)
    add.add_get("/stays.{kind:csv|json}", table)
    add.add_get("/stay/{encounter}", show)
    add.add_get("/stay/{encounter}/set.json", charge_set)


async def listed(request: web.Request) -> web.StreamResponse:
    """Return the list; a whole id leads to its encounter."""
    desk, asked = desk_of(request), asked_of("/stays", request.query, FILTERS)
    name = f"stays {sorted((key, value) for key, value in asked.filters.items() if key != 'order')}"
    total = await desk.unless_changed(name, matching, desk.model, asked)
    part = await desk.look(stays, desk.model, asked, total)
    if asked.get("encounter") and part.total == 1 and part.rows[0]["encounter_id"] == asked.get("encounter"):
        raise web.HTTPSeeOther(stay_link(asked.get("encounter")))
    counts = await desk.lately("statuses", statuses, desk.model)
    return desk.page(request, "stays.html.jinja", asked=asked, part=part, counts=counts, choices=await desk.lately("stays", choices, desk.model))  # fmt: skip


async def table(request: web.Request) -> web.StreamResponse:
    """Return every encounter that matches as a file."""
    desk, asked = desk_of(request), asked_of("/stays", request.query, FILTERS)
    total = await desk.look(matching, desk.model, asked)
    part = await desk.look(stays, desk.model, asked, total, whole=True)
    rows = [
        (
            row["encounter_id"],
            row["status"],
            row["revision"],
            iso(row["at_ms"] / 1000),
            row["payer"],
            row["facility"],
            row["setting"],
            row["service_from"],
            row["codes"],
            usd(row["cents"]),
            row["held_by"],
            None if row["departed_at"] is None else iso(row["departed_at"]),
            None if row["hold_ends_at"] is None else iso(row["hold_ends_at"]),
        )
        for row in part.rows
    ]
    desk.saw(request, f"{len(rows)} encounters", "download")
    return as_file(request.match_info["kind"], "encounters", COLUMNS, rows)


async def show(request: web.Request) -> web.StreamResponse:
    """Return the page of one encounter."""
    desk, encounter_id = desk_of(request), request.match_info["encounter"]
    desk.saw(request, encounter_id)
    about = await desk.look(_about, desk, encounter_id)
    if about is None:
        says = "No event and no charge set of this encounter has been read. Check the id; it is written as the feed has it."
        return desk.page(request, "message.html.jinja", status=404, heading="Not known here", says=says)
    return desk.page(request, "stay.html.jinja", **about)


async def charge_set(request: web.Request) -> web.StreamResponse:
    """Return a revision of the charge set as it was published, the newest where none is named."""
    desk, encounter_id = desk_of(request), request.match_info["encounter"]
    desk.saw(request, encounter_id, "download")
    wanted = request.query.get("revision", "")
    found = await desk.look(
        desk.model.row,
        "SELECT charge_set FROM revisions WHERE encounter_id = ? AND (? = '' OR revision = ?) ORDER BY position DESC",
        encounter_id, wanted, int(wanted) if wanted.isdecimal() and len(wanted) <= _DIGITS else -1,
    )  # fmt: skip
    if found is None:
        raise web.HTTPNotFound(text="There is no such revision here.\n")
    return web.Response(body=found["charge_set"], content_type="application/json")


def stay_link(encounter_id: str) -> str:
    """Return the address of an encounter's page."""
    return f"/stay/{quote(encounter_id, safe='')}"


def matching(model: Any, asked: Asked) -> int:
    """Return how many encounters match."""
    where, values = _where(asked)
    with model.reader() as connection:
        found: int = connection.execute(f"SELECT count(*) FROM stays s WHERE {where}", values).fetchone()[0]  # noqa: S608 - our own words
    return found


def _where(asked: Asked) -> tuple[str, dict[str, Any]]:
    parts, values = ["s.status IS NOT NULL"], {}
    for name in _EXACT:
        if asked.get(name):
            parts.append(f"s.{name} = :{name}")
            values[name] = asked.get(name)
    if asked.get("encounter"):
        parts.append("s.encounter_id >= :encounter AND s.encounter_id < :encounter || char(1114111)")
        values["encounter"] = asked.get("encounter")
    if asked.get("flag"):
        parts.append("' ' || s.held_by || ' ' LIKE :flag")
        values["flag"] = f"% {asked.get('flag')} %"
    return " AND ".join(parts), values


def stays(model: Any, asked: Asked, total: int, *, whole: bool = False) -> Part:
    """Return one page of the encounters that match, ``total`` in all, or with ``whole`` all of them."""
    (where, values), order = _where(asked), _ORDERS.get(asked.get("order"), _ORDERS[""])
    with model.reader() as connection:
        page = max(1, min(asked.page, -(-total // PER_PAGE)))
        paged = values | {
            "limit": total if whole else PER_PAGE,
            "skip": 0 if whole else (page - 1) * PER_PAGE,
        }
        rows = connection.execute(
            f"SELECT s.* FROM stays s WHERE {where} ORDER BY {order}, s.encounter_id LIMIT :limit OFFSET :skip",  # noqa: S608 - our own words
            paged,
        ).fetchall()
    return Part(rows, total, page)


def statuses(model: Any) -> list[Any]:
    """Return how many encounters there are of each status, and their money."""
    found: list[Any] = model.rows(
        "SELECT status, count(*) AS stays, sum(cents) AS cents FROM stays WHERE status IS NOT NULL GROUP BY status ORDER BY status"
    )
    return found


def choices(model: Any) -> dict[str, list[tuple[str, str]]]:
    """Return what each filter may be, with how many encounters it leaves."""
    return {
        name: [
            (row[0], f"{row[0]} ({row[1]:,})")
            for row in model.rows(
                f"SELECT {name}, count(*) FROM stays WHERE status IS NOT NULL AND {name} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC LIMIT 40"  # noqa: S608 - our own words
            )
        ]
        for name in _EXACT
    }


def _about(desk: Desk, encounter_id: str) -> dict[str, Any] | None:
    record = stay_record(desk.model, encounter_id, desk.profile)
    if record is None:
        return None
    picture = record.picture()
    charges = record.charge_set
    questions = questions_of(charges, record.all_events) if charges is not None else ()
    numbers = {}
    for question in questions:
        for number, flag in enumerate(record.item.flags if record.item is not None else (), 1):
            if (flag.flag, flag.administration_ids, flag.facts) == (
                question.flag,
                question.administration_ids,
                question.facts,
            ):
                numbers[question.item_id] = number
    drawn = drawing_of(record) or {"drawings": [], "described": "", "hatching": ""}
    return {
        "record": record, "picture": picture, "set": charges, "about": record.about,
        "cents": expected_cents(charges) if charges is not None else 0,
        "questions": [(one, numbers[one.item_id]) for one in questions if one.item_id in numbers],
        "steps": steps(record), "by_hand": entered_by_hand(row for row in record.events if row["manual"]),
        "changes": desk.model.rows("SELECT * FROM changes WHERE encounter_id = ? ORDER BY revision DESC, position", encounter_id),
        **drawn,
    }  # fmt: skip


def steps(record: StayRecord) -> list[tuple[Any, RevisionChanges | None]]:
    """Return each revision, the newest first, with what it changed in the one before it; None where this release cannot read it."""
    read = [(row, read_set(row["charge_set"])) for row in record.revisions[: _CHANGES_SHOWN + 1]]
    pairs = []
    for place, (row, one) in enumerate(read[:_CHANGES_SHOWN]):
        before = read[place + 1][1] if place + 1 < len(read) else None
        pairs.append((row, None if one is None else changes_between(before, one)))
    return pairs
