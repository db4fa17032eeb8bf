"""How msgspec decodes an object that a model describes, and how the model's own object is made of what was decoded."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, NotRequired, Required, TypedDict, get_args

from msgspec import defstruct
from pydantic import BaseModel

from streams.wire.decoded_value import YEARS, NotTakenError, Schema, Way, in_our_years, says, way_of

TAG: Final = "type"
_NO_NAME: Final = "\x7f"
"""Under which a struct's own field for the tag would come; no line that is decoded holds it."""

_MODEL: Final = {"cls", "config", "custom_init", "root_model", "schema"}
_CONFIG: Final = {"extra_fields_behavior": "forbid", "strict": True}
_NO_MATTER: Final = {"hide_input_in_errors", "title"}
_FIELDS: Final = {"fields", "computed_fields", "model_name"}

_new: Final = object.__new__
_set_fields: Final = BaseModel.__dict__["__dict__"].__set__
_set_given: Final = BaseModel.__dict__["__pydantic_fields_set__"].__set__
_set_extra: Final = BaseModel.__dict__["__pydantic_extra__"].__set__
_set_private: Final = BaseModel.__dict__["__pydantic_private__"].__set__


class Shape(NamedTuple):
    """What is known of a model."""

    model: type[BaseModel]
    ways: Mapping[str, Way]
    """How each field is decoded, in their order."""
    defaults: Mapping[str, Any]
    """What each field is when it is not said; None for one that must be."""
    required: frozenset[str]
    lists: bool
    """Whether an empty list stands for a field that is not there."""
    given: set[str]
    """Every field: which of them a line gave is not kept."""
    instants: tuple[str, ...]
    completed: tuple[tuple[str, Callable[[Any], Any]], ...]
    objects: tuple[str, ...]
    """Fields in which objects may stand."""


def _of_fields_alone(said: Schema) -> bool:
    """Tell whether a model is its fields, each under its own name, and nothing more; else only pydantic knows it."""
    config = {name: value for name, value in said["config"].items() if name not in _NO_MATTER}
    if said.keys() != _MODEL or said["custom_init"] or said["root_model"] or config != _CONFIG:
        return False
    inner = said["schema"]
    if inner["type"] != "model-fields" or says(inner).keys() - _FIELDS:
        return False
    return all(says(field).keys() == {"schema"} for field in inner["fields"].values())


def shape_of(schema: Schema) -> Shape | None:
    """Return how a model is decoded; None when pydantic does more for it than check its fields one by one."""
    said = says(schema)
    if schema["type"] != "model" or not _of_fields_alone(said):
        return None
    ways: dict[str, Way] = {}
    defaults: dict[str, Any] = {}
    required: set[str] = set()
    for name, field in said["schema"]["fields"].items():
        value = field["schema"]
        if value["type"] != "default":
            required.add(name)
            way = way_of(value, _object)
        elif says(value).keys() != {"default", "schema"} or value["default"] not in (None, ()):
            return None
        else:
            way = way_of(value["schema"], _object)
        if way is None:
            return None
        ways[name], defaults[name] = way, value.get("default")
    done = {name: way.complete for name, way in ways.items() if way.complete is not None}
    return Shape(
        said["cls"],
        ways,
        defaults,
        frozenset(required),
        () in defaults.values(),
        set(defaults),
        tuple(name for name, complete in done.items() if complete is in_our_years),
        tuple((name, complete) for name, complete in done.items() if complete is not in_our_years),
        tuple(name for name, way in ways.items() if way.objects),
    )


def _object(schema: Schema) -> Way | None:
    """Return how an object inside an event is decoded: as a dictionary of what stands in it."""
    shape = shape_of(schema)
    if shape is None:
        return None
    types = {
        name: Required[way.type] if name in shape.required else NotRequired[way.type]
        for name, way in shape.ways.items()
    }
    decoded = TypedDict(shape.model.__name__, types)  # type: ignore[misc] # made of a model, not written
    return Way(decoded, lambda fields: made(shape, {**shape.defaults, **fields}), objects=True)


def struct_of(shape: Shape) -> type[Any]:
    """Return the struct that decodes the objects of a model and is known by its ``type``."""
    tag: str = get_args(shape.ways[TAG].type)[0]
    fields: list[Any] = []
    for name, way in shape.ways.items():
        if name == TAG:
            fields.append((name, str, tag))
        else:
            fields.append(
                (name, way.type) if name in shape.required else (name, way.type, shape.defaults[name])
            )
    # What an object of the model has in this order the struct has in the same, the tag among them.
    return defstruct(
        shape.model.__name__, fields, tag_field=TAG, tag=tag, rename={TAG: _NO_NAME}, kw_only=True,
        forbid_unknown_fields=True, gc=False,
    )  # fmt: skip


def made(shape: Shape, fields: dict[str, Any]) -> Any:
    """
    Return an object of the model with these fields, as its own validation leaves it; all of them count as given.

    Raises:
        ValueError: pydantic has to decide on one of the values.
    """
    for name in shape.instants:
        instant = fields[name]
        if instant is not None and instant.year not in YEARS:
            raise NotTakenError
    for name, complete in shape.completed:
        value = fields[name]
        if value is not None:
            fields[name] = complete(value)
    model = _new(shape.model)
    _set_fields(model, fields)
    _set_given(model, shape.given)
    _set_extra(model, None)
    _set_private(model, None)
    return model


def names_in(value: Any) -> int:
    """Return how many names stand in what was decoded of an object, or of a list of them."""
    if type(value) is dict:
        names = len(value)
        for inner in value.values():
            if type(inner) is tuple:
                names += names_in(inner)
        return names
    return sum([names_in(item) for item in value if type(item) is dict]) if type(value) is tuple else 0
