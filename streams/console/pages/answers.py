"""What a person does with a question: answers it, looks at the effect first, takes an answer back, claims it."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import web
from aiokafka.errors import KafkaError

from streams.console import answering, claims, meanwhile, queue
from streams.console.desk import Desk, desk_of
from streams.console.forms import split, texts
from streams.console.gate import NOBODY, keep_name, require
from streams.console.page_of import Asked, asked_of
from streams.console.pages.queue import PATH, queue_page
from streams.console.people import Person, usable_name
from streams.console.stay_record import StayRecord, stay_record
from streams.kafka.publisher import MissingTopicError
from streams.metrics.console_table import UNFLAGGED
from streams.operations.resolutions.inputs import said_times
from streams.operations.resolutions.question import AnswerError, Question
from streams.operations.resolutions.who import opaque_id

_DEEDS = frozenset({"send", "preview", "claim", "release"})
_TAKEN_BACK = "Taken back."
_NOT_TAKEN = (
    "Kafka did not take the answer, so nothing is answered. What you typed is still here: send it again."
)
_READING = "The console is still reading what has happened, and knows nothing of this question yet. Nothing was sent."
_UNCONFIRMED = (
    "Kafka has not said that it has the answer. What you typed is still here: send it again; it counts once."
)


class NotSentError(Exception):
    """Nothing was sent; the message says why, and what to do, in a sentence or two; ``by_kafka`` is no fault of who answers."""

    by_kafka = False


def routes(application: web.Application) -> None:
    """Add the addresses of these deeds."""
    application.router.add_post("/answer", answer)
    application.router.add_post("/undo", undo)
    application.router.add_post("/claim", claim)


async def answer(request: web.Request) -> web.StreamResponse:
    """Send a person's answer, or show its effect; a wrong one comes back with what was typed."""
    person, form = require("resolve"), await texts(request)
    if form.get("do") in {"claim", "release"}:
        return await claim(request)
    encounter_id, who = form.get("encounter", ""), _who(person, form)
    desk_of(request).saw(request, encounter_id, _deed(form, "answer"))
    asked = _asked_in(form, f"{encounter_id}~{form.get('number', '0')}")
    try:
        async with desk_of(request).turn(encounter_id):
            sent, preview = await _answered(request, form, encounter_id, who)
    except NotSentError as error:
        if form.get("do") != "preview":
            _count(request, "answer", "unsent" if error.by_kafka else "refused")
        return await queue_page(request, asked, form, problem=str(error))
    if preview is not None:
        effect, stated = preview
        return await queue_page(request, asked, form, preview=effect, stated=stated)
    return _back(request, form, who, sent=sent, to=encounter_id)


async def _answered(
    request: web.Request, form: Mapping[str, str], encounter_id: str, who: str
) -> tuple[str, Any]:
    """
    Return the id of the event that was sent, and no effect; or an effect and the times that are stated, nothing being sent.

    Raises:
        NotSentError: it cannot be answered so.
    """
    desk, now = desk_of(request), desk_of(request).clock()
    trying = form.get("do") == "preview"
    if not who and not trying:
        message = "Say who answers: the id you are known by."
        raise NotSentError(message)
    other = await desk.look(claims.holder, desk.model, encounter_id, now)
    if other not in {None, who} and not trying:
        message = f"{other} works on this. Wait for the claim to end, or speak with them."
        raise NotSentError(message)
    record = await desk.look(stay_record, desk.model, encounter_id, desk.profile)
    question = (
        await desk.look(answering.by_item, record, form.get("item", "")) if record is not None else None
    )
    if record is None or question is None:
        reading = desk.follower.rebuild_s is None
        raise NotSentError(
            _READING if reading else meanwhile.stands_no_more(record, form.get("revision", ""), now)
        )
    why = form.get("why", "") or ("not said yet" if trying else "")
    try:
        events = await desk.look(
            answering.answer_events, question, {**form, "why": why}, who or "nobody-yet", now
        )
        if trying:
            stated = tuple(said_times(question, form.get("answer", ""), events))
            return "", (await desk.look(answering.effect, desk, record, events), stated)
        await _refuse_a_second(desk, record, question, events)
        await answering.publish(desk, events)
    except AnswerError as error:
        message = f"{error.field.replace('_', ' ').replace('.', ', ')}: {error.says}; {error.remedy}."
        raise NotSentError(message[:1].upper() + message[1:]) from None
    except (KafkaError, MissingTopicError, OSError, TimeoutError, answering.UnconfirmedError) as error:
        unsent = NotSentError(_UNCONFIRMED if isinstance(error, answering.UnconfirmedError) else _NOT_TAKEN)
        unsent.by_kafka = True
        raise unsent from None
    _count(request, "answer", "published", question.flag)
    await desk.look(claims.release, desk.model, encounter_id, who)
    return events[0]["event_id"], None


async def _refuse_a_second(
    desk: Desk, record: StayRecord, question: Question, events: Sequence[Mapping[str, Any]]
) -> None:
    """
    Let an answer pass that is the first to a question, or that is the very same one, sent again.

    Raises:
        NotSentError: somebody answered it, and the worker has yet to code the stay again.
    """
    known = {row["event_id"] for row in record.events}
    if all(one["event_id"] in known for one in events):
        return
    said = await desk.look(meanwhile.answered_by, record, question)
    if said is not None:
        raise NotSentError(meanwhile.on_its_way(said, desk.clock()))


async def undo(request: web.Request) -> web.StreamResponse:
    """Take back what a person entered."""
    person, desk = require("resolve"), desk_of(request)
    form = await texts(request)
    encounter_id, who = form.get("encounter", ""), _who(person, form)
    desk.saw(request, encounter_id, "undo")
    record = await desk.look(stay_record, desk.model, encounter_id, desk.profile)
    if record is None:
        raise web.HTTPNotFound(text="Nobody knows this encounter.\n")
    why = form.get("why", "").strip() or _TAKEN_BACK
    try:
        event = await desk.look(answering.undo_event, record, form.get("event", ""), who, desk.clock(), why)
        await answering.publish(desk, [event])
    except AnswerError as error:
        _count(request, "undo", "refused")
        says = f"{error.says[:1].upper()}{error.says[1:]}; {error.remedy}."
        return desk.page(request, "message.html.jinja", status=409, heading="Not taken back", says=says)
    except (KafkaError, MissingTopicError, OSError, TimeoutError, answering.UnconfirmedError):
        _count(request, "undo", "unsent")
        says = "Kafka has not said that it has it; try again: it counts once."
        return desk.page(request, "message.html.jinja", status=503, heading="Not taken back", says=says)
    _count(request, "undo", "published", UNFLAGGED)
    return _back(request, form, who, undone=event["event_id"], to=encounter_id)


async def claim(request: web.Request) -> web.StreamResponse:
    """Claim a stay's questions, or give them back."""
    person, desk = require("resolve"), desk_of(request)
    form = await texts(request)
    encounter_id, who = form.get("encounter", ""), _who(person, form)
    back = {**form, "back": _asked_in(form, f"{encounter_id}~{form.get('number', '1')}").link()}
    try:
        who = opaque_id(who)
    except AnswerError as error:
        problem = f"The id you are known by {error.says}; {error.remedy}."
        problem = problem if who else "Say who claims it: the id you are known by."
        return await queue_page(
            request, _asked_in(form, f"{encounter_id}~{form.get('number', '1')}"), form, problem=problem
        )
    if form.get("do") == "release":
        await desk.look(claims.release, desk.model, encounter_id, who)
    elif (other := await desk.look(claims.claim, desk.model, encounter_id, who, desk.clock())) is not None:
        return desk.page(
            request,
            "message.html.jinja",
            status=409,
            heading="Claimed already",
            says=f"{other} works on this.",
        )
    desk.saw(request, encounter_id, _deed(form, "claim"))
    await desk.follower.stir()
    return _back(request, back, who)


def _count(request: web.Request, deed: str, result: str, flag: str = "") -> None:
    figures = desk_of(request).figures
    figures.add("infusion_console_deeds_total", 1, deed, result)
    if flag:
        figures.add("infusion_console_answers_total", 1, flag)


def _who(person: Person, form: Mapping[str, str]) -> str:
    """Return who answers: whom the guard knows, else what they call themselves."""
    return person.name if person.name != NOBODY else usable_name(form.get("name", ""))


def _deed(form: Mapping[str, str], usual: str) -> str:
    """Return what the access log calls it; a word that no button of ours has does not get there."""
    return form["do"] if form.get("do") in _DEEDS else usual


def _asked_in(form: Mapping[str, str], item: str) -> Asked:
    asked = asked_of(PATH, dict(parse_qsl(split(form.get("back", "")).query)), queue.FILTERS)
    return asked._replace(filters={**asked.filters, "item": item})


def _back(request: web.Request, form: Mapping[str, str], who: str, **told: str) -> web.Response:
    """Return the way back to the page of this console that a form names; what was open there is answered now."""
    back = split(form.get("back", "") or PATH)
    path = back.path if back.path.startswith("/") and not back.path.startswith("//") else PATH
    pairs = [(name, value) for name, value in parse_qsl(back.query) if name not in {"sent", "undone", "to"}]
    pairs = [(name, value) for name, value in pairs if name != "item" or not told] + [*told.items()]
    response = web.HTTPSeeOther(f"{path}?{urlencode(pairs)}" if pairs else path)
    if who and not desk_of(request).settings.guard.asks:
        keep_name(request, response, who)
    return response
