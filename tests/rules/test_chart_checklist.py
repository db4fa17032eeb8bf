"""What the chart must hold for a code, and what the chart of a stay has, lacks and pays for it."""

from datetime import date

import pytest
from timeline import events_of

from models.charge import ChargeSet
from rules.catalogue.chart_checklist import Checked, checked_chart, gaps
from rules.catalogue.chart_items import ITEMS, items_of, lack_does
from rules.catalogue.codes import codes
from rules.engine import Profile, code_encounter
from rules.flags import FLAGS
from rules.outcomes import outcomes
from rules.rulebook import all_rules
from streams.encounter.fold import fold

DAY = date(2026, 3, 2)
WHOLE = "order=O1 amount=1 unit=g site=arm rate=100 volume=150 indication=pneumonia role=nurse"


def checked(*lines: str) -> tuple[tuple[Checked, ...], ChargeSet]:
    """Return the checklist of a stay of these lines, and its charge set."""
    stay = fold(events_of({"case": "x", "timeline": [*lines, "13:00 discharge"]}))
    charge_set = code_encounter(stay, Profile()).charge_set
    return checked_chart(stay, charge_set, outcomes(stay, Profile(), charge_set)), charge_set


def test_every_item_rests_on_rules_and_flags_that_are_there() -> None:
    """And every code but a person's own asks for a time."""
    rules = {rule.id for rule in all_rules()}
    assert {name for item in ITEMS for name in item.rules} <= rules
    assert {name for item in ITEMS for name in item.flags} <= set(FLAGS)
    for code in codes():
        asked = {item.id for item in items_of(code.code, date.max)}
        assert asked & {"start", "time"}, code.code
        assert ("start" in asked) == ("stop" in asked), code.code


@pytest.mark.parametrize(
    ("code", "asked", "not_asked"),
    [
        ("96365", {"start", "stop", "second access", "indication"}, {"time", "reason", "complexity"}),
        ("96366", {"start", "stop"}, {"second access"}),
        ("96360", {"reason", "start", "stop"}, {"indication"}),
        ("96375", {"time", "access"}, {"stop", "rate"}),
        ("96372", {"time", "dose"}, {"access", "stop"}),
        ("96413", {"complexity", "stop"}, {"time"}),
        ("96416", {"planned"}, {"stop"}),
        ("96523", {"order", "time"}, {"drug", "dose"}),
    ],
)
def test_a_code_asks_for_what_it_is(code: str, asked: set[str], not_asked: set[str]) -> None:
    """A push has a moment, an infusion two; fluid needs a reason; an initial code a reason for a second access."""
    names = {item.id for item in items_of(code, DAY)}
    assert asked <= names
    assert not not_asked & names


def test_a_code_that_is_not_charged_asks_for_nothing() -> None:
    """Not yet, or never."""
    assert items_of("99213", DAY) == ()
    assert items_of("96365", date(2008, 12, 31)) == ()


def test_what_a_lack_does_follows_from_the_flags() -> None:
    """Block, warn, or nothing; of what no event says a person looks."""
    said = {item.id: lack_does(item) for item in ITEMS}
    assert said["stop"].startswith("F-MISSING_STOP holds the stay")
    assert "F-STOP_CALCULATED and F-STOP_PROXY warn" in said["stop"]
    assert said["who"].startswith("nothing is held")
    assert said["waste"].startswith("no event says it")


def test_a_chart_that_holds_everything_lacks_nothing() -> None:
    """But for what no event can say."""
    (one, *_), _ = checked(f"08:00-09:30 infuse ceftriaxone {WHOLE}")
    assert one.code == "96365"
    assert one.lacks == ()
    assert {"order", "drug", "dose", "route", "start", "stop", "rate", "indication", "who"} <= set(one.has)
    assert one.untold == ("response", "waste")


def test_a_missing_stop_holds_and_costs_what_its_answers_differ_by() -> None:
    """It earned no line, so it is asked as for the plainest code of its technique."""
    found, charge_set = checked("08:00-09:00 infuse ceftriaxone", "10:00 start vancomycin")
    assert charge_set.status == "held"
    (held,) = [one for one in found if not one.earned]
    (stop,) = [gap for gap in held.lacks if gap.item == "stop"]
    assert (held.code, stop.holds, stop.flags) == ("96365", True, ("F-MISSING_STOP",))
    assert stop.cents
    assert gaps(found)[0] == stop


def test_what_nothing_is_held_for_stands_under_the_money_of_its_line() -> None:
    """A reviewer may ask, and then the line's payment is at stake."""
    found, charge_set = checked("08:00-09:00 infuse ceftriaxone order=O1")
    (who,) = [gap for gap in gaps(found) if gap.item == "who"]
    paid = charge_set.lines[0].expected_payment
    assert not who.holds
    assert who.flags == ()
    assert paid is not None
    assert who.cents == paid.cents


def test_a_reason_that_does_not_count_is_no_reason() -> None:
    """What is charted lacks what the flag asks for."""
    found, _ = checked('08:00-09:00 infuse "normal saline" intent=hydrate indication=R07.9')
    (held,) = found
    assert held.code == "96360"
    assert [gap.item for gap in held.lacks if gap.holds] == ["reason"]


def test_a_second_access_without_a_reason_is_lacking() -> None:
    """With one access nobody asks."""
    accesses = ("07:50 access left peripheral", "07:50 access right peripheral")
    found, _ = checked(
        *accesses, "08:00-09:00 infuse ceftriaxone site=left", "08:00-09:00 infuse vancomycin site=right"
    )
    assert "second access" in {gap.item for gap in gaps(found)}
    alone, _ = checked(accesses[0], "08:00-09:00 infuse ceftriaxone site=left")
    assert "second access" not in {gap.item for gap in gaps(alone)}


def test_an_unsigned_order_is_none() -> None:
    """And it holds."""
    found, _ = checked("08:00-09:00 infuse ceftriaxone order=O1 order_status=unsigned")
    assert [gap.item for gap in gaps(found) if gap.holds] == ["order"]
