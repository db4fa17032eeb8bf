"""A person's answer: the question as the stay stands now, its effect, and its events on Kafka before anything is said."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from aiokafka.errors import KafkaError
from orjson import dumps

from models.charge import Flag
from models.review_item import AnswerOutcome
from rules.site_folder import under_site
from streams.console.desk import Desk
from streams.console.stay_record import StayRecord, stay_record
from streams.kafka.publisher import Publisher
from streams.operations.resolutions.answer_events import events_of
from streams.operations.resolutions.effect import Effect, effect_of
from streams.operations.resolutions.question import AnswerError, Question
from streams.operations.resolutions.questions import outcomes_by_answer, questions_of
from streams.operations.resolutions.undo import undo_of
from streams.wire.event_message import event_message
from streams.wire.message import OutboundMessage
from streams.wire.topics import EVENTS

_READ_BACK_S: Final = 2.0
"""How long a page waits until what was sent is in the read model; it stands on Kafka either way."""

_PATIENCE_S: Final = 20.0
"""How long Kafka may take to confirm what was sent: a broker that is started again is back by then."""

_TRIED: Final = "tried-only"
_REMEMBERED: Final = 1_000
"""Events sent from here that are sent again as they were, should somebody press twice."""

Wire = dict[str, Any]


class UnconfirmedError(Exception):
    """Events were sent, and Kafka has not said that it has them: it may or may not."""


class Asked(NamedTuple):
    """One question of a stay, the stay, and what the review item says that each answer would give."""

    record: StayRecord
    question: Question | None
    """None where its events are gone, or it stands no more."""
    outcomes: Mapping[str, tuple[AnswerOutcome, ...]]
    effects: Mapping[str, Effect] = MappingProxyType({})
    """Of answers that need nothing typed and are not among those outcomes."""


def asked(desk: Desk, encounter_id: str, number: int) -> Asked | None:
    """Return a question by its number in the newest review item; None where nobody knows the stay."""
    record = stay_record(desk.model, encounter_id, desk.profile)
    if record is None:
        return None
    flags = record.item.flags if record.item is not None else ()
    if record.charge_set is None or not 0 < number <= len(flags):
        return Asked(record, None, {})
    questions = questions_of(record.charge_set, record.all_events)
    question = next((one for one in questions if _asks(one, flags[number - 1])), None)
    if question is None or record.item is None:
        return Asked(record, None, {})
    outcomes = outcomes_by_answer(question, record.item.answers)
    return Asked(record, question, outcomes, _effects(desk, record, question, outcomes))


def _effects(
    desk: Desk, record: StayRecord, question: Question, outcomes: Mapping[str, Sequence[AnswerOutcome]]
) -> dict[str, Effect]:
    """Return what each answer does that needs nothing typed and that nobody has tried yet, found by trying it."""
    found = {}
    for answer in question.answers:
        if not answer.needs and not outcomes.get(answer.key):
            try:
                events = answer_events(question, {"answer": answer.key, "why": _TRIED}, _TRIED, desk.clock())
                found[answer.key] = effect(desk, record, events)
            except AnswerError:  # it can be given, and not tried
                continue
    return found


def by_item(record: StayRecord, item_id: str) -> Question | None:
    """Return the question that has an id, as it stands now; None where it stands no more."""
    if record.charge_set is None:
        return None
    questions = questions_of(record.charge_set, record.all_events)
    return next((one for one in questions if one.item_id == item_id), None)


def answer_events(question: Question, form: Mapping[str, str], who: str, now: float) -> list[Wire]:
    """
    Return the events of an answer as a form gives it: the answer's key, its inputs under ``key.name``, and why.

    Raises:
        AnswerError: it cannot be given so; the message says what is wrong and what to do.
    """
    key = form.get("answer", "")
    inputs = {
        name.removeprefix(f"{key}."): value
        for name, value in form.items()
        if key and name.startswith(f"{key}.") and value.strip()
    }
    return events_of(question, key, inputs, who, datetime.fromtimestamp(now, UTC), form.get("why", ""))


def effect(desk: Desk, record: StayRecord, events: Sequence[Wire]) -> Effect:
    """Return what these events would do to the stay; nothing is sent."""
    with under_site(desk.profile.site):
        return effect_of(record.all_events, events, desk.profile, record.encounter_id)


def undo_event(record: StayRecord, event_id: str, who: str, now: float, why: str) -> Wire:
    """
    Return the event that takes back what a person entered.

    Raises:
        AnswerError: there is no such event, or no person entered it.
    """
    return undo_of(record.all_events, event_id, who, datetime.fromtimestamp(now, UTC), why)


async def publish(desk: Desk, events: Sequence[Wire]) -> None:
    """
    Publish events and return once Kafka has them all; then wait a moment for them to be in the read model.

    Raises:
        aiokafka.errors.KafkaError, TimeoutError: Kafka cannot be reached; nothing was sent.
        MissingTopicError: there is no events topic.
        UnconfirmedError: it does not say in time that it has them; sent again they are the same events.
    """
    async with asyncio.timeout(_PATIENCE_S):
        publisher = await Publisher.connected(desk.connection, {EVENTS})
    try:
        arrived = await asyncio.wait_for(_arrived(desk, publisher, events), _PATIENCE_S)
    except (KafkaError, OSError, TimeoutError) as error:
        raise UnconfirmedError from error
    finally:
        await publisher.close()
    for place in arrived:
        await desk.follower.reach(place.topic, place.partition, place.offset, _READ_BACK_S)


async def _arrived(desk: Desk, publisher: Publisher, events: Sequence[Wire]) -> list[Any]:
    """Send events, and return where each lies."""
    places = []
    for event in events:
        if len(desk.sent) >= _REMEMBERED:
            desk.sent.pop(next(iter(desk.sent)))
        line = dumps(desk.sent.setdefault(event["event_id"], event))
        told = event_message(line)
        places.append(await publisher.begin(OutboundMessage(EVENTS, told.key, line, told.headers)))
    await publisher.arrive()
    return [await place for place in places]


def _asks(question: Question, flag: Flag) -> bool:
    return (question.flag, question.administration_ids, question.facts) == (
        flag.flag, flag.administration_ids, flag.facts,
    )  # fmt: skip
