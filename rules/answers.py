"""The answers a flag admits, as data: each decision it may be given, and each event that would say what is missing."""

from typing import Final, NamedTuple, get_args

from models.charge import Flag
from models.drug import BillingClass
from models.encounter import Review
from models.field import Intent, OrderStatus, ReviewDecision, Technique
from rules.clearing import CLEARING, COMPARED, NAMES_A_CODE, admitted, clears

REVIEW: Final = "review_decided"

_VALUES: Final = {
    "drug.billing_class": get_args(BillingClass),
    "intent": get_args(Intent),
    "order_status": get_args(OrderStatus),
    "technique": get_args(Technique),
    "prehospital": ("true", "false"),
}
"""Fields that hold one of a few words; every other is an instant, a figure, an id or free text."""


class Answer(NamedTuple):
    """
    One admissible answer to a flag.

    A decision has ``decision`` and, where it reports a code, ``code``; ``compared`` then tells that it needs a
    ``comparable_code`` too. An event that states a fact has one ``field`` and the ``values`` it may take, empty where
    any instant, figure or text may stand there.
    """

    event: str
    says: str
    decision: ReviewDecision | None = None
    code: str | None = None
    compared: bool = False
    field: str | None = None
    values: tuple[str, ...] = ()


def answers(flag: Flag) -> tuple[Answer, ...]:
    """
    Return every answer a flag admits, decisions first; empty for a flag that holds nothing.

    What is admitted depends on the flag's own facts: no decision passes an edit that may not be overridden.
    """
    if flag.severity != "block":
        return ()
    found: list[Answer] = []
    for decision, does in admitted(flag.flag, flag.facts).items():
        if decision == "code":
            codes = CLEARING[flag.flag].codes
            found += [Answer(REVIEW, does, decision, code, code in COMPARED) for code in codes]
        else:
            found.append(Answer(REVIEW, does, decision))
    for way in clears(flag.flag, flag.facts):
        found += [
            Answer(way.event, f"Say {field} by {way.event}.", field=field, values=_VALUES.get(field, ()))
            for field in way.fields
        ]
    return tuple(found)


def as_review(flag: Flag, answer: Answer, *, comparable_code: str | None = None) -> Review:
    """
    Return the decision that gives an answer to a flag, as a stay would hold it: to code the stay as if it were made.

    The answer is one of ``answers(flag)`` with a decision; ``comparable_code`` is for those that are ``compared``.

    Raises:
        ValueError: the answer is an event that states a fact, which no decision gives.
    """
    if answer.decision is None:
        message = f"{answer.event} states a fact: put it among the stay's events, it is no decision"
        raise ValueError(message)
    refusal = flag.facts.get("refusal_id")
    return Review(
        review_id="as-if",
        flag=flag.flag,
        administration_ids=flag.administration_ids,
        refusal_ids=() if refusal is None else (str(refusal),),
        decision=answer.decision,
        code=answer.code or _about(flag),
        comparable_code=comparable_code,
        reason="as if",
        decided_by="as-if",
        decided_at=0,
    )


def _about(flag: Flag) -> str | None:
    """Return the code that tells a flag from another about the same administrations; the others name no code."""
    code = flag.facts.get("column2", flag.facts.get("code"))
    return str(code) if flag.flag in NAMES_A_CODE and code is not None else None
