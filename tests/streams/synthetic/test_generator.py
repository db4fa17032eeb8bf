"""The generator: the same seed gives the same month, and the month is charted as badly as real ones are."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice, pairwise
from random import Random
from re import fullmatch
from statistics import median
from typing import get_args

import pytest
from click.testing import CliRunner
from orjson import loads

from models.drug import Drug
from models.event import EVENT, event_types
from rules.formulary.lookup import lookup
from streams.cli.generate import command
from streams.synthetic.arrival_order import Order, PublishedStay, in_order
from streams.synthetic.care_plans import PLANS
from streams.synthetic.charting import Habits, instant, stored_after_end
from streams.synthetic.generator import generate, stays

START = date(2026, 10, 5)
ENCOUNTERS = 600
NOBODY_ERRS = Habits(0, 0, 0, 0, 0, whole=0, together=0, paused=0, unsigned=0, resent=0)

Record = dict[str, str]


def dice(seed: int) -> Random:
    """Return the chances of one seed."""
    return Random(seed)  # noqa: S311 - repeatable, not secret


@pytest.fixture(scope="module")
def month() -> list[list[tuple[int, Record]]]:
    """Return the stays of one month: what was stored and when, epoch seconds."""
    made = stays(dice(7), ENCOUNTERS, START)
    return [[(stored, loads(line)) for stored, line in stay.lines] for stay in made]


def at(record: Record, field: str = "occurred_at") -> int:
    """Return an instant of a record in epoch seconds."""
    return int(datetime.fromisoformat(record[field]).timestamp())


def bedside(stay: list[tuple[int, Record]]) -> list[tuple[int, Record]]:
    """Return what nurses and pumps said of a stay, corrections of corrections aside."""
    return [
        (stored, record)
        for stored, record in stay
        if record["source"] != "adt" and "voided" not in record["type"]
    ]


@pytest.mark.parametrize("order", get_args(Order))
def test_one_seed_gives_the_same_bytes_every_time(order: Order) -> None:
    """Two runs agree to the byte; another seed does not."""
    first, second, other = (list(generate(dice(seed), 50, START, order=order)) for seed in (7, 7, 8))
    assert first == second
    assert first != other


def test_every_order_holds_the_same_lines() -> None:
    """Order of arrival changes no fact, so what is coded cannot depend on it."""
    grouped, arrival, shuffled = (sorted(generate(dice(7), 80, START, order=o)) for o in get_args(Order))
    assert grouped == arrival == shuffled


@pytest.mark.parametrize("shape", ["month", "day"])
def test_every_line_is_an_event_of_the_contract(shape: str) -> None:
    """Nothing generated is ever rejected."""
    for line in generate(dice(3), 150, START, shape):
        EVENT.validate_json(line)


def test_nothing_is_stored_before_its_stay_opens() -> None:
    """Arrival order may let go of every line older than the next patient."""
    for stay in stays(dice(5), 200, START):
        assert all(stored >= stay.opened_at for stored, _ in stay.lines)


def test_arrival_order_is_the_order_of_storing() -> None:
    """A later line was never stored earlier."""
    stored = [
        at(record, "recorded_at" if "recorded_at" in record else "occurred_at") for record in _arriving()
    ]
    # A line sent twice keeps its own instants and comes later; nothing else may.
    behind = sum(later < earlier for earlier, later in pairwise(stored))
    assert behind <= 0.01 * len(stored)


def _arriving() -> Iterator[Record]:
    return (loads(line) for line in generate(dice(7), 300, START, order="arrival"))


def test_a_stay_opens_before_it_is_charted_and_most_are_discharged(
    month: list[list[tuple[int, Record]]],
) -> None:
    """Nearly every stay ends; a few never do, are cancelled, reopened or merged."""
    kinds = Counter(record["type"] for stay in month for _, record in stay)
    assert kinds["encounter_discharged"] >= 0.97 * ENCOUNTERS
    assert all("encounter_opened" in {record["type"] for _, record in stay} for stay in month)


def test_a_month_knows_every_kind_of_event_real_publishers_send() -> None:
    """Only what a person decides, or registration seldom says, is left to the seeds."""
    kinds = {loads(line)["type"] for line in generate(dice(2), 1500, START)}
    assert set(event_types()) - kinds == {
        "encounter_updated",
        "access_removed",
        "infusion_bag_changed",
        "infusion_bolus",
        "drug_wasted",
        "drug_dispensed",
        "code_decided",
        "event_refused",
        "review_decided",
    }


def test_an_encounter_has_about_ten_events(month: list[list[tuple[int, Record]]]) -> None:
    """The size the benchmarks are calibrated for."""
    assert 8 <= sum(map(len, month)) / ENCOUNTERS <= 12


def test_a_quarter_of_the_administrations_are_later_rewritten(month: list[list[tuple[int, Record]]]) -> None:
    """Restated, corrected or taken back: corrections are the norm."""
    given, rewritten = 0, 0
    for stay in month:
        about = {record["event_id"]: record.get("administration_id") for _, record in stay}
        stated = Counter(
            record["administration_id"]
            for record in {record["event_id"]: record for _, record in stay}.values()
            if record["type"] == "administration_charted"
        )
        changed = {administration for administration, times in stated.items() if times > 1}
        for _, record in stay:
            if record["type"] == "administration_voided":
                changed.add(record["administration_id"])
            if record["type"] == "event_voided":
                changed.add(about[record["voids_event_id"]])
        given += len(set(about.values()) - {None})
        rewritten += len(changed)
    assert 0.19 <= rewritten / given <= 0.29


def test_a_share_of_zero_rewrites_nothing() -> None:
    """The share is the caller's to choose."""
    kinds = {loads(line)["type"] for line in generate(dice(7), 300, START, habits=Habits(rewritten=0))}
    assert not kinds & {"event_voided", "administration_voided"}


def test_nearly_a_third_of_the_records_arrive_out_of_order(month: list[list[tuple[int, Record]]]) -> None:
    """What happened earlier is stored later: within one stay, for 24 to 36 records in a hundred."""
    late, all_records = 0, 0
    for stay in month:
        newest = 0
        for _, record in bedside(stay):
            late += at(record) < newest
            newest = max(newest, at(record))
            all_records += 1
    assert 0.24 <= late / all_records <= 0.36


def test_records_are_stored_as_late_as_real_ones() -> None:
    """Half are stored ahead of their end, one in a hundred more than 6.6 hours late, none after 28.7 hours."""
    rng = dice(11)
    late = sorted(stored_after_end(rng) for _ in range(20_000))
    assert -3 <= median(late) <= 1
    assert 85 <= late[18_000] <= 115
    assert 360 <= late[19_800] <= 430
    assert late[-1] <= 1722


def test_a_few_infusions_have_no_stop(month: list[list[tuple[int, Record]]]) -> None:
    """About three in a hundred, home pumps aside."""
    started, stopped = set(), set()
    for stay in month:
        for _, record in bedside(stay):
            if (
                record["type"] == "infusion_started"
                and "technique" not in record
                and record["source"] == "emar"
            ):
                started.add(record["administration_id"])
            if record["type"] == "infusion_stopped" and record["source"] == "emar":
                stopped.add(record["administration_id"])
    assert 0.01 <= len(started - stopped) / len(started) <= 0.06


def test_a_nurse_and_a_pump_tell_of_the_same_infusion_with_small_differences(
    month: list[list[tuple[int, Record]]],
) -> None:
    """Both name one administration, and mostly within two minutes of one another."""
    starts: dict[str, dict[str, int]] = {}
    for stay in month:
        for _, record in bedside(stay):
            if record["type"] == "infusion_started":
                starts.setdefault(record["administration_id"], {})[record["source"]] = at(record)
    apart = [abs(told["pump"] - told["emar"]) for told in starts.values() if len(told) == 2]
    assert len(apart) > 100
    assert max(apart) <= 120


def test_carriers_share_the_order_of_their_drug(month: list[list[tuple[int, Record]]]) -> None:
    """Two-row charts: the bag and the drug in it, one order."""
    for stay in month:
        orders = Counter(
            (record["order_id"], record.get("intent"))
            for _, record in stay
            if record["type"] == "infusion_started" and record["source"] == "emar"
        )
        drugs = {
            record["order_id"]
            for _, record in stay
            if "order_id" in record and record.get("intent") != "carrier"
        }
        assert {order for order, intent in orders if intent == "carrier"} <= drugs


def test_identifiers_say_nothing(month: list[list[tuple[int, Record]]]) -> None:
    """A letter for the kind and a number: no names, dates or record numbers."""
    for stay in month:
        for _, record in stay:
            for field, value in record.items():
                if field.endswith("_id"):
                    assert fullmatch(r"[Eacdopsv][0-9a-f]{8}(-\d+|x)?", value), field


def test_event_ids_are_unique_but_for_what_was_sent_twice() -> None:
    """A repeated id repeats the whole line."""
    lines = Counter(generate(dice(7), 400, START))
    assert len({loads(line)["event_id"] for line in lines}) == len(lines)
    assert max(lines.values()) == 2


def test_arrival_order_keeps_a_window_not_the_month() -> None:
    """While lines are written no more stays wait than fit into the longest delay."""
    begun = 0

    def counted(made: Iterator[PublishedStay]) -> Iterator[PublishedStay]:
        nonlocal begun
        for stay in made:
            begun += 1
            yield stay

    lines = in_order(counted(stays(dice(7), 900, START)), "arrival", dice(0))
    list(islice(lines, 2000))
    assert begun < 450


def test_every_drug_of_every_plan_is_in_the_formulary() -> None:
    """A generated month holds no encounter for a drug nobody knows."""
    names = {dose.drug for plans in PLANS.values() for plan in plans for dose in plan.doses}
    names |= {
        dose.carrier for plans in PLANS.values() for plan in plans for dose in plan.doses if dose.carrier
    }
    assert [name for name in sorted(names) if lookup(Drug(name=name), START) is None] == []


def test_an_instant_carries_the_offset_of_its_own_hour() -> None:
    """The night the clocks go back has two half past ones."""
    first = int(datetime.fromisoformat("2026-11-01T01:30:59-04:00").timestamp())
    assert instant(first, "America/New_York") == "2026-11-01T01:30:59-04:00"
    assert instant(first + 3600, "America/New_York") == "2026-11-01T01:30:59-05:00"


def test_the_command_writes_events_and_nothing_else() -> None:
    """Lines on stdout, ready for a file or a pipe."""
    run = CliRunner().invoke(command, ["--encounters", "5", "--start", "2026-10-05", "--shape", "day"])
    assert run.exit_code == 0
    told = [EVENT.validate_json(line) for line in run.stdout.splitlines()]
    assert len({fact.encounter_id.removesuffix("x") for fact in told}) == 5


def test_the_command_refuses_a_day_that_is_none() -> None:
    """Wrong usage ends with status 2 and names the option."""
    run = CliRunner().invoke(command, ["--start", "soon"])
    assert run.exit_code == 2
    assert "--start" in run.stderr


def test_without_bad_habits_nothing_is_late_or_corrected() -> None:
    """Every habit can be switched off."""
    kinds = {loads(line)["type"] for line in generate(dice(7), 200, START, habits=NOBODY_ERRS)}
    assert not kinds & {"event_voided", "administration_voided", "administration_charted", "infusion_paused"}
