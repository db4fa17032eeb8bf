"""TLS at the doors: a sender without a certificate of the named authority is not heard, one with it is answered."""

import asyncio
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from aiohttp import ClientSession
from open_door import Doors, PaperLog, doors

from streams.listener.mllp import framed
from streams.listener.settings import ListenSettings, listen_settings

ADT = b"MSH|^~\\&|EMAR|NORTH|||20260105083000||ADT^A01|7|P|2.5.1\rPID|1\r"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two authorities that signed themselves: the door's, and that of its senders."""
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("openssl is not installed: no certificates to try TLS with")
    folder = tmp_path_factory.mktemp("tls")
    for name in ("door", "sender", "stranger"):
        subprocess.run(
            [
                openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
                "-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem"),
            ],
            check=True, capture_output=True,
        )  # fmt: skip
    return folder


def settings(folder: Path) -> ListenSettings:
    """Return the settings of a door that asks senders for certificates."""
    return listen_settings(
        {
            "INFUSION_LISTEN_TLS_CERT": str(folder / "door.pem"),
            "INFUSION_LISTEN_TLS_KEY": str(folder / "door.key"),
            "INFUSION_LISTEN_TLS_CLIENT_CA": str(folder / "sender.pem"),
        }
    )


def client(folder: Path, name: str | None) -> ssl.SSLContext:
    """Return the TLS of a client that trusts the door, with a certificate or without."""
    context = ssl.create_default_context(cafile=str(folder / "door.pem"))
    if name is not None:
        context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


async def answered(door: Doors, tls: ssl.SSLContext) -> bytes:
    """Return the answer to a message."""
    reader, writer = await asyncio.open_connection("127.0.0.1", door.mllp, ssl=tls)
    try:
        writer.write(framed(ADT))
        return await reader.readuntil(b"\x1c\r")
    finally:
        writer.close()


async def test_a_sender_with_a_certificate_is_answered(certificates: Path) -> None:
    """Over TLS as over a plain connection."""
    async with doors(PaperLog(), settings(certificates)) as door:
        assert b"\rMSA|AA|7\r" in await answered(door, client(certificates, "sender"))


@pytest.mark.parametrize("name", [None, "stranger"])
async def test_a_sender_without_one_is_not_heard(certificates: Path, name: str | None) -> None:
    """The message gets nowhere."""
    log = PaperLog()
    async with doors(log, settings(certificates)) as door:
        with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
            await answered(door, client(certificates, name))
    assert log.written == []


async def test_http_speaks_tls_and_asks_for_no_certificate(certificates: Path) -> None:
    """A token says who sends."""
    async with doors(PaperLog(), settings(certificates)) as door, ClientSession() as session:
        address = f"https://127.0.0.1:{door.http}/hl7v2"
        headers = {"Content-Type": "application/hl7-v2"}
        async with session.post(address, data=ADT, headers=headers, ssl=client(certificates, None)) as answer:
            assert answer.status == 202


async def test_what_does_not_speak_tls_is_not_heard(certificates: Path) -> None:
    """Nothing in the clear is taken."""
    log = PaperLog()
    async with doors(log, settings(certificates)) as door:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.mllp)
        writer.write(framed(ADT))
        assert await reader.read() == b""
        writer.close()
    assert log.written == []
