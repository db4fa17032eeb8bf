"""
Two coders who never spoke code the same stays; where they differ, one of them misread the rule book.

``INFUSION_HYPOTHESIS_EXAMPLES`` sets how many stays a run compares; the suite's own number is small enough to
wait for. The draws are derandomised: the same stays every time, and a longer run only goes further.
``INFUSION_HYPOTHESIS_SEED``, a whole number, draws others, the same ones for the same number.
"""

import os
from collections import Counter
from datetime import date

from hypothesis import HealthCheck, given, seed, settings
from second_coder import second_coding
from second_coder_picture import picture
from strategies import encounters, policies

from models.encounter import Encounter
from rules.engine import Coding, Profile, code_encounter

EXAMPLES = int(os.environ.get("INFUSION_HYPOTHESIS_EXAMPLES", "300"))
SEED = os.environ.get("INFUSION_HYPOTHESIS_SEED")

slowly = settings(
    max_examples=EXAMPLES,
    derandomize=SEED is None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    database=None,
)

drawn = (lambda test: test) if SEED is None else seed(int(SEED))

Lines = dict[tuple[str, date, tuple[str, ...]], int]


def lines_of(coding: Coding) -> Lines:
    """Return the engine's units by code, date and modifiers."""
    found: Counter[tuple[str, date, tuple[str, ...]]] = Counter()
    for line in coding.charge_set.lines:
        found[line.code, line.service_date, tuple(sorted(line.modifiers))] += line.units
    return dict(found)


def compare(encounter: Encounter, overrides: tuple[tuple[str, str], ...]) -> None:
    """Code a stay twice and tell the difference, if any, so that a person can decide who is right."""
    coding = code_encounter(encounter, Profile(None, overrides, None, None))
    second = second_coding(encounter, coding.policy)
    first_lines = lines_of(coding)
    first_holds = {flag.flag for flag in coding.charge_set.flags if flag.severity == "block"}
    told = "\n".join(
        [
            picture(encounter),
            f"switches {overrides}",
            f"engine  {_spoken(first_lines)} {sorted(first_holds)}",
            f"second  {_spoken(second.lines)} {sorted(second.blocking)}",
            f"engine's other flags {sorted({flag.flag for flag in coding.charge_set.flags} - first_holds)}",
            f"engine bills nothing for {[(one.administration_id, one.rule) for one in coding.charge_set.not_billed]}",
        ]
    )

    assert first_lines == second.lines, told
    assert first_holds == second.blocking, told


def _spoken(lines: Lines) -> list[str]:
    return [
        f"{'-'.join((code, *modifiers))}*{units} {day}"
        for (code, day, modifiers), units in sorted(lines.items())
    ]


@drawn
@slowly
@given(encounters(charting=False))
def test_two_coders_agree_on_stays_charted_completely(encounter: Encounter) -> None:
    """Nothing is missing from the chart and no switch is touched: what is compared is the coding."""
    compare(encounter, ())


@drawn
@slowly
@given(encounters(), policies())
def test_two_coders_agree_on_stays_charted_badly_under_any_policy(
    encounter: Encounter, overrides: tuple[tuple[str, str], ...]
) -> None:
    """Stops are missing, pumps disagree, windows cut, and every switch may be set."""
    compare(encounter, overrides)
