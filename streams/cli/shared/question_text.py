"""Questions, answers and what they do in words: rows of a table, and a stay in full."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from models.charge import ChargeSet, expected_cents
from models.review_item import AnswerOutcome
from streams.cli.shared.money import dollars, signed
from streams.cli.shared.stay_rows import Cells
from streams.operations.resolutions.audit import AuditRow
from streams.operations.resolutions.effect import Effect, LineEffect
from streams.operations.resolutions.question import Answer, Question
from streams.wire.instant_text import rfc3339

QUESTION_HEAD: Final[Cells] = ("ENCOUNTER", "ITEM", "REV", "USD", "SEVERITY", "FLAG", "QUESTION", "ANSWERS")
AUDIT_HEAD: Final[Cells] = (
    "ENTERED", "ENCOUNTER", "WHO", "EVENT", "SAID", "CHANGED", "USD", "TAKEN BACK", "EVENT ID", "WHY",
)  # fmt: skip
AUDIT_COLUMNS: Final[Cells] = (
    "entered_at", "encounter_id", "who", "event", "said", "status_before", "status_after", "changed", "net_usd",
    "taken_back_by", "event_id", "why",
)  # fmt: skip

SHORT: Final = 8
"""Characters of an item's id that a table shows; a verb takes any beginning that only one item has."""


def question_row(question: Question, charge_set: ChargeSet) -> Cells:
    """Return a question as one row under ``QUESTION_HEAD``."""
    return (
        question.encounter_id,
        question.item_id[:SHORT],
        str(question.revision),
        dollars(expected_cents(charge_set)),
        question.severity,
        question.flag,
        question.text,
        " ".join(answer.key for answer in question.answers) or "-",
    )


def question_fields(question: Question, outcomes: Mapping[str, Sequence[AnswerOutcome]]) -> dict[str, Any]:
    """Return a question for a machine, each answer with what it needs and what it would give."""
    told = question._asdict()
    del told["basis"]
    told["answers"] = [
        {
            "key": answer.key,
            "label": answer.label,
            "event": answer.event,
            "decision": answer.decision,
            "code": answer.code,
            "needs": [
                {
                    "name": need.name,
                    "kind": need.kind,
                    "label": need.label,
                    "required": need.required,
                    "choices": [choice.value for choice in need.choices],
                }
                for need in answer.needs
            ],
            "outcomes": outcomes.get(answer.key, ()),
        }
        for answer in question.answers
    ]
    return told


def question_lines(question: Question, outcomes: Mapping[str, Sequence[AnswerOutcome]]) -> Iterator[str]:
    """Yield a question in full: what is asked, why, and each answer with its inputs and what it would give."""
    yield f"{question.flag}  {question.severity}  item {question.item_id[:SHORT]}"
    yield f"  {question.text}"
    yield f"  {question.says} {question.suggestion}"
    for number, answer in enumerate(question.answers, 1):
        yield f"  {number}. {answer.key:12} {answer.label}{_needs(answer)}"
        for outcome in outcomes.get(answer.key, ()):
            yield f"       {outcome_text(outcome)}"


def _needs(answer: Answer) -> str:
    if not answer.needs:
        return ""
    told = []
    for need in answer.needs:
        name = need.name if need.required else f"[{need.name}]"
        some = "|".join(choice.value for choice in need.choices[:6])
        more = "|…" if len(need.choices) > 6 else ""  # noqa: PLR2004 - as many as stand above
        told.append(f"{name}={some}{more}" if some else name)
    return f"  ({', '.join(told)})"


def outcome_text(outcome: AnswerOutcome) -> str:
    """Return what an answer would give: for which values, the codes, the money, and what would still hold the stay."""
    codes = " ".join(
        "-".join((line.code, *line.modifiers)) + (f"x{line.units}" if line.units != 1 else "")
        for line in outcome.lines
    )
    when = f"{', '.join(outcome.values)}: " if outcome.values else ""
    held = f", still held by {' '.join(outcome.still_held_by)}" if outcome.still_held_by else ""
    return f"{when}{codes or 'no code'}, {dollars(outcome.cents)} USD{held}"


def effect_lines(encounter_id: str, effect: Effect) -> Iterator[str]:
    """Yield what an answer does to a stay: its standing, each line that changes, and the money that is released."""
    before, after = effect.before, effect.after
    held = f" by {' '.join(after.held_by)}" if after.status == "held" else ""
    yield f"{encounter_id}  {before.status} -> {after.status}{held}"
    for line in effect.changes:
        yield f"  {line.service_date}  {change_text(line)}  {signed(line.cents_after - line.cents_before)} USD"
    if not effect.changes:
        yield "  no line changes"
    if effect.flags_new:
        yield f"  asked then: {' '.join(effect.flags_new)}"
    released = f"{dollars(before.released_cents)} -> {dollars(after.released_cents)}"
    yield f"  released {released} USD ({signed(effect.net_cents)}) of expected payment"


def change_text(line: LineEffect) -> str:
    """Return a line that changes, as 96365 x0->1."""
    return f"{'-'.join((line.code, *line.modifiers))} x{line.units_before}->{line.units_after}"


def audit_row(row: AuditRow) -> Cells:
    """Return an answer that was given as one row under ``AUDIT_HEAD``."""
    return (
        rfc3339(row.at),
        row.encounter_id,
        row.who or "-",
        row.event,
        _said(row.said) or "-",
        _changed(row.effect) or "-",
        "-" if row.effect is None else signed(row.effect.net_cents),
        row.taken_back_by or "-",
        row.event_id,
        row.why or "-",
    )


def audit_cells(row: AuditRow) -> Cells:
    """Return an answer that was given as a spreadsheet row under ``AUDIT_COLUMNS``."""
    effect = row.effect
    return (
        rfc3339(row.at),
        row.encounter_id,
        row.who,
        row.event,
        _said(row.said),
        "" if effect is None else effect.before.status,
        "" if effect is None else effect.after.status,
        _changed(effect),
        "" if effect is None else signed(effect.net_cents).replace(",", ""),
        row.taken_back_by or "",
        row.event_id,
        row.why,
    )


def audit_fields(row: AuditRow) -> dict[str, Any]:
    """Return an answer that was given for a machine."""
    told = row._asdict()
    told["at"] = datetime.fromtimestamp(row.at, UTC).isoformat().replace("+00:00", "Z")
    if row.effect is not None:
        told["effect"] = {
            "status_before": row.effect.before.status,
            "status_after": row.effect.after.status,
            "net_cents": row.effect.net_cents,
            "lines": [line._asdict() for line in row.effect.changes],
        }
    return told


def _said(said: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={_plain(value)}" for name, value in said.items())


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return _said(value)
    if isinstance(value, list):
        return ",".join(map(_plain, value))
    return str(value)


def _changed(effect: Effect | None) -> str:
    return "" if effect is None else _joined(change_text(line) for line in effect.changes)


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(parts)
