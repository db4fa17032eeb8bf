"""The application: every page behind the gate, the follower and the watch beside it, and an end without a word cut off."""

import asyncio
from contextlib import suppress
from typing import Any

from aiohttp import web

from streams.console.accounts_book import keep_accounts
from streams.console.console_figures import timed
from streams.console.desk import DESK, Desk
from streams.console.error_pages import error_pages
from streams.console.gate import gate
from streams.console.pages import (
    answers,
    audit,
    contract,
    diff,
    entry,
    feeds,
    health,
    nudges,
    queue,
    reconciliation,
    rejects,
    stays,
    what_if,
)

_LARGEST_FORM: Any = 256 * 1024


def application(desk: Desk) -> web.Application:
    """Return the application of a desk; what fills the read model runs beside it, see ``serve``."""
    made = web.Application(
        middlewares=[timed, gate(desk.settings), error_pages], client_max_size=_LARGEST_FORM
    )
    made[DESK] = desk
    for module in (
        entry,
        queue,
        answers,
        stays,
        feeds,
        rejects,
        reconciliation,
        nudges,
        what_if,
        diff,
        audit,
        health,
        contract,
    ):
        module.routes(made)
    return made


async def serve(desk: Desk, socket: Any, told: asyncio.Event) -> None:
    """Serve until told to end, or until following fails for good."""
    await asyncio.to_thread(desk.runs.give_up_what_was_left)
    beside = [
        asyncio.create_task(each)
        for each in (
            desk.follower.run(),
            desk.health.run(desk.follower),
            keep_accounts(desk.model, desk.follower),
            desk.runs.run(desk.follower.stir),
        )
    ]
    runner = web.AppRunner(application(desk), access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    ending = asyncio.create_task(told.wait())
    try:
        await web.SockSite(runner, socket).start()
        await asyncio.wait((ending, *beside), return_when=asyncio.FIRST_COMPLETED)
        for task in beside:
            if task.done():
                task.result()
    finally:
        ending.cancel()
        for task in beside:
            task.cancel()
        for task in beside:
            with suppress(asyncio.CancelledError, Exception):
                await task
        await runner.cleanup()
