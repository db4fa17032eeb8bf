"""A law of the shadow: what another answer to one switch makes different, that answer explains."""

from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import ORDINARY_DAYS, encounters

from models.charge import ChargeSet
from models.encounter import Encounter
from rules.engine import Profile, code_encounter
from rules.policy.switches import SWITCHES
from streams.feeds.posted import PostedLine
from streams.reconciliation.difference import Answer, differences
from streams.reconciliation.explaining import SILENT, explained, other_answers

LAW = settings(max_examples=20, deadline=None)
ANSWERS = [
    (switch.key, answer)
    for switch in SWITCHES
    if switch.key not in SILENT
    for answer in switch.values
    if answer != switch.default
]


@LAW
@given(encounters(days=ORDINARY_DAYS), st.sampled_from(ANSWERS))
def test_the_answer_that_made_a_difference_explains_it(encounter: Encounter, answer: Answer) -> None:
    """Every difference, whatever the stay; and a system that answers as we do has none."""
    ours = code_encounter(encounter, Profile())

    def code(tried: Answer) -> ChargeSet:
        return code_encounter(encounter, Profile(overrides=(tried,))).charge_set

    theirs = [
        PostedLine(line.code, line.units, line.modifiers, line.service_date) for line in code(answer).lines
    ]
    base = differences("E1", ours.charge_set, theirs)
    assert ours.policy is not None
    tried = [answer] if answer in set(other_answers(ours.policy.value)) else []
    found = explained(base, theirs, tried, code)
    assert all(one.explained_by == (answer,) for one in found)
    assert len(found) == len(base)
