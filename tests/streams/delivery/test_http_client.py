"""HTTP: what a status says of the message, of the connection, or of nothing yet; an acknowledgement in it goes first."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from charge_samples import AT, CHARGE, CREDIT, site

from streams.delivery.answer import UnreachableError
from streams.delivery.http_client import HttpClient
from streams.delivery.outgoing import Form, Outgoing, outgoing

Handler = Callable[[web.Request], Awaitable[web.Response]]


def message(form: Form = "chargeitem") -> Outgoing:
    """Return a message."""
    made = outgoing(CREDIT if form == "chargeitem" else CHARGE, form, site(), int(AT.timestamp() * 1000))
    assert isinstance(made, Outgoing)
    return made


@asynccontextmanager
async def server(handler: Handler, token: str | None = None) -> AsyncIterator[HttpClient]:
    """Give a client of a server that answers like that."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    client = HttpClient(f"http://127.0.0.1:{runner.addresses[0][1]}/fhir/", None, token, 2.0)
    yield client
    await client.close()
    await runner.cleanup()


async def test_a_charge_item_is_put_at_its_own_address() -> None:
    """So that a message sent again is another version of the same, and no second charge."""
    seen: list[tuple[str, str, str, str, str]] = []

    async def handler(request: web.Request) -> web.Response:
        body = await request.text()
        head = request.headers
        seen.append(
            (request.method, request.path, head["Content-Type"], head["Authorization"], head["X-Request-Id"])
        )
        assert '"entered-in-error"' in body
        return web.Response(status=201)

    async with server(handler, "t0ken") as client:
        assert (await client.send(message())).verdict == "accepted"
        assert (await client.send(message())).code == "201"
    (one, other) = seen
    assert one == other
    assert one == (
        "PUT",
        f"/fhir/ChargeItem/{CREDIT.line.line_id}",
        "application/fhir+json",
        "Bearer t0ken",
        message().control_id,
    )


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(200, "accepted"), (202, "accepted"), (400, "refused"), (422, "refused"), (409, "refused"), (408, "again"), (429, "again"), (500, "again"), (503, "again")],
)  # fmt: skip
async def test_the_status_decides(status: int, verdict: str) -> None:
    """What is about the message is for good, what is about the moment is not."""

    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status, text="SMITH is unknown")

    async with server(handler) as client:
        answer = await client.send(message())
    assert (answer.verdict, answer.code, answer.reason) == (verdict, str(status), None)


@pytest.mark.parametrize("status", [301, 401, 403, 404, 405])
async def test_what_is_about_who_asks_or_where_waits(status: int) -> None:
    """A token that ran out at night must not park the night's stays."""

    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    async with server(handler) as client:
        with pytest.raises(UnreachableError, match=f"HTTP {status}: check the address and the token"):
            await client.send(message())


@pytest.mark.parametrize(("code", "verdict"), [("AA", "accepted"), ("AE", "again"), ("AR", "refused")])
async def test_an_acknowledgement_says_more_than_the_status(code: str, verdict: str) -> None:
    """HL7 over HTTP answers 200 with an ACK that may be a refusal."""

    async def handler(request: web.Request) -> web.Response:
        assert request.headers["Content-Type"] == "application/hl7-v2; charset=UTF-8"
        control = (await request.text()).split("|")[9]
        return web.Response(text=f"MSH|^~\\&|B||||||ACK|1|P|2.8\rMSA|{code}|{control}\r")

    async with server(handler) as client:
        assert (await client.send(message("dft"))).verdict == verdict


async def test_an_acknowledgement_of_another_message_is_none() -> None:
    """Whatever its status says."""

    async def handler(_: web.Request) -> web.Response:
        return web.Response(text="MSH|^~\\&|B||||||ACK|1|P|2.8\rMSA|AA|another\r")

    async with server(handler) as client:
        with pytest.raises(UnreachableError, match="another message"):
            await client.send(message("dft"))


async def test_nobody_there_is_unreachable() -> None:
    """With a kind of error, no address and no text of somebody else's."""

    async def handler(_: web.Request) -> web.Response:
        return web.Response()

    async with server(handler) as client:
        pass
    with pytest.raises(UnreachableError, match="ClientConnectorError"):
        await client.send(message())
    await client.close()
