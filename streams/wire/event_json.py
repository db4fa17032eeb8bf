"""
One line of bytes in, one event or one reject out.

The models say what is wrong in pydantic's words and for a programmer; this module says it in ours, for the
person who owns the publisher, and leaves out whatever stood in the line.
"""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, from_json

from models.drug import Drug, Ingredient
from models.event import EVENT, Event, event_types
from models.fact import ChartedInterval, Fact
from streams.wire.rejects import TWICE, WHOLE_LINE, Reject
from streams.wire.repeated_names import repeated_name

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
INSTANT: Final = "write RFC 3339 with an offset, for example 2026-03-02T08:00:00-05:00"

_SPEAKABLE: Final = re.compile(r"(?!.*\d{3})[A-Za-z_][A-Za-z0-9_.-]{0,39}")
"""Names of fields that may be shown: nothing in them is long enough for a record number or a date."""

_LONGEST_NAME: Final = 64
"""Characters of a name that are compared with ours: more would be no slip of the pen."""

validate: Final[Callable[[bytes], Event]] = EVENT.validator.validate_json
"""The event of a line, or pydantic's ValidationError; the adapter's own method costs a tenth more."""


def read(raw: bytes) -> Event | Reject:
    """
    Return the event a line holds, or why it holds none; never raises for what is in the line.

    A UTF-8 byte-order mark in front and a carriage return behind are accepted. A name that stands twice in one object
    is not: this is the one place that decides it, for files and topics alike.
    """
    try:
        event = validate(raw)
    except ValidationError as error:
        if raw.startswith(BYTE_ORDER_MARK):
            return read(raw.lstrip(BYTE_ORDER_MARK))
        errors = error.errors(include_url=False, include_input=False)
    else:
        twice = repeated_name(event, raw)
        return event if twice is None else Reject(twice, TWICE, "send the event again with one of them")
    if errors[0]["type"] == "json_invalid":
        if _HL7.match(raw):
            return Reject(WHOLE_LINE, "a segment of an HL7 v2 message, not an event", _HL7_REMEDY)
        return unreadable_bytes(raw) or _not_json(errors[0]["ctx"]["error"])
    return _refused(errors, raw)


_HL7: Final = re.compile(rb"\x0b?(?:MSH|FHS|BHS|PID|PV1|ORC|RXA|RXR|EVN|OBX)[|^~&#]")
_HL7_REMEDY: Final = "convert the messages first: infusion convert --from hl7v2 FILE | infusion code"
_OTHER_STANDARD: Final = "events are JSON Lines of the contract: have the interface engine write them as infusion schema events describes"


def unreadable_bytes(raw: bytes) -> Reject | None:
    """Return the reject for bytes that are not UTF-8 text, naming what they look like; None for good ones."""
    says = _encoding_fault(raw)
    if says is None:
        return None
    encoding = "UTF-16" if "UTF-16" in says else "CP1252" if "CP1252" in says else None
    if encoding:
        return Reject(WHOLE_LINE, says, f"convert it first: iconv -f {encoding} -t UTF-8")
    return Reject(WHOLE_LINE, says, "send the event again as UTF-8 text")


def looks_like_utf_16(raw: bytes) -> bool:
    """Tell whether bytes begin with UTF-16's mark, or every other one of them is mostly NUL."""
    even, odd = raw[::2].count(0), raw[1::2].count(0)
    return raw.startswith((b"\xff\xfe", b"\xfe\xff")) or (
        min(even, odd) == 0 and max(even, odd) * 3 > len(raw)
    )


def _encoding_fault(raw: bytes) -> str | None:
    if looks_like_utf_16(raw):
        return "this is UTF-16, not UTF-8"
    if (nul := raw.find(0)) >= 0:
        return f"a NUL byte at byte {nul + 1}"
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        if error.end - error.start > 1 or error.reason == "unexpected end of data":
            return f"a UTF-8 character is cut in two at byte {error.start + 1}"
        return f"not UTF-8 at byte {error.start + 1}; it looks like Latin-1 (CP1252)"
    return None


_NOT_JSON: Final = (
    ("EOF while parsing", "the event is cut off before its end", "send it again, whole and on one line"),
    ("trailing characters", "something follows the event", "write one event a line and nothing else"),
    ("trailing comma", "a comma stands before a closing bracket", "leave that comma out"),
    ("control character", "a control character stands inside a text", "escape it as JSON asks"),
    ("recursion limit", "nested too deeply to be an event", "send the event as the contract describes it"),
    ("number out of range", "a number has too many digits", "send a number a chart could hold"),
    ("", "not JSON", "write one JSON object a line, its names and texts in double quotes"),
)
"""How the parser's complaint begins, what is wrong, what to do. Its words never quote the line."""


def _not_json(complaint: str) -> Reject:
    says, remedy = next(rest for start, *rest in _NOT_JSON if complaint.startswith(start))
    column = complaint.rpartition(" column ")[2]
    return Reject(WHOLE_LINE, f"{says} (byte {column})" if column.isdigit() else says, remedy)


def _limit(context: Mapping[str, Any], name: str) -> str:
    return str(context.get(name, "the limit")).replace("T00:00:00Z", "")


_REFUSED: Final[dict[str, Callable[[Mapping[str, Any]], tuple[str, str]]]] = {
    "dict_type": lambda _: ("a line must be a JSON object", "write {...} with the fields of one event"),
    "union_tag_not_found": lambda _: ("missing", "say which event this is, for example infusion_started"),
    "missing": lambda _: ("missing", "add the field"),
    "model_type": lambda _: ("must be an object", "write {...} with its own fields"),
    "timezone_aware": lambda _: ("has no offset, so the instant is unknown", INSTANT),
    "instant_text": lambda _: ("must be an instant in text", INSTANT),
    "datetime_parsing": lambda _: ("not a date and time that exists", INSTANT),
    "datetime_from_date_parsing": lambda _: ("not a date and time that exists", INSTANT),
    "datetime_object_invalid": lambda _: ("not a date and time that exists", INSTANT),
    "string_type": lambda _: ("must be text", "put it in double quotes"),
    "string_too_short": lambda c: ("too short", f"write at least {_limit(c, 'min_length')} characters"),
    "string_too_long": lambda c: ("too long", f"write at most {_limit(c, 'max_length')} characters"),
    "string_pattern_mismatch": lambda _: (
        "characters that may not stand here",
        "write it without control characters; a code is five characters such as 96365",
    ),
    "literal_error": lambda c: ("not one of the known words", f"write {_limit(c, 'expected')}"),
    "bool_type": lambda _: ("must be true or false", "write it without quotes"),
    "int_type": lambda _: ("must be a whole number", "write digits only, without quotes or a fraction"),
    "int_parsing_size": lambda _: ("too large a number", "send a number a chart could hold"),
    "decimal_type": lambda _: ("must be a number", "write digits, with a point for a fraction"),
    "decimal_parsing": lambda _: ("must be a number", "write digits, with a point for a fraction"),
    "finite_number": lambda _: ("too large or not a number", "send a number a chart could hold"),
    "greater_than_equal": lambda c: ("too low or too early", f"the lowest accepted is {_limit(c, 'ge')}"),
    "less_than_equal": lambda c: ("too high", f"the highest accepted is {_limit(c, 'le')}"),
    "less_than": lambda c: ("too late", f"it must be before {_limit(c, 'lt')}; check the clock"),
    "tuple_type": lambda _: ("must be a list", "write [...]"),
    "too_long": lambda c: ("too many entries", f"send at most {_limit(c, 'max_length')}"),
    # Our own validators' words; none of them repeats its input (models.event._known_zone).
    "value_error": lambda c: (str(c["error"]).partition("; ")[0], str(c["error"]).partition("; ")[2]),
}
"""Pydantic's error types in our words: what is wrong and what to do, from the limits the models state."""


@cache
def _classes() -> dict[str, type[BaseModel]]:
    classes: tuple[type[Fact], ...] = get_args(get_args(Event)[0])
    nested: dict[str, type[BaseModel]] = {
        "drug": Drug,
        "Ingredient": Ingredient,
        "intervals": ChartedInterval,
    }
    return {**dict(zip(event_types(), classes, strict=True)), **nested}


@cache
def _vocabulary() -> frozenset[str]:
    return frozenset(name for cls in _classes().values() for name in cls.model_fields)


def _path(loc: tuple[int | str, ...]) -> str:
    # Only names of our own: a name the publisher made up could be anything, and so could hold anything.
    path = ""
    for step in loc:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step in _vocabulary():
            path += f".{step}" if path else step
    return path


def _refused(errors: list[ErrorDetails], raw: bytes) -> Reject:
    rejects = [_translated(error, raw) for error in errors]
    # A misspelt name explains the missing one, and of the shapes an ingredient may have the deeper fault is meant.
    likeliest = min(
        range(len(errors)),
        key=lambda n: (
            "did you mean" not in rejects[n].remedy,
            -len(errors[n]["loc"]) * ("ingredients" in errors[n]["loc"]),
        ),
    )
    reject = rejects[likeliest]
    suggested = reject.remedy.removeprefix("did you mean ").rstrip("?")
    others = len({other.field for other in rejects} - {reject.field, suggested})
    if others and "ingredients" not in reject.field:
        return reject._replace(says=f"{reject.says} (and {others} more in this line)")
    return reject


def _translated(error: ErrorDetails, raw: bytes) -> Reject:
    if error["type"] == "union_tag_invalid":
        return _unknown_type(raw)
    if error["type"] == "union_tag_not_found" and "resourceType" in from_json(raw):
        return Reject("resourceType", "a FHIR resource, not an event", _OTHER_STANDARD)
    if error["type"] == "extra_forbidden":
        return _unknown_field(error["loc"], raw)
    words = _REFUSED.get(error["type"])
    says, remedy = words(error.get("ctx", {})) if words else ("not as the contract asks", "compare the two")
    field = _path(error["loc"]) or ("type" if error["type"] == "union_tag_not_found" else WHOLE_LINE)
    return Reject(field, says, remedy)


@lru_cache(maxsize=1024)  # a publisher that is wrong is wrong a million times in the same way
def _near(name: str, known: tuple[str, ...], most: int) -> list[str]:
    return get_close_matches(name.lower().replace("-", "_"), known, most)


def _unknown_type(raw: bytes) -> Reject:
    kind = from_json(raw)["type"]
    if not isinstance(kind, str):
        return Reject("type", "must be text", "write for example infusion_started in double quotes")
    near = _near(kind[:_LONGEST_NAME], event_types(), 3)
    remedy = (
        f"did you mean {' or '.join(near)}?"
        if near
        else "send an event of the contract, for example encounter_opened, infusion_started or push_given"
    )
    return Reject("type", "unknown event type", remedy)


def _unknown_field(loc: tuple[int | str, ...], raw: bytes) -> Reject:
    *steps, last = loc
    name = str(last)[:_LONGEST_NAME]
    owner = next(_classes()[str(step)] for step in reversed(steps) if step in _classes())
    near = _near(name, tuple(owner.model_fields), 1)
    # A name that is shaped as names of fields are is safe to show; any other could hold anything, and is told by its place.
    known = name in _vocabulary()
    shown = known or _SPEAKABLE.fullmatch(name)
    path = _path(tuple(steps))
    if shown:
        field = f"{path}.{name}" if path else name
    else:
        field = f"field {_position(loc, raw)}" + (f" of {path}" if path else "")
    says = f"{steps[0]} has no such field" if known else "unknown field"
    return Reject(field, says, f"did you mean {near[0]}?" if near else "leave it out or correct its name")


def _position(loc: tuple[int | str, ...], raw: bytes) -> int:
    # Union branches stand in the path too; they are no step into the object.
    inside: Any = from_json(raw)
    for step in loc[1:-1]:
        if isinstance(step, int) or step in inside:
            inside = inside[step]
    return list(inside).index(loc[-1]) + 1


def as_line(raw: bytes) -> bytes:
    """Return an event's bytes as one line: breaks are no more than blanks in JSON, and a mark in front says nothing."""
    if raw.startswith(BYTE_ORDER_MARK):
        raw = raw.lstrip(BYTE_ORDER_MARK)
    return raw.replace(b"\r", b" ").replace(b"\n", b" ") if b"\n" in raw or b"\r" in raw else raw


MERGE_MARKS: Final = (b"encounter_merged", b"\\u")
"""What a merge contains: its type as text, or an escape, since the type may be written with escapes."""


PATIENT_MARKS: Final = (b"patient_key", b"\\u")
"""What an event with a patient's key contains: the field's name as text, or an escape."""


def may_be_merge(line: bytes) -> bool:
    """Tell whether a line may be a merge, without parsing it; only a line that may be is worth parsing."""
    return any(mark in line for mark in MERGE_MARKS)
