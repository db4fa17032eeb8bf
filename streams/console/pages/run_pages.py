"""What the pages of calculations have in common: one by its address, its tables in parts and as files, the list of all."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from streams.console.desk import Desk, desk_of
from streams.console.page_of import PER_PAGE, Asked, Part, asked_of
from streams.console.runs.run_file import Kind, Run, RunFile
from streams.console.runs.runs import RunsFullError
from streams.console.tables import as_file
from streams.feeds.charge_codes import ChargeCodes

FILTERS: Final = ("encounter", "code")
"""What picks rows of a result: their encounter, and the word they are kept under, a code or what explains them."""

Cells = Callable[[Any], Sequence[Any]]
"""Makes the cells of a file's row out of one of a table."""


async def begun(
    request: web.Request, kind: Kind, path: str, asked: dict[str, str], who: str, posted: Path | None = None,
    codes: ChargeCodes = ChargeCodes(),  # noqa: B008 - it is frozen
) -> web.StreamResponse:  # fmt: skip
    """
    Begin a calculation, and lead to it.

    Raises:
        RunsFullError: as many wait as may.
    """
    desk = desk_of(request)
    try:
        run_id = await desk.look(desk.runs.begin, kind, asked, who, desk.profile, posted, codes)
    except OSError as error:
        message = f"Its file cannot be written: {error.strerror or type(error).__name__}."
        raise RunsFullError(message) from None
    desk.saw(request, f"{kind} {run_id}", "begin")
    return web.HTTPSeeOther(f"{path}/{run_id}")


async def run_of(request: web.Request, kind: Kind) -> tuple[Desk, Run, RunFile]:
    """
    Return the calculation an address names.

    Raises:
        HTTPNotFound: there is none, or none any more.
    """
    desk = desk_of(request)
    found = await desk.look(desk.runs.file, kind, request.match_info["run"])
    if found is None:
        raise web.HTTPNotFound(
            text="There is no such calculation any more; the newest of each kind are kept.\n"
        )
    return desk, *found


async def part_of(
    request: web.Request, path: str, file: RunFile, table: str, names: tuple[str, str] = FILTERS
) -> tuple[Asked, Part]:
    """Return the part of a table that an address asks for, and note each encounter in it as looked at."""
    desk, asked = desk_of(request), asked_of(path, request.query, names)
    wanted = [asked.get(name) for name in names]
    rows, total = await desk.look(file.rows, table, *wanted, PER_PAGE, (asked.page - 1) * PER_PAGE)
    page = max(1, min(asked.page, -(-total // PER_PAGE)))
    if page != asked.page:
        rows, total = await desk.look(file.rows, table, *wanted, PER_PAGE, (page - 1) * PER_PAGE)
    for name in dict.fromkeys(row["encounter_id"] for row in rows):
        desk.saw(request, name, path.split("/")[1])
    return asked, Part(rows, total, page)


async def table_file(
    request: web.Request,
    kind: Kind,
    table: str,
    columns: Sequence[str],
    cells: Cells,
    names: tuple[str, str] = FILTERS,
) -> web.StreamResponse:
    """Return a whole table of a result as a file, or all that match where an address asks for some."""
    desk, run, file = await run_of(request, kind)
    asked = asked_of("", request.query, names)
    rows, total = await desk.look(file.rows, table, *(asked.get(name) for name in names))
    desk.saw(request, f"{total} {table} of {kind} {run.run_id}", "download")
    return as_file(request.match_info["kind"], f"{kind}-{table}-{run.run_id}", columns, map(cells, rows))


def part_of_all(rows: Sequence[Any]) -> Part:
    """Return a table that is shown whole."""
    return Part([*rows], len(rows), 1, max(1, len(rows)))
