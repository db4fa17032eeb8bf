"""Named tuples and records made in bulk."""

from dataclasses import dataclass, field
from typing import Final, TypeVar, dataclass_transform

T = TypeVar("T")

build: Final = tuple.__new__
"""
Returns a named tuple of a class from its fields in their order: ``build(Flow, (start, stop))``.

The tuple's own constructor takes keywords and default values, which costs five times as much for the 34 fields of an
administration. Nothing counts the fields, so give all of them.
"""


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """
    Return a class as a dataclass that nobody assigns to: mypy refuses it, and nothing at run time pays for that.

    A frozen dataclass sets each field by ``object.__setattr__``, which makes building one five times as dear, and a stay
    builds thirty. They compare and hash by their fields, as frozen ones do, and are shared: never write to one.
    """
    return dataclass(unsafe_hash=True)(cls)
