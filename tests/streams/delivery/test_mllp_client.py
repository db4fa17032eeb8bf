"""MLLP, against python-hl7's server and against receivers that do it oddly."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from billing_receiver import BillingReceiver
from charge_samples import AT, CHARGE, site

from streams.delivery.answer import UnreachableError
from streams.delivery.mllp_client import MllpClient
from streams.delivery.outgoing import Outgoing, outgoing
from streams.feeds.hl7v2.dft import dft_of_change

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

TIMEOUT = 0.4


def message() -> Outgoing:
    """Return a message."""
    made = outgoing(CHARGE, "dft", site(), int(AT.timestamp() * 1000))
    assert isinstance(made, Outgoing)
    return made


def ack(control: str, code: str = "AA") -> bytes:
    """Return an acknowledgement, unframed."""
    return f"MSH|^~\\&|B||A||20260302||ACK|1|P|2.8\rMSA|{code}|{control}\r".encode()


@asynccontextmanager
async def receiver(talk: Talk) -> AsyncIterator[MllpClient]:
    """Give a client of somebody who talks like that."""
    writers: list[asyncio.StreamWriter] = []

    async def noted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await talk(reader, writer)

    server = await asyncio.start_server(noted, "127.0.0.1", 0)
    client = MllpClient("127.0.0.1", server.sockets[0].getsockname()[1], None, TIMEOUT)
    async with server:
        yield client
        await client.close()
    for writer in writers:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def frame(reader: asyncio.StreamReader) -> bytes:
    """Return one message as framed."""
    return await reader.readuntil(b"\x1c\r")


async def test_python_hl7_takes_what_is_sent_and_is_understood() -> None:
    """Several messages over one connection; the text arrives as it was written."""
    with BillingReceiver() as billing:
        client = MllpClient("127.0.0.1", billing.port, None, 5.0)
        for _ in range(3):
            assert (await client.send(message())).verdict == "accepted"
        billing.answers = lambda _: "AR"
        assert (await client.send(message())).verdict == "refused"
        await client.close()
    assert [one.line_id for one in billing.taken] == [CHARGE.line.line_id] * 3
    made = dft_of_change(CHARGE, site(), AT)
    assert isinstance(made, bytes)
    assert billing.taken[0].text.strip() == made.decode().strip()


@pytest.mark.parametrize(
    "noise", [b"", b"\n\x00noise", b"\x0bMSH|broken frame\r"], ids=["none", "between", "begun anew"]
)
async def test_an_answer_byte_by_byte_and_with_noise_is_one_answer(noise: bytes) -> None:
    """However it is cut into packets."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await frame(reader)
        for byte in noise + b"\x0b" + ack(message().control_id) + b"\x1c\r":
            writer.write(bytes([byte]))
            await writer.drain()

    async with receiver(talk) as client:
        assert (await client.send(message())).verdict == "accepted"


async def test_an_answer_to_another_message_is_none_to_this_one() -> None:
    """And when nothing else comes, the message counts as unanswered."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await frame(reader)
        writer.write(b"\x0b" + ack("another") + b"\x1c\r")

    async with receiver(talk) as client:
        with pytest.raises(UnreachableError, match=r"no acknowledgement within 0\.4 s"):
            await client.send(message())


async def test_a_late_answer_is_not_taken_for_the_next_messages() -> None:
    """The connection it could come on is closed, and the next message has a new one."""
    connections = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await frame(reader)
        if connections == 1:
            await reader.read()  # until the client hangs up
            return
        writer.write(b"\x0b" + ack(message().control_id) + b"\x1c\r")

    async with receiver(talk) as client:
        with pytest.raises(UnreachableError):
            await client.send(message())
        assert (await client.send(message())).verdict == "accepted"
    assert connections == 2


async def test_a_connection_closed_while_idle_is_opened_anew() -> None:
    """Firewalls do that at night."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await frame(reader)
        writer.write(b"\x0b" + ack(message().control_id) + b"\x1c\r")
        await writer.drain()
        writer.close()

    async with receiver(talk) as client:
        assert (await client.send(message())).verdict == "accepted"
        await asyncio.sleep(0.05)
        assert (await client.send(message())).verdict == "accepted"


async def test_who_hangs_up_or_never_listens_is_unreachable() -> None:
    """With the reason in words."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await frame(reader)
        writer.close()

    async with receiver(talk) as client:
        with pytest.raises(UnreachableError, match="closed before an acknowledgement"):
            await client.send(message())
    with pytest.raises(UnreachableError):
        await client.send(message())


async def test_an_answer_without_end_is_none() -> None:
    """Memory holds a megabyte of it at the most."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await frame(reader)
        writer.write(b"\x0b" + b"x" * (3 << 20))

    async with receiver(talk) as client:
        client._timeout = 5.0  # noqa: SLF001 -- so that the limit is met and not the time
        with pytest.raises(UnreachableError, match="no MLLP frame"):
            await client.send(message())
