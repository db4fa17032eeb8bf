"""Reconciliation: what was given, charged and taken by the billing system, side by side, as it changes."""

from datetime import UTC, date, datetime
from typing import Any, Final

from aiohttp import web

from streams.console.desk import desk_of
from streams.console.page_of import PER_PAGE, Asked, Part, asked_of
from streams.console.tables import as_file, usd
from streams.reconciliation.row import STATES, UNACCOUNTED

FILTERS: Final = ("state", "kind", "pairing", "facility", "payer", "encounter", "older")
COLUMNS: Final = (
    "state", "kind", "encounter_id", "about", "service_date", "age_days", "ours", "usd", "billed", "billed_usd", "pairing", "rule",
    "says", "facility", "payer",
)  # fmt: skip
WORDS: Final = {
    "missing": "charged, and the billing system has not got it",
    "extra": "the billing system has what is not charged",
    "differs": "it has it otherwise",
    "held": "waits for a person",
    "open": "a preview so far",
    "not_billed": "a rule says why",
    "matched": "both have it",
}
_EXACT: Final = ("state", "kind", "pairing", "facility", "payer", "encounter")
_WORST: Final = (
    "CASE state " + " ".join(f"WHEN '{state}' THEN {rank}" for rank, state in enumerate(STATES)) + " END"
)


def routes(application: web.Application) -> None:
    """Add the addresses of this page."""
    application.router.add_get("/reconciliation", show)
    application.router.add_get("/reconciliation.{kind:csv|json}", table)


async def show(request: web.Request) -> web.StreamResponse:
    """Return the page."""
    desk, asked = desk_of(request), asked_of("/reconciliation", request.query, FILTERS)
    part = await desk.look(rows, desk.model, asked)
    about = await desk.lately("reconciliation", _about, desk.model)
    return desk.page(
        request, "reconciliation.html.jinja", asked=asked, part=part, words=WORDS, unaccounted=UNACCOUNTED, age=age,
        states=[(state, state.replace("_", " ")) for state in STATES], **about,
    )  # fmt: skip


async def table(request: web.Request) -> web.StreamResponse:
    """Return every row that matches as a file."""
    desk, asked = desk_of(request), asked_of("/reconciliation", request.query, FILTERS)
    part = await desk.look(rows, desk.model, asked, whole=True)
    listed = [
        (
            row["state"],
            row["kind"],
            row["encounter_id"],
            row["about"],
            row["service_date"],
            age(row["service_date"]),
            row["code"],
            usd(row["cents"]),
            row["posted"],
            usd(row["posted_cents"]),
            row["pairing"],
            row["rule"],
            row["says"],
            row["facility"],
            row["payer"],
        )
        for row in part.rows
    ]
    desk.saw(request, f"{len(listed)} rows of reconciliation", "download")
    return as_file(request.match_info["kind"], "reconciliation", COLUMNS, listed)


def rows(model: Any, asked: Asked, *, whole: bool = False) -> Part:
    """Return one page of the rows that match, the worst first, or with ``whole`` all of them."""
    parts, values = ["1"], {}
    for name in _EXACT:
        if asked.get(name):
            column = "encounter_id" if name == "encounter" else name
            parts.append(f"{column} = :{name}")
            values[name] = asked.get(name)
    if asked.get("older").isdecimal():
        parts.append("service_date <= date('now', '-' || :older || ' days')")
        values["older"] = asked.get("older")[:4]
    where = " AND ".join(parts)
    with model.reader() as connection:
        total = connection.execute(f"SELECT count(*) FROM reconciled WHERE {where}", values).fetchone()[0]  # noqa: S608 - our own words
        page = max(1, min(asked.page, -(-total // PER_PAGE)))
        paged = values | {
            "limit": total if whole else PER_PAGE,
            "skip": 0 if whole else (page - 1) * PER_PAGE,
        }
        found = connection.execute(
            f"SELECT * FROM reconciled WHERE {where} ORDER BY {_WORST}, service_date, encounter_id, number LIMIT :limit OFFSET :skip",  # noqa: S608 - our own words
            paged,
        ).fetchall()
    return Part(found, total, page)


def age(service_date: str | None) -> int | None:
    """Return how many days ago a service was; None where its date is not known."""
    return (
        None if service_date is None else (datetime.now(UTC).date() - date.fromisoformat(service_date)).days
    )


def _about(model: Any) -> dict[str, Any]:
    counted = {
        row["state"]: row
        for row in model.rows(
            "SELECT state, count(*) AS number, sum(cents) AS cents, sum(posted_cents) AS posted FROM reconciled GROUP BY state"
        )
    }
    waiting = model.row("SELECT count(*) FROM stale")
    return {
        "counts": [(state, counted[state]) for state in STATES if state in counted],
        "heard": model.row("SELECT 1 FROM deliveries") is not None,
        "waiting": waiting[0] if waiting is not None else 0,
    }
