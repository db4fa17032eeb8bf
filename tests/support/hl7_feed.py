"""A hospital's feed as python-hl7 sends it: stays as ADT and RAS, sent again until each message is acknowledged."""

import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress

import hl7
from hl7.client import MLLPClient, MLLPException

from streams.feeds.read_wire import convert
from streams.feeds.site_mapping import DEFAULT_SITE

_AGAIN_S = 0.2


def stay(number: int, facility: str) -> Iterator[str]:
    """Yield the messages of an outpatient's infusion from 8:00 to 9:31."""
    day = "20260105"
    visit = f"PID|1||P{number}^^^H^MR\rPV1|1|O|||||||||||||||||V{number}\r"

    def header(kind: str, control_id: str, at: str) -> str:
        return f"MSH|^~\\&|EMAR|{facility}|CHARGES|SITE|{day}{at}-0500||{kind}|{control_id}|P|2.5.1\r"

    yield f"{header('ADT^A01^ADT_A01', f'{number}A', '0755')}EVN|A01|{day}0755-0500\r{visit}"
    yield (
        f"{header('RAS^O17^RAS_O17', f'{number}R', '0935')}{visit}ORC|RE|O{number}\r"
        f"RXA|0|1|{day}0800-0500|{day}0931-0500|^ceftriaxone 1 g^L|1|g\rRXR|IVPB^^HL70162\r"
    )
    yield f"{header('ADT^A03^ADT_A03', f'{number}D', '1005')}EVN|A03|{day}1000-0500\r{visit}"


def events_of(messages: Iterable[str]) -> list[dict[str, object]]:
    """Return the events that messages say."""
    return [
        dict(event)
        for message in messages
        for event in convert(message.encode(), "hl7v2", DEFAULT_SITE).events
    ]


def send(port: int, messages: Iterable[str], seconds: float = 120, tries: int = 10**6) -> list[str]:
    """
    Send messages one by one, each again until it is acknowledged with AA; returns every answer's code.

    ``tries`` is after how many answers it gives up.

    Raises:
        TimeoutError: that took too long.
    """
    codes: list[str] = []
    until = time.monotonic() + seconds
    waiting = [*messages]
    while waiting and len(codes) < tries:
        if time.monotonic() > until:
            message = f"{len(waiting)} messages are not acknowledged after {seconds:g} seconds"
            raise TimeoutError(message)
        with suppress(OSError, MLLPException), MLLPClient("127.0.0.1", port) as client:
            client.socket.settimeout(5)
            while waiting and len(codes) < tries:
                answer = client.send_message(hl7.parse(waiting[0])).decode().strip("\x0b\x1c\r")
                if not answer:
                    break  # the door is gone
                code = str(hl7.parse(answer)["MSA"][0][1])
                codes.append(code)
                if code == "AA":
                    del waiting[0]
                else:
                    time.sleep(_AGAIN_S)
        time.sleep(_AGAIN_S)
    return codes


def listening(port: int, seconds: float = 60) -> None:
    """
    Return when somebody listens on a port of this machine.

    Raises:
        TimeoutError: nobody did in time.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(_AGAIN_S)
    raise TimeoutError
