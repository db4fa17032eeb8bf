"""What is asked, posted to an address: in order, until it is taken; a refusal is told, and an address that leaks is none."""

import asyncio

import pytest
from aiohttp import web
from orjson import loads

from streams.operations.nudge_webhook import NudgeWebhook, WebhookAddressError, webhook_address
from streams.operations.published import Published
from streams.wire.topics import NUDGES

ASKED = Published(NUDGES, "E1", b'{"encounter_id":"E1","nudges":[{}]}', 0)
ANSWERED = Published(NUDGES, "E1", None, 0)


async def posted(
    statuses: list[int], *changes: Published
) -> tuple[list[web.Request], list[bytes], list[str]]:
    """Return the requests, their bodies and what was told, with a server that answers so."""
    requests: list[web.Request] = []
    bodies: list[bytes] = []
    told: list[str] = []

    async def take(request: web.Request) -> web.Response:
        requests.append(request)
        bodies.append(await request.read())
        return web.Response(status=statuses.pop(0) if statuses else 204)

    app = web.Application()
    app.router.add_post("/nudges", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with NudgeWebhook(f"http://127.0.0.1:{port}/nudges", told.append, first_s=0.01) as hook:
            for change in changes:
                await hook.post(change)
    finally:
        await runner.cleanup()
    return requests, bodies, told


def test_each_change_is_posted_in_order_and_again_until_it_is_taken() -> None:
    """A server in trouble is told of once; the same content has the same key."""
    requests, bodies, told = asyncio.run(posted([503, 429, 200], ASKED, ANSWERED))
    assert [loads(body)["nudges"] for body in bodies] == [[{}], [{}], [{}], []]
    keys = [request.headers["Idempotency-Key"] for request in requests]
    assert keys[0] == keys[1] == keys[2] != keys[3]
    assert told == ["the webhook does not take it: HTTP 503; it is tried again"]


def test_a_refusal_is_told_and_the_next_change_is_posted() -> None:
    """A wrong address must not hold up what another would take; no stay is named."""
    _, bodies, told = asyncio.run(posted([404, 200], ASKED, ANSWERED))
    assert len(bodies) == 2
    assert told == ["the webhook refuses with HTTP 404; check its address, this change is left out"]


def test_nobody_there_is_waited_for() -> None:
    """It says why once, and is broken off only from outside."""
    told: list[str] = []

    async def post() -> None:
        async with NudgeWebhook("http://127.0.0.1:9/nudges", told.append, first_s=0.01) as hook:
            await asyncio.wait_for(hook.post(ASKED), 0.2)

    with pytest.raises(TimeoutError):
        asyncio.run(post())
    assert told == ["the webhook does not take it: ClientConnectorError; it is tried again"]


@pytest.mark.parametrize(
    "url",
    [
        "http://ward.example/nudges",
        "ftp://ward.example",
        "nudges",
        f"https://user:word{chr(64)}ward.example",  # not to look like somebody's mail
        "http://[::1",
    ],
)
def test_an_address_that_would_leak_is_refused(url: str) -> None:
    """What is posted is a patient's."""
    with pytest.raises(WebhookAddressError):
        webhook_address(url)
    assert webhook_address("https://ward.example/nudges") == "https://ward.example/nudges"
