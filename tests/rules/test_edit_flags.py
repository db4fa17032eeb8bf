"""What an edit's flag tells: which indicator, which limit and which edition, in words and as data."""

from datetime import date

from rules.claim.claim_edits import ClaimLine, EditSettings, EditViolation, violations
from rules.tables.lookup import mue, ptp, ptp_edition

DAY = date(2026, 3, 2)
LATER = date(2026, 10, 5)


def flagged(flag: str, *claim: ClaimLine, setting: str = "facility") -> EditViolation:
    """Return the one violation of this kind that a claim has."""
    settings = EditSettings("office" if setting == "office" else "facility", "cms_aoc_file", per_date=False)
    (violated,) = (one for one in violations(claim, settings) if one.flag == flag)
    return violated


def test_a_date_over_its_limit_names_limit_indicator_and_edition() -> None:
    """An auditor need not look the edit up."""
    limit = mue("96376", "facility", DAY)
    assert limit is not None
    over = flagged("F-MUE", ClaimLine("96374", 1, (), DAY), ClaimLine("96376", limit.value + 1, (), DAY))
    assert dict(over.facts) == {
        "code": "96376",
        "units": limit.value + 1,
        "limit": limit.value,
        "indicator": 3,
        "edition": "2024-07-01",
    }
    assert over.says == (
        f"{limit.value + 1} units of 96376 on 2026-03-02; the edit allows {limit.value} a date of service, unless a "
        "review of the record allows more (MUE adjudication indicator 3, edition of 2024-07-01)."
    )


def test_an_absolute_limit_says_that_no_record_lifts_it() -> None:
    """Indicator 2 is a date of service without appeal."""
    over = flagged("F-MUE", ClaimLine("96365", 1, (), DAY), ClaimLine("96368", 2, (), DAY))
    assert over.says == (
        "2 units of 96368 on 2026-03-02; the edit allows 1 a date of service, whatever the record says "
        "(MUE adjudication indicator 2, edition of 2024-07-01)."
    )


def test_a_clashing_pair_names_its_modifier_indicator_and_the_edition_it_was_read_from() -> None:
    """A later edition that only adds pairs leaves the others to the edition before."""
    clash = flagged("F-NCCI", ClaimLine("96413", 1, (), DAY), ClaimLine("96521", 1, (), DAY))
    assert dict(clash.facts) == {
        "column1": "96413",
        "column2": "96521",
        "indicator": 1,
        "edition": "2024-07-01",
    }
    assert clash.says.endswith(" (NCCI modifier indicator 1, edition of 2024-07-01).")


def test_every_pair_in_force_knows_its_edition() -> None:
    """Those read later have the later one."""
    pairs = ptp("facility", LATER)
    editions = {ptp_edition(pair, "facility", LATER) for pair in pairs}
    assert editions == {date(2024, 7, 1), date(2026, 10, 1)}
