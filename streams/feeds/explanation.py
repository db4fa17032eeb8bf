"""How one message was read, for a person who connects a feed: which field became what, and why the rest was not used."""

from typing import NamedTuple

from streams.feeds.conversion import Conversion


class Explanation(NamedTuple):
    """What was read of a message, in its order."""

    kind: str
    used: tuple[tuple[str, str], ...]
    """Each field that was read, and what it becomes."""
    left: tuple[tuple[str, str], ...]
    """Fields and segments, or elements, that were not, and why."""
    conversion: Conversion
