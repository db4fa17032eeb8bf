"""Which damaged records an operator wants moved past: one variable of the environment, the same for every verb."""

from collections.abc import Mapping
from typing import Final

from streams.fetching.records import SKIP, Place
from streams.wire.topics import ENCOUNTERS_CHANGELOG, RELEASES_CHANGELOG, TOPICS

_NAMES: Final = {topic.name for topic in TOPICS} - {ENCOUNTERS_CHANGELOG, RELEASES_CHANGELOG}
"""Of topics in which a record can be done without: a changelog without one has stays charged by halves."""

_LARGEST: Final = (1 << 63) - 1


class SkipError(ValueError):
    """The variable does not name records; the message says how to."""


def places_to_skip(environment: Mapping[str, str]) -> tuple[Place, ...]:
    """
    Return topic, partition and offset of each record the environment names.

    Raises:
        SkipError: it names none, or one of a changelog.
    """
    places = []
    for word in filter(None, (part.strip() for part in environment.get(SKIP, "").split(","))):
        topic, *numbers = word.split(":")
        if topic in {ENCOUNTERS_CHANGELOG, RELEASES_CHANGELOG}:
            message = f"{SKIP}: {topic} is the state of stays, and none of it can be left out; see streams/README.md"
            raise SkipError(message)
        if topic not in _NAMES or len(numbers) != 2 or not all(map(_is_offset, numbers)):  # noqa: PLR2004 - partition and offset
            message = f"{SKIP}: write TOPIC:PARTITION:OFFSET, several separated by commas, as the worker that stopped names it"
            raise SkipError(message)
        places.append((topic, int(numbers[0]), int(numbers[1])))
    return tuple(places)


def _is_offset(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len(str(_LARGEST))
