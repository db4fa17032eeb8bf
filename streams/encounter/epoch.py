"""
Aware instants as epoch seconds, many at once.

``datetime.timestamp`` gives the same numbers one by one, and was a third of what reading a stay took. What made
these instants out of text, pydantic's core, turns a list of them into numbers in a third of that.
"""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Final

from pydantic import ConfigDict, TypeAdapter

_INSTANTS: Final = TypeAdapter(list[datetime | None], config=ConfigDict(ser_json_temporal="seconds"))

epoch_seconds: Final[Callable[[list[datetime | None]], list[float | None]]] = partial(
    _INSTANTS.serializer.to_python, mode="json"
)
"""Seconds since 1970-01-01 UTC at each of these aware instants, in their order; None stays None."""


class UntrueInstantsError(RuntimeError):
    """The installed pydantic reads a wall clock where an instant is meant; releases before 2.14 do."""

    def __init__(self) -> None:
        super().__init__(
            "the installed pydantic shifts instants by their offset; install pydantic 2.14 or newer"
        )


def _require_true() -> None:
    # Every minute that is billed passes here: a release that leaves out the offset must stop us at once.
    known = datetime(2026, 3, 2, 8, tzinfo=timezone(timedelta(hours=-5)))
    if epoch_seconds([known]) != [known.timestamp()]:
        raise UntrueInstantsError


_require_true()
