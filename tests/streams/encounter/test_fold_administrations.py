"""What was given and how: attributes, technique, the moment, and both witnesses."""

from decimal import Decimal

import pytest
from timeline_encounter import at, only, stay

from models.encounter import Flow


def test_an_attribute_is_the_one_stored_last_that_says_anything() -> None:
    """Field by field: a correction need not repeat what was right."""
    given = only("08:00 start X site=left order=o1", "09:00 stop X", "10:00 chart X site=right")
    assert (given.site_id, given.order_id) == ("right", "o1")


def test_a_chart_entry_outweighs_a_start_stored_at_the_same_time() -> None:
    """It states the whole administration."""
    given = only("08:00 start X site=left event=z", "08:00 chart X site=right event=a")
    assert given.site_id == "right"


def test_a_start_stored_after_the_chart_entry_outweighs_it() -> None:
    """Later knowledge counts."""
    given = only("08:00 start X site=left recorded=12:00", "08:00 chart X site=right recorded=11:00")
    assert given.site_id == "left"


def test_the_nurses_word_on_what_was_given_outweighs_the_pumps() -> None:
    """The nursing record is the billing record, even when the pump reports later (R-DOC-7)."""
    given = only(
        "08:00 start ceftriaxone id=A", "08:00 start library id=A source=pump device=p1 recorded=12:00"
    )
    assert given.drug is not None
    assert (given.drug.name, given.device_id) == ("ceftriaxone", "p1")


def test_every_attribute_reaches_the_administration() -> None:
    """Nothing a publisher says is lost on the way."""
    given = only(
        "08:00 start X order=o order_status=signed dose=d site=s intent=treat indication=why rate=125 volume=1000"
        " planned=60 amount=5 unit=mg prehospital=true device=p counselling=true lesions=3 complexity=true"
    )
    said = (given.order_id, given.order_status, given.dose_id, given.site_id, given.intent, given.indication)
    assert said == ("o", "signed", "d", "s", "treat", "why")
    numbers = (given.rate_ml_per_h, given.volume_ml, given.planned_minutes, given.dose, given.lesion_count)
    assert numbers == (Decimal(125), Decimal(1000), 60, Decimal(5), 3)
    rest = (given.route, given.dose_unit, given.prehospital, given.device_id, given.counselling)
    assert rest == ("IV", "mg", True, "p", True)
    assert given.complexity_documented is True


@pytest.mark.parametrize(
    ("line", "technique"),
    [
        ("08:00 start X", "infusion"),
        ("08:00 push X", "push"),
        ("08:00 inject IM X", "injection"),
        ("08:00 start X technique=prolonged_pump", "prolonged_pump"),
        ("08:00 push X technique=pca", "pca"),
        ("08:00 chart X started=08:00 stopped=08:30", "infusion"),
        ("08:00 chart X route=SC started=08:00 stopped=08:30", "infusion"),
        ("08:00 chart X route=SC", "injection"),
        ("08:00 chart X route=im started=08:00", "injection"),
        ("08:00 chart X route=IV started=08:00", "infusion"),
        ("08:00 chart X", "infusion"),
        ("08:00 stop X", "infusion"),
        ("08:00-08:10,08:20-08:30 infuse X technique=none route=SC", "infusion"),
    ],
)
def test_how_it_was_given_is_as_charted_or_as_its_events_tell(line: str, technique: str) -> None:
    """An explicit technique wins; a stop tells an infusion; a route into muscle or skin an injection."""
    assert only(line).technique == technique


def test_a_push_that_shares_its_id_with_an_infusion_is_a_bolus_from_the_bag() -> None:
    """It is part of the infusion, whatever it calls itself (R-PUSH-7)."""
    given = only("08:00 start X", "08:05 push X id=X technique=push recorded=12:00", "09:00 stop X")
    assert (given.technique, given.given_at) == ("infusion", at("08:00"))
    assert given.flows == (Flow(at("08:00"), at("09:00")),)
    charted = only("08:00-09:00 infuse X", "08:05 push X id=X recorded=12:00")
    assert charted.technique == "infusion"


def test_a_push_charted_without_times_stays_a_push() -> None:
    """A later entry about its order is no infusion."""
    given = only("08:05 push X", "12:00 chart X order=o1")
    assert (given.technique, given.given_at, given.order_id) == ("push", at("08:05"), "o1")


def test_a_push_has_its_moment_and_no_flow() -> None:
    """Minutes only when charted."""
    given = only("08:05 push X")
    assert (given.given_at, given.flows, given.faults) == (at("08:05"), (), ())


def test_a_push_charted_with_its_minutes_has_them() -> None:
    """The stretch is kept, the moment is its start."""
    given = only("08:15-08:20 push X")
    assert (given.given_at, given.flows) == (at("08:15"), (Flow(at("08:15"), at("08:20")),))


@pytest.mark.parametrize("line", ["08:15-08:15 push X", "08:15 chart X technique=push", "08:15 inject IM X"])
def test_a_push_or_injection_needs_no_stop(line: str) -> None:
    """None at all or one at the same instant is fine; without a start it happened when the event did."""
    given = only(line)
    assert (given.given_at, given.flows, given.faults) == (at("08:15"), (), ())


def test_a_push_charted_to_end_before_it_began_is_impossible() -> None:
    """That much is asked of a push too."""
    assert only("08:15 chart X technique=push started=08:15 stopped=08:10").faults == ("stop_before_start",)


def test_the_moment_of_a_push_is_the_one_charted_then_the_one_stored_last() -> None:
    """A chart entry states the whole; of two live events the correction counts."""
    assert only("08:05 push X", "08:10 push X id=X recorded=12:00").given_at == at("08:10")
    assert only("08:05 push X recorded=12:00", "08:10 push X id=X recorded=08:11").given_at == at("08:05")
    assert only("08:05 push X", "12:00 chart X started=08:07").given_at == at("08:07")


def test_an_on_body_injector_is_a_moment() -> None:
    """It is applied; what it does at home is not ours."""
    given = only("08:15 push X technique=on_body_injector route=SC")
    assert (given.technique, given.given_at, given.flows) == ("on_body_injector", at("08:15"), ())


def test_an_infusion_of_which_only_the_running_is_told_is_still_an_administration() -> None:
    """Its stop has no start; nothing of it is lost."""
    given = only("09:00 stop X")
    assert (given.technique, given.drug, given.flows, given.faults) == (
        "infusion",
        None,
        (),
        ("stop_without_start",),
    )
    assert given.given_at is None
    paused = only("09:00 pause X")
    assert (paused.flows, paused.faults) == ((), ())


def test_what_the_pump_says_is_kept_beside_the_nurses_record() -> None:
    """Which of them is billed is for the rules to say."""
    given = only(
        "08:00 start X", "09:00 stop X", "08:02 start X id=X source=pump rate=90", "09:01 stop X source=pump"
    )
    assert given.flows == (Flow(at("08:00"), at("09:00")),)
    assert given.pump_flows == (Flow(at("08:02"), at("09:01")),)
    assert given.given_at == at("08:00")


def test_the_pump_alone_tells_when_it_began_what_rates_it_ran_and_why_it_ended() -> None:
    """The nurse's flows stay empty."""
    given = only(
        "08:00 start X source=pump rate=90",
        "08:30 bag X source=pump",
        "09:00 stop X source=pump reason=completed",
    )
    assert (given.flows, given.pump_flows) == ((), (Flow(at("08:00"), at("09:00")),))
    assert (given.given_at, given.rates) == (at("08:00"), ((at("08:00"), Decimal(90)),))
    assert (given.bag_changes, given.stop_reason) == ((at("08:30"),), "completed")


def test_the_pumps_faults_count_only_when_the_nurse_has_no_record() -> None:
    """The billing record is the nurse's."""
    assert only("09:00 stop X source=pump").faults == ("stop_without_start",)
    both = only("09:00 stop X source=pump", "08:00 start X id=X", "09:00 stop X")
    assert (both.faults, both.pump_flows) == ((), ())


def test_a_bolus_alone_is_no_record_of_the_infusion() -> None:
    """The nurse charted the bolus, the pump the infusion: the pump's faults count."""
    given = only("08:05 push X", "08:00 start X id=X source=pump", "07:00 stop X source=pump")
    assert (given.technique, given.given_at, given.faults) == (
        "infusion",
        at("08:00"),
        ("stop_before_start",),
    )


def test_a_chart_entry_by_the_pump_is_the_pumps_record() -> None:
    """It does not replace what the nurse charted."""
    given = only("08:00 start X", "09:00 stop X", "12:00 chart X started=08:03 stopped=09:03 source=pump")
    assert given.flows == (Flow(at("08:00"), at("09:00")),)
    assert given.pump_flows == (Flow(at("08:03"), at("09:03")),)


def test_rates_are_those_of_starts_and_changes_in_time_order() -> None:
    """Zero among them; the nurse's when she charted any."""
    given = only(
        "08:00 start X rate=100",
        "08:20 rate X 0",
        "08:10 rate X 125.5",
        "08:15 rate X 99 source=pump",
        "09:00 stop X",
    )
    assert given.rates == (
        (at("08:00"), Decimal(100)),
        (at("08:10"), Decimal("125.5")),
        (at("08:20"), Decimal(0)),
    )


def test_a_charted_rate_holds_from_the_charted_start() -> None:
    """And a change at that instant outweighs it."""
    assert only("08:00-09:00 infuse X rate=100").rates == ((at("08:00"), Decimal(100)),)
    given = only("08:00-09:00 infuse X rate=100", "08:00 rate X 50")
    assert given.rates == ((at("08:00"), Decimal(50)),)


def test_bag_changes_are_kept_with_their_instants() -> None:
    """A chain of bags is one infusion (R-DOC-6)."""
    given = only("08:00 start X", "09:30 bag X", "08:45 bag X", "10:00 stop X")
    assert given.bag_changes == (at("08:45"), at("09:30"))


def test_the_reason_for_stopping_is_the_last_one_given() -> None:
    """A chart entry's outweighs the live one; the pump's fills in."""
    lines = ("08:00 start X", "09:00 stop X reason=reaction", "09:05 stop X")
    assert only(*lines).stop_reason == "reaction"
    assert only(*lines, "12:00 chart X reason=completed").stop_reason == "completed"
    assert only("08:00 start X", "09:00 stop X", "09:01 stop X source=pump reason=kvo").stop_reason == "kvo"


def test_touched_holds_every_later_instant_at_which_somebody_said_something() -> None:
    """The start itself is not among them."""
    given = only("08:00 start X", "08:30 rate X 5", "08:10 pause X source=pump", "09:00 stop X")
    assert given.touched == (at("08:10"), at("08:30"), at("09:00"))
    assert only("08:00 push X").touched == ()
    assert only("09:00 stop X").touched == (at("09:00"),)


def test_seconds_are_kept_and_fractions_cut_off() -> None:
    """A second is never rounded up; minutes are the rules' affair (R-TIME-5)."""
    given = only("08:00:30 start X", "08:16:29 stop X")
    assert given.flows == (Flow(at("08:00") + 30, at("08:16") + 29),)


def test_two_starts_of_one_drug_are_two_administrations() -> None:
    """Each keeps its own times."""
    found = stay("08:00 start X", "09:00 stop X", "10:00 start X", "11:00 stop X")
    assert [(given.administration_id, len(given.flows)) for given in found.administrations] == [
        ("X", 1),
        ("X#2", 1),
    ]
