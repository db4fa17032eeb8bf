"""One run of a person at open questions: picking one, trying an answer, sending it, taking one back, and asking."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import click

from models.charge import ChargeSet, expected_cents
from models.printable import printable
from models.review_item import AnswerOutcome
from rules.engine import Profile
from rules.outcomes import outcomes
from streams.cli.shared.asked_stays import AskedStays, Wire
from streams.cli.shared.question_text import effect_lines, question_fields, question_lines
from streams.encounter.fold import NoEventsError
from streams.operations.resolutions.answer_events import events_of
from streams.operations.resolutions.effect import coded, effect_of
from streams.operations.resolutions.inputs import said_times
from streams.operations.resolutions.question import Answer, AnswerError, Question
from streams.operations.resolutions.questions import OPEN, outcomes_by_answer, questions_of
from streams.operations.resolutions.stay_context import folded
from streams.operations.resolutions.undo import undo_of

Asked = tuple[Question, ChargeSet]


class Told(NamedTuple):
    """What the command line says of an answer."""

    inputs: Mapping[str, str]
    who: str
    why: str
    at: datetime


class ResolveSession:
    """Questions of stays, and the answers to them; ``dry`` sends nothing."""

    def __init__(
        self, stays: AskedStays, profile: Profile, told: Told, *, dry: bool = False, wait: float = 0
    ) -> None:
        self._stays = stays
        self._profile = profile
        self._told = told
        self._dry = dry
        self._wait = wait

    def questions(self, encounters: Sequence[str], flag: str | None, item: str | None) -> list[Asked]:
        """Return the open questions that are picked: what holds a stay first, then the most money."""
        named = frozenset(encounters)
        sets = self._stays.charge_sets(named)
        found = []
        for charge_set in sets:
            if not any(one.severity in OPEN for one in charge_set.flags):
                continue
            known = named or self._stays.at_hand
            events = self._stays.events(charge_set.encounter_id) if known else ()
            found += [(question, charge_set) for question in questions_of(charge_set, events)]
        found = [
            (question, charge_set)
            for question, charge_set in found
            if (flag is None or question.flag == flag.upper())
            and (item is None or question.item_id.startswith(item))
        ]
        found.sort(key=lambda one: (one[0].severity != "block", -expected_cents(one[1]), one[0].encounter_id))
        return found

    def pick(self, encounters: Sequence[str], flag: str | None, item: str | None) -> Question:
        """
        Return the one question that is meant, with all its answers.

        Raises:
            click.UsageError: none is meant, or several.
        """
        found = self.questions(encounters, flag, item)
        if not found:
            message = "no open question is picked; infusion resolve lists them"
            raise click.UsageError(message)
        if len(found) > 1:
            some = ", ".join(f"{one.encounter_id} {one.flag} {one.item_id[:8]}" for one, _ in found[:4])
            message = (
                f"{len(found)} questions are picked ({printable(some)}); add --item, --flag or the encounter"
            )
            raise click.UsageError(message)
        question, charge_set = found[0]
        if encounters:
            return question
        events = self._stays.events(question.encounter_id)
        again = questions_of(charge_set, events)
        return next(one for one in again if one.item_id == question.item_id)

    def outcomes(self, question: Question) -> Mapping[str, Sequence[AnswerOutcome]]:
        """Return what each answer would give, by its key; nothing of a stay whose events are gone."""
        events = self._stays.events(question.encounter_id)
        try:
            charge_set = coded(question.encounter_id, events, self._profile)
            known = outcomes(folded(question.encounter_id, events), self._profile, charge_set)
        except NoEventsError:
            return {}
        return outcomes_by_answer(question, known)

    def fields(self, question: Question) -> dict[str, Any]:
        """Return a question for a machine."""
        return question_fields(question, self.outcomes(question))

    def in_full(self, question: Question) -> Iterator[str]:
        """Yield a question in words, with its stay's name in front."""
        yield from (f"{question.encounter_id}  {line}" if not number else line for number, line in enumerate(
            question_lines(question, self.outcomes(question))))  # fmt: skip

    def answer(self, question: Question, key: str, told: Told | None = None) -> int:
        """
        Give an answer, having shown what it does; return the exit status.

        Raises:
            click.UsageError: there is no such answer, or what it needs is missing or wrong.
        """
        told = told or self._told
        try:
            made = events_of(question, key, told.inputs, told.who, told.at, told.why)
        except AnswerError as error:
            raise click.UsageError(printable(str(error))) from None
        return self._send(question.encounter_id, made, said_times(question, key, made))

    def undo(self, encounter_id: str, event_id: str) -> int:
        """
        Take back what a person entered, having shown what that does; return the exit status.

        Raises:
            click.UsageError: no person entered it, or who takes it back is not said.
        """
        self._stays.charge_sets([encounter_id])  # from here on something new is published
        events = self._stays.events(encounter_id)
        try:
            made = undo_of(events, event_id, self._told.who, self._told.at, self._told.why)
        except AnswerError as error:
            raise click.UsageError(printable(str(error))) from None
        return self._send(encounter_id, [made])

    def ask(self, encounters: Sequence[str], flag: str | None, item: str | None) -> int:
        """Ask at the keyboard which question is answered, how, by whom and why, until nothing is picked any more."""
        status = 1
        while True:
            found = [question for question, _ in self.questions(encounters, flag, item)]
            if not found:
                click.echo("nothing waits", err=True)
                return status
            for number, one in enumerate(found, 1):
                click.echo(printable(f"{number}. {one.encounter_id}  {one.flag}  {one.text}"))
            number = click.prompt(
                "Question, 0 to end",
                type=click.IntRange(0, len(found)),
                default=1 if len(found) == 1 else None,
            )
            if not number:
                return status
            status = self._ask_one(found[number - 1])
            if self._dry or not self._wait:
                return status

    def _ask_one(self, question: Question) -> int:
        for line in self.in_full(question):
            click.echo(printable(line))
        if not question.answers:
            return 1
        number = click.prompt("Answer, 0 to leave it", type=click.IntRange(0, len(question.answers)))
        if not number:
            return 1
        answer = question.answers[number - 1]
        try:
            made = events_of(question, answer.key, *self._typed(answer))
        except AnswerError as error:
            click.echo(printable(str(error)), err=True)
            return 1
        self._show(question.encounter_id, made, said_times(question, answer.key, made))
        if self._dry or not click.confirm("Send it?", default=False):
            click.echo("nothing was sent", err=True)
            return 1
        return self._sent(question.encounter_id, made)

    def _typed(self, answer: Answer) -> tuple[dict[str, str], str, datetime, str]:
        inputs = {}
        for need in answer.needs:
            some = ", ".join(choice.value for choice in need.choices)
            label = f"{need.label} ({some})" if some else need.label
            default = (
                None
                if need.required and need.name not in self._told.inputs
                else self._told.inputs.get(need.name, "")
            )
            inputs[need.name] = click.prompt(printable(label), default=default, show_default=bool(default))
        who = self._told.who or click.prompt("Who answers (an opaque id)")
        why = self._told.why or click.prompt(
            "Why", default=None if answer.decision else "", show_default=False
        )
        return inputs, who, self._told.at, why

    def _send(self, encounter_id: str, made: Sequence[Wire], times: Iterable[str] = ()) -> int:
        self._show(encounter_id, made, times)
        if self._dry:
            click.echo("nothing was sent", err=True)
            return 0
        return self._sent(encounter_id, made)

    def _show(self, encounter_id: str, made: Sequence[Wire], times: Iterable[str]) -> None:
        """
        Say what an answer states and does, on stderr: stdout is for the events, where they are not sent to Kafka.

        A time is shown with its date, for that may have been found for it.
        """
        for line in times:
            click.echo(printable(f"states      {line}"), err=True)
        try:
            effect = effect_of(self._stays.events(encounter_id), made, self._profile, encounter_id)
        except NoEventsError:
            click.echo(
                "the events of this stay are kept no longer; what the answer does cannot be shown", err=True
            )
            return
        for line in effect_lines(encounter_id, effect):
            click.echo(printable(line), err=True)

    def _sent(self, encounter_id: str, made: Sequence[Wire]) -> int:
        sent = self._stays.send(encounter_id, made, self._wait)
        ids = " ".join(str(event["event_id"]) for event in made)
        click.echo(
            printable(f"sent        {sent.events:,} event{'s' if sent.events != 1 else ''}: {ids}"), err=True
        )
        if not sent.waited:
            return 0
        if sent.charge_set is None:
            click.echo(
                "nothing new is published of the stay: the answer changed nothing, or no worker has read it yet; infusion status says whether a worker lives, infusion charges what it says",
                err=True,
            )
            return 1
        charge_set = sent.charge_set
        click.echo(f"coded again revision {charge_set.revision}, {charge_set.status}", err=True)
        return 0
