"""
How msgspec decodes a value, read off the schema pydantic checks it by; None for a schema this does not know.

msgspec is several times as quick as pydantic and knows less. Each way here takes no more than the schema does and makes
the same value of it. What it does not take need not be wrong: pydantic decides.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, NamedTuple

from msgspec import Meta
from pydantic import TypeAdapter

from models.field import EARLIEST, LATEST, Identifier, Instant

Schema = Mapping[str, Any]
"""One of pydantic's core schemas."""

_INSTANT: Final[Any] = TypeAdapter(Instant).core_schema
_PRINTABLE: Final[str] = dict(TypeAdapter(Identifier).core_schema)["pattern"]
"""A text without control characters. ``event_decoder`` takes no line that has one, so no text is searched for them."""

FIRST_YEAR: Final = EARLIEST.year + 1
LAST_YEAR: Final = LATEST.year - 2
"""From the first to the last lie years that are within an instant's limits whatever its offset."""

_SAYS_NOTHING: Final = frozenset({"type", "metadata", "ref"})
"""What a schema may say beside what it takes."""


class NotTakenError(ValueError):
    """A value that the quick way leaves to pydantic."""


class Way(NamedTuple):
    """How one value is decoded."""

    type: Any
    """What msgspec decodes it as."""
    complete: Callable[[Any], Any] | None = None
    """
    Makes the model's value of what was decoded; None where it is that already. It never gets None.

    Raises:
        ValueError: pydantic has to decide.
    """
    exact: bool = True
    """Whether values that are decoded equal are one value: an instant equals another's in any zone, and 0 equals -0.0."""


ModelWay = Callable[[Schema], Way | None]
"""How an object inside an event is decoded."""


def way_of(schema: Schema, of_model: ModelWay) -> Way | None:
    """Return how a value is decoded that a schema checks; ``of_model`` decides on objects."""
    kind = schema["type"]
    if kind == "model":
        return of_model(schema)
    if kind in _NESTING:
        return _NESTING[kind](schema, of_model)
    return _PLAIN[kind](schema) if kind in _PLAIN else None


def says(schema: Schema) -> dict[str, Any]:
    """Return what a schema says of what it takes."""
    return {name: value for name, value in schema.items() if name not in _SAYS_NOTHING}


def _text(schema: Schema) -> Way | None:
    limits = says(schema)
    if limits.pop("pattern", _PRINTABLE) != _PRINTABLE or limits.keys() - {"min_length", "max_length"}:
        return None
    return Way(Annotated[str, Meta(**limits)])


def _whole(schema: Schema) -> Way | None:
    limits = says(schema)
    return None if limits.keys() - {"ge", "le"} else Way(Annotated[int, Meta(**limits)])


def _truth(schema: Schema) -> Way | None:
    return None if says(schema) else Way(bool)


def _decimal(schema: Schema) -> Way | None:
    limits = says(schema)
    if limits.pop("allow_inf_nan", None) is not False or limits.keys() - {"ge", "le"}:
        return None
    # As msgspec's own decimal it would keep the zeros a number ends in; pydantic reads a float, which has none.
    return Way(Annotated[int, Meta(**limits)] | Annotated[float, Meta(**limits)], _as_decimal, exact=False)


def _as_decimal(number: float) -> Decimal:
    if type(number) is int:
        return Decimal(number)
    whole = int(number)
    if whole != number:
        return Decimal(repr(number))
    if not whole:  # nought may have a sign
        raise NotTakenError
    return Decimal(whole)


def _words(schema: Schema) -> Way | None:
    words = schema["expected"]
    if says(schema).keys() - {"expected"} or not all(type(word) is str for word in words):
        return None
    return Way(Literal[tuple(words)])


def _spelled(schema: Schema) -> Way | None:
    # Known words in any letter case: those that are spelled as listed come this way, and that is nearly all.
    steps = schema["steps"]
    if says(schema).keys() != {"steps"} or [step["type"] for step in steps] != ["str", "literal"]:
        return None
    text, words = says(steps[0]), steps[1]["expected"]
    if text.keys() - {"strip_whitespace", "to_lower", "to_upper"}:
        return None
    for word in words:
        spelled = word.strip() if text.get("strip_whitespace") else word
        spelled = spelled.lower() if text.get("to_lower") else spelled
        if word != (spelled.upper() if text.get("to_upper") else spelled):
            return None
    return _words(steps[1])


def _instant(schema: Schema) -> Way | None:
    if {**says(schema)} != says(_INSTANT):
        return None
    return Way(Annotated[datetime, Meta(tz=True)], in_our_years, exact=False)


def in_our_years(instant: datetime) -> datetime:
    """
    Return the instant.

    Raises:
        NotTakenError: it may lie outside an instant's limits.
    """
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise NotTakenError
    return instant


def _or_none(schema: Schema, of_model: ModelWay) -> Way | None:
    way = way_of(schema["schema"], of_model)
    return None if way is None or says(schema).keys() != {"schema"} else way._replace(type=way.type | None)


def _checked(schema: Schema, of_model: ModelWay) -> Way | None:
    way = way_of(schema["schema"], of_model)
    check = schema["function"]
    if (
        way is None
        or way.complete
        or says(schema).keys() != {"schema", "function"}
        or check["type"] != "no-info"
    ):
        return None
    return way._replace(complete=check["function"])


def _read_before(schema: Schema, of_model: ModelWay) -> Way | None:
    way = way_of(schema["schema"], of_model)
    before = schema["function"]
    if (
        way is None
        or way.complete
        or says(schema).keys() != {"schema", "function"}
        or before["type"] != "no-info"
    ):
        return None
    function = before["function"]

    def as_it_is(value: Any) -> Any:
        # What a model reads in another form first was checked as what it is here, so it has to stay that.
        if function(value) is not value:
            raise NotTakenError
        return value

    return way._replace(complete=as_it_is)


def _list(schema: Schema, of_model: ModelWay) -> Way | None:
    said = says(schema)
    most = said.pop("max_length", None)
    if said.keys() != {"items_schema", "variadic_item_index"} or len(schema["items_schema"]) != 1:
        return None
    way = way_of(schema["items_schema"][0], of_model)
    if way is None:
        return None
    complete, item = way.complete, way.type
    every = None if complete is None else lambda items: tuple([complete(item) for item in items])
    listed = Annotated[tuple[item, ...], Meta(max_length=most)]  # type: ignore[valid-type] # known when it runs
    return Way(listed, every, way.exact)


def _text_or_object(schema: Schema, of_model: ModelWay) -> Way | None:
    choices = schema["choices"]
    if says(schema).keys() != {"choices"} or [choice["type"] for choice in choices] != ["str", "model"]:
        return None
    text, inner = (way_of(choice, of_model) for choice in choices)
    if text is None or inner is None:
        return None
    complete = inner.complete
    assert complete is not None  # noqa: S101 -- an object is always made of what was decoded
    return Way(
        text.type | inner.type, lambda value: value if type(value) is str else complete(value), inner.exact
    )


_PLAIN: Final[Mapping[str, Callable[[Schema], Way | None]]] = {
    "str": _text,
    "int": _whole,
    "bool": _truth,
    "decimal": _decimal,
    "literal": _words,
    "chain": _spelled,
    "json-or-python": _instant,
}
_NESTING: Final[Mapping[str, Callable[[Schema, ModelWay], Way | None]]] = {
    "nullable": _or_none,
    "function-after": _checked,
    "function-before": _read_before,
    "tuple": _list,
    "union": _text_or_object,
}
