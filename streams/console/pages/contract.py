"""Contract: the topics with their keys and how long they are kept, and the schemas to read and write by."""

import asyncio
from functools import cache
from typing import Any, Final

from aiohttp import web
from orjson import OPT_INDENT_2, dumps

from models.schema import CONTRACT_VERSION
from streams.console.desk import desk_of
from streams.console.page_of import Part, asked_of
from streams.console.tables import as_file
from streams.wire.asyncapi import asyncapi as document
from streams.wire.topics import TOPICS

COLUMNS: Final = ("topic", "holds", "key", "cleanup", "retention_days", "max_message_bytes", "own")


def routes(application: web.Application) -> None:
    """Add the addresses of this page."""
    add = application.router
    add.add_get("/contract", show)
    add.add_get("/contract.{kind:csv|json}", table)
    add.add_get("/contract/asyncapi.json", asyncapi)


async def show(request: web.Request) -> web.StreamResponse:
    """Return the page."""
    part = Part(list(TOPICS), len(TOPICS), 1, len(TOPICS))
    return desk_of(request).page(
        request,
        "contract.html.jinja",
        topics=TOPICS,
        version=CONTRACT_VERSION,
        asked=asked_of("/contract", {}, ()),
        part=part,
    )


async def table(request: web.Request) -> web.StreamResponse:
    """Return the topics as a file."""
    rows = [
        (one.name, one.holds, one.key, one.cleanup, one.retention_days, one.max_message_bytes, one.own)
        for one in TOPICS
    ]
    return as_file(request.match_info["kind"], "topics", COLUMNS, rows)


async def asyncapi(_: web.Request) -> web.StreamResponse:
    """Return the AsyncAPI document with every schema, as ``infusion schema asyncapi`` prints it."""
    return web.Response(body=await asyncio.to_thread(_document), content_type="application/json")


@cache
def _document() -> bytes:
    made: Any = document()
    return made if isinstance(made, bytes) else dumps(made, option=OPT_INDENT_2)
