"""
The events that an answer makes: ordinary ones with source ``manual``, who entered them, when and why.

Their ids follow from the question, the answer, what was typed and who typed it, so that an answer given twice is one
event. An answer that was voided, or that no longer settles anything, may be given again and is another event.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from json import dumps as canonical
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from orjson import dumps, loads
from pydantic import ValidationError

from models.event import EVENT, Event
from rules.answers import REVIEW
from streams.operations.resolutions.inputs import values_of
from streams.operations.resolutions.question import Answer, AnswerError, Basis, Home, Question
from streams.operations.resolutions.stay_context import MANUAL
from streams.operations.resolutions.who import opaque_id

Wire = dict[str, Any]
"""An event as it is published, before it is bytes."""

_SHORTEST_REASON: Final = 3
_NEXT: Final = timedelta(milliseconds=1)
_AHEAD: Final = timedelta(hours=1)
_TRUE_OR_FALSE: Final = frozenset({"prehospital", "research", "complexity_documented"})


def events_of(
    question: Question, answer_key: str, inputs: Mapping[str, str], who: str, at: datetime, why: str
) -> list[Wire]:
    """
    Return the events that give an answer, ready to be published under their ``encounter_id``.

    ``who`` is an opaque id, never a name; ``at`` is when it is answered, aware. ``why`` may be empty for a fact and is
    demanded of a decision. ``inputs`` are texts by the names of the answer's needs.

    Raises:
        AnswerError: the answer does not exist, an input is missing or wrong, or who or why is not said.
    """
    answer = question.answer(answer_key)
    who, why = opaque_id(who), why.strip()
    if why and len(why) < _SHORTEST_REASON:
        raise AnswerError(
            field="why", says="is too short", remedy=f"write at least {_SHORTEST_REASON} characters"
        )
    if answer.decision is not None and not why:
        raise AnswerError(
            field="why", says="is missing", remedy="a decision stands on the record with its reason; say why"
        )
    values = values_of(answer, inputs, question.basis)
    typed = {
        name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }
    made = []
    for number, fields in enumerate(_fields(question, answer, values)):
        event_id, known = _identity(question, (answer_key, typed, who, number))
        if known is not None:
            made.append(wire_of(known))
            continue
        event = _entered(question.basis, {"event_id": event_id, **fields}, who, at, why, answer)
        made.append(_checked(event))
    return made


def entered(fields: Wire, who: str, at: datetime, why: str, newest_recorded: float = 0.0) -> Wire:
    """
    Return an event with who entered it, when and why; what it says itself of these stands.

    It is stored after every event that is known, also where a clock is behind: it answers what those say.
    """
    newest = datetime.fromtimestamp(newest_recorded, UTC) if newest_recorded else None
    stored = at if newest is None or at > newest else newest + _NEXT
    event = {
        "occurred_at": text(at),
        **fields,
        "recorded_at": stored.isoformat(),
        "source": MANUAL,
        "entered_by": who,
    }
    return event | ({"change_reason": why} if why else {})


def text(at: datetime) -> str:
    """Return an instant as events have it, to the second."""
    return at.replace(microsecond=0).isoformat()


def wire_of(event: Event) -> Wire:
    """Return an event as it was published."""
    read: Wire = loads(event.model_dump_json(exclude_none=True, exclude_unset=True))
    return read


def _identity(question: Question, answered: tuple[Any, ...]) -> tuple[str, Event | None]:
    """Return the id of an answer's event, and the event itself where it was given before."""
    basis, again = question.basis, 0
    while True:
        about = canonical((question.charge_set_id, question.item_id, *answered, again), sort_keys=True)
        event_id = f"manual-{uuid5(NAMESPACE_URL, about)}"
        if event_id not in basis.spent:
            return event_id, basis.by_hand.get(event_id)
        again += 1


def _entered(basis: Basis, fields: Wire, who: str, at: datetime, why: str, answer: Answer) -> Wire:
    told = {name: text(value) if isinstance(value, datetime) else value for name, value in fields.items()}
    for name, value in fields.items():
        if (
            isinstance(value, datetime)
            and value > max(at, datetime.fromtimestamp(basis.newest_recorded, UTC)) + _AHEAD
        ):
            raise AnswerError(name, "lies in the future", "correct the time or its date")
    event = entered({"type": answer.event, **told}, who, at, why, basis.newest_recorded)
    if answer.event == REVIEW:
        del event["entered_by"]
        event.pop("change_reason", None)
        event |= {"decided_by": who, "reason": why}
    return event


def _fields(question: Question, answer: Answer, values: Wire) -> list[Wire]:
    """Return the fields that an answer's events have beside those of every event."""
    basis, own = question.basis, {"encounter_id": question.encounter_id}
    said: Wire = {}
    for name, value in {**answer.fixed, **values}.items():
        if name.startswith("drug."):
            said.setdefault("drug", {})[name.removeprefix("drug.")] = value
        elif name != "administration_id":
            said[name] = value == "true" if name in _TRUE_OR_FALSE else value
    if answer.target == "decision":
        refusal = question.facts.get("refusal_id")
        return [
            own
            | {
                "flag": question.flag,
                "administration_ids": list(question.administration_ids),
                "decision": answer.decision,
            }
            | ({} if refusal is None else {"refusal_ids": [str(refusal)]})
            | ({} if answer.code is None else {"code": answer.code})
            | said
        ]
    if answer.target == "administration":
        chosen = values.get("administration_id", "*")
        names = question.administration_ids if chosen == "*" else (chosen,)
        homes = [basis.homes.get(name, Home(question.encounter_id, name, "")) for name in names]
        return [
            {"encounter_id": home.encounter_id, "administration_id": home.administration_id, **said}
            for home in homes
        ]
    if answer.target == "site":
        home, name, since = basis.site_homes.get(
            said["site_id"], (question.encounter_id, said["site_id"], None)
        )
        said["site_id"] = name
        if answer.event == "access_placed" and since is not None:
            said["occurred_at"] = datetime.fromtimestamp(since, UTC)
        return [{"encounter_id": home, **said}]
    if answer.target == "procedure":
        return [own | {"procedure_id": f"manual-{question.item_id}", **said}]
    return [own | said]


def _checked(event: Wire) -> Wire:
    """
    Return an event that the contract accepts.

    Raises:
        AnswerError: it does not, and says which field is wrong.
    """
    try:
        EVENT.validate_json(dumps(event))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = str(next((step for step in reversed(first["loc"]) if isinstance(step, str)), "answer"))
        raise AnswerError(
            field, str(first["msg"]).lower(), "correct it; the contract's section 2 says how"
        ) from None
    return event
