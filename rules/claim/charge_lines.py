"""Adds up what was earned into charge lines (R-DOS-4)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from hashlib import sha1
from uuid import UUID

from models.build import build
from models.charge import ChargeLine, ExpectedPayment, Reason, named, weakest_evidence
from rules.claim.expected import expected
from rules.claim.payment import PricedLine
from rules.tables.unchanged import unchanged_since
from rules.worksheet.sheet import Earned, Worksheet

NAMESPACE = UUID("6f6b7c1e-2a53-5c0e-9a3b-6d1f2f9f6c11")
"""The namespace of our ids alone, so that no id made in it meets anybody else's."""

RANK_ORDER = (
    "96413", "96415", "96417", "96409", "96411", "96416", "G0498", "96422", "96423", "96420", "96425",
    "96401", "96402", "96405", "96406", "96440", "96446", "96450", "96542", "96547", "96548",
    "96365", "96366", "96367", "96368", "C8957", "96369", "96370", "96371", "96374", "96375", "96376", "96373",
    "96372", "96377", "96380", "96381", "96360", "96361", "96521", "96522", "96523", "96549", "96379",
)  # fmt: skip
"""Every code this product can emit, in the order a claim lists them within a date."""

_SEVERAL = 2
"""Administrations from which on a reason says which of them it is about."""

_RANK = {code: rank for rank, code in enumerate(RANK_ORDER)}

_Key = tuple[date, int, tuple[str, ...], str]


_SEED = sha1(NAMESPACE.bytes, usedforsecurity=False)
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def stable_id(name: str) -> str:
    """Return ``uuid5(NAMESPACE, name)`` as text; written out for speed, because a set needs one for every line."""
    digest = _SEED.copy()
    digest.update(name.encode())
    text = digest.hexdigest()
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:32]}"


def line_id(encounter_id: str, code: str, on: date, modifiers: tuple[str, ...]) -> str:
    """Return the id of a line; the same in every revision, so that a later one replaces it in place."""
    apart = "\x1f".join(("", *modifiers)) if modifiers else ""
    return stable_id(f"{encounter_id}\x1f{code}\x1f{on.isoformat()}{apart}")


def _ids(entry: Earned) -> tuple[str, ...]:
    """Return the administrations an entry was earned by, each once."""
    if len(entry.administrations) == 1 and not entry.decided_ids:
        return (entry.administrations[0].id,)
    ids = [administration.id for administration in entry.administrations]
    return tuple(dict.fromkeys((*ids, *entry.decided_ids)))


def _merge(encounter_id: str, entries: list[Earned], payment: ExpectedPayment | None) -> ChargeLine:
    first = entries[0]
    if len(entries) == 1:
        ids = _ids(first)
        return ChargeLine(
            line_id(encounter_id, first.code, first.service_date, first.modifiers),
            first.code,
            first.units,
            first.modifiers,
            first.service_date,
            ids,
            first.minutes,
            first.evidence,
            first.reasons if len(ids) < _SEVERAL else _reasons(entries, ids),
            first.procedure_ids,
            payment,
        )
    counted: dict[str, int] = {}
    for entry in entries:
        if entry.minutes is not None and entry.administrations:
            counted.setdefault(entry.administrations[0].id, entry.minutes)
    ids = tuple(dict.fromkeys([name for entry in entries for name in _ids(entry)]))
    return ChargeLine(
        line_id(encounter_id, first.code, first.service_date, first.modifiers),
        first.code,
        sum(entry.units for entry in entries),
        first.modifiers,
        first.service_date,
        ids,
        sum(counted.values()) if counted else None,
        weakest_evidence(entry.evidence for entry in entries),
        _reasons(entries, ids),
        tuple(dict.fromkeys(name for entry in entries for name in entry.procedure_ids)),
        payment,
    )


def _reasons(entries: list[Earned], everyone: tuple[str, ...]) -> tuple[Reason, ...]:
    """Return the reasons of a line, each once; of several administrations each says which it is about."""
    told: dict[tuple[str, str], tuple[Reason, dict[str, None]]] = {}
    for entry in entries:
        ids = dict.fromkeys(_ids(entry))
        for reason in entry.reasons:
            told.setdefault((reason.rule, reason.says), (reason, {}))[1].update(ids)
    if len(everyone) < _SEVERAL:
        return tuple(reason for reason, _ in told.values())
    return tuple(_about(reason, tuple(ids), everyone) for reason, ids in told.values())


def _about(reason: Reason, ids: tuple[str, ...], everyone: tuple[str, ...]) -> Reason:
    """Return a reason with the administrations it is about, in its words too where they are not all of the line's."""
    says = reason.says if len(ids) == len(everyone) or not ids else f"{named(ids)}: {reason.says}"
    return Reason(reason.rule, says, reason.cites, ids)


def _priced(ordered: list[_Key], together: Mapping[_Key, Sequence[Earned]]) -> tuple[PricedLine, ...]:
    """
    Return what the amounts of these lines depend on.

    The lines of one day are priced on the first day of its schedules, so that the amounts of such a claim are worked out
    once and not for every day of the month. Those of several days keep them, for a day's lines reduce one another.
    """
    if not ordered:
        return ()
    first = ordered[0][0]
    since = unchanged_since(first) if first == ordered[-1][0] else None
    return tuple(
        [
            build(
                PricedLine,
                (key[3], since or key[0], sum([entry.units for entry in together[key]]), key[2]),
            )
            for key in ordered
        ]
    )


def _cents(payment: ExpectedPayment | None) -> int | None:
    return None if payment is None else payment.cents


def charge_lines(encounter_id: str, sheet: Worksheet) -> tuple[ChargeLine, ...]:
    """Return the lines, one per code, date and modifiers, by date and then in rank order."""
    together: dict[_Key, list[Earned]] = {}
    for earned in sheet.earned:
        key = (earned.service_date, _RANK[earned.code], earned.modifiers, earned.code)
        if key in together:
            together[key].append(earned)
        else:
            together[key] = [earned]
    ordered = sorted(together)
    priced = _priced(ordered, together)
    rural = sheet.policy.rural_sch == "yes"
    payments = expected(priced, sheet.setting, sheet.payer, sheet.facility_name, rural_sch=rural)
    lines = [
        _merge(encounter_id, together[key], payment) for key, payment in zip(ordered, payments, strict=True)
    ]
    if any("PO" in line.modifiers for line in priced):
        why = sheet.policy.because("rural_sch")
        others = expected(priced, sheet.setting, sheet.payer, sheet.facility_name, rural_sch=not rural)
        lines = [
            line
            if _cents(line.expected_payment) == _cents(other)
            else replace(line, reasons=(*line.reasons, why))
            for line, other in zip(lines, others, strict=True)
        ]
    return tuple(lines)
