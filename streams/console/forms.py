"""What a form says, and where it was sent from; a form that no page of ours sends is refused, and is no fault of ours."""

from typing import Any
from urllib.parse import SplitResult, urlsplit

from aiohttp import web


async def posted(request: web.Request) -> Any:
    """
    Return the fields of a form, files among them.

    Raises:
        HTTPBadRequest: it cannot be read.
    """
    try:
        return await request.post()
    except (ValueError, LookupError):  # no boundary, a charset nobody has, bytes of another one
        raise web.HTTPBadRequest(text="The form cannot be read; open its page anew.\n") from None


async def texts(request: web.Request) -> dict[str, str]:
    """
    Return the fields of a form that are text.

    Raises:
        HTTPBadRequest: it cannot be read.
    """
    return {name: value for name, value in (await posted(request)).items() if isinstance(value, str)}


def split(address: str) -> SplitResult:
    """Return the parts of an address; of one that is none, empty ones."""
    try:
        return urlsplit(address)
    except ValueError:
        return SplitResult("", "", "", "", "")
