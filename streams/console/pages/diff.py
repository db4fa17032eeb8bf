"""Diff: our charges beside those of the charge system in use, first what one switch explains, then the rest by rule."""

from typing import Any, Final

from aiohttp import web

from streams.console.desk import desk_of
from streams.console.forms import texts
from streams.console.gate import require
from streams.console.incumbent import posted_files
from streams.console.page_of import Asked
from streams.console.pages.run_pages import begun, part_of, part_of_all, run_of, table_file
from streams.console.runs.asked import WrongRunError, check_days
from streams.console.runs.runs import RunsFullError
from streams.console.runs.shadow import DIFFERENCES, GROUPS, REJECTS
from streams.console.tables import as_file, usd
from streams.console.words import iso
from streams.reconciliation.difference_cells import COLUMNS

PATH: Final = "/diff"
FILTERS: Final = ("encounter", "group")
RUN_COLUMNS: Final = (
    "run", "state", "file", "since", "until", "asked_by", "asked_at", "stays_of_both", "ours_alone", "theirs_alone", "same",
    "differences", "explained", "usd", "problem",
)  # fmt: skip
GROUP_COLUMNS: Final = ("number", "switch", "answer", "rule", "waiting", "differences", "stays", "usd")
REJECT_COLUMNS: Final = ("number", "field", "reason", "fix")
FILE_COLUMNS: Final = ("file", "bytes", "changed_at")


def routes(application: web.Application) -> None:
    """Add the addresses of these pages."""
    add = application.router
    add.add_get(PATH, show)
    add.add_post(PATH, begin)
    add.add_get(PATH + ".{kind:csv|json}", listed)
    add.add_get(PATH + "/files.{kind:csv|json}", files)
    add.add_get(PATH + "/{run}", one)
    add.add_get(PATH + "/{run}/differences.{kind:csv|json}", differences)
    add.add_get(PATH + "/{run}/groups.{kind:csv|json}", groups)
    add.add_get(PATH + "/{run}/rejects.{kind:csv|json}", rejects)


async def show(request: web.Request) -> web.StreamResponse:
    """Return the form and what was asked before."""
    return await _page(request, {})


async def _page(request: web.Request, typed: dict[str, str], problem: str = "") -> web.Response:
    desk = desk_of(request)
    runs = await desk.look(desk.runs.listed, "shadow")
    found = await desk.look(posted_files, desk.settings.incumbent)
    first = {"file": "", "since": "", "until": "", "common": "", "all_codes": ""}
    return desk.page(
        request, "diff.html.jinja", status=409 if problem else 200, typed=first | typed, problem=problem, files=found,
        folder=desk.settings.incumbent is not None, file_asked=Asked(f"{PATH}/files", {}), runs=runs, asked=Asked(PATH, {}),
        part=part_of_all(runs),
    )  # fmt: skip


async def begin(request: web.Request) -> web.StreamResponse:
    """Begin a comparison with one of the folder's files."""
    person, form, desk = require("resolve"), await texts(request), desk_of(request)
    asked = {
        name: form.get(name, "").strip()[:200] for name in ("file", "since", "until", "common", "all_codes")
    }
    try:
        check_days(asked)
        there = {one.name for one in await desk.look(posted_files, desk.settings.incumbent)}
        if desk.settings.incumbent is None or asked["file"] not in there:
            message = "Choose one of the files in the folder."
            raise WrongRunError(message)  # noqa: TRY301 - told as the others are
        return await begun(
            request,
            "shadow",
            PATH,
            asked,
            person.name,
            desk.settings.incumbent / asked["file"],
            desk.settings.codes,
        )
    except (WrongRunError, RunsFullError) as error:
        return await _page(request, asked, str(error))


async def one(request: web.Request) -> web.StreamResponse:
    """Return one comparison: how far it is, or what came of it."""
    desk, run, file = await run_of(request, "shadow")
    path = f"{PATH}/{run.run_id}"
    asked, part = await part_of(request, path, file, DIFFERENCES, FILTERS)
    found, refused = await desk.look(file.rows, GROUPS), await desk.look(file.rows, REJECTS)
    return desk.page(
        request, "diff_run.html.jinja", run=run, asked=asked, part=part, columns={name: at for at, name in enumerate(COLUMNS)},
        line_asked=asked._replace(path=f"{path}/differences"), groups=found[0], group_asked=Asked(f"{path}/groups", {}),
        rejects=refused[0], reject_asked=Asked(f"{path}/rejects", {}),
    )  # fmt: skip


async def listed(request: web.Request) -> web.StreamResponse:
    """Return what was compared so far as a file."""
    desk = desk_of(request)
    rows = [
        (
            run.run_id, run.state, run.asked.get("file", ""), *(run.figures.get(name) or run.asked.get(name, "") for name in ("since", "until")),
            run.who, iso(run.begun_at), *(run.figures.get(name) for name in ("both", "ours_alone", "theirs_alone", "same", "differences", "explained")),
            usd(run.figures.get("cents")), run.problem,
        )
        for run in await desk.look(desk.runs.listed, "shadow")
    ]  # fmt: skip
    return as_file(request.match_info["kind"], "diff", RUN_COLUMNS, rows)


async def files(request: web.Request) -> web.StreamResponse:
    """Return the files that can be compared as a file."""
    desk = desk_of(request)
    found = await desk.look(posted_files, desk.settings.incumbent)
    rows = [(each.name, each.bytes, iso(each.changed_at)) for each in found]
    return as_file(request.match_info["kind"], "diff-files", FILE_COLUMNS, rows)


async def differences(request: web.Request) -> web.StreamResponse:
    """Return every difference as a file, with the columns of ``infusion diff --format csv``."""
    return await table_file(request, "shadow", DIFFERENCES, COLUMNS, lambda row: row["cells"], FILTERS)


async def groups(request: web.Request) -> web.StreamResponse:
    """Return what explains the differences as a file."""
    return await table_file(request, "shadow", GROUPS, GROUP_COLUMNS, _group)


async def rejects(request: web.Request) -> web.StreamResponse:
    """Return what of the file could not be read as a file."""
    return await table_file(
        request, "shadow", REJECTS, REJECT_COLUMNS, lambda row: [row[name] for name in REJECT_COLUMNS]
    )


def _group(row: Any) -> list[Any]:
    return [*(row[name] for name in GROUP_COLUMNS[:-1]), usd(row["cents"])]
