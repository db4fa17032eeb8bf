"""The bill hold: a setting of the policy's layers, by payer, by which no line is coded."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from second_coder_timelines import BLANK, EMPTY

from models.drug import Drug
from models.encounter import Administration, Encounter, Flow
from rules.engine import Profile, code_encounter
from rules.policy import layer_files
from rules.policy.resolve import Origin, Policy, PolicyError, policy_for
from rules.policy.switches import ANSWERABLE, SWITCHES, chosen, switch

TODAY = date(2026, 11, 22)
MORNING = 1_772_456_400


@pytest.fixture
def site(tmp_path: Path) -> Callable[[str, str], Path]:
    """Return what writes a site's policy file, and returns its folder."""

    def write(name: str, text: str) -> Path:
        head = f'name = "{name}"\ntitle = "A test"\nedition = 2026-11-27\n'
        (tmp_path / f"{name}.toml").write_text(head + text, encoding="utf-8")
        return tmp_path

    return write


def days(said: object, since: str = "2020-01-01", more: str = "") -> str:
    """Return an entry of a policy file."""
    return (
        f'[[values]]\nkey = "bill_hold_days"\nfrom = {since}\nvalue = {said}\ncite = "Billing desk"\n{more}'
    )


def policy(
    payer: str | None = None, facility: str | None = None, *, on: date = TODAY, home: Path | None = None
) -> Policy:
    """Return the policy of a stay."""
    return policy_for("facility", payer, facility, None, on, extra_dirs=(home,) if home else ())


def stay(payer: str | None = "medicare", facility: str | None = "NORTH") -> Encounter:
    """Return a discharged stay with an infusion of an hour and a half."""
    drip: Administration = BLANK._replace(
        administration_id="A1",
        drug=Drug(name="ceftriaxone"),
        flows=(Flow(MORNING, MORNING + 5400),),
        given_at=MORNING,
    )
    return EMPTY._replace(
        encounter_id="E1", standing="discharged", setting="facility", payer=payer, facility=facility, time_zone="UTC",
        arrived_at=MORNING - 3600, departed_at=MORNING + 9000, last_recorded_at=MORNING + 9000, administrations=(drip,),
    )  # fmt: skip


def test_it_is_five_days_until_a_layer_says_otherwise() -> None:
    """For every payer, and the origin says that nobody but the house does."""
    for payer in (None, "medicare", "nobody's plan"):
        assert policy(payer).bill_hold_days == 5
        assert policy(payer).origin("bill_hold_days") == Origin("global", "HOUSE")
        assert policy(payer).value("B-01") == "5"


def test_layers_answer_it_as_they_answer_a_switch(site: Callable[[str, str], Path]) -> None:
    """The site's own, a payer's, a facility's; each from its date, for a setting, until it inherits again."""
    site("ours", 'scope = "global"\n' + days(4))
    site("acme", 'scope = "payer"\n' + days(7, "2026-01-01") + days('"inherits"', "2026-06-01"))
    home = site(
        "north", 'scope = "facility"\nfacility = "NORTH"\n' + days('"3 days"', more='setting = "office"\n')
    )
    assert policy("medicare", home=home).bill_hold_days == 4
    assert policy("acme", on=date(2026, 3, 1), home=home).bill_hold_days == 7
    assert policy("acme", home=home).bill_hold_days == 4
    assert policy("acme", "NORTH", home=home).bill_hold_days == 4
    assert policy_for("office", "acme", "NORTH", None, TODAY, extra_dirs=(home,)).bill_hold_days == 3
    assert policy("acme", on=date(2026, 3, 1), home=home).origin("B-01") == Origin(
        "payer acme", "Billing desk"
    )


def test_it_can_be_set_by_hand() -> None:
    """And is none of the overrides a charge set names."""
    by_hand = policy_for("facility", None, None, None, TODAY, None, (("bill_hold_days", "9"), ("P-17", "30")))
    assert by_hand.bill_hold_days == 9
    assert by_hand.origin("bill_hold_days") == Origin("override", "--set")
    assert by_hand.overrides == {"kvo_rate_ceiling": "30"}


def test_no_charge_set_changes_by_it(site: Callable[[str, str], Path]) -> None:
    """Whichever layer has it: added to a layer that codes, alone in one, of a payer or over all, or set by hand."""
    coding = '[[values]]\nkey = "P-17"\nfrom = 2020-01-01\nvalue = 30\ncite = "A test"\n'
    home = site("north", 'scope = "facility"\nfacility = "NORTH"\n' + coding)
    as_it_was = {
        payer: code_encounter(stay(payer), Profile(f"{home}/")).charge_set for payer in ("medicare", "acme")
    }
    site("north", 'scope = "facility"\nfacility = "NORTH"\n' + coding + days(3))
    site("ours", 'scope = "global"\n' + days(4))
    site("acme", 'scope = "payer"\n' + days(7))
    site("medicare-ours", 'scope = "payer"\nextends = "medicare"\naliases = ["medicare"]\n' + days(2))
    layer_files.read_layer.cache_clear()
    layer_files.layers_in.cache_clear()
    for payer, before in as_it_was.items():
        for by_hand in ((), (("bill_hold_days", "30"),)):
            folder = str(home) + "/./" if by_hand else f"{home}/../{home.name}"
            after = code_encounter(stay(payer), Profile(folder, by_hand)).charge_set
            assert after == before, payer
    held = policy_for("facility", "medicare", "SOUTH", None, TODAY, f"{home}/../{home.name}")
    assert (held.bill_hold_days, held.name, held.medicare) == (2, "medicare-facility", True)


def test_the_register_of_switches_is_without_it() -> None:
    """No golden case, seed or note of a line is owed to it."""
    assert {one.key for one in ANSWERABLE} - {one.key for one in SWITCHES} == {"bill_hold_days"}
    assert switch("bill-hold-days") is switch("B-01")


@pytest.mark.parametrize("said", ["0", "366", "-1", "1.5", "soon", ""])
def test_a_wrong_number_of_days_is_refused(said: str) -> None:
    """With what would be right."""
    with pytest.raises(PolicyError, match=r"bill_hold_days \(B-01\) does not take .*from 1 to 365 \(days\)"):
        chosen("bill_hold_days", said)


def test_a_department_has_none(site: Callable[[str, str], Path]) -> None:
    """A claim is the facility's; and the global layer cannot inherit it."""
    home = site("icu", 'scope = "department"\ndepartment = "ICU"\n' + days(3))
    (wrong,) = layer_files.problems(home / "icu.toml")
    assert "a claim is the facility's" in wrong
    home = site("ours", 'scope = "global"\n' + days('"inherits"'))
    (wrong,) = layer_files.problems(home / "ours.toml")
    assert "nothing to inherit from" in wrong
