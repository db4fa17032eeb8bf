"""
Whose a delivery is: by its order, by whom the pump was told, by the bed it stood in, in this order. Pure.

What several answers fit has none: a charge is never made on a guess. Source: STANDARDS 3.2, IHE PCD-03 and PCIM.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from streams.feeds.association_state import State
from streams.feeds.deliveries import Delivery
from streams.feeds.facts import OrderTold
from streams.feeds.site_mapping import spelled

_AHEAD_S: Final = 300.0
"""How far an order's clock may be ahead of the pump's."""
_ORDER_HOLDS_S: Final = 8 * 3600.0
"""How long an order that was sent to a pump may wait for its start, where the pump does not echo it."""


class Link(NamedTuple):
    """Whose a delivery is."""

    encounter_id: str
    """Empty where nothing says so for certain."""
    order: str = ""
    drug: Mapping[str, Any] = {}
    fields: Mapping[str, Any] = {}
    tried: str = ""
    """What was tried, where it is nobody's."""


def link_of(state: State, delivery: Delivery) -> Link:
    """Return whose a delivery is."""
    order, ordered = _order_of(state, delivery)
    about = _about(ordered)
    tried = []
    for place, encounter, failed in (
        ("order", _stay_of_order(state, ordered, delivery.began), _why_no_order(delivery.order, ordered)),
        ("association", *_told(state, delivery)),
        ("bed", *_in_bed(state, delivery)),
    ):
        if encounter:
            echoed = "" if delivery.order == delivery.first.program else delivery.order
            return Link(encounter, order or echoed, about.drug, about.fields)
        tried.append(f"{place} ({failed})")
    return Link("", tried=", ".join(tried))


def _order_of(state: State, delivery: Delivery) -> tuple[str, list[OrderTold]]:
    """Return the number and the words of the order: the one that the pump echoes, else the last that was sent to it."""
    number = delivery.order
    own = number == delivery.first.program
    if number in state.orders:
        words = state.orders[number].words
        if not own or _may_be(_about(words).drug, delivery.drug):
            return number, words
    if number and not own:
        return "", []
    sent = [
        (word.at, number)
        for number in state.orders_by_device.of(delivery.first.device)
        for word in state.orders[number].words
        if word.device == delivery.first.device
        and -_AHEAD_S <= delivery.began - word.at <= _ORDER_HOLDS_S
        and not word.cancelled
        and word.drug
        and delivery.drug
        and _may_be(word.drug, delivery.drug)
        and not _elsewhere(state, word, delivery)
    ]
    if not sent:
        return "", []
    latest = max(sent)[1]
    words = state.orders[latest].words
    gone = any(word.cancelled and word.at <= delivery.began and word.at >= max(sent)[0] for word in words)
    return ("", []) if gone else (latest, words)


def _elsewhere(state: State, word: OrderTold, delivery: Delivery) -> bool:
    """Tell whether the order's patient lies in another bed than the pump stands in: the pump has moved on."""
    if not delivery.place or word.encounter_id not in state.stays:
        return False
    place = _place_at(state, word.encounter_id, delivery.began)
    return bool(place) and place != delivery.place


def _may_be(ordered: Mapping[str, Any], pumped: Mapping[str, Any]) -> bool:
    """Tell whether a pump may be giving what was ordered: it names the same, or nothing."""
    if not pumped or not ordered:
        return True
    if "name" in ordered and "name" in pumped:
        return spelled(ordered["name"]) == spelled(pumped["name"])
    return bool(ordered.get("code") and ordered.get("code") == pumped.get("code"))


def _about(words: Iterable[OrderTold]) -> OrderTold:
    """Return the last word that says what the order is for."""
    about = [word for word in words if word.by == "pump" and not word.cancelled]
    return about[-1] if about else OrderTold("", 0.0, "")


def _stay_of_order(state: State, words: Iterable[OrderTold], began: float) -> str:
    stays: set[str] = set()
    for word in words:
        if word.encounter_id:
            stays.add(word.encounter_id)
        elif word.patient:
            stays.update(_there(state, state.stays_by_patient.of(word.patient), began))
    return _one(state, stays)


def _why_no_order(number: str, words: list[OrderTold]) -> str:
    if words:
        return "names no stay, or more than one"
    return "of OBR-2, not known" if number else "none named, none sent to the pump"


def _told(state: State, delivery: Delivery) -> tuple[str, str]:
    if delivery.encounter_id:
        return delivery.encounter_id, ""
    if not delivery.patient:
        return "", "PV1 and PID name nobody that is known"
    there = _there(state, state.stays_by_patient.of(delivery.patient), delivery.began)
    return _one(state, there), "the patient has no stay then, or more than one"


def _in_bed(state: State, delivery: Delivery) -> tuple[str, str]:
    if not delivery.place:
        return "", "PV1-3 names none"
    there = {
        encounter
        for encounter in state.stays_by_bed.of(delivery.place)
        if _place_at(state, encounter, delivery.began) == delivery.place
    }
    return _one(state, there), "two stays in it then" if len(there) > 1 else "no stay in it then"


def _there(state: State, encounters: Iterable[str], at: float) -> set[str]:
    return {encounter for encounter in encounters if _place_at(state, encounter, at) is not None}


def _place_at(state: State, encounter: str, at: float) -> str | None:
    """Return the bed of a stay at an instant, empty where it is not told; None where the patient was not there."""
    place: str | None = None
    for told_at, kind, told in sorted(state.stays[encounter].words):
        if kind == "never":
            return None
        if told_at > at or kind == "into":
            continue
        place = (told or place or "") if kind == "here" else None
    return None if any(kind == "never" for _, kind, _ in state.stays[encounter].words) else place


def _survivor(state: State, encounter: str) -> str:
    """Return the stay that one was merged into, at the end of every chain."""
    seen = {encounter}
    while encounter in state.stays:
        into = max(
            ((at, place) for at, kind, place in state.stays[encounter].words if kind == "into"), default=None
        )
        if into is None or into[1] in seen:
            break
        encounter = into[1]
        seen.add(encounter)
    return encounter


def _one(state: State, encounters: Iterable[str]) -> str:
    """Return the one stay these are, merges told; empty where there is none or more than one."""
    stays = set(encounters)
    if len(stays) > 1:
        stays = {_survivor(state, encounter) for encounter in stays}
    return stays.pop() if len(stays) == 1 else ""
