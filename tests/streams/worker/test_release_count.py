"""Counting charge sets after a recovery, and what agents' batches come to in figures and log."""

import logging
from collections import Counter
from typing import NamedTuple

import pytest
from scraped import Scraped

from streams.charging.bill_hold import BillHold
from streams.charging.charge_counts import Standing
from streams.charging.coding_counts import CodingCounts
from streams.charging.release_state import ReleaseState, to_bytes
from streams.lifecycle.event_counts import EventCounts
from streams.metrics.figures import Figures
from streams.metrics.page import page_of
from streams.wire import topics
from streams.worker.agent_figures import AgentFigures
from streams.worker.release_count import ReleaseCount

HELD = Standing("held", "aetna", 500, (("F-MUE", "block"),))
DEPARTED = 1_000


class Arrived(NamedTuple):
    """A record of which only the timestamp counts."""

    timestamp: int


def kept(status: str) -> bytes:
    """Return what is kept of a stay whose newest set has this status."""
    charge_set = (
        b'{"encounter_id":"x","status":"%s","payer":"aetna","lines":[{"expected_payment":{"cents":500}}],'
    )
    charge_set += b'"flags":[{"flag":"F-MUE","severity":"block"}]}'
    return to_bytes(ReleaseState(1, "final", 2_000, 0, 1, charge_set % status.encode(), None, False, ()))  # noqa: FBT003 - a field


def counted(*statuses: str) -> ReleaseCount:
    """Return a count that has begun on stays with sets of these statuses, named a, b and so on."""
    count = ReleaseCount(lambda _, key: DEPARTED if key == b"a" else None, BillHold())
    count.begin(0, iter([(bytes((97 + number,)), kept(status)) for number, status in enumerate(statuses)]))
    return count


def test_what_is_kept_is_counted_in_slices_while_stays_change() -> None:
    """A change is told as a difference, before its stay was counted or after."""
    count = counted("held", "final", "held")
    assert count.uncounted == 1
    count.change(0, b"c", HELD, Standing("final"), 7)
    while count.uncounted:
        count.count_for(0.0001)
    assert +count.counts.by_status == {"held": 1, "final": 2}
    count.change(0, b"b", Standing("final"), HELD, 500)
    assert count.counts.held_by_payer()["aetna"] == (2, 1000, 500, 500 + 5 * 86_400)


def test_a_held_set_waits_since_its_stay_departed() -> None:
    """Without a departure, since it was closed; nothing kept is nothing to count."""
    count = counted("held")
    count.count_for(1)
    assert count.counts.held_by_flag()["F-MUE"].since == DEPARTED
    other = counted("final", "held")
    other.count_for(1)
    assert other.counts.held_by_flag()["F-MUE"].since == 2_000
    other.clear()
    assert (+other.counts.by_status, other.counts.held_by_payer(), counted().uncounted) == ({}, {}, 0)


def test_batches_come_to_figures_and_a_line_in_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand refusals are one line in ten seconds, with their kinds; no stay is named."""
    now = [100.0]
    monkeypatch.setattr("streams.worker.agent_figures.monotonic", lambda: now[0])
    caplog.set_level(logging.INFO)
    figures = Figures("worker")
    agents = AgentFigures(figures, ReleaseCount(lambda *_: None, BillHold()), lambda: 5_000.0)
    counts = EventCounts(Counter(emar=2), Counter(emar=1), Counter(emar=1), {"emar": [60.0, 7.0]})
    counts.newest["emar"] = Arrived(4_000_000)  # type: ignore[assignment] -- only its timestamp is looked at
    counts.rejects[topics.EVENTS, "unreadable"] = 3
    agents.followed(counts)
    agents.followed(counts)
    coded = CodingCounts(Counter(held=1), Counter(credit=2), [4_400], [4_000])
    coded.changes.append((b"SECRET", None, HELD, DEPARTED))
    agents.coded(0, coded)
    page = Scraped(page_of(figures)().decode())
    assert page.value("infusion_events_total", source="emar") == 4
    assert page.value("infusion_rejects_total", topic=topics.EVENTS, reason="unreadable") == 6
    assert page.value("infusion_bedside_to_charge_seconds_sum") == 600
    assert page.value("infusion_departure_to_charge_seconds_sum") == 1_000
    assert page.value("infusion_charge_set_revisions_total", status="held") == 1
    assert agents.arrived == {"emar": 4_000.0}
    assert [record.getMessage() for record in caplog.records] == [
        f"rejected: 3 unreadable on {topics.EVENTS}", "held for a person: 1 F-MUE",
    ]  # fmt: skip
    now[0] = 110.0
    agents.say()
    assert caplog.records[-1].getMessage() == f"rejected: 3 unreadable on {topics.EVENTS}"
