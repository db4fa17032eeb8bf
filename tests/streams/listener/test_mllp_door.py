"""The MLLP door over a log in memory: who is answered with what, in which order, and what never closes a connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import hl7
import pytest
from hl7.client import MLLPClient
from hl7.mllp import open_hl7_connection
from open_door import Doors, PaperLog, doors

from streams.listener.access import networks_of
from streams.listener.mllp import framed
from streams.listener.mllp_connection import Limits
from streams.listener.settings import ListenSettings
from streams.wire import topics
from streams.wire.reject_headers import origin


def adt(control_id: str, facility: str = "NORTH", rest: str = "") -> bytes:
    """Return a message that is but a header."""
    return f"MSH|^~\\&|EMAR|{facility}|CHARGES|SITE|20260105083000||ADT^A01|{control_id}|P|2.5.1\r{rest}".encode()


@asynccontextmanager
async def connection(door: Doors) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect as a sender does."""
    reader, writer = await asyncio.open_connection("127.0.0.1", door.mllp)
    try:
        yield reader, writer
    finally:
        writer.close()


async def answer(reader: asyncio.StreamReader) -> tuple[str, str, str]:
    """Return code, control id and text of the next answer."""
    async with asyncio.timeout(5):
        frame = await reader.readuntil(b"\x1c\r")
    assert frame[:1] == b"\x0b"
    fields = {line[:3]: line.split("|") for line in frame[1:-2].decode().strip("\r").split("\r")}
    assert fields["MSH"][8] == "ACK^A01^ACK"
    return fields["MSA"][1], fields["MSA"][2], "|".join(fields["MSA"][3:])


async def test_a_message_is_kept_as_it_came_and_then_acknowledged() -> None:
    """Keyed by its facility, with its content type, without the framing."""
    log = PaperLog()
    async with doors(log) as door, connection(door) as (reader, writer):
        writer.write(framed(adt("1")))
        assert await answer(reader) == ("AA", "1", "")
        (kept,) = log.written
        assert (kept.topic, kept.key, kept.value) == (topics.RAW_HL7V2, b"NORTH", adt("1"))
        assert kept.headers == (("content-type", b"application/hl7-v2"),)
        assert door.figure("infusion_listen_messages_total", "EMAR at NORTH") == 1
        assert door.figure("infusion_listen_answers_total", "EMAR at NORTH", "AA") == 1


async def test_python_hl7s_client_is_answered() -> None:
    """A sender that is none of ours, over one connection."""
    log = PaperLog()
    async with doors(log) as door:

        def send() -> list[str]:
            with MLLPClient("127.0.0.1", door.mllp) as client:
                return [
                    client.send_message(hl7.parse(adt(str(number)).decode())).decode() for number in range(3)
                ]

        answers = await asyncio.to_thread(send)
    assert [str(hl7.parse(one.strip("\x0b\x1c\r"))["MSA"][0][2]) for one in answers] == ["0", "1", "2"]
    assert [message.value for message in log.written] == [adt(str(number)) for number in range(3)]


async def test_python_hl7s_asynchronous_client_is_answered() -> None:
    """Its own reader understands our answers."""
    async with doors(PaperLog()) as door:
        reader, writer = await open_hl7_connection("127.0.0.1", door.mllp)
        writer.writemessage(hl7.parse(adt("7").decode()))
        await writer.drain()
        message = await reader.readmessage()
        writer.close()
    assert str(message["MSA.F1.R1"]) == "AA"
    assert str(message["MSA.F2.R1"]) == "7"


async def test_a_batch_of_pipelined_messages_is_answered_in_order() -> None:
    """Though Kafka has the last of them first."""
    log = PaperLog()
    log.held = True
    async with doors(log) as door, connection(door) as (reader, writer):
        writer.write(b"".join(framed(adt(str(number))) for number in range(20)))
        await log.asked(20)
        log.let_go()
        assert [(await answer(reader))[1] for _ in range(20)] == [str(number) for number in range(20)]


async def test_while_kafka_is_away_a_sender_is_told_to_come_again() -> None:
    """AE, and the same connection is served when Kafka is back."""
    log = PaperLog("later", "stored")
    async with doors(log) as door, connection(door) as (reader, writer):
        writer.write(framed(adt("1")))
        assert await answer(reader) == (
            "AE", "1", "message: Kafka does not answer; send it again; it is not ours yet",
        )  # fmt: skip
        assert log.written == []
        writer.write(framed(adt("1")))
        assert (await answer(reader))[0] == "AA"
        assert door.figure("infusion_listen_answers_total", "EMAR at NORTH", "AE") == 1


async def test_what_cannot_be_read_is_refused_and_kept() -> None:
    """AR, the bytes on the rejects topic, and the next message of the same connection is taken."""
    log = PaperLog()
    bad = b"MSH|^^\\&|EMAR|NORTH|||||ADT^A01|1|P|2.4\rPID|1||SECRET\r"
    async with doors(log) as door, connection(door) as (reader, writer):
        writer.write(framed(bad))
        code, control_id, text = await answer(reader)
        assert (code, control_id) == ("AR", "1")
        assert text.startswith("MSH-2: ")
        writer.write(framed(adt("2")))
        assert await answer(reader) == ("AA", "2", "")
    reject, kept = log.written
    assert (reject.topic, reject.key, reject.value) == (topics.REJECTS, b"NORTH", bad)
    where = origin(reject.headers)
    assert where is not None
    assert where.topic == topics.RAW_HL7V2
    assert "SECRET" not in where.reason
    assert kept.topic == topics.RAW_HL7V2


async def test_what_cannot_be_read_is_not_refused_before_it_is_kept() -> None:
    """A refusal ends the matter for its sender, so the bytes must lie somewhere."""
    async with doors(PaperLog("later")) as door, connection(door) as (reader, writer):
        writer.write(framed(b"MSH|^^\\&|EMAR|NORTH|||||ADT^A01|1|P|2.4\r"))
        assert (await answer(reader))[0] == "AE"


async def test_a_message_that_is_too_large_is_refused() -> None:
    """With its beginning kept; what follows it is served."""
    log = PaperLog()
    settings = ListenSettings(limits=Limits(most_bytes=1000))
    async with doors(log, settings) as door, connection(door) as (reader, writer):
        writer.write(framed(adt("1", rest="NTE|" + "x" * 5000)))
        code, control_id, text = await answer(reader)
        assert (code, control_id) == ("AR", "1")
        assert "longer than 1,000 bytes: it had 5,0" in text
        writer.write(framed(adt("2")))
        assert (await answer(reader))[0] == "AA"
        assert door.figure("infusion_listen_broken_frames_total", "too_large") == 1
    assert len(log.written[0].value or b"") == 1000


async def test_noise_and_broken_frames_are_counted_and_what_follows_is_served() -> None:
    """Bytes before a frame, a frame that another one cuts off, NULs and LF between."""
    async with doors(PaperLog()) as door, connection(door) as (reader, writer):
        writer.write(
            b"hello\n\x00" + b"\x0bMSH|^~\\&|cut off" + framed(adt("1")) + b"\n\x00" + framed(adt("2"))
        )
        assert [(await answer(reader))[:2], (await answer(reader))[:2]] == [("AA", "1"), ("AA", "2")]
        assert door.figure("infusion_listen_noise_bytes_total") == 5
        assert door.figure("infusion_listen_broken_frames_total", "no_end") == 1


async def test_a_message_may_come_a_byte_at_a_time_and_without_its_last() -> None:
    """0x1C and 0x0D lie in two packets, or the second never comes."""
    async with doors(PaperLog()) as door, connection(door) as (reader, writer):
        for byte in framed(adt("1")):
            writer.write(bytes((byte,)))
            await writer.drain()
        assert (await answer(reader))[1] == "1"
        writer.write(framed(adt("2"))[:-1])
        assert (await answer(reader))[1] == "2"


@pytest.mark.parametrize(("mode", "asked", "code"), [("msh", "AL|NE", "CA"), ("commit", "AL|NE", "AA")])
async def test_a_site_chooses_how_it_is_answered(mode: str, asked: str, code: str) -> None:
    """By MSH-15 and MSH-16, or always in the original mode."""
    settings = ListenSettings(limits=Limits(ack_mode=mode))  # type: ignore[arg-type] -- one of the known words
    message = adt("1").replace(b"|2.5.1\r", f"|2.5.1|||{asked}\r".encode())
    async with doors(PaperLog(), settings) as door, connection(door) as (reader, writer):
        writer.write(framed(message))
        assert (await answer(reader))[0] == code


async def test_who_is_not_on_the_list_is_not_let_in() -> None:
    """The connection is over before a byte is read."""
    settings = ListenSettings(allow=networks_of("2001:db8::/32"))
    async with doors(PaperLog(), settings) as door, connection(door) as (reader, _):
        assert await reader.read() == b""
        assert door.figure("infusion_listen_turned_away_total", "not_allowed") == 1


async def test_a_door_that_closes_answers_what_it_took_in() -> None:
    """Nobody is left to wonder."""
    log = PaperLog()
    log.held = True
    async with doors(log) as door, connection(door) as (reader, writer):
        writer.write(framed(adt("1")))
        await log.asked(1)
        closing = asyncio.ensure_future(door.front.close())
        await asyncio.sleep(0)
        log.let_go()
        assert (await answer(reader))[0] == "AA"
        await closing
        assert await reader.read() == b""


async def test_senders_are_told_apart_by_their_header_alone() -> None:
    """Odd characters go, and so does what is long: a label is no place for data."""
    async with doors(PaperLog()) as door, connection(door) as (reader, writer):
        writer.write(framed(adt("1", 'a\xe9{"' + "b" * 50)))
        await answer(reader)
        assert door.figure("infusion_listen_messages_total", "EMAR at a____" + "b" * 19) == 1


async def test_silent_connections_are_closed() -> None:
    """After the time that was set, with nothing lost."""
    settings = ListenSettings(limits=Limits(idle_s=0.05))
    async with doors(PaperLog(), settings) as door, connection(door) as (reader, _):
        assert await reader.read() == b""
        assert door.figure("infusion_listen_open") <= 1


async def test_a_gateway_of_pumps_lies_with_the_hospital_it_is_joined_to() -> None:
    """By ``facilities`` of the site file; its acknowledgement and its figures name it as it calls itself."""
    log, settings = PaperLog(), ListenSettings(facilities={b"PUMPVENDOR": b"NORTH"})
    async with doors(log, settings) as door, connection(door) as (reader, writer):
        writer.write(framed(adt("1", "PUMPVENDOR")) + framed(adt("2")))
        assert await answer(reader) == ("AA", "1", "")
        assert await answer(reader) == ("AA", "2", "")
    assert [message.key for message in log.written] == [b"NORTH", b"NORTH"]
