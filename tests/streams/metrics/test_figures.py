"""The numbers of a process and the page made of them, read back by Prometheus's own parser."""

from scraped import Scraped

from streams.metrics.figures import Figures
from streams.metrics.metric import OTHER
from streams.metrics.page import page_of
from streams.metrics.table import METRICS, PAYERS, SOURCES


def page(figures: Figures) -> Scraped:
    """Return the page, read."""
    return Scraped(page_of(figures)().decode())


def test_counters_are_there_before_anything_happened() -> None:
    """A rate over a series that appears with its first event misses that event; a gauge at 0 would say something."""
    fresh = page(Figures("worker"))
    assert fresh.value("infusion_events_total", source="emar") == 0
    assert fresh.value("infusion_rejects_total", topic="infusion.events.v1", reason="unreadable") == 0
    assert fresh.value("infusion_charge_lines_total", change="credit") == 0
    assert fresh.value("infusion_bedside_to_charge_seconds_count") == 0
    assert fresh.value("infusion_chart_delay_seconds_bucket", source="pump", le="+Inf") == 0
    assert not fresh.series("infusion_held_cents")
    assert (fresh.value("process_resident_memory_bytes") or 0) > 0


def test_a_process_reports_its_rows_of_the_table() -> None:
    """Those of every process, and its own."""
    for process in ("worker", "watch"):
        text = page_of(Figures(process))().decode()
        named = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE infusion_")}
        assert named == {metric.name for metric in METRICS if metric.process in {"any", process}}


def test_a_feed_that_makes_up_sources_is_counted_under_other() -> None:
    """For each metric alike, with the names of the contract always told apart."""
    figures = Figures("worker")
    for number in range(100):
        figures.add("infusion_events_total", 1, f"pump-{number}")
        figures.observe("infusion_chart_delay_seconds", (1.0,), f"pump-{number}")
    figures.add("infusion_events_total", 5, "manual")
    read = page(figures)
    assert len(read.series("infusion_events_total")) == SOURCES + 1
    assert read.value("infusion_events_total", source=OTHER) == 100 - (SOURCES - 4)
    assert read.value("infusion_events_total", source="manual") == 5
    assert read.value("infusion_chart_delay_seconds_count", source=OTHER) == 100 - (SOURCES - 4)


def test_a_histogram_counts_up_to_each_bound() -> None:
    """Cumulative, with a value on a bound below it; a clock that is behind gives no negative time."""
    figures = Figures("worker")
    figures.observe("infusion_chart_delay_seconds", (60.0, 61.0, 10.0**9, -5.0), "emar")
    read = page(figures)
    assert read.value("infusion_chart_delay_seconds_bucket", source="emar", le="60.0") == 2
    assert read.value("infusion_chart_delay_seconds_bucket", source="emar", le="300.0") == 3
    assert read.value("infusion_chart_delay_seconds_bucket", source="emar", le="+Inf") == 4
    assert read.value("infusion_chart_delay_seconds_sum", source="emar") == 60 + 61 + 10.0**9


def test_a_name_with_quotes_and_breaks_does_not_break_the_page() -> None:
    """Feeds name themselves."""
    figures = Figures("worker")
    figures.add("infusion_events_total", 1, 'a "b" \\ c\nd')
    assert page(figures).value("infusion_events_total", source='a "b" \\ c\nd') == 1


def test_states_are_asked_for_when_the_page_is_read_and_go_when_they_are_over() -> None:
    """A partition that is another worker's leaves nothing behind."""
    figures = Figures("worker")
    mine = [("infusion_lag_records", ("infusion.events.v1", "0"), 3.0)]
    figures.provide(lambda: list(mine))
    read = page_of(figures)
    assert (
        Scraped(read().decode()).value("infusion_lag_records", topic="infusion.events.v1", partition="0") == 3
    )
    mine.clear()
    assert not Scraped(read().decode()).series("infusion_lag_records")


def test_two_hundred_partitions_are_one_page() -> None:
    """Two thousand series and more, each once."""
    figures = Figures("worker")
    topics = ("infusion.events.v1", "infusion.commands.v1")
    figures.provide(
        lambda: [
            (f"infusion_{name}", (topic, str(number)), float(number))
            for topic in topics
            for number in range(100)
            for name in ("lag_seconds", "lag_records", "position_offset", "end_offset")
        ]
    )
    read = page(figures)
    assert read.total("infusion_lag_records") == 2 * sum(range(100))


def test_what_is_too_much_to_tell_apart_is_summed_and_of_ages_the_longest_counts() -> None:
    """Held money under ``other`` is all of it."""
    figures = Figures("worker")
    payers = [f"payer-{number}" for number in range(PAYERS + 2)]
    figures.provide(lambda: [("infusion_held_cents", (payer,), 5.0) for payer in payers])
    figures.provide(
        lambda: [("infusion_held_oldest_seconds", (payer,), float(at)) for at, payer in enumerate(payers)]
    )
    read = page(figures)
    assert read.value("infusion_held_cents", payer=OTHER) == 10
    assert read.value("infusion_held_oldest_seconds", payer=OTHER) == PAYERS + 1


def test_of_two_spans_that_are_left_the_shorter_counts() -> None:
    """Payers beyond those told apart are one, and the alert is for the first bill hold that ends."""
    figures = Figures("worker")
    payers = [f"payer {number}" for number in range(PAYERS + 3)]
    figures.provide(
        lambda: [
            ("infusion_bill_hold_remaining_seconds", (payer,), float(900 - at))
            for at, payer in enumerate(payers)
        ]
    )
    read = Scraped(page_of(figures)().decode())
    assert read.value("infusion_bill_hold_remaining_seconds", payer=OTHER) == 900 - PAYERS - 2
