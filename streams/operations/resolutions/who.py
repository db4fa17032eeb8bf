"""Who answers: an opaque id, for events are kept for years and read by many. Pure."""

from models.printable import shows
from streams.operations.resolutions.question import AnswerError

_WHO = "who"


def opaque_id(who: str) -> str:
    """
    Return the id of the person who answers, without blanks around it.

    Raises:
        AnswerError: it is empty, has blanks within as names have, or characters that are not seen.
    """
    who = who.strip(" ")
    if not who:
        raise AnswerError(_WHO, "names nobody", "say who answers, by an opaque id")
    if any(character.isspace() for character in who):
        raise AnswerError(
            _WHO, "has blanks, as a name has", "write an opaque id without blanks, for example coder-7"
        )
    if not shows(who):
        raise AnswerError(_WHO, "has characters that are not seen", "write an opaque id, for example coder-7")
    return who
