"""Events of the stay that could not be used: the stay must not be final on half its facts (R-DOC-9)."""

from models.charge import Flag
from models.encounter import Encounter
from rules.flags import FLAGS
from rules.rule import Rule

REFUSED_EVENT = Rule(
    "R-DOC-9",
    "An event of the stay that could not be used holds it until the event is replayed or voided.",
    (),
    "K",
)

RULES = (REFUSED_EVENT,)


def refused_event_flags(encounter: Encounter) -> list[Flag]:
    """Return one flag for each event that was refused and neither replayed nor voided since."""
    kind = FLAGS["F-REFUSED_EVENT"]
    return [
        kind.on(
            (),
            f"An event of the stay could not be used: {refusal.reason}.",
            refusal_id=refusal.event_id,
            **({} if refusal.refused_event_id is None else {"event_id": refusal.refused_event_id}),
        )
        for refusal in encounter.refused_events
    ]
