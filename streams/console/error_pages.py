"""What cannot be shown, as a page where a browser asks: what is the matter, and the way back."""

from typing import Any, Final

from aiohttp import web

from streams.console.desk import desk_of

_SAYS: Final = {
    400: ("Not understood", "What was sent cannot be read; open the page anew."),
    404: ("There is no such page", "The address is wrong, or what it named is no more."),
    403: ("Not for you", "You may look, and not do this."),
    405: ("Not so", "This address takes a form of a page alone."),
    413: ("Too much", "The form is larger than any that this console sends."),
}


@web.middleware
async def error_pages(request: web.Request, handler: Any) -> web.StreamResponse:
    """Return the answer of a page, or an error as a page where a browser asks for one; a program gets the plain line."""
    try:
        answer: web.StreamResponse = await handler(request)
    except web.HTTPException as error:
        heading, says = _SAYS.get(error.status, ("", ""))
        if not heading or "text/html" not in request.headers.get("Accept", ""):
            raise
        own = (error.text or "").strip()
        return desk_of(request).page(
            request, "message.html.jinja", status=error.status, heading=heading,
            says=says if not own or own.startswith(f"{error.status}:") else own,
        )  # fmt: skip
    return answer
