"""
The one question of a held stay: each admissible answer with the codes, units and money it would give.

Every outcome is found by coding the stay with that answer and nothing else changed, never by reasoning about it. What
may be answered comes from ``rules.answers``; a stop that may be any instant is tried in each range of minutes that the
codes tell apart. Answers to one flag that come to the same stand together.
"""

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final, NamedTuple

from models.charge import ChargeSet, Flag, expected_cents
from models.encounter import Administration, Encounter, Flow
from models.review_item import AnswerOutcome, OutcomeLine
from rules.answers import Answer, answers, as_review
from rules.engine import Profile, code_encounter
from rules.parameter import NotInForceError
from rules.worksheet.service_dates import Calendar, first_date
from rules.worksheet.timing import Thresholds, thresholds

MOST_CODINGS: Final = 40
"""Codings spent on one stay: one with a hundred doubtful administrations must not hold up the others."""

LONGEST_H: Final = 8
"""Hours up to which an unknown stop is tried where no departure bounds it."""

TRIED: Final = {
    "drug.billing_class": ("therapeutic", "chemotherapy", "complex_biologic", "hydration", "vaccine"),
    "intent": ("treat", "hydrate", "kvo", "flush", "procedure"),
    "order_status": ("signed",),
    "technique": ("infusion", "push", "injection"),
    "prehospital": ("true", "false"),
    "indication": ("dehydration", "hypokalaemia"),
}
"""Words that are tried of a field; each other word, or reason of its kind, comes to the same as one of these."""

_RANGE: Final = re.compile(r"(\d+) to (\d+) minutes")
_STOP: Final = ("infusion_stopped", "occurred_at")
_CHARTED: Final = "administration_charted"
_KEY_REASON: Final = "key_reason_order_id"
_SITE: Final = "site_id"


class _Trial(NamedTuple):
    answer: Answer
    value: str | None
    encounter: Encounter


def outcomes(encounter: Encounter, profile: Profile, charge_set: ChargeSet) -> tuple[AnswerOutcome, ...]:
    """
    Return what each admissible answer would make of a stay, flag by flag; empty where nothing holds it.

    ``charge_set`` is the stay's own, coded under the same profile. An answer whose effect depends on what nobody can
    list, a start or free text, is in the flag's ``clears`` and not here.
    """
    found: list[AnswerOutcome] = []
    left = MOST_CODINGS
    for flag in charge_set.flags:
        if flag.severity != "block":
            continue
        together: dict[object, AnswerOutcome] = {}
        for trial in _trials(encounter, flag):
            if not left:
                break
            left -= 1
            coded = code_encounter(trial.encounter, profile).charge_set
            if _still_asks(flag, coded):
                continue
            outcome = _outcome(flag, trial, coded)
            key = (
                outcome.event, outcome.decision, outcome.code, outcome.field, outcome.status, outcome.lines,
                outcome.cents, outcome.still_held_by,
            )  # fmt: skip
            same = together.get(key)
            together[key] = (
                outcome if same is None else replace(same, values=_joined(same.values, outcome.values))
            )
        found += together.values()
    return tuple(found)


def _trials(encounter: Encounter, flag: Flag) -> Iterator[_Trial]:
    for answer in answers(flag):
        if answer.decision is not None:
            review = as_review(flag, answer, comparable_code="00000" if answer.compared else None)
            yield _Trial(answer, None, encounter._replace(reviews=(*encounter.reviews, review)))
        elif (answer.event, answer.field) == _STOP:
            for value, tried in _stops(encounter, flag):
                yield _Trial(answer, value, tried)
        else:
            for value, tried in _facts(encounter, flag, answer):
                yield _Trial(answer, value, tried)


def _facts(encounter: Encounter, flag: Flag, answer: Answer) -> Iterator[tuple[str, Encounter]]:
    """Yield each value of a field that can be listed, and the stay in which it is charted so."""
    field = answer.field or ""
    if field == _KEY_REASON:
        orders = {
            one.order_id
            for one in encounter.administrations
            if one.administration_id in flag.administration_ids and one.order_id
        }
        for order in sorted(orders):
            yield order, encounter._replace(key_reason_order_id=order)
        return
    if answer.event != _CHARTED:
        return
    if field == _SITE:
        sites = {one.site_id for one in encounter.administrations if one.site_id}
        for site in sorted(sites | {one.site_id for one in encounter.sites}):
            yield site, _charted(encounter, flag.administration_ids, field, site)
        return
    charted = [one for one in encounter.administrations if one.administration_id in flag.administration_ids]
    for value in TRIED.get(field, ()):
        if all(getattr(one, field, None) == value for one in charted):
            continue  # it is charted so, and it was asked all the same
        yield value, _charted(encounter, flag.administration_ids, field, value)


def _with_fact(one: Administration, field: str, value: str) -> Administration:
    changed: dict[str, Any] = {field: value == "true" if field == "prehospital" else value}
    if field == "drug.billing_class":
        drug = None if one.drug is None else one.drug.model_copy(update={"billing_class": value})
        changed = {"drug": drug}
    return one._replace(**changed)


def _stops(encounter: Encounter, flag: Flag) -> Iterator[tuple[str, Encounter]]:
    """Yield each range of minutes that the codes tell apart, and the stay in which the flow ended at its last minute."""
    names = set(flag.administration_ids)
    begun = [
        one.flows[-1].start
        for one in encounter.administrations
        if one.administration_id in names and one.flows
    ]
    if not begun:
        return
    try:
        limits = thresholds(first_date(encounter, Calendar(encounter)))
    except NotInForceError:
        return
    most = LONGEST_H * 60
    if encounter.departed_at is not None:
        most = max((encounter.departed_at - max(begun)) // 60, 0)
    first = 1
    for last in _range_ends(limits, most):
        yield f"{first} to {last} minutes", _stopped(encounter, names, last)
        first = last + 1


def _range_ends(limits: Thresholds, most: int) -> Iterable[int]:
    ends = [limits.infusion - 1, limits.hydration - 1]
    over = limits.hour + limits.added_over
    while over < most:
        ends.append(over)
        over += limits.hour
    return [*(end for end in ends if end < most), *((most,) if most else ())]


def _stopped(encounter: Encounter, names: Container[str], minutes: int) -> Encounter:
    """Return the stay in which the open last flow of these administrations ended so many minutes after it began."""
    return encounter._replace(
        administrations=tuple(
            _ended(one, minutes) if one.administration_id in names else one
            for one in encounter.administrations
        )
    )


def _ended(one: Administration, minutes: int) -> Administration:
    if not one.flows or one.flows[-1].stop is not None:
        return one
    start = one.flows[-1].start
    return one._replace(flows=(*one.flows[:-1], Flow(start, start + minutes * 60)))


def _charted(encounter: Encounter, names: Container[str], field: str, value: str) -> Encounter:
    """Return the stay in which a field of these administrations is charted so."""
    return encounter._replace(
        administrations=tuple(
            _with_fact(one, field, value) if one.administration_id in names else one
            for one in encounter.administrations
        )
    )


def _still_asks(flag: Flag, coded: ChargeSet) -> bool:
    """Tell whether the same question stands after the answer, so that it was none."""
    return any(
        one.severity == "block" and (one.flag, one.administration_ids) == (flag.flag, flag.administration_ids)
        for one in coded.flags
    )


def _joined(values: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    """Return values that come to the same, ranges of minutes that follow one another as one."""
    last, following = _RANGE.fullmatch(values[-1]), _RANGE.fullmatch(more[0])
    if last is None or following is None or int(last[2]) + 1 != int(following[1]):
        return values + more
    return (*values[:-1], f"{last[1]} to {following[2]} minutes", *more[1:])


def _outcome(flag: Flag, trial: _Trial, charge_set: ChargeSet) -> AnswerOutcome:
    answer = trial.answer
    return AnswerOutcome(
        flag.flag,
        flag.administration_ids,
        answer.event,
        answer.decision,
        answer.code,
        answer.field,
        () if trial.value is None else (trial.value,),
        answer.says,
        charge_set.status,
        tuple([OutcomeLine(line.code, line.modifiers, line.units) for line in charge_set.lines]),
        expected_cents(charge_set),
        tuple(sorted({one.flag for one in charge_set.flags if one.severity == "block"})),
    )
