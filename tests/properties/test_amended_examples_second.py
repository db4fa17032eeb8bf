"""Section 16 of the rule book in examples worked by hand, coded by the second coder: it must be right before it may judge."""

from collections import Counter

import pytest
from second_coder import second_coding
from second_coder_amendments import CASES
from second_coder_timelines import policy


def told(words: str) -> tuple[Counter[str], set[str], set[str]]:
    """Return the lines, the flags and the blocking flags of ``96365 96366*2 F-SAD F-MISSING_STOP!``."""
    lines: Counter[str] = Counter()
    flags, blocking = set(), set()
    for word in words.split():
        if word.startswith("F-"):
            flags.add(word.removesuffix("!"))
            blocking |= {word.removesuffix("!")} if word.endswith("!") else set()
        else:
            line, _, units = word.partition("*")
            lines[line] += int(units or 1)
    return lines, flags, blocking


@pytest.mark.parametrize("case", CASES)
def test_the_second_coder_agrees_with_section_16_on(case: str) -> None:
    """Lines and blocking flags are all that may be; of other flags those told must be there."""
    encounter, answers, words = CASES[case]
    lines, flags, blocking = told(words)
    result = second_coding(encounter, policy(encounter.setting or "facility", encounter.payer, **answers))
    found: Counter[str] = Counter()
    for (code, _, modifiers), units in result.lines.items():
        found["-".join((code, *modifiers))] += units

    assert lines == found
    assert blocking == result.blocking
    assert flags <= result.flags
