"""
A name that stands twice in one JSON object: found without parsing the line a second time. Pure.

Readers of JSON keep the first or the last of two values and tell nobody which. A charge may hang on it, so a line
with such a name is no event. Nearly every line is cleared by counting: an event has as many names as its line has.
"""

from json import loads
from typing import Any, Final

from models.event import Event

_BLANK: Final = b" \t\r\n"
"""What may stand between a name and its colon."""


class _Object(list[tuple[str, Any]]):
    """The names and values of a JSON object, as they were written."""


def repeated_name(event: Event, raw: bytes) -> str | None:
    """
    Return the path of a name that stands twice in the line of a valid event, however it is spelled; None for none.

    ``event`` is what was read from ``raw``: its models refuse unknown names, so the path holds none but ours.
    """
    # Without blanks every name ends in these two bytes. A text can hold them too: that only means to look closer.
    if raw.translate(None, _BLANK).count(b'":') == _names_in(event):
        return None
    # As numbers any text will do: Python reads none of more than 4,300 digits, and what they say is of no interest.
    return _first_repeated(loads(raw, object_pairs_hook=_Object, parse_int=str, strict=False), "")


def _names_in(event: Event) -> int:
    said = event.__dict__
    count = len(event.model_fields_set)
    if (drug := said.get("drug")) is not None:
        count += len(drug.model_fields_set)
        count += sum(len(part.model_fields_set) for part in drug.ingredients if not isinstance(part, str))
    if intervals := said.get("intervals"):
        count += sum(len(interval.model_fields_set) for interval in intervals)
    return count


def _first_repeated(value: Any, path: str) -> str | None:
    if isinstance(value, _Object):
        names = [name for name, _ in value]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            return f"{path}.{twice}" if path else twice
        # Only here is what is inside known to be what the models saw: of two values they saw one.
        inside = ((f"{path}.{name}" if path else name, inner) for name, inner in value)
    elif isinstance(value, list):
        inside = ((f"{path}[{number}]", inner) for number, inner in enumerate(value))
    else:
        return None
    found = (_first_repeated(inner, place) for place, inner in inside)
    return next((place for place in found if place is not None), None)
