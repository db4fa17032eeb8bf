"""
A pump's words in time order, as deliveries: when the drug began to flow, when it did not, when it ended. Pure.

Whatever order the words came in, they are the same deliveries. A stop that is a transition and the start behind it are
a change of rate. Keeping a vein open is no treatment. A report is a state: where two differ something happened between
them, and where none came nobody saw it flow. Sources: IHE IPEC, table X.1.2.1-4; R-TIME-9; R-PUSH-7.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from streams.feeds.facts import PumpTold

_EVENTS: Final = frozenset({"start", "stop", "complete"})
_LOST_AFTER: Final = 2.5
"""Periods without a report after which the connection counts as lost."""

_ORDER: Final = {"stop": 1, "complete": 2, "end": 3, "start": 4, "off": 5, "on": 6, "clock": 7, "refused": 8}
"""Of equal instants: what ends comes before what begins."""


class Step(NamedTuple):
    """One thing that happened to a delivery, by the type of its event."""

    kind: str
    at: str
    recorded_at: str | None
    fields: dict[str, Any]


class Delivery(NamedTuple):
    """What flowed without the program or the bag being new."""

    first: PumpTold
    """The word it began with, in time."""
    steps: tuple[Step, ...]
    ended: bool
    drug: dict[str, Any]
    order: str
    place: str
    encounter_id: str
    patient: str

    @property
    def began(self) -> float:
        """When it began, in epoch seconds."""
        return instant(self.first.at)

    def runs_at(self, at: float) -> bool:
        """Tell whether it had begun and had not ended at an instant."""
        last = instant(self.steps[-1].at)
        return self.began <= at and not (self.ended and last < at)


def instant(text: str) -> float:
    """Return an RFC 3339 text in epoch seconds."""
    return datetime.fromisoformat(text).timestamp()


def deliveries(words: Iterable[PumpTold]) -> list[Delivery]:
    """Return the deliveries that the words of one source's program are; reports count only where no event was sent."""
    ordered = sorted(words, key=_in_order)
    if not any(word.action in _EVENTS for word in ordered):
        ordered = sorted(_edges(ordered), key=_in_order)
    reading = _Reading()
    for word in ordered:
        reading.take(word)
    return reading.finished()


def _in_order(word: PumpTold) -> tuple[float, int, int, str]:
    transition = 0 if word.status == "transitioning" else 1
    return (
        instant(word.at),
        transition if word.action == "stop" else _ORDER[word.action],
        word.bolus,
        repr(word),
    )


def _edges(ordered: Sequence[PumpTold]) -> Iterable[PumpTold]:
    """Yield starts and stops where reports differ, or where none came for longer than they should."""
    last: PumpTold | None = None
    for word in ordered:
        if word.action not in {"on", "off"}:
            yield word
            continue
        if last is not None and last.action == "on":
            lost = last.period_s > 0 and instant(word.at) - instant(last.at) > _LOST_AFTER * last.period_s
            if lost:
                seen = datetime.fromisoformat(last.at) + timedelta(seconds=last.period_s)
                yield word._replace(
                    action="stop", status="not_delivering", at=seen.isoformat(), recorded_at=None
                )
                if word.action == "on":
                    yield word._replace(action="start")
            elif word.action == "off":
                yield word._replace(action="complete" if word.status == "kvo" else "stop")
            elif word.rate != last.rate:
                yield word._replace(action="start")
        elif word.action == "on":
            yield word._replace(action="start")
        last = word


class _Reading:
    """The deliveries so far, and the one that is going on."""

    def __init__(self) -> None:
        self._done: list[Delivery] = []
        self._words: list[PumpTold] = []
        self._steps: list[Step] = []
        self._phase = "none"
        self._rate: float | None = None
        self._total: float | None = None
        self._bolus: PumpTold | None = None

    def finished(self) -> list[Delivery]:
        """Return all of them."""
        self._close()
        return self._done

    def take(self, word: PumpTold) -> None:
        """Take in the next word."""
        if word.action == "refused":
            self._refuse(word)
        elif word.action == "start":
            self._start(word)
        elif word.action == "end":
            if self._phase in {"flowing", "paused"}:
                self._words.append(word)
                self._end(word, None)
        elif word.bolus and self._phase == "flowing" and word.status == "transitioning":
            self._bolus_over(word)
        elif word.action == "stop":
            self._stop(word)
        elif word.action == "complete":
            self._complete(word)
        if word.action in _EVENTS:
            self._total = word.total_ml

    def _refuse(self, word: PumpTold) -> None:
        """Keep a word that cannot be used, so that its stay is told of it."""
        step = Step("event_refused", word.at, word.recorded_at, {"reason": word.reason})
        self._done.append(_delivery([word], [step], ended=True))

    def _start(self, word: PumpTold) -> None:
        if word.status == "kvo":
            if self._phase == "flowing":
                self._words.append(word)
                self._end(word, "kvo")
            return
        if self._is_new(word):
            self._close()
            self._begin(word)
        elif self._phase != "flowing":
            self._words.append(word)
            self._step("infusion_resumed", word)
            self._change_rate(word)
        else:
            self._words.append(word)
            self._change_rate(word)
        self._phase = "flowing"
        self._bolus_over(None)
        if word.bolus:
            self._bolus = word

    def _is_new(self, word: PumpTold) -> bool:
        if self._phase == "none":
            return True
        if self._phase == "flowing":
            return False
        if word.total_ml == 0:
            return self._phase == "ended" or self._total != 0
        return self._phase == "ended" and word.total_ml is None

    def _begin(self, word: PumpTold) -> None:
        self._words = [word]
        self._rate = None if word.bolus else word.rate
        fields = {"rate_ml_per_h": self._rate, "volume_ml": word.to_infuse_ml}
        self._step("infusion_started", word, fields)

    def _change_rate(self, word: PumpTold) -> None:
        if word.bolus or word.rate is None or word.rate == self._rate:
            return
        self._rate = word.rate
        self._step("infusion_rate_changed", word, {"rate_ml_per_h": word.rate})

    def _bolus_over(self, word: PumpTold | None) -> None:
        """Tell the bolus that was going on, with the volume that the word of its end says."""
        begun, self._bolus = self._bolus, None
        if begun is None and word is None:
            return
        of = begun or word
        if of is not None:
            self._words.append(word or of)
            self._step("infusion_bolus", of, {"volume_ml": word.segment_ml if word is not None else None})

    def _stop(self, word: PumpTold) -> None:
        if word.status == "transitioning" and self._phase in {"flowing", "ended"}:
            self._words.append(word)
            return
        if self._phase == "none":
            self._headless(word)
        elif self._phase == "flowing":
            self._words.append(word)
            self._bolus_over(word if word.bolus else None)
            self._step("infusion_paused", word)
            self._phase = "paused"

    def _complete(self, word: PumpTold) -> None:
        if self._phase == "none":
            self._headless(word)
        elif self._phase in {"flowing", "paused"}:
            self._words.append(word)
            self._bolus_over(word if word.bolus else None)
            self._end(word, "kvo" if word.status in {"transitioning", "kvo"} else "completed")

    def _headless(self, word: PumpTold) -> None:
        """Keep a stop whose start never came: a person is asked for it."""
        if word.status in {"transitioning", "kvo"} and word.action == "stop":
            return
        self._words = [word]
        self._step("infusion_stopped", word, {"reason": "completed" if word.action == "complete" else None})
        self._phase = "ended"

    def _end(self, word: PumpTold, reason: str | None) -> None:
        self._bolus_over(None)
        if self._steps[-1].kind == "infusion_paused" and instant(self._steps[-1].at) == instant(word.at):
            self._steps.pop()
        self._step("infusion_stopped", word, {"reason": reason})
        self._phase = "ended"

    def _step(self, kind: str, word: PumpTold, fields: dict[str, Any] | None = None) -> None:
        self._steps.append(Step(kind, word.at, word.recorded_at, fields or {}))

    def _close(self) -> None:
        if self._steps:
            self._bolus_over(None)
            self._done.append(_delivery(self._words, self._steps, ended=self._phase != "flowing"))
        self._words, self._steps, self._phase = [], [], "none"
        self._rate = self._total = None


def _delivery(words: Sequence[PumpTold], steps: Sequence[Step], *, ended: bool) -> Delivery:
    return Delivery(
        words[0],
        tuple(steps),
        ended,
        next((dict(word.drug) for word in words if word.drug), {}),
        next((word.order for word in words if word.order), ""),
        next((word.place for word in words if word.place), ""),
        next((word.encounter_id for word in words if word.encounter_id), ""),
        next((word.patient for word in words if word.patient), ""),
    )
