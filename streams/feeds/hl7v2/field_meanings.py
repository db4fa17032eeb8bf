"""What each field that is read becomes, in words, and why a segment is not read: for ``infusion convert --explain``."""

from collections.abc import Mapping
from typing import Final

FIELDS: Final[Mapping[str, str]] = {
    "MSH-3": "sender: part of every event_id; chooses senders of the site file",
    "MSH-4": "sender: part of every event_id; facility where nothing else names one",
    "MSH-7": "recorded_at, where no field of the segment says it: which of two words stands",
    "MSH-9": "the kind of message, and with it who reads it",
    "MSH-10": "control id: part of every event_id",
    "MSH-11": "processing id: T and D reach no bill",
    "EVN-2": "recorded_at; and when it happened, where EVN-6 does not say",
    "EVN-6": "occurred_at: when it happened",
    "PID-3": "patient_key, as a keyed hash, where a secret is handed in",
    "PID-18": "encounter_id, by encounter of the site file",
    "MRG-3": "the account that goes: encounter_merged",
    "MRG-5": "the visit that goes: encounter_merged",
    "MRG-6": "the alternate visit id that goes: encounter_merged",
    "PV1-2": "patient class: an inpatient's hours earn no outpatient code",
    "PV1-3": "department, department_modifier, setting and facility, by departments of the site file",
    "PV1-19": "encounter_id, by encounter of the site file",
    "PV1-44": "arrived_at; the opening of the stay; of an inpatient the admission",
    "PV1-45": "occurred_at of encounter_discharged",
    "PV1-50": "encounter_id, by encounter of the site file",
    "IN1-1": "which insurance is the first",
    "IN1-2": "payer, by payers of the site file",
    "IN1-3": "payer, by payers of the site file",
    "IN1-4": "payer, by payers of the site file or where a shipped policy knows the name",
    "ORC-1": "order control: CA, CR and OC take the administration back",
    "ORC-2": "order_id, and part of administration_id",
    "ORC-3": "order_id and part of administration_id, where ORC-2 is empty",
    "RXA-1": "dose_id, where it is not 0",
    "RXA-2": "part of administration_id",
    "RXA-3": "occurred_at and started_at; of an action, when it happened",
    "RXA-4": "stopped_at; empty on an infusion is an unknown stop",
    "RXA-5": "drug",
    "RXA-6": "dose, or by its unit volume_ml or rate_ml_per_h",
    "RXA-7": "dose_unit",
    "RXA-10": "charted_by_role, by the degree or the suffix",
    "RXA-9": "the action of the record, where it is a known one",
    "RXA-12": "rate_ml_per_h, where it is in mL per hour or minute",
    "RXA-18": "refused: not given",
    "RXA-19": "indication",
    "RXA-20": "complete, refused, not given; or the action of the record",
    "RXA-21": "add, update, delete",
    "RXA-22": "recorded_at",
    "RXA-23": "volume_ml",
    "RXA-24": "the unit of RXA-23",
    "RXR-1": "route",
    "RXR-2": "site_id",
    "RXR-3": "technique, by table 0164, where IVP is a pump",
    "RXR-4": "technique, by table 0165, where IVP is a push",
    "RXR-5": "lumen",
    "RXR-6": "part of site_id",
    "RXE-2": "drug, where RXA-5 is empty; what the RXC belong to",
    "RXO-1": "drug, where RXA-5 is empty; what the RXC belong to",
    "RXC-2": "ingredients of the drug that the order prescribes",
}

_PERSON: Final = "about a person, and nothing in it is billed by"
_CHARGE: Final = "a charge of another system"
_UNUSED: Final[Mapping[str, str]] = {
    "NTE": "free text is not read: a time or a route in it is no charted one",
    "OBX": "an observation, no administration",
    "OBR": "an observation, no administration",
    "SFT": "the sender's software",
    "PD1": _PERSON,
    "NK1": _PERSON,
    "GT1": _PERSON,
    "ROL": _PERSON,
    "PRT": _PERSON,
    "STF": _PERSON,
    "AL1": "allergies decide no charge",
    "IAM": "allergies decide no charge",
    "DG1": "a diagnosis of the stay is no reason charted for an administration",
    "PR1": "a procedure coded by others",
    "FT1": _CHARGE,
    "BLG": _CHARGE,
    "TQ1": "when it was to be given, not when it was",
    "TQ2": "when it was to be given, not when it was",
    "RXE": "what was ordered; RXA says what was given",
    "RXO": "what was ordered; RXA says what was given",
    "RXC": "parts of what was ordered, which is not what RXA-5 says was given",
    "RXV": "settings of a pump, not what it delivered",
    "PV2": "nothing in it decides a charge",
    "IN1": "a further insurance; the first decides the policy",
    "IN2": "the payer is read from IN1",
    "IN3": "the payer is read from IN1",
    "MRG": "names no account and no visit that this message merges",
    "RXR": "no administration of the message that it belongs to",
    "PID": "nothing in it was needed",
    "PV1": "nothing in it was needed",
    "EVN": "the trigger is taken from MSH-9",
    "ORC": "no administration follows it",
}


def why_unused(name: str, kind: str, *, read_at_all: bool) -> str:
    """Return why a segment was not used, in words."""
    if not read_at_all:
        return f"{kind} is read for nothing"
    if name.startswith("Z"):
        return "a segment of the sender's own, which no standard describes"
    return _UNUSED.get(name, "no segment that this kind of message is read for")
