"""Which stays of a patient meet, and what a charge set says of them."""

from datetime import date

import pytest
from timeline_encounter import stay

from rules.engine import code_encounter
from rules.screening.other_accounts import Account, account_of, others_beside, with_other_accounts

MONDAY, TUESDAY, WEDNESDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
KEYED = {"id": "E1", "patient": "k1"}


def account(name: str, first: date, last: date, follows: str | None = None, key: str = "k1") -> Account:
    """Return an account."""
    return Account(key, name, first, last, follows)


@pytest.mark.parametrize(
    ("lines", "days"),
    [
        (["08:00 push X", "12:00 discharge"], (MONDAY, MONDAY)),
        (["23:30 push X", "+1 00:00 discharge"], (MONDAY, TUESDAY)),
        (["23:00 start X", "+1 01:00 stop X"], (MONDAY, TUESDAY)),
        (["08:00 procedure P1 biopsy"], (MONDAY, MONDAY)),
        (["08:00 start X technique=prolonged_pump", "+2 06:00 stop X"], (MONDAY, MONDAY)),
        (["08:00 push X", "+2 09:00 discharge"], (MONDAY, WEDNESDAY)),
        (["+1 08:00 update payer=medicare"], (TUESDAY, TUESDAY)),
    ],
)
def test_an_account_lasts_from_its_first_moment_to_its_last(
    lines: list[str], days: tuple[date, date]
) -> None:
    """In the stay's own zone; a departure ends it."""
    found = account_of(stay(*lines, encounter=KEYED))
    assert found is not None
    assert (found.first, found.last) == days


def test_a_stay_without_a_key_or_that_does_not_stand_is_no_account() -> None:
    """Nobody can meet it."""
    assert account_of(stay("08:00 push X")) is None
    assert account_of(stay("08:00 push X", "09:00 cancel", encounter=KEYED)) is None
    assert account_of(stay("08:00 push X", "09:00 merge E2", encounter=KEYED)) is None


def test_accounts_meet_that_share_a_day_and_a_key() -> None:
    """A chain of stays that follow one another is explained; one beside the chain is not."""
    own = account("E1", MONDAY, TUESDAY)
    others = [
        own,
        account("E2", TUESDAY, WEDNESDAY),
        account("E3", WEDNESDAY, WEDNESDAY),
        account("E4", MONDAY, MONDAY, key="k2"),
        account("E5", TUESDAY, TUESDAY, follows="E6"),
        account("E6", TUESDAY, TUESDAY, follows="E1"),
        account("E7", TUESDAY, TUESDAY, follows="E9"),
    ]
    assert others_beside(own, others) == ("E2", "E7")


def test_a_set_names_five_others_and_counts_the_rest() -> None:
    """The list stays readable however many there are."""
    charge_set = code_encounter(stay("08:00 push ketorolac", "12:00 discharge")).charge_set
    told = with_other_accounts(charge_set, tuple(f"E{number}" for number in range(2, 9)))
    (flag,) = told.flags
    assert flag.says == (
        "The same patient has another account on a day of this stay: E2, E3, E4, E5, E6 and 2 more."
    )
    assert flag.facts == {"encounter_ids": "E2, E3, E4, E5, E6", "accounts": 7}
    assert with_other_accounts(charge_set, ()) is charge_set
