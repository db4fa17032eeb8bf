"""Which minutes of flow stand behind which code, and why the others stand behind none; for readers of a charge set."""

from typing import NamedTuple

from models.interval import Coverage
from rules.screening.screen import Screened
from rules.worksheet.sheet import Worksheet


class Span(NamedTuple):
    """A stretch of one administration's flow in epoch minutes: billed under a code, or not and why."""

    administration_id: str
    start: int
    stop: int
    code: str | None
    why: str


def spans_of(sheet: Worksheet, screened: Screened) -> tuple[Span, ...]:
    """Return every accepted stretch of flow, by administration and start: its code, or why it has none."""
    refused = {refusal.administration_id: refusal.says for refusal in sheet.refused}
    flagged = {
        name: flag.says
        for flag in sheet.flags
        for name in flag.administration_ids
        if flag.severity == "block"
    }
    billed: dict[str, list[Span]] = {}
    for administrations, stretches, code in sheet.marks:
        used = Coverage(stretches)
        for administration in administrations:
            billed.setdefault(administration.id, []).extend(
                Span(administration.id, start, stop, code, "")
                for start, stop in used.within(administration.flows)
            )
    spans: list[Span] = []
    for administration in screened.administrations():
        coded = billed.get(administration.id, [])
        why = (
            refused.get(administration.id)
            or flagged.get(administration.id)
            or "beside another service, or not counted"
        )
        rest = Coverage((span.start, span.stop) for span in coded).outside(administration.flows)
        spans += coded
        spans += [Span(administration.id, start, stop, None, why) for start, stop in rest]
    return tuple(sorted(set(spans), key=lambda span: (span.administration_id, span.start)))
