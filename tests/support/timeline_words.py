"""The words of one line of a timeline, and the options after them, each to be taken once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from shlex import shlex
from typing import Any

Wire = dict[str, Any]
"""One event as JSON, short of its encounter id."""


class UnreadableError(Exception):
    """What is wrong with one line; the case and the line are added on the way out."""


@dataclass
class Words:
    """The words of a line after its verb, and its ``key=value`` options, each to be taken once."""

    words: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)

    def word(self, what: str) -> str:
        """Take the next word."""
        if not self.words:
            message = f"{what} is missing"
            raise UnreadableError(message)
        return self.words.pop(0)

    def take(self, names: Mapping[str, str]) -> Wire:
        """Take the options with these names, under their wire names."""
        return {wire: self.options.pop(name) for name, wire in names.items() if name in self.options}


def words_of(rest: str) -> Words:
    """Return the words and options of what follows the verb; double quotes hold words together."""
    lexer = shlex(rest, posix=True)
    lexer.whitespace_split, lexer.quotes, lexer.commenters = True, '"', ""
    said = Words()
    try:
        for token in lexer:
            name, equals, value = token.partition("=")
            if equals and name.isidentifier():
                said.options[name] = value
            else:
                said.words.append(token)
    except ValueError:
        message = 'a " is not closed'
        raise UnreadableError(message) from None
    return said
