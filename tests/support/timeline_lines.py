"""
The lines of a golden case's timeline, each one event; the grammar is in tests/cases/README.md.

What a publisher would send, as JSON: nothing is checked here that the wire checks.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from timeline_words import UnreadableError, Wire, Words, words_of

_LINE = re.compile(r"^(?:(?P<day>[+-]\d+)\s+)?(?P<times>\d[\d:,-]*)\s+(?P<verb>[a-z]+)(?:\s+(?P<rest>.*))?$")
_CLOCK = re.compile(r"^(?:(?P<day>[+-]\d+)\s+)?(?P<time>\d\d:\d\d(?::\d\d)?)$")
_ROUTES = frozenset({"IV", "IA", "SC", "IM", "IT", "ID", "PO"})
_GIVEN = {
    "order": "order_id",
    "order_status": "order_status",
    "dose": "dose_id",
    "route": "route",
    "technique": "technique",
    "site": "site_id",
    "intent": "intent",
    "indication": "indication",
    "rate": "rate_ml_per_h",
    "volume": "volume_ml",
    "amount": "dose",
    "unit": "dose_unit",
    "device": "device_id",
}
_DRUG = {"class": "billing_class", "code": "code", "system": "system"}
_WHOLE = {"planned": "planned_minutes", "lesions": "lesion_count"}
_YES = {"prehospital": "prehospital", "counselling": "counselling", "complexity": "complexity_documented"}
_STAY = {
    "setting": "setting",
    "payer": "payer",
    "facility": "facility",
    "department": "department",
    "department_modifier": "department_modifier",
    "zone": "time_zone",
    "key_reason_order": "key_reason_order_id",
    "follows": "follows_encounter_id",
}
_CHARTED_TIMES = {"started": "started_at", "stopped": "stopped_at"}


class Timeline:
    """The lines of one case, read in the order in which they are written."""

    def __init__(self, on: date, zone: str) -> None:
        self.on = on
        self.zone = ZoneInfo(zone)
        self.earliest: datetime | None = None
        self.running: dict[str, str] = {}
        self.latest: dict[str, str] = {}
        self.given: dict[str, int] = {}
        self.spans: list[tuple[datetime, datetime | None]] = []
        self.verbs: dict[str, Callable[[Words], Wire]] = {
            "start": lambda said: self._give(said, "infusion_started"),
            "push": self._push,
            "inject": self._inject,
            "infuse": lambda said: self._charted(said, "infusion"),
            "chart": self._chart,
            "stop": self._stop,
            "pause": lambda said: self._running("infusion_paused", said),
            "resume": lambda said: self._running("infusion_resumed", said),
            "rate": self._rate,
            "bag": lambda said: (
                self._running("infusion_bag_changed", said) | said.take({"volume": "volume_ml"})
            ),
            "void": self._void,
            "refuse": self._refuse,
            "discharge": lambda _: {"type": "encounter_discharged"},
            "reopen": lambda _: {"type": "encounter_reopened"},
            "cancel": lambda _: {"type": "encounter_cancelled"},
            "merge": lambda said: {
                "type": "encounter_merged",
                "into_encounter_id": said.word("the surviving encounter"),
            },
            "inpatient": lambda _: {"type": "inpatient_ordered"},
            "update": lambda said: {"type": "encounter_updated"} | said.take(_STAY),
            "access": lambda said: self._site("access_placed", said),
            "remove": lambda said: self._site("access_removed", said),
            "procedure": lambda said: self._procedure("procedure_started", said),
            "end": lambda said: self._procedure("procedure_ended", said),
        }

    def registration(self, case: Mapping[str, Any]) -> Wire:
        """Return the event that opens the stay, when the patient arrived or the first line happened."""
        said = Words(options={"setting": "facility"} | dict(case.get("encounter", {})))
        said.options.pop("id", None)
        said.options |= {name: case[name] for name in ("setting", "payer") if name in case}
        arrived = said.options.pop("arrived", None)
        opened: Wire = {"type": "encounter_opened", "event_id": "opened", "time_zone": self.zone.key}
        at = self.earliest or self._at(self.on, "00:00")
        if arrived is not None:
            at = self._clock(arrived, self.on)
            opened["arrived_at"] = at.isoformat()
        opened |= {"occurred_at": at.isoformat()} | said.take(_STAY)
        self._spent(said)
        return opened

    def read(self, number: int, line: str) -> Wire:
        """Return the event one line tells."""
        found = _LINE.match(line.strip())
        if found is None:
            message = "write '08:00 verb …', with '+1 ' before it for the next day"
            raise UnreadableError(message)
        day = self.on + timedelta(days=int(found["day"] or 0))
        self.spans = self._spans(day, found["times"])
        began = self.spans[0][0]
        self.earliest = began if self.earliest is None else min(self.earliest, began)
        verb, rest = found["verb"], found["rest"] or ""
        if verb == "decide":
            return {"event_id": f"L{number}", "occurred_at": began.isoformat()} | self._decide(rest, number)
        if verb not in self.verbs:
            message = f"unknown verb {verb!r}; write one of {', '.join(sorted([*self.verbs, 'decide']))}"
            raise UnreadableError(message)
        said = words_of(rest)
        event_message = {
            "event_id": said.options.pop("event", f"L{number}"),
            "occurred_at": began.isoformat(),
        }
        event_message |= said.take({"source": "source"}) | self._clocks(
            said, day, {"recorded": "recorded_at"}
        )
        event = event_message | self.verbs[verb](said) | self._clocks(said, day, _CHARTED_TIMES)
        self._spent(said)
        return event

    def _spent(self, said: Words) -> None:
        left = [*said.words, *(f"{name}=" for name in said.options)]
        if left:
            message = f"nothing here takes {left[0]!r}"
            raise UnreadableError(message)

    def _at(self, day: date, clock: str) -> datetime:
        try:
            return datetime.combine(day, time.fromisoformat(clock), self.zone)
        except ValueError:
            message = f"{clock!r} is no time of day; write 08:00 or 08:00:30"
            raise UnreadableError(message) from None

    def _clock(self, said: str, day: date) -> datetime:
        found = _CLOCK.match(said)
        if found is None:
            message = f"{said!r} is no time; write 08:00, or in quotes +1 08:00 for the day after"
            raise UnreadableError(message)
        return self._at(day + timedelta(days=int(found["day"] or 0)), found["time"])

    def _clocks(self, said: Words, day: date, names: Mapping[str, str]) -> Wire:
        """Return the instants the options say; ``none`` takes away the one the line itself tells."""
        return {
            wire: None if value == "none" else self._clock(value, day).isoformat()
            for wire, value in said.take(names).items()
        }

    def _spans(self, day: date, times: str) -> list[tuple[datetime, datetime | None]]:
        """Return what '08:00', '08:00-09:30' or '08:00-08:30,08:40-09:30' says; past midnight it is the next day."""
        spans: list[tuple[datetime, datetime | None]] = []
        for part in times.split(","):
            first, dash, last = part.partition("-")
            start = self._at(day, first)
            stop = self._at(day, last) if dash else None
            if stop is not None and stop < start:
                stop = self._at(day + timedelta(days=1), last)
            spans.append((start, stop))
        return spans

    def _which(self, said: Words) -> str:
        """Return the administration a word means: what runs under it, else the last given under it, else itself."""
        word = said.word("the drug or administration id")
        return self.running.get(word) or self.latest.get(word) or word

    def _name(self, drug: str, said: Words, *, starts: bool) -> str:
        stated = said.options.pop("id", None)
        if stated is None and starts and drug in self.running:
            return self.running[drug]
        if stated is None:
            self.given[drug] = self.given.get(drug, 0) + 1
        name = stated or (drug if self.given[drug] == 1 else f"{drug}#{self.given[drug]}")
        for known in {drug, name}:
            self.latest[known] = name
            if starts:
                self.running[known] = name
        return name

    def _attributes(self, said: Words) -> Wire:
        about = said.take(_GIVEN)
        try:
            about |= {wire: int(value) for wire, value in said.take(_WHOLE).items()}
        except ValueError:
            message = "planned= and lesions= are whole numbers"
            raise UnreadableError(message) from None
        about |= {wire: value == "true" for wire, value in said.take(_YES).items()}
        return {wire: value for wire, value in about.items() if value != "none" or wire == "order_status"}

    def _drug(self, name: str, said: Words) -> Wire:
        drug: Wire = {"name": name} | said.take(_DRUG)
        if "ingredients" in said.options:
            drug["ingredients"] = said.options.pop("ingredients").split(";")
        return drug

    def _give(self, said: Words, kind: str, route: str = "IV") -> Wire:
        if said.words and said.words[0] in _ROUTES:
            route = said.words.pop(0)
        said.options.setdefault("route", route)
        drug = said.word("the drug")
        name = self._name(drug, said, starts=kind == "infusion_started")
        given: Wire = {"type": kind, "administration_id": name}
        if drug != "-":
            given["drug"] = self._drug(drug, said)
        return given | self._attributes(said)

    def _charted(self, said: Words, technique: str, route: str = "IV") -> Wire:
        stretches = [
            {"started_at": start.isoformat()} | ({"stopped_at": stop.isoformat()} if stop else {})
            for start, stop in self.spans
        ]
        times: Wire = stretches[0] if len(stretches) == 1 else {"intervals": stretches}
        if "reason" in said.options:
            times["stop_reason"] = said.options.pop("reason")
        return {"technique": technique} | self._give(said, "administration_charted", route) | times

    def _push(self, said: Words) -> Wire:
        return self._give(said, "push_given") if self.spans[0][1] is None else self._charted(said, "push")

    def _inject(self, said: Words) -> Wire:
        if self.spans[0][1] is None:
            return self._give(said, "injection_given", "IM")
        return self._charted(said, "injection", "IM")

    def _chart(self, said: Words) -> Wire:
        charted: Wire = {"type": "administration_charted", "administration_id": self._which(said)}
        return charted | self._attributes(said) | said.take({"reason": "stop_reason"})

    def _running(self, kind: str, said: Words) -> Wire:
        return {"type": kind, "administration_id": self._which(said)}

    def _stop(self, said: Words) -> Wire:
        stopped = self._running("infusion_stopped", said)
        for word in [word for word, name in self.running.items() if name == stopped["administration_id"]]:
            del self.running[word]
        return stopped | said.take({"reason": "reason"})

    def _rate(self, said: Words) -> Wire:
        return self._running("infusion_rate_changed", said) | {"rate_ml_per_h": said.word("the rate in mL/h")}

    def _void(self, said: Words) -> Wire:
        if len(said.words) > 1 and said.words[0] == "line":
            said.words.pop(0)
            return {"type": "event_voided", "voids_event_id": f"L{said.words.pop(0)}"}
        return self._running("administration_voided", said)

    def _refuse(self, said: Words) -> Wire:
        return {
            "type": "event_refused",
            "refused_event_id": said.word("the id of the refused event"),
            "reason": "occurred_at: has no offset; write RFC 3339 with an offset",
        }

    def _site(self, kind: str, said: Words) -> Wire:
        site: Wire = {"type": kind, "site_id": said.word("the site")}
        if said.words:
            site["kind"] = said.words.pop(0)
        return site | said.take({"restart_of": "restart_of", "reason": "separate_site_reason"})

    def _procedure(self, kind: str, said: Words) -> Wire:
        procedure: Wire = {"type": kind, "procedure_id": said.word("the procedure")}
        if said.words:
            procedure["kind"] = said.words.pop(0)
        return procedure

    def _decide(self, rest: str, number: int) -> Wire:
        facts, _, why = rest.partition(" because ")
        said = words_of(facts)
        decided: Wire = {
            "type": "code_decided",
            "decision_id": f"decision-{number}",
            "code": said.word("the code"),
        }
        if said.words and said.words[0] == "for":
            said.words.pop(0)
            ids = []
            while said.words:
                ids.append(self._which(said))
            decided["administration_ids"] = ids
        if "units" in said.options:
            decided["units"] = int(said.options.pop("units"))
        decided |= said.take({"comparable": "comparable_code"}) | {"reason": why}
        self._spent(said)
        return decided
