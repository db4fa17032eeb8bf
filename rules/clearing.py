"""
What clears each flag that can hold a set: the event that says what is missing, or a person's decision.

``accept`` lets stand what is charted or shown; ``attest`` vouches for proof that no event carries; ``code`` reports a
code no clock can earn; ``no_code`` bills nothing for it and releases the rest; ``dismiss`` sets the question aside. No
decision makes up a time, and none overrides an edit that may not be overridden: there only ``no_code`` is admitted.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final, NamedTuple

from models.charge import Clears
from models.field import ReviewDecision


class Clearing(NamedTuple):
    """
    What clears one kind of flag.

    ``says`` are events, each with the fields that say it (``type: field, field``); a dot leads into the drug.
    ``decisions`` tell what each admitted decision does; ``codes`` are those that the decision code may name.
    ``rests_on`` names the fields of the stay that the question rests on beside what is charted of its administrations.
    """

    says: tuple[str, ...]
    decisions: Mapping[ReviewDecision, str]
    codes: tuple[str, ...] = ()
    rests_on: tuple[str, ...] = ()


EVERY_CLAIM: Final = ("setting", "payer", "facility")
"""Fields of the stay that every question rests on: they decide which rules and edits it is asked by."""

BESIDE: Final = "administrations beside"
"""Stands in ``rests_on`` for what flowed at the same time."""

COMPARED: Final = frozenset({"96379", "96549"})
"""Unlisted codes, which need a comparable code (R-UNL-1)."""

REFUSED: Final = "F-REFUSED_EVENT"
"""The flag of events without a time of their own: an answer names them, it does not count on their moment."""

NAMES_A_CODE: Final = frozenset({"F-MUE", "F-NCCI", "F-ADDON_PRIMARY", "F-ADDON_DATE"})
"""Flags about a code of the claim: a decision's code tells which, where several are asked about."""

_NOT_BILLED: Final[dict[ReviewDecision, str]] = {
    "no_code": "These administrations are not billed; the rest is released."
}
_CHARTED: Final[dict[ReviewDecision, str]] = {"accept": "It was as charted, and is coded so.", **_NOT_BILLED}
_NO_DRUG: Final[dict[ReviewDecision, str]] = {"no_code": "The drug is not billed; its administration is."}
_UNLISTED: Final[dict[ReviewDecision, str]] = {
    "code": "The code is reported, one unit; an unlisted one with its comparable code."
}
_TIMES: Final = "administration_charted: started_at, stopped_at, intervals"

CLEARING: Final[Mapping[str, Clearing]] = {
    "F-MISSING_STOP": Clearing(
        ("infusion_stopped: occurred_at", "administration_charted: stopped_at, volume_ml, rate_ml_per_h"),
        _NOT_BILLED,
        rests_on=("departed_at", "inpatient_ordered_at"),
    ),
    "F-MISSING_START": Clearing(
        ("infusion_started: occurred_at", "administration_charted: started_at"), _NOT_BILLED
    ),
    "F-NEGATIVE_DURATION": Clearing((_TIMES,), _NOT_BILLED),
    "F-TOO_LONG": Clearing((_TIMES, "administration_charted: planned_minutes"), _CHARTED),
    "F-FUTURE_TIME": Clearing(("event_voided: voids_event_id",), _CHARTED),
    "F-OVERLAP_SELF": Clearing((_TIMES, "event_voided: voids_event_id"), _NOT_BILLED),
    "F-VOLUME_MISMATCH": Clearing(
        (_TIMES, "administration_charted: volume_ml, rate_ml_per_h"),
        _CHARTED,
    ),
    "F-PUMP_MAR_MISMATCH": Clearing(
        (_TIMES,), {"accept": "The nurse's record is right and billed.", **_NOT_BILLED}
    ),
    "F-PAUSE_OPEN": Clearing(
        ("infusion_resumed: occurred_at", _TIMES),
        {"accept": "The flow ended at the pause, and is coded so.", **_NOT_BILLED},
    ),
    "F-ROUTE_CONFLICT": Clearing(
        ("administration_charted: route, technique, device_id", "procedure_started: kind"), _CHARTED
    ),
    "F-REFUSED_EVENT": Clearing(
        ("event_voided: voids_event_id",),
        {"dismiss": "The stay is complete without the refused event."},
    ),
    "F-PREARRIVAL": Clearing(
        ("administration_charted: prehospital", "encounter_updated: arrived_at"),
        {"attest": "It was given here, and is coded.", **_NOT_BILLED},
        rests_on=("arrived_at",),
    ),
    "F-SITE_UNKNOWN": Clearing(
        ("administration_charted: site_id", "access_removed: site_id"), _NOT_BILLED, rests_on=("sites",)
    ),
    "F-MULTI_INITIAL": Clearing(
        (_TIMES, "administration_voided: administration_id"),
        {
            "accept": "Each initial service stands, on proof the reason names.",
            "no_code": "One initial service stays, the best ranked or all but the decision's code; the rest is released.",
        },
        rests_on=("sites", "follows_encounter_id"),
    ),
    "F-KEY_REASON": Clearing(
        ("encounter_updated: key_reason_order_id",),
        {"accept": "The best ranked service leads."},
        rests_on=("key_reason_order_id",),
    ),
    "F-CHEMO_CONCURRENT": Clearing(
        (_TIMES, "code_decided: code, comparable_code"),
        {**_UNLISTED, **_NOT_BILLED},
        ("96549",),
        rests_on=(BESIDE,),
    ),
    "F-HYD_NECESSITY": Clearing(("administration_charted: indication, intent",), _NOT_BILLED),
    "F-CLASS_UNKNOWN": Clearing(
        (
            "administration_charted: drug.billing_class",
            "administration_charted: drug.name, drug.code, indication, intent",
        ),
        _NOT_BILLED,
    ),
    "F-PROCEDURE_WINDOW": Clearing(
        ("administration_charted: intent, indication, procedure_id", "procedure_ended: occurred_at"),
        {
            "accept": "It is as shown: separate work where a line is shown, part of the procedure where none is.",
            **_NOT_BILLED,
        },
        rests_on=("procedures",),
    ),
    "F-PCA": Clearing(
        ("administration_charted: technique", "code_decided: code, comparable_code"),
        {"attest": "A basal rate ran and is coded as an infusion.", **_UNLISTED, **_NOT_BILLED},
        ("96379",),
    ),
    "F-UNLISTED": Clearing(
        (
            "administration_charted: route, lesion_count, planned_minutes",
            "code_decided: code, comparable_code",
        ),
        {**_UNLISTED, **_NOT_BILLED},
        ("96379", "96549", "96405", "96406"),
    ),
    "F-MUE": Clearing(
        (_TIMES, "administration_voided: administration_id"),
        {
            "accept": "The units were needed and stand, to be paid on the record.",
            "no_code": "The units over the limit are not billed; the rest is released.",
        },
    ),
    "F-NCCI": Clearing(
        (_TIMES, "administration_voided: administration_id"),
        {
            "attest": "The services were separate: the column 2 code gets modifier 59.",
            "no_code": "The column 2 code is not billed; the rest is released.",
        },
    ),
    "F-ADDON_PRIMARY": Clearing(
        (_TIMES, "administration_voided: administration_id"),
        {"no_code": "The add-on code is not billed; the rest is released."},
    ),
    "F-ADDON_DATE": Clearing(
        (_TIMES, "administration_voided: administration_id"),
        {"no_code": "The add-on code of that date is not billed; the rest is released."},
    ),
    "F-NO_ORDER": Clearing(
        ("administration_charted: order_status",),
        {"attest": "An authenticated order was seen.", **_NOT_BILLED},
    ),
    "F-UNSIGNED_ORDER": Clearing(
        ("administration_charted: order_status",), {"attest": "The signed order was seen.", **_NOT_BILLED}
    ),
    "F-IMPLAUSIBLE_PUSH": Clearing((_TIMES, "administration_charted: route, technique"), _CHARTED),
    "F-AFTER_DEPARTURE": Clearing(
        (_TIMES, "encounter_discharged: occurred_at", "event_voided: voids_event_id"),
        _NOT_BILLED,
        rests_on=("departed_at",),
    ),
    "F-NOT_IN_FORCE": Clearing(
        (_TIMES,), {"no_code": "Nothing is billed from here: the stay is coded by hand."}
    ),
    "F-THROMBOLYSIS": Clearing(("administration_charted: indication, intent",), _NOT_BILLED),
    "F-RESEARCH": Clearing(
        ("administration_charted: order_modifiers, research",),
        {"accept": "It is billed as shown, without Q0 or Q1."},
    ),
    "F-DRUG_DOSE": Clearing(
        (
            "administration_charted: dose, dose_unit, ordered_dose, ordered_dose_unit, weight_kg, body_surface_m2",
        ),
        _NO_DRUG,
    ),
    "F-DRUG_CODE": Clearing(("administration_charted: drug.name, drug.code, drug.system",), _NO_DRUG),
}
"""By flag, in the order of ``rules.flags``; a flag that never holds a set is not in it."""

_WITHHELD: Final[Mapping[str, tuple[str, int | str, ReviewDecision]]] = {
    "F-MUE": ("indicator", 2, "accept"),
    "F-NCCI": ("indicator", 0, "attest"),
    "F-ROUTE_CONFLICT": ("route", "IM", "accept"),
}
"""The fact and its value that withhold a decision: edits no modifier and no appeal can pass; what cannot be."""


def admitted(flag: str, facts: Mapping[str, str | int]) -> Mapping[ReviewDecision, str]:
    """Return what a flag with these facts may be answered, and what each answer does; a decision no law forbids."""
    clearing = CLEARING.get(flag)
    if clearing is None:
        return {}
    withheld = _withheld(flag, facts)
    if withheld is None:
        return clearing.decisions
    return {decision: does for decision, does in clearing.decisions.items() if decision != withheld}


def _withheld(flag: str, facts: Mapping[str, str | int]) -> ReviewDecision | None:
    """Return the decision that the facts of a flag forbid; mostly none."""
    if flag not in _WITHHELD:
        return None
    fact, value, withheld = _WITHHELD[flag]
    return withheld if facts.get(fact) == value else None


def clears(flag: str, facts: Mapping[str, str | int]) -> tuple[Clears, ...]:
    """Return what clears a flag with these facts: events first, then ``review_decided``."""
    return _ways(flag, _withheld(flag, facts)) if flag in CLEARING else ()


@cache
def _ways(flag: str, withheld: ReviewDecision | None) -> tuple[Clears, ...]:
    """Return what clears a flag but for one decision: two answers a flag at most, and every charge set shares them."""
    clearing = CLEARING[flag]
    ways = []
    for way in clearing.says:
        event, _, fields = way.partition(": ")
        ways.append(Clears(event, tuple(fields.split(", "))))
    decisions = tuple(decision for decision in clearing.decisions if decision != withheld)
    return (*ways, Clears("review_decided", (), decisions, clearing.codes))


def in_words(ways: Iterable[Clears]) -> str:
    """Return ways to clear a flag in one line: events with the fields that say it, then the decisions."""
    told: dict[str, list[str]] = {}
    for way in ways:
        decisions = [
            f"code {' or '.join(way.codes)}" if decision == "code" and way.codes else decision
            for decision in way.decisions
        ]
        told.setdefault(way.event, []).extend((*way.fields, *decisions))
    return "; ".join(f"{event} ({', '.join(dict.fromkeys(words))})" for event, words in told.items())
