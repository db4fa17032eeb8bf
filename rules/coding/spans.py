"""Which minutes of flow stand behind which code, and why the others stand behind none; for readers of a charge set."""

from typing import Final, NamedTuple

from models.interval import Coverage
from rules.screening.bundles import keep_open_stretches
from rules.screening.screened import Screened
from rules.worksheet.sheet import Worksheet

_NOT_COUNTED: Final = "beside another service, or not counted"
_KEEPS_OPEN: Final = "at a rate that only keeps the line open"


class Span(NamedTuple):
    """A stretch of one administration's flow in epoch seconds: billed under a code, or not and why."""

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
    flushes = (flush.administration for flush in screened.port_flushes)
    for administration in (*screened.administrations(), *flushes):
        coded = billed.get(administration.id, [])
        why = refused.get(administration.id) or flagged.get(administration.id)
        rest = Coverage((span.start, span.stop) for span in coded).outside(administration.flows)
        spans += coded
        if why is None and administration.family == "hydration":
            policy = sheet.policy
            slow = Coverage(keep_open_stretches(administration, policy.kvo_rate_ceiling, policy.rounding))
            spans += [Span(administration.id, *stretch, None, _KEEPS_OPEN) for stretch in slow.within(rest)]
            rest = slow.outside(rest)
        spans += [Span(administration.id, start, stop, None, why or _NOT_COUNTED) for start, stop in rest]
    return tuple(sorted(set(spans), key=lambda span: (span.administration_id, span.start)))
