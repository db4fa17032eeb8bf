"""What every page has at hand: the read model, the follower, Kafka, the settings, and the templates."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from time import time
from typing import Any, Final, TypeVar
from weakref import WeakValueDictionary

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from models.printable import replaced
from rules.engine import Profile
from rules.version import RULEBOOK_VERSION
from streams.console import words
from streams.console.access_log import AccessLog
from streams.console.follower import Follower
from streams.console.gate import known_person, person_of
from streams.console.health_watch import HealthWatch
from streams.console.read_model import ReadModel
from streams.console.runs.runs import Runs
from streams.console.settings import ConsoleSettings
from streams.kafka.connection import Connection
from streams.listener.access import peer_address
from streams.metrics.figures import Figures

Answer = TypeVar("Answer")
_FOLDER: Final = Path(__file__).parent
_LATELY_S: Final = 1.0
_SAME_S: Final = 60.0
"""Seconds after which an answer is another though nothing came: bill holds end."""
_MOST_SAME: Final = 200
PAGES: Final = (
    ("/queue", "Queue"), ("/stays", "Encounters"), ("/feeds", "Feeds"), ("/rejects", "Rejects"), ("/reconciliation", "Reconciliation"),
    ("/nudges", "Nudges"), ("/what-if", "What if"), ("/diff", "Diff"), ("/audit", "Audit"), ("/health", "Health"), ("/contract", "Contract"),
)  # fmt: skip
"""What the head of every page leads to."""


PANELS: Final = {
    "": "infusion-money", "queue": "infusion-money", "stays": "infusion-money", "stay": "infusion-money",
    "reconciliation": "infusion-money", "audit": "infusion-money", "feeds": "infusion-feeds", "rejects": "infusion-feeds",
    "health": "infusion-flow", "nudges": "infusion-money", "what-if": "infusion-money", "diff": "infusion-money",
}  # fmt: skip
"""The dashboard that has over time what a page has now."""


@dataclass
class Desk:
    """One console at work."""

    settings: ConsoleSettings
    model: ReadModel
    follower: Follower
    connection: Connection
    profile: Profile
    access: AccessLog
    health: HealthWatch
    clock: Callable[[], float] = time
    _lately: dict[str, tuple[int, float, Any]] = field(default_factory=dict)
    _same: dict[str, tuple[int, float, Any]] = field(default_factory=dict)
    _asking: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)
    _turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    figures: Figures = field(default_factory=lambda: Figures("console"))
    runs: Runs = field(init=False)
    sent: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Events that were sent by id: one that is sent again is the same, to the second it was stored."""

    def __post_init__(self) -> None:
        """Have a place for calculations beside the read model."""
        self.runs = Runs(self.model.path, self.clock)

    def turn(self, encounter_id: str) -> asyncio.Lock:
        """Return what lets one person at a time answer for an encounter: the next one's answer is held against the first."""
        return self._turns.setdefault(encounter_id, asyncio.Lock())

    async def look(self, question: Callable[..., Answer], *about: Any, **more: Any) -> Answer:
        """Ask the read model on a thread, so that one slow question keeps nobody else waiting."""
        return await asyncio.to_thread(question, *about, **more)

    async def lately(self, name: str, question: Callable[..., Answer], *about: Any) -> Answer:
        """
        Ask the read model what may be some seconds old: what was answered last, and asked anew beside the page.

        Counts over all encounters, and what a filter may be, are worth no wait.
        """
        known = self._lately.get(name)
        if known is None:
            known = self._lately[name] = (
                self.follower.changes,
                self.clock(),
                await self.look(question, *about),
            )
        elif (
            known[0] != self.follower.changes
            and self.clock() - known[1] > _LATELY_S
            and name not in self._asking
        ):
            self._asking[name] = asyncio.create_task(self._ask_again(name, question, *about))
        answer: Answer = known[2]
        return answer

    async def unless_changed(self, name: str, question: Callable[..., Answer], *about: Any) -> Answer:
        """Ask the read model, or answer as before where nothing has come since and less than a minute went by."""
        known = self._same.get(name)
        if known is not None and known[0] == self.follower.changes and self.clock() - known[1] < _SAME_S:
            kept: Answer = known[2]
            return kept
        if len(self._same) >= _MOST_SAME:
            self._same.clear()
        changes, at = self.follower.changes, self.clock()
        answer = await self.look(question, *about)
        self._same[name] = (changes, at, answer)
        return answer

    async def _ask_again(self, name: str, question: Callable[..., Any], *about: Any) -> None:
        try:
            changes = self.follower.changes
            self._lately[name] = (changes, self.clock(), await self.look(question, *about))
        finally:
            del self._asking[name]

    def saw(self, request: web.Request, encounter_id: str, what: str = "view") -> None:
        """Write into the access log that somebody looks at an encounter."""
        peer = request.transport.get_extra_info("peername") if request.transport else None
        self.access.note(person_of().name, what, encounter_id, str(peer_address(peer) or ""))

    def page(self, request: web.Request, template: str, *, status: int = 200, **about: Any) -> web.Response:
        """Return a page."""
        now = self.clock()
        person = known_person()
        board = PANELS.get(request.path.split("/")[1], "")
        panels = (
            f"{self.settings.dashboards.rstrip('/')}/d/{board}" if self.settings.dashboards and board else ""
        )
        text = templates().get_template(template).render(
            desk=self, request=request, person=person, now=now, pages=PAGES, panels=panels, release=RULEBOOK_VERSION, **about
        )  # fmt: skip
        return web.Response(text=text, content_type="text/html", status=status)


DESK: Final = web.AppKey("desk", Desk)


def desk_of(request: web.Request) -> Desk:
    """Return the desk of the console that serves a request."""
    return request.app[DESK]


@cache
def templates() -> Environment:
    """Return the templates; everything they write is escaped and stripped of what turns or hides text."""
    made = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_seen,
    )
    for name in ("money", "change", "span", "ago", "hold", "instant", "iso", "count", "plain_word"):
        made.filters[name] = getattr(words, name)
    return made


def _seen(value: object) -> object:
    return replaced(value) if isinstance(value, str) and not isinstance(value, Markup) else value
