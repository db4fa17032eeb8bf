"""Waste and dispenses in the fold: each with its giving, whatever the order of arrival, and after a merge too."""

import json
from itertools import permutations
from typing import Any

from models.event import EVENT, Event
from streams.encounter.fold import fold, fold_merged


def event(kind: str, number: int, stay: str = "E1", **fields: Any) -> Event:
    """Return an event of a stay; ``number`` makes its id and its minute."""
    told = {
        "type": kind, "event_id": f"e{number}", "encounter_id": stay, "occurred_at": f"2026-03-02T08:{number:02}:00-05:00",
    }  # fmt: skip
    return EVENT.validate_json(json.dumps(told | fields))


GIVEN = event("push_given", 1, administration_id="A1", drug={"name": "ondansetron"})
WASTE = event("drug_wasted", 2, administration_id="A1", amount="1.5", unit="mg")
MORE = event("drug_wasted", 3, administration_id="A1", amount="0.5", unit="mg")
APART = event("drug_wasted", 4, administration_id="A9", amount=1)
HANDED = event("drug_dispensed", 5, dispense_id="D1", administration_id="A1", drug={"name": "ondansetron"})


def test_waste_stands_with_its_giving_in_any_order() -> None:
    """What is thrown away of a giving that is not there stands apart, and a dispense by itself."""
    events = (GIVEN, WASTE, MORE, APART, HANDED)
    stay = fold(events)
    (given,) = stay.administrations
    assert [str(waste.amount) for waste in given.wasted] == ["1.5", "0.5"]
    assert [waste.administration_id for waste in stay.wasted_apart] == ["A9"]
    assert [one.dispense_id for one in stay.dispensed] == ["D1"]
    assert {fold(order) for order in permutations(events)} == {stay}
    assert fold((*events, *events)) == stay


def test_waste_moves_nothing_of_the_giving() -> None:
    """Neither its times nor its technique."""
    (plain,) = fold([GIVEN]).administrations
    (given,) = fold([GIVEN, WASTE]).administrations
    assert given._replace(wasted=()) == plain


def test_waste_of_a_voided_giving_stands_apart() -> None:
    """And a void of the waste takes it back; a later dispense of one id replaces the earlier."""
    stay = fold([GIVEN, WASTE, event("administration_voided", 6, administration_id="A1")])
    assert stay.administrations == ()
    assert [waste.waste_id for waste in stay.wasted_apart] == ["e2"]
    (given,) = fold([GIVEN, WASTE, event("event_voided", 7, voids_event_id="e2")]).administrations
    assert given.wasted == ()
    again = event("drug_dispensed", 8, dispense_id="D1", drug={"name": "ketorolac"})
    assert [one.drug.name for one in fold([GIVEN, HANDED, again]).dispensed] == ["ketorolac"]


def test_a_merge_takes_waste_and_dispenses_with_their_givings() -> None:
    """Under the names they go by in the stay that stays."""
    other = [
        event("push_given", 11, "E2", administration_id="A1", drug={"name": "ketorolac"}),
        event("drug_wasted", 12, "E2", administration_id="A1", amount=7, unit="mg"),
        event(
            "drug_dispensed", 13, "E2", dispense_id="D2", administration_id="A1", drug={"name": "ketorolac"}
        ),
        event("encounter_merged", 14, "E2", into_encounter_id="E1"),
    ]
    stay = fold_merged([GIVEN, WASTE], {"E2": other})
    wasted = {
        one.administration_id: [str(waste.amount) for waste in one.wasted] for one in stay.administrations
    }
    assert wasted == {"A1": ["1.5"], "E2/A1": ["7"]}
    assert [one.administration_id for one in stay.dispensed] == ["E2/A1"]


def test_a_waste_after_an_answer_changes_its_giving() -> None:
    """So that the answer is asked again (R-REV-1)."""
    answer = event(
        "review_decided", 3, flag="F-DRUG_DOSE", decision="no_code", reason="not ours", decided_by="coder-7"
    )
    late = event("drug_wasted", 9, administration_id="A1", amount=1, unit="mg")
    (review,) = fold([GIVEN, answer, late]).reviews
    assert review.changed_ids == ("A1",)
