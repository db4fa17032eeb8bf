"""A console with something on every page, served to a browser from a thread: no broker, no worker."""

import asyncio
import gc
import threading
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestServer
from console_desk import NOW, Stage, coded, missing_stop
from orjson import dumps, loads

from models.nudge import NUDGE_KINDS, Nudge, NudgeSet
from streams.console.accounts_book import put_side_by_side
from streams.console.desk import PAGES
from streams.console.runs.job import Job
from streams.console.runs.work import calculate
from streams.console.settings import ConsoleSettings
from streams.console.site import application
from streams.kafka.group_lag import PartitionLag
from streams.kafka.group_members import Cluster, Group
from streams.operations.stream_status import StreamStatus
from streams.wire.charge_json import value_of
from streams.wire.instant_text import rfc3339
from streams.wire.reject_headers import reject_headers
from streams.wire.topics import (
    ASSOCIATIONS_CHANGELOG,
    CHARGE_LINES,
    DELIVERIES,
    EVENTS,
    NUDGES,
    RAW_HL7V2,
    REJECTS,
)

DAY = Path(__file__).resolve().parents[2] / "seeds" / "day.jsonl"
SHOWN = ("DOC-01", "ED-02")
"""Stays of the seeded day that are shown, one held and one final."""
ADDRESSES = (
    *(path for path, _ in PAGES), "/queue?item=DOC-01~1", "/queue?item=GONE~1", "/stay/DOC-01",
    "/stay/ED-02", "/stay/BY-HAND", "/stay/NOBODY", "/nowhere", "/nudges?state=all",
)  # fmt: skip
"""Every page the head leads to, each kind of page behind them, and two of errors."""


async def filled(stage: Stage) -> None:
    """Put something on every page."""
    told = [loads(line) for line in DAY.read_bytes().splitlines() if line.startswith(b"{")]
    for name in SHOWN:
        await stage.stay(name, [one for one in told if one.get("encounter_id") == name])
    await stage.stay("BY-HAND")
    stop = {
        "type": "infusion_stopped", "event_id": "m1", "occurred_at": "2026-03-02T09:31:00-05:00", "encounter_id": "BY-HAND",
        "administration_id": "A1", "source": "manual", "entered_by": "coder-7", "change_reason": "Read from the pump.",
        "recorded_at": "2026-03-03T09:31:00-05:00",
    }  # fmt: skip
    await stage.stay("BY-HAND", [*missing_stop("BY-HAND"), stop], revision=2)
    charge_set, _ = coded("BY-HAND", [*missing_stop("BY-HAND"), stop], revision=2)
    line = loads(value_of(charge_set))["lines"][0]
    about = {"encounter_id": "BY-HAND", "charge_set_id": charge_set.charge_set_id, "revision": 2, "change": "charge"}  # fmt: skip
    await stage.say(CHARGE_LINES, "BY-HAND", about | {"line": line})
    taken = {
        "destination": "billing", "outcome": "accepted", "line_id": line["line_id"], "control_id": "1", "answer": "AA",
        "reason": None, "attempts": 1, "decided_at": "2026-03-03T00:00:00Z",
    }  # fmt: skip
    await stage.say(DELIVERIES, "BY-HAND", about | taken)
    for number, why in enumerate(
        ("line: not JSON; send it again", "drug.name: is missing; send the event with it")
    ):
        await stage.say(REJECTS, "E1", b'{"source":"emar"}', headers=reject_headers((), why, EVENTS, 0, number))  # fmt: skip
    asked = rfc3339(int(NOW) - 600)
    nudges = tuple(
        Nudge(f"n{number}", kind, ("A1",), "A1: has it stopped, and when?", "infusion_stopped: occurred_at", asked, asked)
        for number, kind in enumerate(NUDGE_KINDS)
    )  # fmt: skip
    await stage.say(NUDGES, "NUDGED", value_of(NudgeSet("NUDGED", "GH", "oncology", nudges)))
    await stage.say(NUDGES, "NUDGED", value_of(NudgeSet("NUDGED", "GH", "oncology", nudges[1:])))
    await stage.say(RAW_HL7V2, "GH", b"MSH|^~\\&|EHR|GH|CHARGES|US|20260302||RAS^O17|1|P|2.5.1")
    await stage.say(ASSOCIATIONS_CHANGELOG, "GH\0p|a", dumps([1, 2]))
    put_side_by_side(stage.model)
    await calculated(stage)
    lags = tuple(PartitionLag(EVENTS, number, 0, 10, 10, None) for number in range(4))
    stage.desk.health.newest = StreamStatus(
        int(NOW * 1000), Cluster(None, 1, Group("Stable", ("worker-1",))), lags=lags
    )
    stage.follower.trouble = None


async def calculated(stage: Stage) -> None:
    """Have a what-if and, where there is a folder, a comparison with what another system posted."""

    async def here(job: Job, _: Any) -> str:
        await asyncio.to_thread(calculate, job)
        return ""

    runs, desk = stage.desk.runs, stage.desk
    runs.work = here
    runs.begin(
        "what-if",
        {"policy": "", "set": "missing_stop=push", "since": "", "until": ""},
        "coder-7",
        desk.profile,
    )
    await runs.turn(stage.follower.stir)
    folder = desk.settings.incumbent
    if folder is None:
        return
    posted = folder / "month.csv"
    folder.mkdir(exist_ok=True)
    posted.write_text(
        "encounter_id,code,units,dos\nDOC-01,96374,1,2026-10-05\nBY-HAND,96365,2,2026-03-02\nE9,one,2,x\n"
    )
    runs.begin(
        "shadow",
        {"file": posted.name, "since": "", "until": "", "common": "", "all_codes": ""},
        "coder-7",
        desk.profile,
        posted,
    )
    await runs.turn(stage.follower.stir)


async def nothing(stage: Stage) -> None:
    """Leave every page empty."""
    stage.follower.trouble = None


@contextmanager
def shown(folder: Path, fill: Callable[[Stage], Awaitable[None]] = filled, **settings: Any) -> Iterator[str]:
    """Give the address of a console that is filled so; it ends with the block."""
    loop = asyncio.new_event_loop()
    hand = threading.Thread(target=loop.run_forever)
    hand.start()

    def wait(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(120)

    async def made() -> tuple[Stage, TestServer]:
        stage = Stage(folder, ConsoleSettings(**settings))
        await fill(stage)
        server = TestServer(application(stage.desk))
        await server.start_server(shutdown_timeout=0.5)
        return stage, server

    try:
        stage, server = wait(made())
        yield str(server.make_url("")).rstrip("/")
        wait(server.close())
        stage.close()
    finally:
        for _ in range(3):  # turns in which a browser's last connections close
            wait(asyncio.sleep(0))
        loop.call_soon_threadsafe(loop.stop)
        hand.join()
        loop.close()
        # A browser's connection that came while the server closed is nobody's now.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
