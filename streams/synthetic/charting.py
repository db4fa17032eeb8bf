"""
How nurses and pumps chart: late, twice, out of order, and then again because it was wrong.

The shares and delays are those measured on an open critical-care charting sample (24 % of the records later
rewritten or cancelled, half stored a minute before they end, 1 % more than six and a half hours late, none
later than 28.7 hours). A chart is pure: care in, lines out, every chance drawn from the generator it is given.
"""

from datetime import UTC, datetime
from functools import lru_cache
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from orjson import dumps

MINUTE = 60
_QUARTER_HOUR = 900

_STORED_AFTER_END = (
    (0.0, -30.0),
    (0.25, -6.0),
    (0.5, -1.0),
    (0.75, 22.0),
    (0.85, 60.0),
    (0.9, 100.0),
    (0.99, 395.0),
    (0.998, 720.0),
    (1.0, 1722.0),
)
"""Share of the records, and by how many minutes after its end such a record is stored at most."""

_WRONG_MINUTES = (-9, -4, 0, 0, 6, 15)
"""By how much the stop first charted was off, before it was corrected."""


class Habits(NamedTuple):
    """How often each thing happens that makes charts hard to bill from; shares of one."""

    rewritten: float = 0.24
    """Of the administrations: restated, corrected or voided later on."""
    missing_stop: float = 0.03
    """Of the infusions: nobody charted the end."""
    one_minute_push: float = 0.02
    """Of the piggybacks: charted as a push of a minute."""
    pump_reports: float = 0.6
    """Of the infusions: the pump tells its own story beside the nurse's."""
    pump_disagrees: float = 0.03
    """Of the pump reports: the two differ by more than five minutes."""
    whole: float = 0.35
    """Of the stays: charted as whole administrations, not as starts and stops."""
    together: float = 0.35
    """Of the infusions charted as starts and stops: the start is charted only after the end."""
    paused: float = 0.03
    """Of the infusions: held or occluded for a while."""
    unsigned: float = 0.004
    """Of the orders: not signed."""
    resent: float = 0.005
    """Of the lines: sent a second time."""


class Span(NamedTuple):
    """When a drug flowed, in epoch seconds, with its rate changes (mL/h) and the hold between, if any."""

    start: int
    stop: int
    steps: tuple[tuple[int, int], ...] = ()
    hold: tuple[int, int] | None = None


Fields = dict[str, object]


@lru_cache(maxsize=8192)
def _quarter(zone: str, quarter: int) -> tuple[str, int, str]:
    local = datetime.fromtimestamp(quarter * _QUARTER_HOUR, UTC).astimezone(ZoneInfo(zone))
    text = local.isoformat()
    return text[:14], local.minute, text[19:]


def instant(at: int, zone: str) -> str:
    """Return ``at``, epoch seconds, as RFC 3339 in the zone's own offset."""
    quarter, seconds = divmod(at, _QUARTER_HOUR)
    hour, minute, offset = _quarter(zone, quarter)
    return f"{hour}{minute + seconds // MINUTE:02d}:{seconds % MINUTE:02d}{offset}"


def stored_after_end(rng: Random) -> int:
    """Return by how many minutes after its end a record is stored; negative when stored ahead."""
    share = rng.random()
    below, least = _STORED_AFTER_END[0]
    for upto, most in _STORED_AFTER_END[1:]:
        if share <= upto:
            return round(least + (most - least) * (share - below) / (upto - below))
        below, least = upto, most
    return round(least)


class Chart:
    """
    One stay as its publishers chart it.

    ``lines`` holds what was stored: epoch second and JSON line. Nothing is stored before ``opened_at``.
    """

    __slots__ = (
        "_last_number",
        "_rng",
        "_stem",
        "_zone",
        "encounter_id",
        "habits",
        "lines",
        "opened_at",
        "whole",
    )

    def __init__(self, rng: Random, habits: Habits, encounter_id: str, zone: str, opened_at: int) -> None:
        self._rng = rng
        self._zone = zone
        self._stem = encounter_id.removeprefix("E")
        self._last_number = 0
        self.habits = habits
        self.encounter_id = encounter_id
        self.opened_at = opened_at
        self.whole = rng.random() < habits.whole
        self.lines: list[tuple[int, bytes]] = []

    def name(self, letter: str) -> str:
        """Return the next opaque identifier of this stay: an administration, an order, a device."""
        self._last_number += 1
        return f"{letter}{self._stem}-{self._last_number}"

    def local_instant(self, at: int) -> str:
        """Return an instant in the facility's own zone."""
        return instant(at, self._zone)

    def store(self, kind: str, at: int, source: str, stored: int, /, **fields: object) -> str:
        """Store one event at ``stored`` and return its id; a few are sent twice."""
        event_id = self.name("v")
        fact: Fields = {
            "type": kind,
            "event_id": event_id,
            "encounter_id": self.encounter_id,
            "occurred_at": self.local_instant(at),
        }
        if stored != at:
            fact["recorded_at"] = self.local_instant(stored)
        fact["source"] = source
        fact.update(fields)
        line = dumps(fact)
        self.lines.append((stored, line))
        if self._rng.random() < self.habits.resent:
            self.lines.append((stored + self._rng.randint(5, 3600), line))
        return event_id

    def register(self, kind: str, at: int, /, **fields: object) -> str:
        """Store a registration event, at most five minutes after it happened, and return its id."""
        return self.store(kind, at, "adt", at + self._rng.randint(0, 300), **fields)

    def storage_time(self, at: int) -> int:
        """Return when a nurse stores what happened at ``at``: never before it happened."""
        return at + max(0, stored_after_end(self._rng)) * MINUTE

    def point(self, kind: str, at: int, fields: Fields) -> None:
        """Chart a push or an injection, and perhaps correct it later."""
        stored = self.storage_time(at)
        event_id = self.store(kind, at, "emar", stored, **fields)
        if self._rng.random() >= self.habits.rewritten:
            return
        later = self._correction_time(stored, at)
        if self._withdraw(later, fields):
            return
        self.store("event_voided", later, "emar", later, voids_event_id=event_id)
        moved = at + self._rng.choice((-5, -2, -1, 0, 0, 1, 3)) * MINUTE
        self.store(kind, max(moved, self.opened_at), "emar", later, **fields)

    def flow(self, span: Span, fields: Fields) -> None:
        """Chart an infusion as this stay's nurses do, with the pump beside them when there is one."""
        rng, habits = self._rng, self.habits
        if rng.random() < habits.pump_reports:
            self._pump(span, fields)
        missing = rng.random() < habits.missing_stop
        rewritten = rng.random() < habits.rewritten
        if self.whole:
            self._whole(span, fields, missing=missing, rewritten=rewritten)
        else:
            self._actions(span, fields, missing=missing, rewritten=rewritten)

    def _whole(self, span: Span, fields: Fields, *, missing: bool, rewritten: bool) -> None:
        stated: Fields = {**fields, "technique": "infusion", "started_at": self.local_instant(span.start)}
        if span.steps:
            # One statement has room for one rate; a titrated infusion has none that holds throughout.
            stated.pop("rate_ml_per_h", None)
        if not missing:
            stated["stopped_at"] = self.local_instant(span.stop)
        first = dict(stated)
        if rewritten and not missing:
            wrong = max(span.stop + self._rng.choice(_WRONG_MINUTES) * MINUTE, span.start + MINUTE)
            first["stopped_at"] = self.local_instant(wrong)
        elif span.hold is not None and not missing:
            first = self._intervals(stated, span, span.hold)
        stored = max(span.start, span.stop + stored_after_end(self._rng) * MINUTE)
        self.store("administration_charted", span.start, "emar", stored, **first)
        if not rewritten:
            return
        later = self._correction_time(max(stored, span.stop), span.stop)
        if not self._withdraw(later, fields):
            if span.hold is not None and not missing:
                stated = self._intervals(stated, span, span.hold)
            self.store("administration_charted", span.start, "emar", later, **stated)

    def _intervals(self, stated: Fields, span: Span, hold: tuple[int, int]) -> Fields:
        parts = ((span.start, hold[0]), (hold[1], span.stop))
        intervals = [
            {"started_at": self.local_instant(start), "stopped_at": self.local_instant(stop)}
            for start, stop in parts
        ]
        return {**stated, "intervals": intervals}

    def _actions(self, span: Span, fields: Fields, *, missing: bool, rewritten: bool) -> None:
        about = {"administration_id": fields["administration_id"]}
        together = self._rng.random() < self.habits.together
        self.store(
            "infusion_started",
            span.start,
            "emar",
            self.storage_time(span.stop if together else span.start),
            **fields,
        )
        for at, rate in span.steps:
            self.store(
                "infusion_rate_changed", at, "emar", self.storage_time(at), rate_ml_per_h=rate, **about
            )
        if span.hold is not None:
            for kind, at in zip(("infusion_paused", "infusion_resumed"), span.hold, strict=True):
                self.store(kind, at, "emar", self.storage_time(at), **about)
        if missing:
            return
        stop = span.stop
        if rewritten:
            latest = max([span.start, *(at for at, _ in span.steps), *(span.hold or ())])
            stop = max(stop + self._rng.choice(_WRONG_MINUTES) * MINUTE, latest + MINUTE)
        stored = self.storage_time(stop)
        event_id = self.store("infusion_stopped", stop, "emar", stored, reason="completed", **about)
        if not rewritten:
            return
        later = self._correction_time(max(stored, span.stop), span.stop)
        if not self._withdraw(later, fields):
            self.store("event_voided", later, "emar", later, voids_event_id=event_id)
            self.store("infusion_stopped", span.stop, "emar", later, reason="completed", **about)

    def _pump(self, span: Span, fields: Fields) -> None:
        rng = self._rng
        apart = rng.choice((-12, 9, 14)) * MINUTE if rng.random() < self.habits.pump_disagrees else 0
        start = max(self.opened_at, span.start + rng.randint(-40, 80))
        stop = max(start + MINUTE, span.stop + apart + rng.randint(-80, 50))
        device: Fields = {"device_id": self.name("p")}
        shown: Fields = {
            key: fields[key] for key in ("order_id", "drug", "rate_ml_per_h", "volume_ml") if key in fields
        }
        about = {"administration_id": fields["administration_id"]}
        seen = start + rng.randint(1, 4)
        self.store("infusion_started", start, "pump", seen, route=fields["route"], **about, **shown, **device)
        for at, rate in span.steps:
            seen = at + rng.randint(-20, 20)
            self.store("infusion_rate_changed", seen, "pump", seen + 2, rate_ml_per_h=rate, **about)
        if span.hold is not None:
            for kind, at in zip(("infusion_paused", "infusion_resumed"), span.hold, strict=True):
                self.store(kind, at + rng.randint(-20, 20), "pump", at + 25, **about)
        self.store("infusion_stopped", stop, "pump", stop + rng.randint(1, 4), reason="completed", **about)

    def _correction_time(self, stored: int, ended: int) -> int:
        """Return when a correction is stored: after the record it corrects, and no later than any record is."""
        latest = ended + int(_STORED_AFTER_END[-1][1]) * MINUTE
        return max(stored + MINUTE, min(stored + self._rng.randint(5, 600) * MINUTE, latest))

    def _withdraw(self, later: int, fields: Fields) -> bool:
        if self._rng.random() >= 0.15:  # noqa: PLR2004 - about one correction in seven takes the dose back
            return False
        self.store(
            "administration_voided", later, "emar", later, administration_id=fields["administration_id"]
        )
        return True
