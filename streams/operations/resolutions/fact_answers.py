"""
The answers that state a fact: each an ordinary event of the contract, with what a person has to say of it.

A fact is named by a key. What it offers depends on the stay: the accesses, orders and procedures that were charted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta, timezone
from typing import Final, NamedTuple, get_args
from zoneinfo import ZoneInfo

from models.charge import Flag
from models.drug import BillingClass, CodeSystem
from models.encounter import Administration
from models.field import Intent, StopReason, Technique
from streams.operations.resolutions.question import Answer, Choice, Need, NeedKind, Target
from streams.operations.resolutions.stay_context import StayContext, earliest_of

Needs = Callable[[StayContext, Flag], tuple[Need, ...] | None]
"""Makes the inputs of an answer; None where the stay or the flag leaves nothing to answer."""


class Fact(NamedTuple):
    """One kind of fact: the event that states it, what a person reads, and what is asked."""

    label: str
    event: str
    needs: Needs
    target: Target = "administration"
    fixed: Mapping[str, str] = {}
    states: tuple[str, ...] = ()
    """Fields that are stated beside those that are typed."""
    after_start: bool = False


def _words(values: Iterable[str]) -> tuple[Choice, ...]:
    return tuple(Choice(value, value.replace("_", " ")) for value in values)


def _one(
    name: str, kind: NeedKind, label: str, values: Iterable[str] = (), *, required: bool = True
) -> Needs:
    need = Need(name, kind, label, _words(values), required)
    return lambda _context, _flag: (need,)


def _nothing(_context: StayContext, _flag: Flag) -> tuple[Need, ...]:
    return ()


def _together(*parts: Needs) -> Needs:
    def needs(context: StayContext, flag: Flag) -> tuple[Need, ...] | None:
        made = [part(context, flag) for part in parts]
        return None if None in made else tuple(need for part in made if part for need in part)

    return needs


def _named(context: StayContext, flag: Flag) -> list[Administration]:
    return [
        one for one in context.encounter.administrations if one.administration_id in flag.administration_ids
    ]


def begins(context: StayContext, flag: Flag, *, last: bool = False) -> int | None:
    """Return when the first of a flag's administrations began, or the ``last`` stretch of their flow."""
    known = [
        flow.start
        for one in _named(context, flag)
        for flow in (one.flows or one.pump_flows)[-1 if last else 0 :][: None if last else 1]
    ]
    known += [one.given_at for one in _named(context, flag) if one.given_at is not None and not known]
    known += [at for one in _named(context, flag) if not known for at in one.touched[:1]]
    return (max if last else min)(known, default=None)


def _instant(name: str, label: str, side: str, *, last: bool = False, required: bool = True) -> Needs:
    def needs(context: StayContext, flag: Flag) -> tuple[Need, ...]:
        stay = context.encounter
        near, beside = begins(context, flag, last=last), side
        if near is None:
            near, beside = stay.arrived_at or stay.departed_at, "beside"
        return (
            Need(
                name, "instant", label, required=required, near=near, side=beside,  # type: ignore[arg-type] # one of three words, from this module alone
                earliest=earliest_of(context), latest=stay.departed_at,
            ),
        )  # fmt: skip

    return needs


def _of_the_stay(name: str, label: str, fact: str) -> Needs:
    def needs(context: StayContext, flag: Flag) -> tuple[Need, ...]:
        stay = context.encounter
        near = getattr(stay, fact) or begins(context, flag)
        need = Need(name, "instant", label, near=near)
        if fact == "departed_at":
            return (need._replace(earliest=earliest_of(context)),)
        return (need._replace(latest=stay.departed_at),)

    return needs


def _chosen(name: str, label: str, values: Callable[[StayContext, Flag], Sequence[Choice]]) -> Needs:
    def needs(context: StayContext, flag: Flag) -> tuple[Need, ...] | None:
        choices = tuple(values(context, flag))
        return (Need(name, "choice", label, choices),) if choices else None

    return needs


def _sites(context: StayContext, _flag: Flag) -> list[Choice]:
    kinds = {site.site_id: site.kind for site in context.encounter.sites}
    names = {one.site_id for one in context.encounter.administrations if one.site_id} | kinds.keys()
    return [Choice(name, f"{name} ({kinds[name]})" if kinds.get(name) else name) for name in sorted(names)]


def _orders(context: StayContext, flag: Flag) -> list[Choice]:
    given = _named(context, flag) or list(context.encounter.administrations)
    orders: dict[str, list[str]] = {}
    for one in given:
        if one.order_id:
            drug = one.drug.name if one.drug is not None and one.drug.name else one.administration_id
            orders.setdefault(one.order_id, []).append(drug)
    return [Choice(order, f"{order}: {', '.join(dict.fromkeys(orders[order]))}") for order in sorted(orders)]


def _procedures(context: StayContext, _flag: Flag) -> list[Choice]:
    return [
        Choice(one.procedure_id, f"{one.procedure_id} ({one.kind})") for one in context.encounter.procedures
    ]


def _procedures_or_none(context: StayContext, flag: Flag) -> list[Choice]:
    return [Choice("none", "no procedure"), *_procedures(context, flag)]


def _accounts(_context: StayContext, flag: Flag) -> list[Choice]:
    return [Choice(name, name) for name in str(flag.facts.get("encounter_ids", "")).split(", ") if name]


def _events(context: StayContext, flag: Flag) -> list[Choice]:
    zone = context.encounter.time_zone
    clock = ZoneInfo(zone) if zone else timezone(timedelta(seconds=context.encounter.utc_offset_s))
    return [
        Choice(
            entry.event_id,
            f"{entry.event.type.replace('_', ' ')} {entry.event.occurred_at.astimezone(clock):%Y-%m-%d %H:%M} "
            f"({entry.event_id})",
        )
        for name in flag.administration_ids
        for entry in context.behind.get(name, ())
    ]


def _conflicts(context: StayContext, flag: Flag) -> list[Choice]:
    told = str(flag.facts.get("event_ids", ""))
    names = told.split(", ") if told else context.encounter.conflicts
    return [Choice(name, name) for name in names if name]


_UNITS: Final = ("mg", "g", "mcg", "units", "mEq", "mL")
_STARTED: Final = _instant("started_at", "Start", "beside")
_STOPPED: Final = _instant("stopped_at", "Stop", "after")

FACTS: Final[Mapping[str, Fact]] = {
    "stop": Fact("It stopped at this time.", "infusion_stopped", _instant("occurred_at", "Stop", "after", last=True), after_start=True),
    "began": Fact("The infusion began at this time.", "infusion_started", _instant("occurred_at", "Start", "before")),
    "start": Fact("It was given, or began, at this time.", "administration_charted", _instant("started_at", "Start", "before")),
    "times": Fact("It ran from start to stop without a pause.", "administration_charted", _together(_STARTED, _STOPPED)),
    "stretches": Fact("It ran in these stretches.", "administration_charted", lambda context, flag: (
        Need("intervals", "intervals", "Stretches, such as 08:00-08:30, 08:45-09:30", near=begins(context, flag),
             earliest=earliest_of(context), latest=context.encounter.departed_at),)),
    "resumed": Fact("It went on at this time.", "infusion_resumed", _instant("occurred_at", "Resumed", "after", last=True)),
    "volume": Fact("Volume and rate give the stop.", "administration_charted", _together(
        _one("volume_ml", "number", "Volume in mL", required=False), _one("rate_ml_per_h", "number", "Rate in mL/h", required=False))),
    "planned": Fact("So many minutes were ordered.", "administration_charted", _one("planned_minutes", "whole", "Minutes ordered")),
    "stop_reason": Fact("The flow ended for this reason.", "administration_charted", _one(
        "stop_reason", "choice", "Why it ended", get_args(StopReason))),
    "route": Fact("The route was this.", "administration_charted", _one(
        "route", "text", "Route", ("IV", "SC", "IM", "IA", "IT"))),
    "technique": Fact("It was given so.", "administration_charted", _one("technique", "choice", "How", get_args(Technique))),
    "device": Fact("This pump gave it.", "administration_charted", _one("device_id", "text", "Pump's id")),
    "site": Fact("It went through this access.", "administration_charted", _chosen("site_id", "Access", _sites)),
    "site_removed": Fact("An access was out by then.", "access_removed", _together(
        _chosen("site_id", "Access", _sites), _instant("occurred_at", "Removed", "beside")), "site"),
    "site_reason": Fact("A second access was needed, and this is why.", "access_placed", _together(
        _chosen("site_id", "Access that was needed beside the other", _sites),
        _one("separate_site_reason", "text", "Why one access did not do")), "site"),
    "intent": Fact("It was given for this.", "administration_charted", _one("intent", "choice", "Intent", get_args(Intent))),
    "indication": Fact("This was the reason it was given.", "administration_charted", _one("indication", "text", "Reason, as charted")),
    "class": Fact("It is billed as this kind of drug.", "administration_charted", _one(
        "drug.billing_class", "choice", "Kind of drug", get_args(BillingClass))),
    "drug": Fact("The drug was this.", "administration_charted", _together(
        _one("drug.name", "text", "Name", required=False), _one("drug.code", "text", "Code", required=False),
        _one("drug.system", "choice", "Code system", get_args(CodeSystem), required=False))),
    "order": Fact("A signed order stands behind it.", "administration_charted", _nothing,
                  fixed={"order_status": "signed"}, states=("order_status",)),
    "procedure": Fact("It was part of this procedure, or of none.", "administration_charted", _chosen(
        "procedure_id", "Procedure", _procedures_or_none)),
    "procedure_ended": Fact("The procedure ended at this time.", "procedure_ended", _together(
        _chosen("procedure_id", "Procedure", _procedures), _instant("occurred_at", "Ended", "before")), "procedure"),
    "setup": Fact("A pump was set up for an infusion under the skin.", "procedure_started", _instant(
        "occurred_at", "Set up", "beside"), "procedure", {"kind": "subcutaneous_pump_setup"}, ("kind",)),
    "prehospital": Fact("It was begun before the hospital took over.", "administration_charted", _nothing,
                        fixed={"prehospital": "true"}, states=("prehospital",)),
    "arrived": Fact("The hospital took over at this time.", "encounter_updated", _of_the_stay(
        "arrived_at", "Arrival", "arrived_at"), "stay"),
    "departed": Fact("The patient left at this time.", "encounter_discharged", _of_the_stay(
        "occurred_at", "Departure", "departed_at"), "stay"),
    "key_reason": Fact("This order was the reason for the visit.", "encounter_updated", _chosen(
        "key_reason_order_id", "Order", _orders), "stay"),
    "research": Fact("It was not given in a trial.", "administration_charted", _nothing,
                     fixed={"research": "false"}, states=("research",)),
    "modifiers": Fact("The order has these modifiers.", "administration_charted", _one(
        "order_modifiers", "codes", "Modifiers, commas between")),
    "dose": Fact("The dose given was this.", "administration_charted", _together(
        _one("dose", "number", "Dose"), _one("dose_unit", "text", "Unit", ("mg", "g", "mcg", "units", "mEq", "mL")))),
    "wasted": Fact("So much of the container was thrown away.", "drug_wasted", _together(
        _one("amount", "number", "Amount, 0 for nothing"), _one("unit", "text", "Unit", _UNITS, required=False))),
    "ordered": Fact("So much was ordered, and given.", "administration_charted", _together(
        _one("ordered_dose", "number", "Dose ordered"), _one("ordered_dose_unit", "text", "Unit", _UNITS))),
    "measured": Fact("The patient's weight or body surface makes the dose.", "administration_charted", _together(
        _one("weight_kg", "number", "Weight in kg", required=False), _one("body_surface_m2", "number", "Body surface in square metres", required=False))),
    "lesions": Fact("So many lesions were injected.", "administration_charted", _one("lesion_count", "whole", "Lesions")),
    "complexity": Fact("Monitoring, training and supervision are documented.", "administration_charted", _nothing,
                       fixed={"complexity_documented": "true"}, states=("complexity_documented",)),
    "not_given": Fact("It was entered in error, refused, or not given.", "administration_voided", _nothing,
                      states=("administration_id",)),
    "void_event": Fact("One of its entries is wrong and is taken away.", "event_voided", _chosen(
        "voids_event_id", "Entry", _events), "event"),
    "void_refused": Fact("The refused event was entered in error.", "event_voided", lambda _context, flag: (
        () if "refusal_id" in flag.facts else None), "event", {"voids_event_id": "refusal_id"}, ("voids_event_id",)),
    "void_conflict": Fact("Both contents of this id are taken away.", "event_voided", _chosen(
        "voids_event_id", "Event", _conflicts), "event"),
    "withdraw": Fact("The decision is taken back.", "event_voided", lambda _context, flag: (
        () if "event_id" in flag.facts else None), "event", {"voids_event_id": "event_id"}, ("voids_event_id",)),
    "merged": Fact("The two accounts are one stay; this one's events belong to the other.", "encounter_merged", _chosen(
        "into_encounter_id", "Account that stays", _accounts), "stay"),
    "follows": Fact("The patient had left, and came back.", "encounter_updated", _chosen(
        "follows_encounter_id", "Earlier account", _accounts), "stay"),
}  # fmt: skip
"""By key, in no order of their own."""

_TIMED: Final = frozenset(
    {"stop", "began", "start", "times", "stretches", "resumed", "dose", "ordered", "drug", "class", "wasted"}
)
"""Facts of one administration: where a flag names several, one has to be chosen."""


def fact_answer(key: str, context: StayContext, flag: Flag) -> Answer | None:
    """Return an answer that states a fact, as a stay offers it for a flag; None where there is nothing to choose."""
    fact = FACTS[key]
    needs = fact.needs(context, flag)
    if needs is None or (fact.target == "administration" and not flag.administration_ids):
        return None
    if fact.target == "administration" and len(flag.administration_ids) > 1:
        needs = (_which(context, flag, every=key not in _TIMED), *needs)
    fixed = {
        name: str(flag.facts[value]) if fact.event == "event_voided" else value
        for name, value in fact.fixed.items()
    }
    states = (*fact.states, *(need.name for need in needs if need.name != "administration_id"))
    not_before = begins(context, flag, last=True) if fact.after_start else None
    return Answer(key, fact.label, fact.event, needs, states, fact.target, fixed=fixed, not_before=not_before)


def _which(context: StayContext, flag: Flag, *, every: bool) -> Need:
    drugs = {one.administration_id: one.drug.name for one in _named(context, flag) if one.drug is not None}
    choices = [
        Choice(name, f"{name} ({drugs[name]})" if drugs.get(name) else name)
        for name in flag.administration_ids
    ]
    if every:
        choices.append(Choice("*", "each of them"))
    return Need("administration_id", "choice", "Which one", tuple(choices))
