"""
The lines of a stay once a person's answers to the claim edits are entered (R-REV-1).

An edit never changes a line by itself. Where a person answered its flag, ``accept`` lets the lines stand, ``attest`` of a
pair puts the modifier on that sets column 2 apart, and ``no_code`` takes off what the edit forbids: the units over the
limit, the column 2 code, the orphaned add-on code, the initial services beyond the first. What is taken off stands in
``not_billed``, and the edits are run again on the rest.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from models.charge import ChargeLine, Flag
from models.encounter import Review
from rules.claim.charge_lines import RANK_ORDER, charge_lines
from rules.claim.claim_edits import EditViolation, codes_by_list, violated
from rules.coding.modifiers import BYPASSING
from rules.coding.pumps import PUMP_STARTS
from rules.worksheet.reviews import answered, because, refuses, said
from rules.worksheet.sheet import Earned, Worksheet

_FORBIDDEN: Final = (
    "No override of this edit is possible: no_code takes off what is too much and releases the rest."
)


class _Cut(NamedTuple):
    """Units to take off a line."""

    line: ChargeLine
    units: int


def settled_lines(encounter_id: str, sheet: Worksheet) -> tuple[tuple[ChargeLine, ...], list[Flag]]:
    """Return the lines of what was earned, and the flags of the edits they violate, answered or not."""
    for review, ids in sheet.decided:
        _say(sheet, review, ids)
    lines = charge_lines(encounter_id, sheet)
    found = violated(lines, sheet.policy, sheet.earned) if lines else []
    if sheet.reviews is None or not found:
        return lines, [_worded(flag) for _, flag in found]
    told: list[Flag] = []
    asked: set[tuple[object, ...]] = set()
    standing: set[tuple[object, ...]] = set()
    while fresh := [(violation, flag) for violation, flag in found if _name(flag) not in asked]:
        violation, flag = fresh[0]
        asked.add(_name(flag))
        answer = sheet.reviews.answer(flag)
        if answer is None:
            continue
        told.append(answered(flag, answer))
        if answer.decision == "no_code":
            _note_the_list(sheet, flag, lines)
            _take_off(sheet, _excess(violation, flag, answer, lines), answer)
        else:
            standing.add(_name(flag))
        _tell(sheet, violation, flag, answer, lines)
        lines = charge_lines(encounter_id, sheet)
        found = violated(lines, sheet.policy, sheet.earned) if lines else []
    return lines, [*told, *(_worded(flag) for _, flag in found if _name(flag) not in standing)]


def _note_the_list(sheet: Worksheet, flag: Flag, lines: Sequence[ChargeLine]) -> None:
    """Note that the list of primaries decided, where an add-on code is taken off that stands by the other list (P-22)."""
    code = flag.facts.get("code")
    by_list = codes_by_list(frozenset(line.code for line in lines), lines[0].service_date)
    if flag.flag.startswith("F-ADDON") and code in by_list:
        sheet.decided_by("add_on_primary_list", flag.administration_ids)


def _name(flag: Flag) -> tuple[object, ...]:
    """Return what tells one question about the lines from another, whatever else was settled meanwhile."""
    return (flag.flag, flag.administration_ids, flag.says)


def _worded(flag: Flag) -> Flag:
    """Return a flag that says so where no decision can pass its edit."""
    review = next((way for way in flag.clears if way.event == "review_decided"), None)
    if review is None or set(review.decisions) != {"no_code"}:
        return flag
    return replace(flag, suggestion=f"{flag.suggestion} {_FORBIDDEN}")


def _say(sheet: Worksheet, review: Review, ids: Iterable[str]) -> None:
    """Put who decided, when and why on everything earned by the administrations that a flag named."""
    if review.decision == "code":
        return  # the code it earned says so already
    named = frozenset(ids)
    _reason(sheet, review, lambda earned: not named.isdisjoint(_ids(earned)))


def _reason(sheet: Worksheet, review: Review, about: Callable[[Earned], bool]) -> None:
    reason = because(review)
    sheet.earned = [
        earned._replace(reasons=(*earned.reasons, reason)) if about(earned) else earned
        for earned in sheet.earned
    ]


def _ids(earned: Earned) -> tuple[str, ...]:
    return (*(administration.id for administration in earned.administrations), *earned.decided_ids)


def _of(line: ChargeLine, earned: Earned) -> bool:
    return (earned.code, earned.service_date, earned.modifiers) == (
        line.code,
        line.service_date,
        line.modifiers,
    )


def _tell(
    sheet: Worksheet, violation: EditViolation, flag: Flag, review: Review, lines: Sequence[ChargeLine]
) -> None:
    """Say on what is left of a violation's lines who decided; part a pair that was attested to be separate."""
    about = [lines[place] for place in violation.lines]
    _reason(sheet, review, lambda earned: any(_of(line, earned) for line in about))
    if review.decision != "attest":
        return
    apart = [line for line in about if line.code == flag.facts["column2"]]
    sheet.earned = [
        earned._replace(modifiers=("59", *earned.modifiers))
        if any(_of(line, earned) for line in apart) and BYPASSING.isdisjoint(earned.modifiers)
        else earned
        for earned in sheet.earned
    ]


def _excess(violation: EditViolation, flag: Flag, review: Review, lines: Sequence[ChargeLine]) -> list[_Cut]:
    """Return the units that an edit does not allow."""
    about = [lines[place] for place in violation.lines]
    facts = flag.facts
    match flag.flag:
        case "F-MUE":
            over = int(facts["units"]) - int(facts["limit"])
            cuts = []
            for line in reversed(about):
                cuts.append(_Cut(line, min(over, line.units)))
                over -= cuts[-1].units
            return cuts
        case "F-NCCI":
            return [_Cut(line, line.units) for line in about if line.code == facts["column2"]]
        case "F-MULTI_INITIAL":
            return _initials_too_many(about, review)
        case _:
            return [_Cut(line, line.units) for line in about]


def _initials_too_many(about: Sequence[ChargeLine], review: Review) -> list[_Cut]:
    """Return all units but the best ranked line's first, or those of the code that the decision names."""
    if review.code is not None:
        return [_Cut(line, line.units) for line in about if line.code == review.code]
    if pumped := [line for line in about if line.code in PUMP_STARTS]:
        return [_Cut(line, line.units) for line in pumped]
    best, *others = sorted(about, key=lambda line: (RANK_ORDER.index(line.code), line.service_date))
    return [_Cut(best, best.units - 1), *(_Cut(line, line.units) for line in others)]


def _take_off(sheet: Worksheet, cuts: Iterable[_Cut], review: Review) -> None:
    """Take units off what was earned, the latest first; say of their administrations that they are not billed."""
    for line, units in cuts:
        left = units
        for index in range(len(sheet.earned) - 1, -1, -1):
            earned = sheet.earned[index]
            if not left or not _of(line, earned):
                continue
            off = min(left, earned.units)
            left -= off
            sheet.earned[index] = earned._replace(units=earned.units - off)
            says = f"{off} unit{'s' if off != 1 else ''} of {line.code}: {said(review)}"
            sheet.refused += [refuses(review, name, says) for name in dict.fromkeys(_ids(earned))]
    gone = [earned for earned in sheet.earned if not earned.units]
    sheet.earned = [earned for earned in sheet.earned if earned.units]
    kept = {(name, earned.code) for earned in sheet.earned for name in _ids(earned)}
    taken = {(name, earned.code) for earned in gone for name in _ids(earned)} - kept
    sheet.marks = [
        mark for mark in sheet.marks if not all((one.id, mark[2]) in taken for one in mark[0]) or not taken
    ]
