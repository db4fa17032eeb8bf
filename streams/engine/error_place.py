"""What an error that stops a worker was about: a topic, a partition, offsets. Never a record, whose text is a patient's."""

from typing import Final

_PLACE: Final = "_place_in_the_streams"


def placed(error: BaseException, place: str) -> BaseException:
    """Return the error, which from now on tells this place; one that has a place keeps it, as the nearer one."""
    if place and not getattr(error, _PLACE, ""):
        setattr(error, _PLACE, place)
    return error


def place_of(error: BaseException) -> str:
    """Return what an error says it was about; an empty text where it does not."""
    return str(getattr(error, _PLACE, ""))


def told(error: BaseException) -> str:
    """Return an error in words: our own text, of other people's errors the kind alone, and the place where one is known."""
    # Other people's errors may quote a record; only our own words are known to be free of it.
    words = str(error) if type(error).__module__.startswith("streams.") else type(error).__name__
    place = place_of(error)
    return f"{words}; it was about {place}" if place and place not in words else words
