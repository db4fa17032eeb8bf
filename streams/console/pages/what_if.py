"""What if: the stays of some days coded under another policy, and which lines, codes and dollars that moves."""

from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any, Final

from aiohttp import web

from streams.console.desk import desk_of
from streams.console.forms import texts
from streams.console.gate import require
from streams.console.page_of import Asked
from streams.console.pages.run_pages import begun, part_of, part_of_all, run_of, table_file
from streams.console.runs.asked import WrongRunError, checked_what_if, policy_names, switch_answers
from streams.console.runs.run_file import Run, RunFile
from streams.console.runs.runs import RunsFullError
from streams.console.runs.what_if import CODES, LINES, STATUSES
from streams.console.tables import as_file, usd
from streams.console.words import iso
from streams.reconciliation.moves import Move, Totals
from streams.reconciliation.what_if_page import page

PATH: Final = "/what-if"
COLUMNS: Final = (
    "run", "state", "policy", "set", "since", "until", "asked_by", "asked_at", "stays", "stays_moved", "usd", "problem",
)  # fmt: skip
LINE_COLUMNS: Final = (
    "encounter_id", "service_date", "code", "modifiers", "units_before", "units_after", "usd_before", "usd_after", "usd",
)  # fmt: skip
CODE_COLUMNS: Final = ("code", "stays", "units_before", "units_after", "usd")
STATUS_COLUMNS: Final = ("before", "after", "stays")


def routes(application: web.Application) -> None:
    """Add the addresses of these pages."""
    add = application.router
    add.add_get(PATH, show)
    add.add_post(PATH, begin)
    add.add_get(PATH + ".{kind:csv|json}", listed)
    add.add_get(PATH + "/{run}", one)
    add.add_get(PATH + "/{run}/lines.{kind:csv|json}", lines)
    add.add_get(PATH + "/{run}/codes.{kind:csv|json}", codes)
    add.add_get(PATH + "/{run}/statuses.{kind:csv|json}", statuses)
    add.add_get(PATH + "/{run}/page.{kind:html}", alone)


async def show(request: web.Request) -> web.StreamResponse:
    """Return the form and what was asked before."""
    return await _page(request, {})


async def _page(request: web.Request, typed: dict[str, str], problem: str = "") -> web.Response:
    desk = desk_of(request)
    runs = await desk.look(desk.runs.listed, "what-if")
    since, until = last_month(datetime.fromtimestamp(desk.clock(), UTC).date())
    first = {"since": since.isoformat(), "until": until.isoformat(), "policy": "", "set": ""}
    return desk.page(
        request, "what_if.html.jinja", status=409 if problem else 200, typed=first | typed, problem=problem,
        policies=await desk.look(policy_names, desk.profile.site), switches=switch_answers(), runs=runs, asked=Asked(PATH, {}),
        part=part_of_all(runs),
    )  # fmt: skip


async def begin(request: web.Request) -> web.StreamResponse:
    """Begin a calculation; what cannot be followed comes back with what was typed."""
    person, form = require("resolve"), await texts(request)
    typed = {name: form.get(name, "")[:200] for name in ("policy", "set", "since", "until")}
    try:
        asked = await desk_of(request).look(checked_what_if, form, desk_of(request).profile)
        return await begun(request, "what-if", PATH, asked, person.name)
    except (WrongRunError, RunsFullError) as error:
        return await _page(request, typed, str(error))


async def one(request: web.Request) -> web.StreamResponse:
    """Return one calculation: how far it is, or what came of it."""
    desk, run, file = await run_of(request, "what-if")
    path = f"{PATH}/{run.run_id}"
    asked, part = await part_of(request, path, file, LINES)
    found = await desk.look(file.rows, CODES)
    return desk.page(
        request, "what_if_run.html.jinja", run=run, asked=asked, part=part, line_asked=asked._replace(path=f"{path}/lines"),
        codes=found[0], code_part=part_of_all(found[0]), code_asked=Asked(f"{path}/codes", {}),
        statuses=(await desk.look(file.rows, STATUSES))[0], status_asked=Asked(f"{path}/statuses", {}),
    )  # fmt: skip


async def listed(request: web.Request) -> web.StreamResponse:
    """Return what was asked so far as a file."""
    desk = desk_of(request)
    rows = [
        (
            run.run_id, run.state, *(run.asked.get(name, "") for name in ("policy", "set", "since", "until")), run.who, iso(run.begun_at),
            run.figures.get("stays"), run.figures.get("moved"), usd(run.figures.get("cents")), run.problem,
        )
        for run in await desk.look(desk.runs.listed, "what-if")
    ]  # fmt: skip
    return as_file(request.match_info["kind"], "what-if", COLUMNS, rows)


async def lines(request: web.Request) -> web.StreamResponse:
    """Return every line that moves as a file."""
    return await table_file(request, "what-if", LINES, LINE_COLUMNS, _line)


async def codes(request: web.Request) -> web.StreamResponse:
    """Return every code that moves as a file."""
    return await table_file(request, "what-if", CODES, CODE_COLUMNS, _code)


async def statuses(request: web.Request) -> web.StreamResponse:
    """Return the stays whose status another policy changes as a file."""
    return await table_file(
        request, "what-if", STATUSES, STATUS_COLUMNS, lambda row: [row[name] for name in STATUS_COLUMNS]
    )


async def alone(request: web.Request) -> web.StreamResponse:
    """Return the page that stands alone, as ``infusion recode --format html`` writes it, to be kept or sent."""
    desk, run, file = await run_of(request, "what-if")
    desk.saw(request, f"page of what-if {run.run_id}", "download")
    text = await desk.look(_alone, run, file)
    headers = {"Content-Disposition": f'attachment; filename="what-if-{run.run_id}.html"'}
    return web.Response(text=text, content_type="text/html", headers=headers)


def last_month(today: date) -> tuple[date, date]:
    """Return the first and the last day of the month before."""
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def _alone(run: Run, file: RunFile) -> str:
    found = [_move(row) for row in file.rows(LINES)[0]]
    totals = Totals()
    totals.stays, totals.changed = run.figures.get("stays", 0), run.figures.get("changed", 0)
    totals.statuses.update(
        {(before, after): count for before, after, count in run.figures.get("statuses", ())}
    )
    for _, some in groupby(found, key=lambda one: one.encounter_id):
        totals.take(some)
    return "".join(page(run.figures.get("title", ""), totals, found))


def _move(row: Any) -> Move:
    return Move(
        **row
        | {"service_date": date.fromisoformat(row["service_date"]), "modifiers": tuple(row["modifiers"])}
    )


def _line(row: Any) -> tuple[Any, ...]:
    before, after = row["cents_before"], row["cents_after"]
    return (
        row["encounter_id"], row["service_date"], row["code"], " ".join(row["modifiers"]), row["units_before"], row["units_after"],
        usd(before), usd(after), usd(after - before),
    )  # fmt: skip


def _code(row: Any) -> tuple[Any, ...]:
    return row["code"], row["stays"], row["units_before"], row["units_after"], usd(row["cents"])
