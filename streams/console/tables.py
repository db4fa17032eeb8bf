"""Every table as CSV and JSON: all rows that match, whatever page is shown."""

import csv
import re
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any, Final

from aiohttp import web
from orjson import OPT_APPEND_NEWLINE, dumps

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER: Final = re.compile(r"-[0-9]+(?:\.[0-9]+)?")
"""A number below zero, a credit say, is no formula: behind an apostrophe a column of money would not add up."""


def as_file(kind: str, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> web.Response:
    """Return rows as a file to keep: ``csv`` for a spreadsheet, in which no cell is a formula, else ``json``."""
    if kind == "csv":
        out = StringIO()
        writer = csv.writer(out)
        writer.writerow(columns)
        writer.writerows([_cell(cell) for cell in row] for row in rows)
        body, content_type = out.getvalue().encode(), "text/csv"
    else:
        listed = [dict(zip(columns, row, strict=True)) for row in rows]
        body, content_type = dumps(listed, option=OPT_APPEND_NEWLINE), "application/json"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    charset = "utf-8" if kind == "csv" else None
    return web.Response(body=body, content_type=content_type, charset=charset, headers=headers)


def usd(cents: int | None) -> str | None:
    """Return US cents as a spreadsheet reads dollars."""
    return None if cents is None else f"{cents / 100:.2f}"


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return "" if value is None else value
