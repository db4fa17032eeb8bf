"""What the console shows of itself: pages by their route, the queue, answers by flag, how old its pages are, whether it is ready."""

import asyncio
from functools import cache
from typing import Any

import pytest
from aiokafka import TopicPartition
from console_desk import NOW, Record, Stage

from streams.console import answering
from streams.console.console_figures import SILENT_S, ConsoleFigures
from streams.kafka.publisher import MissingTopicError
from streams.metrics.figures import Distribution
from streams.metrics.page import Page
from streams.wire.topics import EVENTS

ANSWER = {"encounter": "E1", "number": "1", "do": "answer", "name": "coder-7", "why": "seen on paper"}


@cache
def told(stage: Stage) -> Page:
    """Return what makes the page of a stage's figures; one for each, since it registers with them."""
    return ConsoleFigures(stage.desk).answers(asyncio.get_running_loop()).page


def page_of(stage: Stage) -> str:
    """Return the page of figures, as Prometheus reads it."""
    return told(stage)().decode()


def pages_timed(stage: Stage) -> dict[str, int]:
    """Return how many requests were timed, by page."""
    found: dict[str, int] = {}
    for metric, series in stage.desk.figures.series():
        if metric.name == "infusion_console_page_seconds":
            found = {
                labels[0]: sum(value.counts)
                for labels, value in series.items()
                if isinstance(value, Distribution) and any(value.counts)
            }
    return found


async def test_pages_are_timed_by_route_and_no_figure_names_a_stay(console: Any) -> None:
    """An address has an encounter in it; the name of its route has not."""
    stage, client = await console()
    await stage.stay("E1")
    for path in (
        "/",
        "/queue",
        "/stay/E1",
        "/queue.csv",
        "/stay/E1/set.json",
        "/nothing/E1",
        "/livez",
        "/static/console.js",
    ):
        await client.get(path)
    assert pages_timed(stage) == {"queue": 2, "stay": 1, "download": 2, "other": 1}
    assert "E1" not in page_of(stage)


async def test_the_queue_is_in_the_figures_and_zero_before_anything_happened(console: Any) -> None:
    """Stays, money, questions by weight, claims."""
    stage, client = await console()
    before = page_of(stage)
    assert "infusion_console_waiting_encounters 0.0" in before
    assert 'infusion_console_answers_total{flag="F-MISSING_STOP"} 0.0' in before
    assert 'infusion_console_rejects_records{state="open"} 0.0' in before
    await stage.stay("E1")
    await client.post("/claim", data={**ANSWER, "do": "claim"}, headers={"Authorization": "Bearer x"})
    after = page_of(stage)
    for said in (
        "infusion_console_waiting_encounters 1.0", 'infusion_console_questions_open{severity="block"} 1.0',
        "infusion_console_claimed_encounters 1.0", "infusion_console_holds_ended_encounters 0.0",
    ):  # fmt: skip
        assert said in after
    assert "infusion_console_at_stake_cents 0.0" not in after


async def test_what_people_send_is_counted_by_flag_and_by_what_became_of_it(
    console: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Published, refused, and not taken by Kafka."""
    stage, client = await console()
    await stage.stay("E1")
    asked = answering.asked(stage.desk, "E1", 1)
    assert asked is not None
    assert asked.question is not None
    given = next(answer for answer in asked.question.answers if answer.needs)
    field = f"{given.key}.{given.needs[0].name}"
    form = {**ANSWER, "item": asked.question.item_id, "answer": given.key, field: "2026-03-02 09:31"}
    by_browser = {"Authorization": "Bearer x"}

    def taken(flag: str, deed: str, result: str) -> tuple[bool, bool]:
        page = page_of(stage)
        return (
            f'infusion_console_answers_total{{flag="{flag}"}} 1.0' in page,
            f'infusion_console_deeds_total{{deed="{deed}",result="{result}"}} 1.0' in page,
        )

    await client.post("/answer", data={**form, field: "no time"}, headers=by_browser)
    assert taken("F-MISSING_STOP", "answer", "refused") == (False, True)
    publish = answering.publish

    async def nowhere(*_: Any) -> None:
        raise MissingTopicError(EVENTS)

    monkeypatch.setattr(answering, "publish", nowhere)
    await client.post("/answer", data=form, headers=by_browser)
    assert taken("F-MISSING_STOP", "answer", "unsent") == (False, True)
    monkeypatch.setattr(answering, "publish", publish)
    await client.post("/answer", data=form, headers=by_browser, allow_redirects=False)
    assert taken("F-MISSING_STOP", "answer", "published") == (True, True)
    event = stage.sent[0]["event_id"]
    await client.post("/undo", data={**ANSWER, "event": event}, headers=by_browser, allow_redirects=False)
    assert taken("none", "undo", "published") == (True, True)


async def test_lag_is_the_age_of_the_oldest_record_that_is_not_in_the_file(console: Any) -> None:
    """Of what is in hand, until it is written; then nothing is unread."""
    stage, _ = await console()
    follower: Any = stage.follower
    place = TopicPartition(EVENTS, 0)
    old = [Record(EVENTS, number, b"E1", b"{}", int(NOW * 1000) - 90_000 + number) for number in range(3)]
    assert follower.lag_seconds(NOW) == 0
    follower.hold({place: old})
    assert follower.lag_seconds(NOW) == pytest.approx(90)
    await follower.take(old[:2], {(EVENTS, 0): 2})
    assert follower.lag_seconds(NOW) == pytest.approx(90, abs=0.01)
    await follower.take(old[2:], {(EVENTS, 0): 3})
    assert (follower.lag_seconds(NOW), follower.taken) == (0, 3)


async def test_a_console_is_ready_once_it_has_read_all_and_while_kafka_answers(console: Any) -> None:
    """Else it says which of the two it is."""
    stage, _ = await console()
    figures, desk = ConsoleFigures(stage.desk), stage.desk
    desk.follower.rebuild_s = None
    assert figures.verdict().state == "recovering"
    desk.follower.rebuild_s = 1.5
    assert (figures.verdict().ready, figures.dead()) == (True, None)
    assert "infusion_console_rebuild_seconds 1.5" in page_of(stage)
    desk.health.answered_at -= SILENT_S + 1
    assert figures.verdict().state == "broker_silent"


async def test_a_page_leads_to_the_dashboard_that_has_it_over_time(console: Any) -> None:
    """Where the settings say that there are dashboards, and nowhere else."""
    stage, client = await console(dashboards="http://grafana.example:3000/")
    for path, board in (("/queue", "money"), ("/feeds", "feeds"), ("/health", "flow")):
        said = await (await client.get(path)).text()
        assert f'href="http://grafana.example:3000/d/infusion-{board}"' in said
    stage.desk.settings = stage.desk.settings._replace(dashboards="")
    assert "/d/infusion" not in await (await client.get("/queue")).text()
