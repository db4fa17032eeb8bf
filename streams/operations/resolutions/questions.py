"""The open items of review of a charge set, each as one question with its answers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from models.charge import ChargeSet, Flag
from models.event import Event
from models.review_item import AnswerOutcome
from rules.answers import REVIEW
from rules.clearing import CLEARING, COMPARED, NAMES_A_CODE, admitted
from streams.operations.resolutions.fact_answers import fact_answer
from streams.operations.resolutions.flag_questions import ASKED
from streams.operations.resolutions.question import Answer, Need, Question
from streams.operations.resolutions.stay_context import StayContext, basis_of, context_of

OPEN: Final = ("block", "warn")
"""Weights of flags that wait for a person, those that hold the set first."""

_TELLS_APART: Final = ("code", "column1", "column2", "refusal_id", "event_id")
"""Facts that tell one flag from another of its id about the same administrations."""

_NAMED: Final = 3


def questions_of(charge_set: ChargeSet, events: Sequence[Event] = ()) -> tuple[Question, ...]:
    """
    Return each open item of review of a charge set as one question: what holds it first, then what warns.

    ``events`` are those of the stay and of stays merged with it, in any order. Without them, where they are kept no
    longer, a question has the answers that need nothing of them.
    """
    context = context_of(charge_set.encounter_id, events)
    basis = basis_of(charge_set, context)
    questions, taken = [], set[str]()
    for flag in sorted(
        charge_set.flags, key=lambda one: OPEN.index(one.severity) if one.severity in OPEN else 9
    ):
        if flag.severity not in OPEN:
            continue
        item_id = _item_id(charge_set.encounter_id, flag, taken)
        questions.append(
            Question(
                item_id,
                charge_set.encounter_id,
                charge_set.charge_set_id,
                charge_set.revision,
                flag.flag,
                flag.severity,
                flag.administration_ids,
                question_text(flag, context),
                flag.says,
                flag.suggestion,
                flag.facts,
                tuple(_answers(context, flag)),
                basis,
            )
        )
    return tuple(questions)


def question_text(flag: Flag, context: StayContext) -> str:
    """Return the one question of a flag in a sentence that names what it is about."""
    drugs = {
        one.administration_id: one.drug.name
        for one in context.encounter.administrations
        if one.drug is not None and one.drug.name
    }
    names = [f"{drugs[name]} ({name})" if name in drugs else name for name in flag.administration_ids]
    if len(names) > _NAMED:
        names = [*names[: _NAMED - 1], f"{len(names) - _NAMED + 1} more"]
    what = ", ".join(names[:-1]) + (" and " if names[:-1] else "") + names[-1] if names else "the stay"
    return ASKED[flag.flag].text.format(what=what)


def outcomes_by_answer(
    question: Question, outcomes: Iterable[AnswerOutcome]
) -> Mapping[str, tuple[AnswerOutcome, ...]]:
    """
    Return what the review item says that each answer would give, by the answer's key.

    An answer that needs a figure has one outcome for each range or word that comes to something else.
    """
    about = (question.flag, question.administration_ids)
    mine = [one for one in outcomes if (one.flag, one.administration_ids) == about]
    return {
        answer.key: tuple(
            one
            for one in mine
            if (one.decision, one.code) == (answer.decision, answer.code)
            and (one.decision is not None or (one.event == answer.event and one.field in answer.states))
        )
        for answer in question.answers
    }


def _answers(context: StayContext, flag: Flag) -> Iterable[Answer]:
    """Return facts first, for they are the better answers, then what may be decided without one."""
    for key in ASKED[flag.flag].facts:
        answer = fact_answer(key, context, flag)
        if answer is not None:
            yield answer
    for decision, does in admitted(flag.flag, flag.facts).items():
        if decision == "code":
            for code in CLEARING[flag.flag].codes:
                needs = (Need("comparable_code", "code", "Comparable code"),) if code in COMPARED else ()
                yield Answer(
                    f"code-{code}", f"Report {code}, one unit.", REVIEW, needs, target="decision",
                    decision="code", code=code,
                )  # fmt: skip
        else:
            about = flag.facts.get("column2", flag.facts.get("code")) if flag.flag in NAMES_A_CODE else None
            yield Answer(
                decision, does, REVIEW, target="decision", decision=decision,
                fixed={} if about is None else {"code": str(about)},
            )  # fmt: skip


def _item_id(encounter_id: str, flag: Flag, taken: set[str]) -> str:
    facts = [f"{name}={flag.facts[name]}" for name in _TELLS_APART if name in flag.facts]
    about = "\x1f".join(("item", encounter_id, flag.flag, *flag.administration_ids, *facts))
    number = 0
    while (item_id := str(uuid5(NAMESPACE_URL, f"{about}\x1f{number}"))) in taken:
        number += 1
    taken.add(item_id)
    return item_id
