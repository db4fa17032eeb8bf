"""
A month, or a day, of outpatients that never were: stays with the charting habits real systems have to live with.

Pure: every chance comes from the ``random.Random`` handed in, every instant from the start date, so the same
seed gives the same bytes. Stays are made one at a time, by arrival; nothing is kept but what an order of
arrival needs. The people, orders and places are invented, and identifiers say nothing.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Literal
from zoneinfo import ZoneInfo

from orjson import dumps

from streams.synthetic.arrival_order import Order, PublishedStay, in_order
from streams.synthetic.care_plans import PLANS, Area, Dose, Plan
from streams.synthetic.charting import MINUTE, Chart, Fields, Habits, Span

Shape = Literal["month", "day"]

HOUR = 3600
_DAYS: dict[Shape, int] = {"month": 30, "day": 1}
_WEEKEND = 5
_HOURLY = (2, 2, 1, 1, 1, 2, 4, 9, 13, 12, 10, 9, 8, 8, 8, 7, 6, 5, 5, 5, 4, 4, 3, 3)
_WEEKEND_SHARE = 0.5
_SCHEDULED = range(7, 17)
_SLOWEST = 0.6
"""A titrated infusion begins at this share of its mean rate."""
_STRIDE = 0x9E37_79B1
_MASK = 0xFFFF_FFFF

_ZONE = "America/New_York"
_FACILITIES = (("F01", _ZONE, None), ("F02", _ZONE, "PO"), ("F03", "America/Chicago", "PN"))
_FACILITY_WEIGHTS = (6, 3, 2)
_PAYERS = ("medicare", "bcbs", "unitedhealthcare", "aetna", "cigna", "medicaid")
_PAYER_WEIGHTS = (45, 15, 12, 8, 5, 15)
_DEPARTMENTS: dict[Area, str] = {
    "emergency": "ED",
    "observation": "OBS",
    "infusion_centre": "INFUSION",
    "office": "CLINIC",
}
_VISITS: dict[bool, tuple[tuple[Area, ...], tuple[int, ...]]] = {
    True: (("infusion_centre", "office", "emergency", "observation"), (54, 12, 29, 5)),
    False: (("emergency", "observation", "infusion_centre"), (78, 16, 6)),
}
_PLAN_WEIGHTS = {area: tuple(plan.weight for plan in plans) for area, plans in PLANS.items()}


def arrivals(rng: Random, encounters: int, start: date, shape: Shape) -> Iterator[datetime]:
    """
    Return the arrivals of ``encounters`` patients from ``start`` on, ascending, in the facility's zone.

    Weekends see half as many; the hours of a day follow a clinic's morning and an emergency department's night.
    """
    days = [start + timedelta(days=number) for number in range(_DAYS[shape])]
    weights = [_WEEKEND_SHARE if day.weekday() >= _WEEKEND else 1.0 for day in days]
    whole, passed, arrived = sum(weights), 0.0, 0
    zone = ZoneInfo(_ZONE)
    for day, weight in zip(days, weights, strict=True):
        passed += weight
        upto = round(encounters * passed / whole)
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
        for number in range(upto - arrived):
            hours = _hour_of_day((number + rng.random()) / (upto - arrived))
            yield midnight + timedelta(seconds=int(hours * 60) * MINUTE)
        arrived = upto


def _hour_of_day(share: float) -> float:
    left = share * sum(_HOURLY)
    for hour, weight in enumerate(_HOURLY):
        if left < weight:
            return hour + left / weight
        left -= weight
    return 23.99


def stays(
    rng: Random, encounters: int, start: date, shape: Shape = "month", habits: Habits | None = None
) -> Iterator[PublishedStay]:
    """Return the stays in order of arrival."""
    habits = habits or Habits()
    salt = rng.getrandbits(32)
    for number, arrival in enumerate(arrivals(rng, encounters, start, shape)):
        stem = f"{((number * _STRIDE) ^ salt) & _MASK:08x}"
        yield _stay(rng, habits, stem, arrival)


def _stay(rng: Random, habits: Habits, stem: str, arrival: datetime) -> PublishedStay:
    scheduled = arrival.hour in _SCHEDULED and arrival.weekday() < _WEEKEND
    area = rng.choices(*_VISITS[scheduled])[0]
    plan = rng.choices(PLANS[area], _PLAN_WEIGHTS[area])[0]
    facility, zone, modifier = rng.choices(_FACILITIES, _FACILITY_WEIGHTS)[0]
    opened_at = int(arrival.timestamp())
    chart = Chart(rng, habits, f"E{stem}", zone, opened_at)
    registration: Fields = {
        "setting": "office" if area == "office" else "facility",
        "payer": rng.choices(_PAYERS, _PAYER_WEIGHTS)[0],
        "facility": facility,
        "department": _DEPARTMENTS[area],
        "time_zone": zone,
        "arrived_at": chart.local_instant(opened_at),
    }
    if modifier and area == "infusion_centre":
        registration["department_modifier"] = modifier
    key_order = chart.name("o")
    if area == "office" and rng.random() < 0.9:  # noqa: PLR2004 - one office visit in ten names no reason
        registration["key_reason_order_id"] = key_order
    chart.register("encounter_opened", opened_at, **registration)
    seen_at = opened_at + rng.randint(8, 45) * MINUTE
    if rng.random() < 0.004:  # noqa: PLR2004 - one patient in 250 goes before anything is done
        chart.register("encounter_cancelled", seen_at)
    else:
        _leave(rng, chart, area, _care(rng, chart, plan, seen_at, key_order))
    chart.lines.sort(key=_stored)
    return PublishedStay(opened_at, chart.lines)


def _stored(line: tuple[int, bytes]) -> int:
    return line[0]


def _care(rng: Random, chart: Chart, plan: Plan, at: int, key_order: str) -> int:
    """Give the plan from ``at`` on and return when the last of it ended."""
    site = None
    if plan.access is not None:
        site = chart.name("s")
        chart.store("access_placed", at, "emar", chart.storage_time(at), site_id=site, kind=plan.access)
    if plan.procedure is not None:
        procedure: Fields = {"procedure_id": chart.name("c"), "kind": plan.procedure}
        chart.store("procedure_started", at, "emar", at, **procedure)
        at += 10 * MINUTE
        chart.store("procedure_ended", at, "emar", at, **procedure)
    begun = cursor = ended = at
    for place, dose in enumerate(plan.doses):
        if rng.random() >= dose.share:
            continue
        order = key_order if place == plan.key else chart.name("o")
        first = begun + 2 * MINUTE if dose.beside else cursor + rng.randint(*dose.wait) * MINUTE
        for number in range(rng.randint(*dose.doses)):
            start = first + number * (dose.every_h * HOUR + rng.randint(-15, 20) * MINUTE)
            stop = _give(rng, chart, dose, start, order, site)
            ended = max(ended, stop)
            if number == 0:
                begun, cursor = first, max(cursor, stop)
    return ended


def _give(rng: Random, chart: Chart, dose: Dose, start: int, order: str, site: str | None) -> int:
    fields: Fields = {"administration_id": chart.name("a"), "order_id": order}
    if rng.random() < chart.habits.unsigned:
        fields["order_status"] = "unsigned"
    fields["drug"] = {"name": dose.drug}
    fields["route"] = dose.route
    if site is not None:
        fields["site_id"] = site
    if dose.intent == "hydrate":
        fields["intent"] = "hydrate"
    if dose.indication is not None:
        fields["indication"] = dose.indication
    if dose.every_h:
        fields["dose_id"] = chart.name("d")
    if dose.how == "prolonged_pump":
        fields.update(technique=dose.how, planned_minutes=dose.planned_minutes, device_id=chart.name("p"))
        chart.store("infusion_started", start, "emar", chart.storage_time(start), **fields)
        return start + 10 * MINUTE
    if dose.how != "infusion":
        if dose.how == "on_body_injector":
            fields["technique"] = dose.how
        chart.point("push_given" if dose.how == "push" else "injection_given", start, fields)
        return start + 2 * MINUTE
    return _infuse(rng, chart, dose, start, fields)


def _infuse(rng: Random, chart: Chart, dose: Dose, start: int, fields: Fields) -> int:
    minutes = rng.randint(*dose.minutes)
    if dose.volume_ml is not None:
        fields["volume_ml"] = dose.volume_ml
        fields["rate_ml_per_h"] = round(dose.volume_ml * 60 / minutes)
    if dose.route == "SC":
        fields["device_id"] = chart.name("p")
    span = _span(rng, dose, start, minutes, with_hold=rng.random() < chart.habits.paused)
    if span.steps and dose.volume_ml is not None:
        fields["rate_ml_per_h"] = round(dose.volume_ml * 60 / minutes * _SLOWEST)
    if dose.carrier is not None:
        if rng.random() < chart.habits.one_minute_push:
            chart.point("push_given", start, {key: fields[key] for key in fields if key != "rate_ml_per_h"})
            return span.stop
        _carry(rng, chart, dose.carrier, span, fields)
    chart.flow(span, fields)
    return span.stop


def _span(rng: Random, dose: Dose, start: int, minutes: int, *, with_hold: bool) -> Span:
    """Return when the dose flows: stepped up to its mean rate and beyond, or held once, or neither."""
    steps = rng.randint(*dose.steps) if minutes > 60 else 0  # noqa: PLR2004 - no titration inside an hour
    if steps and dose.volume_ml is not None:
        mean = dose.volume_ml * 60 / minutes
        ladder = [_SLOWEST + 2 * (1 - _SLOWEST) * number / steps for number in range(1, steps + 1)]
        at = [start + minutes * number // (steps + 1) * MINUTE for number in range(1, steps + 1)]
        rates = [max(1, round(mean * rung)) for rung in ladder]
        return Span(start, start + minutes * MINUTE, tuple(zip(at, rates, strict=True)))
    if with_hold and minutes > 40:  # noqa: PLR2004 - a hold needs room
        pause = start + rng.randint(10, minutes // 2) * MINUTE
        resume = pause + rng.randint(3, minutes // 3) * MINUTE
        return Span(start, start + minutes * MINUTE + resume - pause, hold=(pause, resume))
    return Span(start, start + minutes * MINUTE)


def _carry(rng: Random, chart: Chart, fluid: str, span: Span, fields: Fields) -> None:
    """Chart the bag the drug hangs in, under the drug's own order, as two-row charts do."""
    if rng.random() >= 0.35:  # noqa: PLR2004 - most charts show the drug alone
        return
    bag: Fields = {
        key: fields[key] for key in ("order_id", "dose_id", "route", "site_id", "volume_ml") if key in fields
    }
    bag |= {"administration_id": chart.name("a"), "drug": {"name": fluid}, "intent": "carrier"}
    chart.store("infusion_started", span.start, "emar", chart.storage_time(span.start), **bag)
    stop = {"administration_id": bag["administration_id"], "reason": "completed"}
    chart.store("infusion_stopped", span.stop, "emar", chart.storage_time(span.stop), **stop)


def _leave(rng: Random, chart: Chart, area: Area, ended: int) -> None:
    """End the stay: nearly always by discharge."""
    left = ended + rng.randint(5, 45) * MINUTE
    fate = rng.random()
    if fate < 0.004:  # noqa: PLR2004 - shares of the stays, here and below
        return
    if fate < 0.007:  # noqa: PLR2004 -- a share of the stays
        _registered_twice(rng, chart)
    if area == "observation" and rng.random() < 0.12:  # noqa: PLR2004 -- a share of the stays
        chart.register("inpatient_ordered", ended - rng.randint(0, 90) * MINUTE)
    chart.register("encounter_discharged", left)
    if fate > 0.994:  # noqa: PLR2004 -- a share of the stays
        again = left + rng.randint(20, 90) * MINUTE
        chart.register("encounter_reopened", again)
        chart.register("encounter_discharged", again + rng.randint(15, 60) * MINUTE)


def _registered_twice(rng: Random, chart: Chart) -> None:
    """Open the stay a second time under another identifier and merge that one into it."""
    at = chart.opened_at + rng.randint(1, 6) * MINUTE
    double = f"{chart.encounter_id}x"
    for kind, occurred, more in (
        ("encounter_opened", at, {"setting": "facility"}),
        ("encounter_merged", at + rng.randint(30, 300) * MINUTE, {"into_encounter_id": chart.encounter_id}),
    ):
        fact = {
            "type": kind,
            "event_id": chart.name("v"),
            "encounter_id": double,
            "occurred_at": chart.local_instant(occurred),
            "source": "adt",
            **more,
        }
        chart.lines.append((occurred, dumps(fact)))


def generate(
    rng: Random,
    encounters: int,
    start: date,
    shape: Shape = "month",
    order: Order = "arrival",
    habits: Habits | None = None,
) -> Iterator[bytes]:
    """
    Return the events of ``encounters`` stays from ``start`` on as JSON lines, without line ends.

    The same generator state gives the same bytes, and every order the same lines.
    """
    mixing = Random(rng.getrandbits(64))  # noqa: S311 - order of arrival, not a secret
    return in_order(stays(rng, encounters, start, shape, habits), order, mixing)
