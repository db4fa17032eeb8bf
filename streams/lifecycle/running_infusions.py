"""
Which infusions of a stay are running: started by its events, and not stopped, charted to an end or voided. Pure.

For figures, and so without the fold: the first start of an administration counts, and any stop of it.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import islice
from typing import Any

from orjson import JSONDecodeError, loads


class RunningInfusions:
    """The infusions of one stay, as far as its events were looked at."""

    __slots__ = ("_ended", "_seen", "_starts", "_voided")

    def __init__(self) -> None:
        self._seen = 0
        self._starts: dict[str, int] = {}
        self._ended: set[str] = set()
        self._voided: set[Any] = set()
        """Ids of voided events; they may come after what voids them."""

    def since(self, lines: Collection[bytes]) -> list[int]:
        """Return since when each running infusion runs, in epoch seconds; ``lines`` are all events, new ones behind."""
        if len(lines) != self._seen:
            fresh = list(_facts(islice(lines, self._seen, None)))
            if any(fact["type"] == "event_voided" for fact in fresh):
                fresh, self._starts, self._ended = list(_facts(lines)), {}, set()
            self._seen = len(lines)
            self._voided.update(
                fact.get("voids_event_id") for fact in fresh if fact["type"] == "event_voided"
            )
            for fact in fresh:
                if fact.get("event_id") not in self._voided:
                    self._add(fact)
        return [at for name, at in self._starts.items() if name not in self._ended] if self._starts else []

    def _add(self, fact: dict[str, Any]) -> None:
        kind, name = fact["type"], str(fact.get("administration_id"))
        if kind in {"infusion_stopped", "administration_voided"}:
            self._ended.add(name)
        elif kind == "infusion_started":
            self._start(name, fact["occurred_at"])
        elif kind == "administration_charted":
            intervals = fact.get("intervals")
            if fact.get("stopped_at") or (intervals and intervals[-1].get("stopped_at")):
                self._ended.add(name)
            elif fact.get("technique") == "infusion" and fact.get("started_at"):
                self._start(name, fact["started_at"])

    def _start(self, name: str, at: str) -> None:
        instant = int(datetime.fromisoformat(at).timestamp())
        self._starts[name] = min(instant, self._starts.get(name, instant))


def _facts(lines: Iterable[bytes]) -> Iterable[dict[str, Any]]:
    """Yield what stands on those lines that say something of infusions; they were read as events before."""
    for line in lines:
        if b"infusion_st" in line or b"n_charted" in line or b"n_voided" in line or b"t_voided" in line:
            try:
                fact = loads(line)
            except (
                JSONDecodeError
            ):  # what the models read and this does not, a lone surrogate say, is left out
                continue
            if isinstance(fact.get("type"), str):
                yield fact
