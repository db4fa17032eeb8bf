"""How msgspec decodes an object that a model describes, and how the model's own object is made of what was decoded."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, get_args

from msgspec import defstruct
from msgspec.structs import asdict
from pydantic import BaseModel

from streams.wire.decoded_value import (
    FIRST_YEAR,
    LAST_YEAR,
    NotTakenError,
    Schema,
    Way,
    in_our_years,
    says,
    way_of,
)

TAG: Final = "type"
_NO_NAME: Final = "\x7f"
"""Under which a struct's own field for the tag would come; no line that is decoded holds it."""

_KEPT: Final = 4096
"""Objects of each model kept to be shared: more drugs than a formulary has, in a few megabytes."""

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
    given: set[str]
    """Every field: which of them a line gave is not kept."""
    instants: tuple[str, ...]
    """Fields that are instants, and only have to lie within their limits."""
    completed: tuple[tuple[str, Callable[[Any], Any]], ...]
    """Fields whose value is made of what was decoded, and by what; never of None."""


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
        set(defaults),
        tuple(name for name, complete in done.items() if complete is in_our_years),
        tuple((name, complete) for name, complete in done.items() if complete is not in_our_years),
    )


def _object(schema: Schema) -> Way | None:
    """Return how an object inside an event is decoded, and the model's own object made of it."""
    shape = shape_of(schema)
    if shape is None:
        return None

    def object_of(struct: Any) -> Any:
        fields = asdict(struct)
        for name, way in shape.ways.items():
            if way.complete is not None and fields[name] is not None:
                fields[name] = way.complete(fields[name])
        return made(shape, fields)

    exact = all(way.exact for way in shape.ways.values())
    # The same few drugs are charted again and again, and what is frozen can be shared.
    return Way(_struct(shape, frozen=exact), lru_cache(_KEPT)(object_of) if exact else object_of, exact)


def struct_of(shape: Shape) -> type[Any]:
    """Return the struct that decodes the objects of a model and is known by its ``type``."""
    return _struct(
        shape, tag_field=TAG, tag=get_args(shape.ways[TAG].type)[0], rename={TAG: _NO_NAME}, frozen=False
    )


def _struct(shape: Shape, **options: Any) -> type[Any]:
    fields: list[Any] = []
    for name, way in shape.ways.items():
        if name == TAG and TAG in options.get("tag_field", ()):
            fields.append((name, str, options["tag"]))
        else:
            fields.append(
                (name, way.type) if name in shape.required else (name, way.type, shape.defaults[name])
            )
    # What an object of the model has in this order the struct has in the same, the tag among them.
    return defstruct(
        shape.model.__name__, fields, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False, **options
    )  # fmt: skip


def complete(shape: Shape, struct: Any) -> None:
    """
    Put the model's values in the place of what was decoded.

    Raises:
        ValueError: pydantic has to decide on one of the values.
    """
    for name in shape.instants:
        instant = getattr(struct, name)
        if instant is not None and not FIRST_YEAR <= instant.year <= LAST_YEAR:
            raise NotTakenError
    for name, way in shape.completed:
        value = getattr(struct, name)
        if value is not None:
            setattr(struct, name, way(value))


def made(shape: Shape, fields: dict[str, Any]) -> Any:
    """Return the model's object with these fields, which are complete; all of them count as given."""
    model = _new(shape.model)
    _set_fields(model, fields)
    _set_given(model, shape.given)
    _set_extra(model, None)
    _set_private(model, None)
    return model
