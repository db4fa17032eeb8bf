"""
The switches: every question on which honest coders, payers and hospitals differ (rule book, section 10).

A switch names its question, the answers it takes, the answer the rule book starts from and who holds which
view, by key into ``rules/sources.toml``. This module knows which answers a switch takes and refuses others with words
that help; ``rules.policy.resolve`` decides which answer is in force for an encounter.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

ARROW = re.compile(r"\s*(?:→|->|>|-|\s)\s*")
_PLUS = re.compile(r"\s*\+\s*")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,7}")
_UNITS = {
    "minutes": "minutes|minute|min",
    "hours": "hours|hour|h",
    "mL/h": "ml/h",
    "mL": "ml",
    "days": "days|day|d",
}


class PolicyError(ValueError):
    """A policy that cannot be followed; the message says what is wrong, where, and what would be right."""


@dataclass(frozen=True, slots=True)
class Switch:
    """
    One question with its answers.

    ``values`` are the words it takes, ``span`` the whole numbers (in ``unit``), both in the spelling of a
    policy file. ``default`` is the rule book's own answer, ``office_default`` the one it gives in an office
    when that differs. ``views`` say who holds which answer; an answer nobody is known to hold is left out.
    """

    id: str
    key: str
    question: str
    values: tuple[str, ...]
    default: str
    span: range | None = None
    unit: str = ""
    prefix: str = ""
    office_default: str | None = None
    numeric: bool = False
    spellings: Mapping[str, str] = field(default_factory=dict)
    views: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def attribute(self) -> str:
        """Return the name this switch has on a ``Policy``: its key, but for ``96368_cap``."""
        return "cap_96368" if self.key == "96368_cap" else self.key

    def default_in(self, setting: str) -> str:
        """Return the rule book's own answer in a setting."""
        return self.office_default if self.office_default and setting == "office" else self.default

    def allowed(self) -> str:
        """Return the answers this switch takes, in words for an error or a help text."""
        answers = list(self.values)
        if self.span is not None:
            number = f"{self.prefix}N with N a whole number" if self.prefix else "a whole number"
            answers.append(f"{number} from {self.span.start} to {self.span.stop - 1} ({self.unit})")
        return answers[0] if len(answers) == 1 else f"{', '.join(answers[:-1])} or {answers[-1]}"

    def normalised(self, value: str) -> str:
        """
        Return an answer in a policy file's spelling: case, spaces, hyphens and a unit do not matter.

        Raises PolicyError, with the answers there are and the nearest one, for anything else.
        """
        answer = _PLUS.sub("+", value.strip().casefold())
        if self.unit:
            answer = re.sub(rf"(?<=[0-9])\s*(?:{_UNITS[self.unit]})$", "", answer)
        answer = self.spellings.get(answer, answer)
        words = {word.casefold(): word for word in self.values}
        folded = ARROW.sub("_", answer)
        for spelling in (answer, folded):
            if spelling in words:
                return words[spelling]
        number = re.sub(f"^{self.prefix.rstrip(':')}[:_]", "", folded) if self.prefix else answer
        prefixed = not self.prefix or number != folded
        if (
            self.span is not None
            and prefixed
            and _WHOLE_NUMBER.fullmatch(number)
            and int(number) in self.span
        ):
            return f"{self.prefix}{int(number)}"
        near = get_close_matches(folded, words, n=1)
        hint = f" Did you mean {words[near[0]]}?" if near else ""
        message = f"{self.key} ({self.id}) does not take {value!r}. It takes {self.allowed()}.{hint}"
        raise PolicyError(message)

    def typed(self, value: str) -> str | int | None:
        """Return a normalised answer as ``Policy`` carries it: a word, a whole number, or None for no limit."""
        if not self.numeric:
            return value
        return None if value == "none" else int(value)
