"""
All differences of a run, put in order: what one answer to one switch explains first, then the rest by rule. Pure.

Lines of ours that wait, held or in a preview, come last and apart, for neither system has charged them.

Where several answers explain a difference, the one that explains the most differences of the whole run is named: a
charge system answers a question one way, not by the stay.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from streams.reconciliation.difference import Answer, Difference


class Group(NamedTuple):
    """Differences with one explanation: an answer to a switch, a rule of ours, or what keeps lines of ours waiting."""

    switch: str
    answer: str
    rule: str
    differences: tuple[Difference, ...]
    waiting: str = ""
    """``held`` or ``preview`` where these lines of ours are not charged yet; empty where the systems are at odds."""

    @property
    def stays(self) -> int:
        """How many stays they are of."""
        return len({one.encounter_id for one in self.differences})

    @property
    def cents(self) -> int:
        """What ours come to, less theirs, in US cents."""
        return sum(one.cents - one.their_cents for one in self.differences)


def groups(found: Iterable[Difference]) -> Iterator[Group]:
    """Yield the differences by what explains them, the most first within each part, each difference once."""
    everything: list[Difference] = []
    waiting: dict[tuple[str, str], list[Difference]] = {}
    for one in found:
        if one.counts:
            everything.append(one)
        else:
            waiting.setdefault((one.kind, one.rule), []).append(one)
    votes = Counter(answer for one in everything for answer in one.explained_by)
    by_answer: dict[Answer, list[Difference]] = {}
    by_rule: dict[str, list[Difference]] = {}
    for one in everything:
        if one.explained_by:
            best = max(one.explained_by, key=lambda answer: (votes[answer], -one.explained_by.index(answer)))
            by_answer.setdefault(best, []).append(one)
        else:
            by_rule.setdefault(one.rule, []).append(one)
    for (switch, answer), some in sorted(by_answer.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        yield Group(switch, answer, "", tuple(some))
    for rule, some in sorted(by_rule.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        yield Group("", "", rule, tuple(some))
    for (kind, rule), some in sorted(waiting.items(), key=lambda pair: (pair[0][0], -len(pair[1]), pair[0])):
        yield Group("", "", rule, tuple(some), kind)
