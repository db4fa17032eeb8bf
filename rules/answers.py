"""The answers a flag admits, as data: each decision it may be given, and each event that would say what is missing."""

from typing import Final, NamedTuple, get_args

from models.charge import Flag
from models.drug import BillingClass
from models.field import Intent, OrderStatus, ReviewDecision, Technique
from rules.clearing import CLEARING, COMPARED, admitted, clears

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
