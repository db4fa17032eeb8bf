"""
What a person typed, as the values of an event's fields.

A time may be an instant with its offset, a date and a time on the stay's clock, or a time alone: then it is the one
nearest to what is known, within the stay. An error says which input is wrong and what to do, and repeats nothing that
was typed but a time of day.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo

from streams.feeds.local_time import TWICE, instant_on_clock
from streams.operations.resolutions.clock_time import dated
from streams.operations.resolutions.question import Answer, AnswerError, Basis, Need, Question

_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 9000
"""Beyond these no clock of a zone can be reckoned with safely; no stay lies there."""
_MOST: Final = 10**9
"""No volume, rate, dose or count that is charted is larger."""
_LOCAL: Final = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt ](\d{1,2}:\d{2}(?::\d{2})?)", re.ASCII)


def values_of(answer: Answer, inputs: Mapping[str, str], basis: Basis) -> dict[str, Any]:
    """
    Return the values of an answer's inputs by field, those left out absent.

    Raises:
        AnswerError: an input is missing, unknown, or cannot be read.
    """
    known = {need.name for need in answer.needs}
    for name in inputs:
        if name not in known:
            remedy = f"it needs {', '.join(sorted(known))}" if known else "it needs none; leave it out"
            raise AnswerError(field="inputs", says="the answer has no such input", remedy=remedy)
    values: dict[str, Any] = {}
    for need in answer.needs:
        text = inputs.get(need.name, "").strip()
        if not text:
            if need.required:
                raise AnswerError(need.name, "is missing", f"say it: {need.label}")
            continue
        values[need.name] = _value(_anchored(need, values), text, basis)
    if answer.needs and not values:
        names = " or ".join(need.name for need in answer.needs)
        raise AnswerError(answer.needs[0].name, "nothing is said", f"fill in {names}")
    _in_order(answer, values)
    return values


def said_times(question: Question, answer_key: str, events: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield each time that an answer's events state, by its field, with the date it was put on, on the stay's clock."""
    clock = clock_of(question.basis)
    needs = {need.name: need.kind for need in question.answer(answer_key).needs}
    told = {name: event[name] for event in events for name in needs if name in event}
    for name, said in told.items():
        if needs[name] == "instant":
            yield f"{name} {_shown(said, clock)}"
        elif needs[name] == "intervals":
            for one in said:
                yield f"{name} {_shown(one['started_at'], clock)} to {_shown(one['stopped_at'], clock)}"


def _shown(said: str, clock: tzinfo) -> str:
    at = datetime.fromisoformat(said).astimezone(clock)
    return f"{at:%Y-%m-%d %H:%M:%S}" if at.second else f"{at:%Y-%m-%d %H:%M}"


def _anchored(need: Need, values: Mapping[str, Any]) -> Need:
    """Return a stop that is looked for after the start that was typed, where that is earlier than the one known."""
    start = values.get("started_at")
    if need.side != "after" or need.near is None or start is None:
        return need
    return need._replace(near=min(need.near, int(start.timestamp())))


def _value(need: Need, text: str, basis: Basis) -> Any:
    if need.kind == "instant":
        return _instant(need, text, basis)
    if need.kind == "intervals":
        return _intervals(need, text, basis)
    return _READERS[need.kind](need, text)


def _choice(need: Need, text: str) -> str:
    for choice in need.choices:
        if choice.value == text or choice.value.casefold() == text.casefold():
            return choice.value
    known = ", ".join(choice.value for choice in need.choices[:12])
    raise AnswerError(need.name, "is none of the choices", f"write one of {known}")


def _number(need: Need, text: str) -> int | float:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number < 0:
        raise AnswerError(
            need.name, "is no number", "write digits, with a point for a fraction, for example 12.5"
        )
    if number > _MOST:
        raise AnswerError(need.name, "is too large", "write what the chart has")
    return int(number) if number == number.to_integral_value() else float(number)


def _whole(need: Need, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise AnswerError(need.name, "is no whole number", "write digits only, for example 90")
    if len(text) >= len(str(_MOST)):
        raise AnswerError(need.name, "is too large", "write what the chart has")
    return int(text)


def _codes(_need: Need, text: str) -> list[str]:
    return [part.strip().upper() for part in text.split(",") if part.strip()]


_READERS: Final[Mapping[str, Callable[[Need, str], Any]]] = {
    "choice": _choice,
    "number": _number,
    "whole": _whole,
    "codes": _codes,
    "code": lambda _need, text: text.upper(),
    "text": lambda _need, text: text,
}


def clock_of(basis: Basis) -> ZoneInfo | timezone:
    """Return the clock that the stay's people read."""
    return ZoneInfo(basis.zone) if basis.zone else timezone(timedelta(seconds=basis.utc_offset_s))


def _instant(need: Need, text: str, basis: Basis) -> datetime:
    told = _read_instant(need, text, basis)
    if not _FIRST_YEAR < told.year < _LAST_YEAR:
        raise AnswerError(need.name, "is no time of a stay", "correct its year")
    return told


def _read_instant(need: Need, text: str, basis: Basis) -> datetime:
    local = _LOCAL.fullmatch(text)
    if local is not None:
        return _on_clock(need, local[1], local[2], basis)
    if _CLOCK.fullmatch(text):
        return dated(need, text, clock_of(basis), lambda day: _on_clock(need, day, text, basis))
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        told = datetime(1, 1, 1)  # noqa: DTZ001 - stands for what cannot be read, and is refused below
    if told.tzinfo is None:
        remedy = "write 09:31, 2026-03-02 09:31 on the stay's clock, or an instant with its offset"
        raise AnswerError(need.name, "is no time", remedy)
    return told


def _on_clock(need: Need, day: str, clock: str, basis: Basis) -> datetime:
    hours, minutes, seconds = (int(part or 0) for part in _CLOCK.fullmatch(clock).groups())  # type: ignore[union-attr] # the callers matched it
    try:
        on = date.fromisoformat(day)
        shown = datetime(on.year, on.month, on.day, hours, minutes, seconds)  # noqa: DTZ001 - a clock, its zone comes next
    except ValueError:
        raise AnswerError(need.name, "is no time of a day", "write hours to 23 and minutes to 59") from None
    zone = clock_of(basis)
    if isinstance(zone, timezone):
        return shown.replace(tzinfo=zone)
    at = instant_on_clock(shown, zone)
    if isinstance(at, datetime):
        return at
    if at == TWICE:
        remedy = "write it with its offset, for example 2026-11-01T01:30:00-04:00"
        raise AnswerError(need.name, "was shown twice by the clock that night", remedy)
    raise AnswerError(need.name, "was skipped by the clock that night", "write the time that was shown")


def _intervals(need: Need, text: str, basis: Basis) -> list[dict[str, str]]:
    stretches, near = [], need.near
    for part in text.split(","):
        start, dash, stop = part.strip().partition("-") if "T" not in part else part.strip().partition("/")
        if not dash:
            remedy = (
                "write start-stop pairs with commas between, 08:00-08:30, 08:45-09:30; with dates start/stop"
            )
            raise AnswerError(need.name, "is no list of stretches", remedy)
        began = _instant(need._replace(near=near, side="beside"), start.strip(), basis)
        at = int(began.timestamp())
        ended = _instant(need._replace(near=at, side="after"), stop.strip(), basis)
        if ended <= began:
            raise AnswerError(need.name, "has a stop that is not after its start", "correct that stretch")
        stretches.append({"started_at": began.isoformat(), "stopped_at": ended.isoformat()})
        near = int(ended.timestamp())
    return stretches


def _in_order(answer: Answer, values: Mapping[str, Any]) -> None:
    start, stop = values.get("started_at"), values.get("stopped_at")
    if start is not None and stop is not None and stop <= start:
        raise AnswerError(
            field="stopped_at",
            says="is not after the start",
            remedy="correct one of the two, or write the date too",
        )
    at = values.get("occurred_at")
    if at is not None and answer.not_before is not None and at.timestamp() <= answer.not_before:
        remedy = "write a later time, with its date if it was another day; the start is corrected by times"
        raise AnswerError(field="occurred_at", says="is not after the start", remedy=remedy)
