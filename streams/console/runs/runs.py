"""Calculations by their address: one at a time, a few waiting, each in a process that is ended when it takes too long."""

import asyncio
import logging
import os
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from time import monotonic, time
from typing import Final

from rules.engine import Profile
from streams.console.runs.job import Job
from streams.console.runs.run_file import ENDING, Kind, Run, RunFile, is_run_id
from streams.console.runs.work import calculate_apart
from streams.feeds.charge_codes import ChargeCodes

FOLDER: Final = "runs"
MOST_WAITING: Final = 5
MOST_KEPT: Final = 20
"""Results of each kind that are kept; the oldest goes when another is asked for."""
LIMIT_S: Final = 30 * 60.0
_LOOK_S: Final = 0.2
_STIR_S: Final = 2.0
"""Between two signals to pages that look at a calculation."""

Stir = Callable[[], Awaitable[None]]
Work = Callable[[Job, Stir], Awaitable[str]]
"""Does a job; returns why it did not come to its end, empty where it did."""

_log = logging.getLogger(__name__)


class RunsFullError(Exception):
    """No further calculation is taken just now."""


class Runs:
    """The calculations of one console; their files lie beside the read model, in a folder of this user's own."""

    def __init__(self, model: Path, clock: Callable[[], float] = time) -> None:
        self._model, self._clock = model, clock
        self._folder = model.parent / FOLDER
        self._waiting: asyncio.Queue[Job] = asyncio.Queue(MOST_WAITING)
        self.work: Work = in_process

    def begin(
        self, kind: Kind, asked: Mapping[str, str], who: str, profile: Profile, posted: Path | None = None,
        codes: ChargeCodes = ChargeCodes(),  # noqa: B008 - it is frozen
    ) -> str:  # fmt: skip
        """
        Ask for a calculation and return its id.

        Raises:
            RunsFullError: as many wait as may.
            OSError: its file cannot be written.
        """
        if self._waiting.full():
            message = f"{MOST_WAITING} calculations wait already; ask again once one of them is done."
            raise RunsFullError(message)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        for run in self.listed(kind)[MOST_KEPT - 1 :]:
            if run.over:
                self._file(run.run_id).remove()
        run_id = f"{datetime.fromtimestamp(self._clock(), UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
        file = self._file(run_id)
        file.create(kind, asked, who, self._clock())
        job = Job(file.path, self._model, kind, dict(asked), profile, os.getpid(), posted, codes)
        self._waiting.put_nowait(job)
        return run_id

    def file(self, kind: Kind, run_id: str) -> tuple[Run, RunFile] | None:
        """Return a calculation and its file; None where there is none of this id and kind."""
        if not is_run_id(run_id):
            return None
        file = self._file(run_id)
        run = file.look()
        return None if run is None or run.kind != kind else (run, file)

    def listed(self, kind: Kind) -> list[Run]:
        """Return the calculations of a kind, the newest first."""
        names = sorted(
            (path.name.removesuffix(ENDING) for path in self._folder.glob(f"*{ENDING}")), reverse=True
        )
        found = [run for name in names if is_run_id(name) and (run := self._file(name).look()) is not None]
        return [run for run in found if run.kind == kind]

    async def run(self, stir: Stir) -> None:
        """Do what is asked for, one after the other, until cancelled."""
        while True:
            await self.turn(stir)

    async def turn(self, stir: Stir) -> None:
        """Do the next calculation that is asked for."""
        job = await self._waiting.get()
        file = RunFile(job.path)
        try:
            why = await self.work(job, stir)
        except asyncio.CancelledError:
            file.tell(state="failed", problem="the console was stopped meanwhile; ask again")
            raise
        run = file.look()
        if run is not None and not run.over:
            file.tell(state="failed", problem=why or "it ended without a result; ask again")
            _log.warning("a calculation failed: %s", why)
        await stir()

    def give_up_what_was_left(self) -> None:
        """Tell of what an earlier process left undone; called before anything is asked for."""
        for path in self._folder.glob(f"*{ENDING}"):
            file = RunFile(path)
            run = file.look()
            if run is not None and not run.over:
                file.tell(state="failed", problem="the console was stopped meanwhile; ask again")

    def _file(self, run_id: str) -> RunFile:
        return RunFile(self._folder / f"{run_id}{ENDING}")


async def in_process(job: Job, stir: Stir) -> str:
    """Do a job in a process of its own, started afresh; it is ended with its time or with this task."""
    process = get_context("spawn").Process(target=calculate_apart, args=(job,), daemon=True)
    await asyncio.to_thread(process.start)
    began = told = monotonic()
    try:
        while process.is_alive():
            if monotonic() - began > LIMIT_S:
                return f"it took longer than {LIMIT_S / 60:.0f} minutes; ask for fewer days"
            if monotonic() - told > _STIR_S:
                told = monotonic()
                await stir()
            await asyncio.sleep(_LOOK_S)
        return (
            f"its process ended with status {process.exitcode}; ask again, and report it if it ends so again"
        )
    finally:
        with suppress(ValueError):
            process.kill()
            process.join()
