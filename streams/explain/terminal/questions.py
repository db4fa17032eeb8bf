"""What would release a held stay: each answer that can be listed, with the codes and money it would give."""

from itertools import groupby

from models.review_item import AnswerOutcome
from streams.explain.labels import TIMES, plain
from streams.explain.picture import Picture
from streams.explain.terminal.page import Page


def answers(page: Page, picture: Picture) -> None:
    """Write the answers to each flag that holds the stay; nothing where none does."""
    if picture.answers:
        page.heading("What each answer would give")
    for (flag, ids), of_flag in groupby(picture.answers, lambda one: (one.flag, one.administration_ids)):
        page.write(f"{flag}  ", picture.names_of(ids), style="bold")
        for answer in of_flag:
            page.write(f"  {_said(answer)}  ", f"{page.glyphs.arrow} {_given(answer)}")


def _said(answer: AnswerOutcome) -> str:
    if answer.decision is not None:
        return " ".join(word for word in (answer.event, answer.decision, answer.code) if word)
    values = " or ".join(plain(value) for value in answer.values)
    return f"{answer.event} {answer.field}: {values}"


def _given(answer: AnswerOutcome) -> str:
    lines = ", ".join(
        f"{'-'.join((line.code, *line.modifiers))} {TIMES}{line.units}" for line in answer.lines
    )
    money = f"${answer.cents // 100:,}.{answer.cents % 100:02d}"
    held = f"; still held by {', '.join(answer.still_held_by)}" if answer.still_held_by else ""
    return f"{lines or 'no line'}, {money}{held}"
