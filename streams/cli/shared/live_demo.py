"""The demo that keeps serving: an address on the screen, a day coming in, until Ctrl-C."""

import subprocess
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

import click
from orjson import dumps

from streams.demo.live import OURS, PACE, beside, free_port, moved
from streams.demo.stage import Stage, stage
from streams.demo.ward import arrives, leaves
from streams.kafka.embedded import LIMITS

RATE: Final = 4.0
"""Events a second: a day of some hundred stays lasts three minutes."""
_START_S: Final = 60.0
_LOOK_S: Final = 0.3
_ARRIVAL_S: Final = 30.0
_BEDS: Final = 3
"""Patients who are here at once: each leaves before the worker closes a stay of which it hears nothing."""
_END_S: Final = 10


def play_on(
    events: Path, folder: Path, settings: Mapping[str, str], rate: float | None, say: Callable[[str], None]
) -> int:
    """
    Play a file of events through the whole stream with a console beside, and go on until Ctrl-C.

    Returns:
        The exit status: 0 once asked to stop, 1 when the console did not start.
    """
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    day = folder / "yesterday.jsonl"
    day.write_bytes(b"\n".join(moved(events.read_bytes().splitlines(), yesterday)) + b"\n")
    with stage(say, {**PACE, **settings}) as running, ExitStack() as others:
        say(f"an embedded broker on {running.servers}. It is for looking, not for keeping:")
        for sentence in LIMITS:
            click.echo(f"     {sentence}", err=True)
        say(f"a worker, process {running.start_worker()}")
        console, http, mllp = free_port(), free_port(8088), free_port(2575)
        others.enter_context(
            beside(
                running,
                "listen",
                {"INFUSION_LISTEN_HTTP": str(http), "INFUSION_LISTEN_MLLP": str(mllp)},
                folder,
            )
        )
        page = others.enter_context(
            beside(
                running,
                "console",
                {"INFUSION_CONSOLE_BIND": str(console), "INFUSION_CONSOLE_DATA_DIR": str(folder / "console")},
                folder,
            )
        )
        if not _answers(page, f"http://127.0.0.1:{console}/livez"):
            say("the console did not start; its log ends:")
            for line in (folder / "console.log").read_text(errors="replace").splitlines()[-10:]:
                say(f"  {line}")
            return 1
        say(f"the front door: HL7 over MLLP at 127.0.0.1:{mllp}, FHIR and HL7 at http://127.0.0.1:{http}")
        click.echo(f"\n   The console:  http://127.0.0.1:{console}/\n", err=True)
        say(
            f"a day of {sum(1 for _ in day.open('rb')):,} events comes in, {rate or RATE:g} a second; Ctrl-C ends it all"
        )
        try:
            _play(running, day, rate or RATE)
        except KeyboardInterrupt:
            say("stopping")
    return 0


def _play(running: Stage, day: Path, rate: float) -> None:
    """Publish the day, mind the worker, and let patients come and go now, until interrupted."""
    number, next_at, ward = 0, monotonic(), None
    with subprocess.Popen(  # noqa: S603 - our own command
        [*OURS, "publish", "--quiet", "--rate", str(rate), str(day)],
        env=running.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as publishing:  # fmt: skip
        try:
            while True:
                running.look_after_worker()
                if monotonic() >= next_at and (ward is None or ward.poll() is not None):
                    number, next_at = number + 1, monotonic() + _ARRIVAL_S
                    ward = _ward(running, number)
                sleep(_LOOK_S)
        finally:
            publishing.terminate()
            if ward is not None:
                ward.wait(_END_S)


def _ward(running: Stage, number: int) -> "subprocess.Popen[bytes]":
    """Publish that a patient arrives now, and that the one who came some before leaves."""
    now = datetime.now(UTC)
    told = [*arrives(number, now), *(leaves(number - _BEDS, now) if number > _BEDS else ())]
    publishing = subprocess.Popen(  # noqa: S603 - our own command
        [*OURS, "publish", "--quiet"],
        env=running.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert publishing.stdin is not None  # noqa: S101 - asked for above
    with publishing.stdin as given:
        given.write(b"".join(dumps(event) + b"\n" for event in told))
    return publishing


def _answers(process: "subprocess.Popen[bytes]", address: str) -> bool:
    until = monotonic() + _START_S
    while monotonic() < until and process.poll() is None:
        try:
            with urlopen(address, timeout=1):  # noqa: S310 - an address of ours on loopback
                return True
        except (URLError, OSError):
            sleep(_LOOK_S)
    return False
