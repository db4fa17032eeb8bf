"""The summary: every code once, what is released apart from what is held."""

from dataclasses import replace
from datetime import date

from models.charge import ChargeLine, ChargeSet, ExpectedPayment
from streams.batch.tally import Tally
from streams.cli.shared.charge_table import summary_table

RATE = ExpectedPayment("OPPS 2026-01-01", "S", "5693", "paid", 21731, 21731, "")
LINE = ChargeLine("l", "96365", 1, (), date(2026, 10, 5), ("A1",), 60, "charted", (), (), RATE)
FINAL = ChargeSet(
    "s", "E1", 1, None, "final", "26.11.0", "default-facility", "facility", None, (LINE,), (), (), {}
)


def test_released_and_held_units_of_a_code_are_counted_apart() -> None:
    """A held line is worth something, and it is not money yet."""
    tally = Tally()
    tally.count(FINAL)
    tally.count(replace(FINAL, encounter_id="E2", status="held"))
    shown = summary_table(tally, 80, colour=False).decode()

    assert ["96365", "1", "217.31", "1", "217.31"] in [line.split() for line in shown.splitlines()]
    assert ["all", "1", "217.31", "1", "217.31", "0", "0.00"] in [line.split() for line in shown.splitlines()]


def test_counts_of_two_processes_add_up() -> None:
    """What --jobs 2 counts is what --jobs 1 counts."""
    one, other, both = Tally(), Tally(), Tally()
    one.count(FINAL)
    other.count(FINAL)
    both.count(FINAL)
    both.count(FINAL)
    one.add(other)

    assert both == one
    assert max(map(len, summary_table(one, 80, colour=False).decode().splitlines())) <= 80
