"""What each kind of event is about: every type that publishers may send, once, under its subject."""

from collections.abc import Mapping
from typing import Final

from models.encounter import Standing

REGISTRATION: Final = frozenset({"encounter_opened", "encounter_updated"})
"""They carry what registration knows of the stay."""

STANDING_AFTER: Final[Mapping[str, Standing]] = {
    "encounter_discharged": "discharged",
    "encounter_cancelled": "cancelled",
    "encounter_reopened": "open",
}
"""The standing each leaves the stay in, in the order in which they count at one instant."""

MERGE: Final = frozenset({"encounter_merged"})
CONVERSION: Final = frozenset({"inpatient_ordered"})

STAY: Final = REGISTRATION | frozenset(STANDING_AFTER) | MERGE | CONVERSION
"""They are about the stay as a whole."""

ACCESS: Final = frozenset({"access_placed", "access_removed"})
PROCEDURE: Final = frozenset({"procedure_started", "procedure_ended"})

GIVEN: Final = frozenset({"infusion_started", "push_given", "injection_given", "administration_charted"})
"""They say what was given; those of ``RUNNING`` only say how an infusion went on."""

RUNNING: Final = frozenset(
    {
        "infusion_paused",
        "infusion_resumed",
        "infusion_rate_changed",
        "infusion_bag_changed",
        "infusion_bolus",
        "infusion_stopped",
    }
)
WASTE: Final = frozenset({"drug_wasted"})
DISPENSE: Final = frozenset({"drug_dispensed"})
ADMINISTRATION_VOIDED: Final = frozenset({"administration_voided"})
EVENT_VOIDED: Final = frozenset({"event_voided"})
EVENT_REFUSED: Final = frozenset({"event_refused"})
DECISION: Final = frozenset({"code_decided"})
REVIEW: Final = frozenset({"review_decided"})

SUBJECTS: Final = (
    STAY, ACCESS, PROCEDURE, GIVEN, RUNNING, ADMINISTRATION_VOIDED, WASTE, DISPENSE, EVENT_VOIDED, EVENT_REFUSED,
    DECISION, REVIEW,
)  # fmt: skip
"""Every type of event is in exactly one of them."""
