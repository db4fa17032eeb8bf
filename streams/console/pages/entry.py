"""Coming in with a token, leaving, the files of every page, the signal that something changed, and whether the process lives."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final

from aiohttp import web

from streams.console.desk import desk_of
from streams.console.forms import posted
from streams.console.gate import MARK, keep

_STATIC: Final = Path(__file__).parent.parent / "static"
_KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_BEAT_S: Final = 20.0
"""After which a silent stream says that it lives, so that nobody in between cuts it."""
_PAUSE_S: Final = 0.4
"""Between two signals: a page that changes more often is read by nobody."""
_AGAIN_MS: Final = 1_000
"""After which a browser whose stream was cut asks again."""
_SLOW_DOWN_S: Final = 1.0


def routes(application: web.Application) -> None:
    """Add the addresses of this module."""
    add = application.router
    add.add_get("/enter", enter_page)
    add.add_post("/enter", enter)
    add.add_post("/leave", leave)
    add.add_get("/changes", changes)
    add.add_get("/livez", alive)
    add.add_get("/static/{name}", static)


async def enter_page(request: web.Request) -> web.StreamResponse:
    """Return the form that asks for a token."""
    return desk_of(request).page(
        request, "enter.html.jinja", to=_place(request.query.get("to", "")), problem=""
    )


async def enter(request: web.Request) -> web.StreamResponse:
    """Let somebody in by their token."""
    form, desk = await posted(request), desk_of(request)
    person = desk.settings.guard.by_token(str(form.get("token", "")).strip())
    to = _place(str(form.get("to", "")))
    if person is None:
        await asyncio.sleep(_SLOW_DOWN_S)
        return desk.page(
            request, "enter.html.jinja", status=403, to=to, problem="Nobody here has this token."
        )
    response = web.HTTPSeeOther(to)
    keep(request, response, MARK, person.mark)
    return response


async def leave(_: web.Request) -> web.StreamResponse:
    """Have the browser forget who it was."""
    response = web.HTTPSeeOther("/enter")
    response.del_cookie(MARK, path="/")
    return response


async def changes(request: web.Request) -> web.StreamResponse:
    """Signal each change for as long as a page is open; what changed is in the page, read again."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await response.prepare(request)
    await response.write(b"retry: %d\n\n" % _AGAIN_MS)
    follower = desk_of(request).follower
    seen = follower.changes
    with suppress(ConnectionError):  # the page was closed
        while True:
            now = await follower.changed(seen, _BEAT_S)
            await response.write(b": still here\n\n" if now == seen else b"event: change\ndata: %d\n\n" % now)
            seen = now
            await asyncio.sleep(_PAUSE_S)
    return response


async def alive(_: web.Request) -> web.StreamResponse:
    """Say that the process answers."""
    return web.json_response({"alive": True})


async def static(request: web.Request) -> web.StreamResponse:
    """Return a file of ours."""
    file = _STATIC / request.match_info["name"]
    if file.parent != _STATIC or file.suffix not in _KINDS or not file.is_file():
        raise web.HTTPNotFound(text="There is no such file.\n")
    return web.Response(
        body=await asyncio.to_thread(file.read_bytes), content_type=_KINDS[file.suffix], charset="utf-8",
        headers={"Cache-Control": "max-age=60"},
    )  # fmt: skip


def _place(to: str) -> str:
    """Return where somebody wanted to go, if that is a page of ours."""
    return to if to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable() else "/"
