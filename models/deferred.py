"""Readers that pydantic makes when they are first asked for, and not when the module is imported."""

from collections.abc import Callable
from typing import Final, TypeVar

from pydantic import ConfigDict, with_config

_Class = TypeVar("_Class", bound=type)

deferred: Final[Callable[[_Class], _Class]] = with_config(ConfigDict(defer_build=True))
"""
Returns a class whose ``TypeAdapter`` is empty until something is read or described with it.

For what is written everywhere and read in few places: making the readers of all outputs takes a tenth of the time in
which a verb starts.
"""
