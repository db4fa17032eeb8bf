"""What is asked, posted to an address: in order, until it is taken; a refusal is told, and an address that leaks is none."""

import asyncio
import ssl
import subprocess
from pathlib import Path

import pytest
from aiohttp import web
from orjson import loads

from streams.operations.nudge_webhook import NudgeWebhook, WebhookAddressError, webhook_address
from streams.operations.published import Published
from streams.operations.webhook_access import (
    CA_FILE,
    TOKEN,
    TOKEN_FILE,
    WebhookAccessError,
    webhook_access,
)
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


def test_a_token_is_sent_with_each_post_and_read_again(tmp_path: Path) -> None:
    """One that was replaced after a refusal lets the same change in; nothing is left out for it."""
    file = tmp_path / "token"
    file.write_text("old-token\n")
    access = webhook_access("http://127.0.0.1/nudges", {TOKEN_FILE: str(file)})
    seen: list[str] = []

    async def run() -> list[str]:
        told: list[str] = []

        async def take(request: web.Request) -> web.Response:
            seen.append(request.headers["Authorization"])
            file.write_text("new-token\n")
            return web.Response(status=204 if seen[-1] == "Bearer new-token" else 401)

        app = web.Application()
        app.router.add_post("/nudges", take)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/nudges"
        async with NudgeWebhook(url, told.append, first_s=0.01, access=access) as hook:
            assert await hook.post(ASKED)
        await runner.cleanup()
        return told

    told = asyncio.run(run())
    assert seen == ["Bearer old-token", "Bearer new-token"]
    assert told == ["the webhook does not take it: HTTP 401, check the token; it is tried again"]
    assert "token\n" not in repr(access)
    assert "old-token" not in repr(access)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({TOKEN: "a", TOKEN_FILE: "b"}, "are both set"),
        ({TOKEN_FILE: "there/is/none"}, f"{TOKEN_FILE}: no token in it"),
        ({TOKEN: "two words"}, f"{TOKEN}: a bearer token is one word"),
        ({TOKEN: "a\u00e9"}, "plain characters"),
        ({CA_FILE: "there/is/none"}, f"{CA_FILE}: no certificates"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told_without_its_secret(given: dict[str, str], says: str) -> None:
    """In one line that names the setting."""
    with pytest.raises(WebhookAccessError, match=says):
        webhook_access("https://ward.example/nudges", given)


def test_authorities_are_of_no_use_without_tls() -> None:
    """What would be ignored is refused; without any setting nothing is sent along."""
    with pytest.raises(WebhookAccessError, match="not encrypted"):
        webhook_access("http://127.0.0.1/nudges", {CA_FILE: "x"})
    assert webhook_access("https://ward.example", {}).bearer() == ""


def test_a_private_authority_vouches_for_its_own_server(tmp_path: Path) -> None:
    """Without it the certificate is not believed; with it the post arrives."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(key),
        "-out", str(cert), "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
    ]  # fmt: skip
    subprocess.run(made, check=True, capture_output=True)

    async def run() -> list[str]:
        told: list[str] = []

        async def take(_: web.Request) -> web.Response:
            return web.Response(status=204)

        app = web.Application()
        app.router.add_post("/nudges", take)
        runner = web.AppRunner(app)
        await runner.setup()
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(cert, key)
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        url = f"https://localhost:{runner.addresses[0][1]}/nudges"
        async with NudgeWebhook(url, told.append, first_s=0.01) as hook:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(hook.post(ASKED), 0.3)
        access = webhook_access(url, {CA_FILE: str(cert)})
        async with NudgeWebhook(url, told.append, access=access) as hook:
            assert await asyncio.wait_for(hook.post(ASKED), 5)
        await runner.cleanup()
        return told

    assert asyncio.run(run()) == [
        "the webhook does not take it: ClientConnectorCertificateError; it is tried again"
    ]
