"""
A line of charges in: a whole set as ``infusion code`` writes it, or a line that changed as its topic carries it.

What is wrong is told by field, and nothing of the line is repeated: it is patient data. Pure.
"""

import re
from typing import Any, Final

from orjson import JSONDecodeError, loads
from pydantic import ValidationError

from models.charge import CHARGE_SET, ChargeLine, ChargeSet
from models.line_change import LINE_CHANGE, LineChange
from streams.wire.rejects import WHOLE_LINE, Reject

_CODE: Final = re.compile(r"[A-Z0-9]{5}")
_MODIFIER: Final = re.compile(r"[A-Z0-9]{2}")
_LONGEST_ID: Final = 255
_FORM: Final = "send it as infusion schema charge-set or charge-line describes"


def read_charges(raw: bytes) -> ChargeSet | LineChange | Reject:
    """Return the charge set or the changed line that bytes hold, or why they hold neither; never raises for them."""
    try:
        held = loads(raw)
    except JSONDecodeError:
        return Reject(WHOLE_LINE, "not JSON", "send charge sets or charge lines, one JSON object a line")
    if not isinstance(held, dict):
        return Reject(
            WHOLE_LINE, "not a JSON object", "send charge sets or charge lines, one JSON object a line"
        )
    if "lines" not in held and "line" not in held:
        return _neither(held)
    try:
        said = LINE_CHANGE.validate_json(raw) if "line" in held else CHARGE_SET.validate_json(raw)
    except ValidationError as error:
        return _refused(error)
    return _unusable(said) or said


def _neither(held: dict[str, Any]) -> Reject:
    if "event_id" in held:
        return Reject("type", "an event, not a charge", "code it first: infusion code")
    if held.get("withdrawn") is True:
        return Reject(
            "withdrawn", "a stay without a set any more", "credit what was charged: export its charge lines"
        )
    return Reject("lines", "neither a charge set nor a charge line", _FORM)


def _refused(error: ValidationError) -> Reject:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    # Names of the models and numbers only: a mapping's own keys are the line's content.
    place = ".".join(str(part) for part in first["loc"] if isinstance(part, int) or _is_name(part))
    return Reject(place or WHOLE_LINE, first["type"].replace("_", " "), _FORM)


def _is_name(part: str) -> bool:
    return re.fullmatch(r"[a-z_]{1,40}", part) is not None


def _unusable(said: ChargeSet | LineChange) -> Reject | None:
    """Return what makes a well-formed charge unfit for a billing system; None where nothing does."""
    lines = said.lines if isinstance(said, ChargeSet) else (said.line,)
    if not 0 < len(said.encounter_id) <= _LONGEST_ID:
        return Reject("encounter_id", f"empty, or over {_LONGEST_ID} characters", "send the stay's own id")
    return next((wrong for line in lines if (wrong := _unusable_line(line))), None)


def _unusable_line(line: ChargeLine) -> Reject | None:
    if not _CODE.fullmatch(line.code):
        return Reject("line.code", "no CPT or HCPCS code", "send five capitals or digits")
    if line.units < 1:
        return Reject("line.units", "below 1", "send whole units, a credit's too")
    if not all(_MODIFIER.fullmatch(modifier) for modifier in line.modifiers):
        return Reject("line.modifiers", "no modifier of two capitals or digits", "send each by itself")
    if not 0 < len(line.line_id) <= _LONGEST_ID:
        return Reject("line.line_id", f"empty, or over {_LONGEST_ID} characters", "send the line's own id")
    return None
