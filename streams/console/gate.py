"""Every request passes here: is the host ours, who is it, does a form come from our own page; and what a browser is told."""

import logging
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from streams.console.forms import split
from streams.console.people import Person, Role, own_id
from streams.console.settings import ConsoleSettings
from streams.listener.access import LOOPBACK, is_loopback, peer_address

MARK: Final = "infusion_console"
NAME: Final = "infusion_name"
NOBODY: Final = "local"
"""What somebody is called who sits at this machine and has not said a name."""

_OPEN: Final = ("/static/", "/enter", "/livez")
"""What needs nobody's name: neither shows anything of a stay."""
_YEAR_S: Final = 365 * 86_400

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}

_log = logging.getLogger(__name__)
_PERSON: ContextVar[Person | None] = ContextVar("person", default=None)
"""Of the request that is being answered; a task answers one after the other."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def gate(settings: ConsoleSettings) -> Any:
    """Return the middleware of a console with these settings."""

    @web.middleware
    async def passed(request: web.Request, handler: Handler) -> web.StreamResponse:
        _PERSON.set(None)
        try:
            response = await _let_in(request, handler, settings)
        except web.HTTPException as error:
            response = error
        except (ConnectionError, TimeoutError):
            raise
        except Exception as error:  # whatever it is, no words of it: they may be a patient's  # noqa: BLE001 - whatever it is, no words of it: they may be a patient's
            _log.error("a page failed: %s at %s", type(error).__name__, _place(error))
            response = web.Response(status=500, text="The page could not be made; the fault is in the log.\n")
        if not response.prepared:
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
        if isinstance(response, web.HTTPException):
            raise response
        return response

    return passed


async def _let_in(request: web.Request, handler: Handler, settings: ConsoleSettings) -> web.StreamResponse:
    if not _is_our_host(request, settings):
        raise web.HTTPMisdirectedRequest(
            text="This console does not go by that name; INFUSION_CONSOLE_HOSTS names those it has.\n"
        )
    if request.method == "POST" and not _from_our_page(request):
        raise web.HTTPForbidden(text="The form does not come from a page of this console; open it anew.\n")
    if request.path.startswith(_OPEN):
        return await handler(request)
    address = peer_address(request.transport.get_extra_info("peername") if request.transport else None)
    own_name = own_id(request.cookies.get(NAME, "")) or NOBODY
    person = settings.guard.who(request.headers, request.cookies.get(MARK, ""), address, own_name)
    if person is None:
        if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
            raise web.HTTPSeeOther("/enter?to=" + quote(request.path_qs, safe=""))
        raise web.HTTPUnauthorized(text="Say who you are: Authorization: Bearer and a token.\n")
    _PERSON.set(person)
    if not person.may("see"):
        raise web.HTTPForbidden(text="You are known here and may not see this; the role is see.\n")
    return await handler(request)


def person_of() -> Person:
    """
    Return who asks.

    Raises:
        HTTPUnauthorized: nobody was asked; the address is open to all.
    """
    person = known_person()
    if person is None:
        raise web.HTTPUnauthorized(text="Say who you are.\n")
    return person


def known_person() -> Person | None:
    """Return who asks, None on a page that needs nobody's name."""
    return _PERSON.get()


def require(role: Role) -> Person:
    """
    Return who asks.

    Raises:
        HTTPForbidden: the role is not theirs.
    """
    person = person_of()
    if not person.may(role):
        raise web.HTTPForbidden(text=f"You may look, and not do this; the role is {role}.\n")
    return person


def keep(
    request: web.Request, response: web.StreamResponse, name: str, value: str, seconds: int | None = None
) -> None:
    """Have a browser keep a value for this console alone, where no script reads it."""
    response.set_cookie(
        name, value, max_age=seconds, httponly=True, samesite="Strict", path="/", secure=request.secure
    )


def keep_name(request: web.Request, response: web.StreamResponse, name: str) -> None:
    """Have a browser keep what somebody calls themselves."""
    keep(request, response, NAME, name, _YEAR_S)


def _is_our_host(request: web.Request, settings: ConsoleSettings) -> bool:
    """Tell whether a request names this console: another name that leads here is somebody's trick."""
    host = split("//" + request.host).hostname or ""
    if host in settings.hosts or host == settings.bind.host or host in LOOPBACK or is_loopback(host):
        return True
    # Beyond loopback somebody is always asked who they are, and a cookie goes to its own host alone.
    return settings.guard.asks and not settings.hosts


def _from_our_page(request: web.Request) -> bool:
    """Tell whether a form was sent by a page of ours, or by no browser at all."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("Origin") or request.headers.get("Referer")
    if origin is None:
        return "Authorization" in request.headers
    return split(origin).netloc == request.host


def _place(error: BaseException) -> str:
    trace, place = error.__traceback__, "?"
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
