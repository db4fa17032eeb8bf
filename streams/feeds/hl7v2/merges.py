"""
Merges of ADT: MRG names what goes, PID and PV1 what stays.

Visits and accounts are stays of ours; a patient's numbers are not. A merge of patients alone changes no stay: it
gives the stay it names the surviving patient's key.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from streams.feeds.conversion import Conversion
from streams.feeds.facts import StayTold
from streams.feeds.hl7v2.context import MessageContext, find_encounter
from streams.feeds.hl7v2.event_moment import event_time
from streams.feeds.hl7v2.registration import key_of_patient
from streams.feeds.hl7v2.segments import Message, Segment

MERGES: Final = frozenset(
    {"A18", "A34", "A35", "A36", "A40", "A41", "A42", "A43", "A44", "A45", "A49", "A50"}
)
"""Triggers that merge, move or renumber patients, accounts and visits."""

_PRIOR: Final[Mapping[str, int]] = {"PV1-19": 5, "PID-18": 3, "PV1-50": 6}
"""Which field of MRG holds the number that goes."""


class _Merge(NamedTuple):
    prior: Segment
    pid: Segment
    visit: Segment


def merge(context: MessageContext) -> Conversion:
    """Return what a merge came to."""
    at = None
    for merged in _merges(context.message):
        prior, survivor = _stays(context, merged)
        context.encounter_id = survivor or prior
        if not context.encounter_id:
            continue
        at = at or event_time(context)
        if at is None:
            break
        if prior and survivor:
            if prior != survivor:
                context.encounter_id = prior
                context.tell("encounter_merged", prior, at.text, {"into_encounter_id": survivor})
                context.facts.append(StayTold(prior, at.instant.timestamp(), "into", survivor))
        elif prior:
            context.refuse(
                context.site.encounter[0],
                "names no stay that the one of MRG goes into",
                "send the surviving number, or merge the two by hand",
            )
            continue
        key = key_of_patient(context, merged.pid)
        if survivor and key is not None:
            context.encounter_id = survivor
            context.tell("encounter_updated", survivor, at.text, {"patient_key": key})
    if not (context.events or context.rejects):
        return Conversion(ignored=f"{context.kind}: no stay changed", notes=tuple(context.notes))
    return context.done()


def _merges(message: Message) -> Iterator[_Merge]:
    """Iterate over the MRG of a message with the PID in front and the PV1 of its group."""
    pid = visit = prior = message.first("")
    for segment in message.segments:
        if segment.name in {"PID", "MRG"} and prior.name:
            yield _Merge(prior, pid, visit)
            prior = message.first("")
        if segment.name == "PID":
            pid, visit = segment, message.first("")
        elif segment.name == "PV1":
            visit = segment
        elif segment.name == "MRG":
            prior = segment
    if prior.name:
        yield _Merge(prior, pid, visit)


def _stays(context: MessageContext, merged: _Merge) -> tuple[str, str]:
    """Return the stay that goes and the one that stays, by the first of the site's fields that names the former."""
    prefix = context.site.encounter_prefix
    for place in context.site.encounter:
        gone = merged.prior.text(_PRIOR[place]) if place in _PRIOR else ""
        if gone:
            segment = merged.pid if place.startswith("PID") else merged.visit
            stays = segment.text(int(place.partition("-")[2]))
            return f"{prefix}{gone}", f"{prefix}{stays}" if stays else ""
    return "", find_encounter(context, merged.pid, merged.visit)
