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
    "ordered": "ordered_dose",
    "ordered_unit": "ordered_dose_unit",
    "weight": "weight_kg",
    "area": "body_surface_m2",
    "device": "device_id",
    "procedure": "procedure_id",
    "lumen": "lumen",
    "role": "charted_by_role",
    "supplied": "supplied_by",
}
_NONE_IS_A_WORD = frozenset({"order_status", "procedure_id"})
_DRUG = {"class": "billing_class", "code": "code", "system": "system"}
_WHOLE = {"planned": "planned_minutes", "lesions": "lesion_count"}
_YES = {
    "prehospital": "prehospital",
    "counselling": "counselling",
    "complexity": "complexity_documented",
    "research": "research",
}
_STAY = {
    "setting": "setting",
    "payer": "payer",
    "facility": "facility",
    "department": "department",
    "department_modifier": "department_modifier",
    "zone": "time_zone",
    "key_reason_order": "key_reason_order_id",
    "follows": "follows_encounter_id",
    "patient": "patient_key",
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
        self.times_given: dict[str, int] = {}
        self.spans: list[tuple[datetime, datetime | None]] = []
        self.verbs: dict[str, Callable[[Words], Wire]] = {
            "start": lambda phrase: self._give(phrase, "infusion_started"),
            "push": self._push,
            "inject": self._inject,
            "infuse": lambda phrase: self._charted(phrase, "infusion"),
            "chart": self._chart,
            "stop": self._stop,
            "pause": lambda phrase: self._running("infusion_paused", phrase),
            "resume": lambda phrase: self._running("infusion_resumed", phrase),
            "rate": self._rate,
            "bag": lambda phrase: (
                self._running("infusion_bag_changed", phrase) | phrase.take({"volume": "volume_ml"})
            ),
            "bolus": lambda phrase: (
                self._running("infusion_bolus", phrase) | phrase.take({"volume": "volume_ml", "dose": "dose"})
            ),
            "waste": self._waste,
            "dispense": self._dispense,
            "void": self._void,
            "refuse": self._refuse,
            "discharge": lambda _: {"type": "encounter_discharged"},
            "reopen": lambda _: {"type": "encounter_reopened"},
            "cancel": lambda _: {"type": "encounter_cancelled"},
            "merge": lambda phrase: {
                "type": "encounter_merged",
                "into_encounter_id": phrase.word("the surviving encounter"),
            },
            "inpatient": lambda _: {"type": "inpatient_ordered"},
            "update": lambda phrase: {"type": "encounter_updated"} | phrase.take(_STAY),
            "access": lambda phrase: self._site("access_placed", phrase),
            "remove": lambda phrase: self._site("access_removed", phrase),
            "procedure": lambda phrase: self._procedure("procedure_started", phrase),
            "end": lambda phrase: self._procedure("procedure_ended", phrase),
        }

    def registration(self, case: Mapping[str, Any]) -> Wire:
        """Return the event that opens the stay, when the patient arrived or the first line happened."""
        phrase = Words(options={"setting": "facility"} | dict(case.get("encounter", {})))
        phrase.options.pop("id", None)
        phrase.options |= {name: case[name] for name in ("setting", "payer") if name in case}
        arrived = phrase.options.pop("arrived", None)
        opened: Wire = {"type": "encounter_opened", "event_id": "opened", "time_zone": self.zone.key}
        at = self.earliest or self._at(self.on, "00:00")
        if arrived is not None:
            at = self._clock(arrived, self.on)
            opened["arrived_at"] = at.isoformat()
        opened |= {"occurred_at": at.isoformat()} | phrase.take(_STAY)
        self._spent(phrase)
        return opened

    def read(self, number: int, line: str) -> Wire:
        """Return the event one line tells."""
        match = _LINE.match(line.strip())
        if match is None:
            message = "write '08:00 verb …', with '+1 ' before it for the next day"
            raise UnreadableError(message)
        day = self.on + timedelta(days=int(match["day"] or 0))
        self.spans = self._spans(day, match["times"])
        began = self.spans[0][0]
        self.earliest = began if self.earliest is None else min(self.earliest, began)
        verb, rest = match["verb"], match["rest"] or ""
        if verb in {"decide", "review"}:
            about = self._decide(rest, number) if verb == "decide" else self._review(rest)
            return {"event_id": f"L{number}", "occurred_at": began.isoformat()} | about
        if verb not in self.verbs:
            verbs = sorted([*self.verbs, "decide", "review"])
            message = f"unknown verb {verb!r}; write one of {', '.join(verbs)}"
            raise UnreadableError(message)
        phrase = words_of(rest)
        event_message = {
            "event_id": phrase.options.pop("event", f"L{number}"),
            "occurred_at": began.isoformat(),
        }
        event_message |= phrase.take({"source": "source"}) | self._clocks(
            phrase, day, {"recorded": "recorded_at"}
        )
        event = event_message | self.verbs[verb](phrase) | self._clocks(phrase, day, _CHARTED_TIMES)
        self._spent(phrase)
        return event

    def _spent(self, phrase: Words) -> None:
        left = [*phrase.words, *(f"{name}=" for name in phrase.options)]
        if left:
            message = f"nothing here takes {left[0]!r}"
            raise UnreadableError(message)

    def _at(self, day: date, clock: str) -> datetime:
        try:
            return datetime.combine(day, time.fromisoformat(clock), self.zone)
        except ValueError:
            message = f"{clock!r} is no time of day; write 08:00 or 08:00:30"
            raise UnreadableError(message) from None

    def _clock(self, clock: str, day: date) -> datetime:
        match = _CLOCK.match(clock)
        if match is None:
            message = f"{clock!r} is no time; write 08:00, or in quotes +1 08:00 for the day after"
            raise UnreadableError(message)
        return self._at(day + timedelta(days=int(match["day"] or 0)), match["time"])

    def _clocks(self, phrase: Words, day: date, names: Mapping[str, str]) -> Wire:
        """Return the instants the options say; ``none`` takes away the one the line itself tells."""
        return {
            wire: None if value == "none" else self._clock(value, day).isoformat()
            for wire, value in phrase.take(names).items()
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

    def _which(self, phrase: Words) -> str:
        """Return the administration a word means: what runs under it, else the last given under it, else itself."""
        word = phrase.word("the drug or administration id")
        return self.running.get(word) or self.latest.get(word) or word

    def _name(self, drug: str, phrase: Words, *, starts: bool) -> str:
        stated = phrase.options.pop("id", None)
        if stated is None and starts and drug in self.running:
            return self.running[drug]
        if stated is None:
            self.times_given[drug] = self.times_given.get(drug, 0) + 1
        name = stated or (drug if self.times_given[drug] == 1 else f"{drug}#{self.times_given[drug]}")
        for known in {drug, name}:
            self.latest[known] = name
            if starts:
                self.running[known] = name
        return name

    def _attributes(self, phrase: Words) -> Wire:
        about = phrase.take(_GIVEN)
        try:
            about |= {wire: int(value) for wire, value in phrase.take(_WHOLE).items()}
        except ValueError:
            message = "planned= and lesions= are whole numbers"
            raise UnreadableError(message) from None
        about |= {wire: value == "true" for wire, value in phrase.take(_YES).items()}
        if "modifiers" in phrase.options:
            about["order_modifiers"] = [one for one in phrase.options.pop("modifiers").split(";") if one]
        return {wire: value for wire, value in about.items() if value != "none" or wire in _NONE_IS_A_WORD}

    def _drug(self, name: str, phrase: Words) -> Wire:
        drug: Wire = {"name": name} | phrase.take(_DRUG)
        if "ingredients" in phrase.options:
            drug["ingredients"] = phrase.options.pop("ingredients").split(";")
        return drug

    def _give(self, phrase: Words, kind: str, route: str = "IV") -> Wire:
        if phrase.words and phrase.words[0] in _ROUTES:
            route = phrase.words.pop(0)
        phrase.options.setdefault("route", route)
        drug = phrase.word("the drug")
        name = self._name(drug, phrase, starts=kind == "infusion_started")
        event: Wire = {"type": kind, "administration_id": name}
        if drug != "-":
            event["drug"] = self._drug(drug, phrase)
        return event | self._attributes(phrase)

    def _charted(self, phrase: Words, technique: str, route: str = "IV") -> Wire:
        stretches = [
            {"started_at": start.isoformat()} | ({"stopped_at": stop.isoformat()} if stop else {})
            for start, stop in self.spans
        ]
        times: Wire = stretches[0] if len(stretches) == 1 else {"intervals": stretches}
        if "reason" in phrase.options:
            times["stop_reason"] = phrase.options.pop("reason")
        return {"technique": technique} | self._give(phrase, "administration_charted", route) | times

    def _push(self, phrase: Words) -> Wire:
        return self._give(phrase, "push_given") if self.spans[0][1] is None else self._charted(phrase, "push")

    def _inject(self, phrase: Words) -> Wire:
        if self.spans[0][1] is None:
            return self._give(phrase, "injection_given", "IM")
        return self._charted(phrase, "injection", "IM")

    def _chart(self, phrase: Words) -> Wire:
        charted: Wire = {"type": "administration_charted", "administration_id": self._which(phrase)}
        if drug := phrase.take({"name": "name"} | _DRUG):
            charted["drug"] = drug
        return charted | self._attributes(phrase) | phrase.take({"reason": "stop_reason"})

    def _running(self, kind: str, phrase: Words) -> Wire:
        return {"type": kind, "administration_id": self._which(phrase)}

    def _stop(self, phrase: Words) -> Wire:
        stopped = self._running("infusion_stopped", phrase)
        for word in [word for word, name in self.running.items() if name == stopped["administration_id"]]:
            del self.running[word]
        return stopped | phrase.take({"reason": "reason"})

    def _rate(self, phrase: Words) -> Wire:
        return self._running("infusion_rate_changed", phrase) | {
            "rate_ml_per_h": phrase.word("the rate in mL/h")
        }

    def _waste(self, phrase: Words) -> Wire:
        wasted = self._running("drug_wasted", phrase)
        return wasted | phrase.take({"amount": "amount", "unit": "unit", "reason": "reason"})

    def _dispense(self, phrase: Words) -> Wire:
        """Return a drug handed out; ``for=`` names the administration, ``order=`` the order it was for."""
        name = phrase.word("the drug")
        self.times_given["dispense"] = self.times_given.get("dispense", 0) + 1
        stated = phrase.options.pop("id", f"dispensed-{self.times_given['dispense']}")
        about = phrase.take(
            {"for": "administration_id", "order": "order_id", "amount": "dose", "unit": "dose_unit"}
        )
        return {"type": "drug_dispensed", "dispense_id": stated, "drug": self._drug(name, phrase)} | about

    def _void(self, phrase: Words) -> Wire:
        if len(phrase.words) > 1 and phrase.words[0] == "line":
            phrase.words.pop(0)
            return {"type": "event_voided", "voids_event_id": f"L{phrase.words.pop(0)}"}
        return self._running("administration_voided", phrase)

    def _refuse(self, phrase: Words) -> Wire:
        return {
            "type": "event_refused",
            "refused_event_id": phrase.word("the id of the refused event"),
            "reason": "occurred_at: has no offset; write RFC 3339 with an offset",
        }

    def _site(self, kind: str, phrase: Words) -> Wire:
        site: Wire = {"type": kind, "site_id": phrase.word("the site")}
        if phrase.words:
            site["kind"] = phrase.words.pop(0)
        return site | phrase.take({"restart_of": "restart_of", "reason": "separate_site_reason"})

    def _procedure(self, kind: str, phrase: Words) -> Wire:
        procedure: Wire = {"type": kind, "procedure_id": phrase.word("the procedure")}
        if phrase.words:
            procedure["kind"] = phrase.words.pop(0)
        return procedure

    def _decide(self, rest: str, number: int) -> Wire:
        facts, _, why = rest.partition(" because ")
        phrase = words_of(facts)
        decided: Wire = {
            "type": "code_decided",
            "decision_id": f"decision-{number}",
            "code": phrase.word("the code"),
        }
        decided |= self._about(phrase)
        if "units" in phrase.options:
            decided["units"] = int(phrase.options.pop("units"))
        decided |= phrase.take({"comparable": "comparable_code"}) | {"reason": why}
        self._spent(phrase)
        return decided

    def _review(self, rest: str) -> Wire:
        facts, _, why = rest.partition(" because ")
        phrase = words_of(facts)
        answer: Wire = {
            "type": "review_decided",
            "flag": phrase.word("the flag"),
            "decision": phrase.word("the decision"),
            "decided_by": phrase.options.pop("by", "coder-7"),
        }
        answer |= self._about(phrase) | phrase.take({"code": "code", "comparable": "comparable_code"})
        if "refusals" in phrase.options:
            answer["refusal_ids"] = phrase.options.pop("refusals").split(";")
        self._spent(phrase)
        return answer | {"reason": why}

    def _about(self, phrase: Words) -> Wire:
        """Return the administrations named after ``for``, all of them."""
        if not phrase.words or phrase.words[0] != "for":
            return {}
        phrase.words.pop(0)
        ids = []
        while phrase.words:
            ids.append(self._which(phrase))
        return {"administration_ids": ids}
