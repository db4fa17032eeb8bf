"""One open item of review as a question: what is asked, what may be answered, and what each answer needs to be told."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from models.charge import Severity
from models.event import Event
from models.field import ReviewDecision

NeedKind = Literal["instant", "intervals", "choice", "text", "number", "whole", "code", "codes"]
"""How an input is typed: see ``streams.operations.resolutions.inputs``, which reads each."""

Target = Literal["administration", "stay", "site", "procedure", "event", "decision"]
"""What an answer's event is about."""


class Choice(NamedTuple):
    """One value that may be chosen, and how a person reads it."""

    value: str
    label: str


class Need(NamedTuple):
    """
    One input of an answer.

    ``name`` is the event's own field, or ``administration_id`` where the question is about several. ``choices`` are all
    there are for a ``choice`` and suggestions for a ``text``. ``near`` is the epoch second beside which a time without
    a date is looked for, ``side`` on which side of it. Such a time is not before ``earliest`` and not after ``latest``, the
    stay's arrival, or its first day, and its departure, where they are known.
    """

    name: str
    kind: NeedKind
    label: str
    choices: tuple[Choice, ...] = ()
    required: bool = True
    near: int | None = None
    side: Literal["after", "before", "beside"] = "beside"
    earliest: int | None = None
    latest: int | None = None


class Answer(NamedTuple):
    """
    One answer to a question.

    ``event`` is the type of the event it makes, and ``states`` the fields that event has of it, as the flag's ``clears``
    name them. A decision has ``decision`` and, where it reports a code, ``code``.
    """

    key: str
    label: str
    event: str
    needs: tuple[Need, ...] = ()
    states: tuple[str, ...] = ()
    target: Target = "administration"
    decision: ReviewDecision | None = None
    code: str | None = None
    fixed: Mapping[str, str] = {}
    """Fields that are the same whatever is typed."""
    not_before: int | None = None
    """The instant after which a stated stop must lie."""


class Home(NamedTuple):
    """Where the events of an administration are: after a merge they stay under the number they came with."""

    encounter_id: str
    administration_id: str
    drug: str


class Basis(NamedTuple):
    """What of the stay an answer is made from."""

    encounter_id: str
    zone: str | None
    utc_offset_s: int
    newest_recorded: float
    """When the newest event of the stay was stored, in epoch seconds."""
    homes: Mapping[str, Home]
    site_homes: Mapping[str, tuple[str, str, int]]
    """By site: the encounter and the name it has there, and when it was placed, or first used."""
    by_hand: Mapping[str, Event]
    """Events that a person entered, by id."""
    spent: frozenset[str]
    """Ids of answers that were voided, or settle nothing any more."""


class Question(NamedTuple):
    """
    One open flag of a charge set as one question.

    ``item_id`` is the same from revision to revision for as long as the same is asked of the same administrations.
    """

    item_id: str
    encounter_id: str
    charge_set_id: str
    revision: int
    flag: str
    severity: Severity
    administration_ids: tuple[str, ...]
    text: str
    says: str
    suggestion: str
    facts: Mapping[str, str | int]
    answers: tuple[Answer, ...]
    basis: Basis

    def answer(self, key: str) -> Answer:
        """
        Return the answer of a key.

        Raises:
            UnknownAnswerError: the question has no such answer.
        """
        for answer in self.answers:
            if answer.key == key:
                return answer
        raise UnknownAnswerError(self, key)


class AnswerError(ValueError):
    """An answer that cannot be given; the message says what is wrong and what to do, never what was typed."""

    def __init__(self, field: str, says: str, remedy: str) -> None:
        super().__init__(f"{field}: {says}; {remedy}")
        self.field = field
        self.says = says
        self.remedy = remedy


class UnknownAnswerError(AnswerError):
    """A question has no answer of this key."""

    def __init__(self, question: Question, key: str) -> None:
        known = ", ".join(answer.key for answer in question.answers)
        remedy = f"it has {known}" if known else "no event answers it; its text says who can"
        super().__init__("answer", f"{question.flag} has no answer {key[:40]!r}", remedy)
