"""
Charges as DFT^P03 (HL7 v2.9, 6.4.1): one message for a line that changed, or one for a whole set. Pure.

FT1-2 is the line's id, the same in every revision: a receiver that keeps transactions by it puts in what is charged
and takes out what is credited. The account is the encounter's id in PID-18 and PV1-19; who the patient is, the
receiver knows and we do not.
"""

from datetime import datetime
from typing import Final

from models.charge import ChargeLine, ChargeSet
from models.line_change import Change, LineChange
from streams.feeds.charge_codes import ChargeCode, ChargeCodes
from streams.feeds.code_system import CodeList, list_of_code, list_of_modifier
from streams.feeds.control_id import control_id
from streams.feeds.hl7v2.er7_writer import CHARSET, Field, Repetition, header, message, segment
from streams.wire.rejects import Reject

_PROCEDURES: Final[dict[CodeList, str]] = {"cpt": "C4", "hcpcs": "HPC"}
_MODIFIERS: Final[dict[CodeList, str]] = {"cpt": "CPTM", "hcpcs": "HPC"}
"""HL7 table 0396."""

_ORIGINAL, _REPLACEMENT = "1", "7"
"""Claim frequency codes: a first claim, and one that replaces it whole."""


def dft_of_change(change: LineChange, codes: ChargeCodes, at: datetime) -> bytes | Reject:
    """
    Return the message that charges or credits one line, or why the site's table has no code for it.

    ``at`` is the message's own time, with its zone; the same time gives the same bytes.
    """
    made = _line(1, change.charge_set_id, change.change, change.line, codes)
    if isinstance(made, Reject):
        return made
    about = {1: change.charge_set_id, 2: str(change.revision), 4: "change"}
    return message([*_head(control_id(change), change.encounter_id, codes, at), *made, *_tail(about, codes)])


def dft_of_set(charge_set: ChargeSet, codes: ChargeCodes, at: datetime) -> bytes | Reject:
    """
    Return the message that states every line of a set as a charge, or which line the site's table has no code for.

    A later revision is the whole restated: ZCS-4 says ``whole``, ZCS-3 names the set it replaces, ZCS-5 is the claim
    frequency it asks for. All lines carry the set's id in FT1-3: whoever takes it drops the account's other batches.
    """
    segments = _head(control_id(charge_set), charge_set.encounter_id, codes, at)
    for number, line in enumerate(charge_set.lines, 1):
        made = _line(number, charge_set.charge_set_id, "charge", line, codes)
        if isinstance(made, Reject):
            return made
        segments += made
    about = {
        1: charge_set.charge_set_id,
        2: str(charge_set.revision),
        3: charge_set.replaces or "",
        4: "whole",
        5: _ORIGINAL if charge_set.replaces is None else _REPLACEMENT,
        6: charge_set.rulebook,
    }
    return message([*segments, *_tail(about, codes)])


def _tail(about: dict[int, str], codes: ChargeCodes) -> list[str]:
    """Return the ZCS: what set the lines are of, and whether they are a change or the whole."""
    return [segment("ZCS", {**about})] if codes.z_segment else []


def _head(control: str, encounter_id: str, codes: ChargeCodes, at: datetime) -> list[str]:
    time = at.strftime("%Y%m%d%H%M%S%z")
    return [
        header(
            {
                3: codes.sending_application,
                4: codes.sending_facility,
                5: codes.receiving_application,
                6: codes.receiving_facility,
                7: time,
                9: ("DFT", "P03", "DFT_P03"),
                10: control,
                11: codes.processing_id,
                12: codes.hl7_version,
                18: CHARSET,
            }
        ),
        # EVN-1 is withdrawn from 2.7 on, and asked for before.
        segment("EVN", {1: "P03" if codes.hl7_version < "2.7" else "", 2: time}),
        segment("PID", {1: "1", 18: encounter_id}),
        segment("PV1", {1: "1", 2: "O", 19: encounter_id}),
    ]


def _line(
    number: int, batch: str, change: Change, line: ChargeLine, codes: ChargeCodes
) -> list[str] | Reject:
    charge = codes.code_of(line.code)
    if isinstance(charge, Reject):
        return charge
    credit = change == "credit"
    negative = credit and codes.credit_style == "cg_negative"
    fields: dict[int, Field] = {
        1: str(number),
        2: line.line_id,
        3: batch,
        4: line.service_date.strftime("%Y%m%d"),
        6: "CD" if credit and not negative else "CG",
        7: _charge_code(line, charge, codes),
        10: str(-line.units if negative else line.units),
        25: (line.code, "", _PROCEDURES[list_of_code(line.code)]),
        26: [_modifier(one) for one in line.modifiers],
        41: charge.revenue_code if charge else "",
    }
    return [segment("FT1", fields), *([_note(line)] if line.reasons else [])]


def _charge_code(line: ChargeLine, charge: ChargeCode | None, codes: ChargeCodes) -> Repetition:
    if charge is None:
        return line.code, "", _PROCEDURES[list_of_code(line.code)]
    return charge.code, charge.description, codes.code_system


def _modifier(modifier: str) -> Repetition:
    return modifier, "", _MODIFIERS[list_of_modifier(modifier)]


def _note(line: ChargeLine) -> str:
    """Return the one NTE a transaction may have: a repetition of its comment for each rule with its sentence."""
    return segment("NTE", {1: "1", 3: [f"{reason.rule}: {reason.says}" for reason in line.reasons]})
