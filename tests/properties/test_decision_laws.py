"""What a set says of how it was decided: what is assumed is flagged, who answered is named, another answer is another set."""

import os

from hypothesis import HealthCheck, given, settings
from strategies import encounters, policies

from models.charge import ChargeSet
from models.encounter import Encounter
from rules.engine import Profile, code_encounter
from rules.policy.resolve import chosen
from rules.policy.switches import SWITCHES

Overrides = tuple[tuple[str, str], ...]

IDS = {switch.id: switch.key for switch in SWITCHES}

law = settings(
    max_examples=int(os.environ.get("INFUSION_HYPOTHESIS_EXAMPLES", "500")) // 5,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    database=None,
)


def coded(encounter: Encounter, overrides: Overrides) -> ChargeSet:
    """Return the set of a stay under switches set by hand."""
    return code_encounter(encounter, Profile(overrides=overrides)).charge_set


@law
@given(encounters(), policies())
def test_what_is_assumed_is_flagged(encounter: Encounter, overrides: Overrides) -> None:
    """No line rests on a fact nobody charted without a word about the very administration."""
    charge_set = coded(encounter, overrides)
    told = {name for flag in charge_set.flags if flag.flag == "F-ASSUMED" for name in flag.administration_ids}
    for line in charge_set.lines:
        assert line.evidence != "assumed" or told.intersection(line.administration_ids)


@law
@given(encounters(), policies())
def test_an_auditor_is_answered_from_the_set_alone(encounter: Encounter, overrides: Overrides) -> None:
    """Whoever a reason names stands in the set: a layer with its version, or an answer by hand with its value."""
    charge_set = coded(encounter, overrides)
    layers = {layer.name for layer in charge_set.policy_layers}
    assert all(len(layer.version) == 12 for layer in charge_set.policy_layers)
    for one in (*charge_set.lines, *charge_set.not_billed, *charge_set.flags):
        for reason in (reason for reason in one.reasons if reason.rule in IDS):
            key, who = IDS[reason.rule], reason.says.rstrip(".").rpartition(", by ")[2]
            if who == "override":
                assert f" is {charge_set.overrides[key]}, " in reason.says
            else:
                assert who in layers
                assert key not in charge_set.overrides


@law
@given(encounters(), policies())
def test_another_answer_is_another_set_of_the_same_lines(encounter: Encounter, overrides: Overrides) -> None:
    """The identity covers what was set by hand; a line of the same code, date and modifiers keeps its id."""
    plain, by_hand = coded(encounter, ()), coded(encounter, overrides)
    asked = by_hand.policy != "none"
    assert by_hand.overrides == (dict(chosen(*pair) for pair in overrides) if asked else {})
    assert (plain.charge_set_id == by_hand.charge_set_id) == (not by_hand.overrides)
    ids = [
        {(line.code, line.service_date, line.modifiers): line.line_id for line in one.lines}
        for one in (plain, by_hand)
    ]
    assert all(ids[0][key] == ids[1][key] for key in ids[0].keys() & ids[1].keys())
