"""What a console shows of itself: its figures, whether it is ready and why not, and whether it lives."""

import asyncio
import logging
from collections.abc import Iterator
from time import monotonic
from typing import Any, Final

from aiohttp import web

from streams.console import queue
from streams.console.desk import DESK, Desk
from streams.console.gate import Handler
from streams.metrics.build_info import tell_build
from streams.metrics.console_table import PAGES, REJECT_STATES
from streams.metrics.figures import Sample
from streams.metrics.page import page_of
from streams.metrics.probes import Answers, Verdict
from streams.metrics.table import READY_STATES, SEVERITIES

SILENT_S: Final = 20.0
"""Seconds without an answer of Kafka's after which it counts as silent; it is asked every five."""
DEAD_S: Final = 60.0
"""Seconds without a turn of the loop after which the process is better started anew."""
_LOOK_S: Final = 1.0
_FAULT: Final = 500
_UNTIMED: Final = frozenset({"/changes", "/static/{name}", "/livez"})
"""What is open for as long as a page is, or no page."""

_log = logging.getLogger(__name__)


def page_name(request: web.Request) -> str | None:
    """Return the page a request asks for, by the name of its route; None for what is not timed."""
    resource = request.match_info.route.resource
    route = resource.canonical if resource is not None else ""
    if route in _UNTIMED:
        return None
    if "{kind}" in route or route.endswith(".json"):
        return "download"
    name = route.strip("/").partition("/")[0] or ("queue" if route == "/" else "other")
    return name if name in PAGES else "other"


@web.middleware
async def timed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a request, and count how long that took."""
    began, name, status = monotonic(), page_name(request), 200
    try:
        response = await handler(request)
        status = response.status
        return response
    finally:
        if name is not None:
            figures = request.app[DESK].figures
            figures.observe("infusion_console_page_seconds", (monotonic() - began,), name)
            if status >= _FAULT:
                figures.add("infusion_console_page_faults_total", 1, name)


class ConsoleFigures:
    """The probes' side of a console."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._turned_at = monotonic()
        tell_build(desk.figures)
        desk.figures.provide(self.samples)

    def answers(self, loop: asyncio.AbstractEventLoop) -> Answers:
        """Return what the probes have to say of the console on this loop."""

        async def background() -> None:
            before = ""
            while not loop.is_closed():
                loop.call_soon_threadsafe(self._turn)
                verdict = self.verdict()
                if verdict.state != before:
                    level = logging.WARNING if verdict.state == "broker_silent" else logging.INFO
                    _log.log(level, "%s: %s", verdict.state, verdict.why)
                    before = verdict.state
                await asyncio.sleep(_LOOK_S)

        return Answers(page_of(self._desk.figures), self.verdict, self.dead, background)

    def verdict(self) -> Verdict:
        """Return whether pages show what has happened, and if not, why."""
        follower = self._desk.follower
        if (silent := monotonic() - self._desk.health.answered_at) > SILENT_S:
            return Verdict(
                "broker_silent", f"Kafka has not answered for {silent:.0f} s; pages stand as of then"
            )
        if follower.rebuild_s is None:
            why = follower.trouble or f"{follower.behind:,} records are not in the read model yet"
            return Verdict("recovering", why)
        return Verdict("ready", "the read model follows the topics")

    def dead(self) -> str | None:
        """Return what is dead about this process; None while its loop turns."""
        silent = monotonic() - self._turned_at
        return f"the loop has not turned for {silent:.0f} s" if silent > DEAD_S else None

    def _turn(self) -> None:
        self._turned_at = monotonic()

    def samples(self) -> Iterator[Sample]:
        """Yield the figures that are a state."""
        verdict, now = self.verdict(), monotonic()
        yield "infusion_ready", (), float(verdict.ready)
        for state in READY_STATES:
            yield "infusion_ready_state", (state,), float(state == verdict.state)
        yield "infusion_broker_silence_seconds", (), now - self._desk.health.answered_at
        yield "infusion_loop_silence_seconds", (), now - self._turned_at
        yield from self._reading()
        yield from self._waiting()

    def _reading(self) -> Iterator[Sample]:
        follower, now = self._desk.follower, self._desk.clock()
        yield "infusion_console_read_model_lag_seconds", (), follower.lag_seconds(now)
        yield "infusion_console_unread_records", (), float(follower.behind)
        yield "infusion_console_records_read_total", (), float(follower.taken)
        if follower.rebuild_s is not None:
            yield "infusion_console_rebuild_seconds", (), follower.rebuild_s
        yield "infusion_console_read_model_bytes", (), float(self._desk.model.size())

    def _waiting(self) -> Iterator[Sample]:
        model, now = self._desk.model, self._desk.clock()
        sums = queue.summary(model, now)
        for name, key in (
            ("waiting_encounters", "stays"),
            ("at_stake_cents", "cents"),
            ("holds_ending_encounters", "ending"),
            ("holds_ended_encounters", "ended"),
        ):
            yield f"infusion_console_{name}", (), float(sums[key])
        open_ones = _counts(model, "SELECT severity, count(*) FROM questions GROUP BY severity")
        for severity in SEVERITIES:
            yield "infusion_console_questions_open", (severity,), open_ones.get(severity, 0.0)
        claimed = model.row("SELECT count(*) FROM claims WHERE until > ?", now)
        yield "infusion_console_claimed_encounters", (), float(claimed[0]) if claimed is not None else 0.0
        refused = _counts(model, "SELECT state, count(*) FROM rejects GROUP BY state")
        for state in REJECT_STATES:
            yield "infusion_console_rejects_records", (state,), refused.get(state, 0.0)


def _counts(model: Any, statement: str) -> dict[str, float]:
    return {row[0]: float(row[1]) for row in model.rows(statement)}
