"""
One event with nothing in it that tells who it is about. Pure.

A field that the contract does not know is dropped before, and counted; the event is then read as any other is, and one
that cannot be used is not passed on.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from orjson import JSONDecodeError, dumps, loads

from rules.coding.site_reasons import is_a_lumen
from streams.feeds.deidentified import known_words
from streams.feeds.deidentified.date_shift import Shift
from streams.feeds.deidentified.drug_words import drug
from streams.feeds.deidentified.fields import IDS, INSTANTS, KEPT, known_fields
from streams.feeds.deidentified.keyed import Keyed
from streams.wire.event_json import as_line, read
from streams.wire.rejects import Reject

_SOURCES: Final = frozenset(("emar", "pump", "adt", "manual"))
_NO_PROCEDURE: Final = "none"
"""Says of an administration that it was part of no procedure; it is no id."""

_SPEAKABLE: Final = re.compile(r"(?!.*\d{3})[A-Za-z_][A-Za-z0-9_.-]{0,39}")
"""Names of fields that a report may show, as in rejects."""

Fields = dict[str, Any]


def known_part(raw: bytes, dropped: Counter[str]) -> Fields | Reject:
    """Return the fields of a line that the contract knows, counting those it does not; or why it holds no event."""
    try:
        held = loads(as_line(raw))
    except JSONDecodeError:
        held = None
    kinds = known_fields()
    if not isinstance(held, dict) or not isinstance(held.get("type"), str) or held["type"] not in kinds:
        said = read(raw)
        return said if isinstance(said, Reject) else Reject("type", "unknown event type", "leave it out")
    known = _known(held, kinds[held["type"]], dropped)
    said = read(dumps(known))
    return said if isinstance(said, Reject) else known


def _known(held: Fields, names: frozenset[str], dropped: Counter[str]) -> Fields:
    kinds = known_fields()
    made: Fields = {}
    for name, value in held.items():
        if name not in names:
            dropped[name if _SPEAKABLE.fullmatch(name) else "a name that may tell something"] += 1
        elif name == "drug" and isinstance(value, dict):
            made[name] = _known(value, kinds["drug"], dropped)
        elif name in {"ingredients", "intervals"} and isinstance(value, list):
            made[name] = [
                _known(one, kinds[name], dropped) if isinstance(one, dict) else one for one in value
            ]
        else:
            made[name] = value
    return made


def zone_of(fields: Fields) -> str | None:
    """Return the zone an event names for its stay."""
    zone = fields.get("time_zone")
    return zone if isinstance(zone, str) else None


def instants_of(fields: Fields) -> list[datetime]:
    """Return every instant of an event."""
    texts = [fields[name] for name in INSTANTS if fields.get(name) is not None]
    for interval in fields.get("intervals") or ():
        texts += [interval[name] for name in INSTANTS if interval.get(name) is not None]
    return [_instant(text) for text in texts]


class Deidentifier:
    """Makes the events of one stay anew under one key and one shift, and counts what was taken away."""

    def __init__(
        self, keyed: Keyed, shift: Shift, zones: Sequence[ZoneInfo], public_payer: Callable[[str], str | None]
    ) -> None:
        self.changed = Counter[str]()
        """How often a text of a field was not kept as it stood, by the field's name."""
        self._keyed, self._shift, self._zones, self._public_payer = keyed, shift, zones, public_payer

    def made(self, fields: Fields) -> Fields:
        """Return an event made anew; fields whose text has nothing that is known are left out."""
        made: Fields = {}
        on = _instant(fields["occurred_at"]).date()
        for name, value in fields.items():
            if value is None:
                continue
            again = self._value(name, value, fields["type"], on)
            if again is not None:
                made[name] = again
            else:
                self.changed[name] += 1
        return made

    def _value(self, name: str, value: Any, event: str, on: date) -> Any:
        if name in INSTANTS:
            return self._moved(value)
        if name in IDS:
            if isinstance(value, list):
                return [self._named(IDS[name], one) for one in value]
            return self._named(IDS[name], value)
        if name in KEPT or (name == "reason" and event == "infusion_stopped"):
            return value
        return getattr(self, f"_{name}")(value, on)

    def _named(self, kind: str, value: str) -> str:
        if kind == "procedure" and value == _NO_PROCEDURE:
            return value
        name = self._keyed.name(kind, value)
        return f"{name}-lumen" if kind == "site" and is_a_lumen(value, None) else name

    def _moved(self, text: str) -> str:
        moved = self._shift.moved(_instant(text), self._zones).isoformat()
        return moved.removesuffix("+00:00") + "Z" if text[-1] in "zZ" and moved.endswith("+00:00") else moved

    def _intervals(self, value: list[Mapping[str, str | None]], _: date) -> list[Fields]:
        return [{name: self._moved(at) for name, at in one.items() if at is not None} for one in value]

    def _drug(self, value: Fields, on: date) -> Fields:
        made, changed = drug(value, self._keyed, on)
        self.changed["drug"] += changed
        return made

    def _payer(self, value: str, _: date) -> str:
        return self._public_payer(value) or self._other("payer", value)

    def _source(self, value: str, _: date) -> str:
        return value if value in _SOURCES else self._other("source", value)

    def _other(self, kind: str, value: str) -> str:
        self.changed[kind] += 1
        return self._keyed.name(kind, value)

    def _kind(self, value: str, _: date) -> str:
        return known_words.kind(value) or self._other("kind", value)

    def _route(self, value: str, _: date) -> str:
        return self._counted("route", value, known_words.route(value))

    def _dose_unit(self, value: str, _: date) -> str | None:
        return known_words.unit(value)

    def _indication(self, value: str, _: date) -> str | None:
        return self._counted("indication", value, known_words.indication(value)) or None

    def _separate_site_reason(self, value: str, _: date) -> str | None:
        return self._counted("separate_site_reason", value, known_words.site_reason(value)) or None

    def _reason(self, _: str, __: date) -> str:
        self.changed["reason"] += 1
        return known_words.REMOVED

    def _counted(self, name: str, before: str, after: str) -> str:
        # What is left out whole is counted where fields are.
        self.changed[name] += bool(after) and before.casefold() != after.casefold()
        return after


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
