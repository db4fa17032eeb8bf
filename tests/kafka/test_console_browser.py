"""
The console in a real browser, a worker and a real broker behind it.

One broker for all of it. People answer by keyboard and without script, meet on one question, and type while two hundred
stays change; then worker, broker and console are killed in turn, and no answer is lost or counted twice.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
from broker_fixtures import have_kafka
from console_process import House, house, missing_stop, push

pytestmark = pytest.mark.broker

SECONDS = 60_000
"""Milliseconds a page may take on a busy machine."""
CHANGING = [f"M{number:03}" for number in range(200)]
ONE_BY_ONE = ("KEYS", "FORMS", "TWO", "WORKER", "BROKER", "CONSOLE")
SEND = re.compile("^Send (the answer|it again)$")
QUEUE = "/queue?flag=F-MISSING_STOP"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Give all of it, with some stays of which nobody knows when the infusion stopped."""
    have_kafka()
    with house(tmp_path_factory.mktemp("console")) as made:
        made.publish(event for name in (*ONE_BY_ONE, *CHANGING) for event in missing_stop(name))
        with person(made) as page:
            page.goto(made.console.address + QUEUE)
            page.get_by_text(f"{len(ONE_BY_ONE) + len(CHANGING)} stays").wait_for()
        yield made


@contextmanager
def person(stage: House, *, script: bool = True, quiet: bool = True) -> Iterator[Any]:
    """Give a page of somebody's own browser; ``quiet``: nothing on it may complain."""
    context, faults = stage.browser.new_context(java_script_enabled=script), []
    context.set_default_timeout(SECONDS)
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert not (quiet and faults)


def fill(page: Any, stop: str, who: str | None, why: str = "Read from the pump.") -> None:
    """Fill in an answer."""
    page.get_by_label("It stopped at this time.").check()
    page.get_by_role("textbox", name="Stop", exact=True).fill(stop)
    page.get_by_role("textbox", name="Why").fill(why)
    if who is not None:
        page.get_by_role("textbox", name="Your id").fill(who)


def send(page: Any) -> None:
    """Press the button."""
    page.get_by_role("button", name=SEND).click()


def entered(stage: House, page: Any, name: str) -> list[str]:
    """Return what people entered of a stay, the newest first: what each row of the audit says."""
    page.goto(f"{stage.console.address}/audit?encounter={name}")
    found: list[str] = page.locator("tbody tr").all_inner_texts()
    return found


def test_a_missing_stop_is_resolved_by_keyboard_alone(stage: House) -> None:
    """The new revision appears by itself."""
    with person(stage) as page:
        page.goto(f"{stage.console.address}{QUEUE}&encounter=KEYS")
        page.locator(".items a").first.wait_for()
        page.keyboard.press("j")
        page.get_by_role("heading", name="When did ceftriaxone (A1) stop?").wait_for()
        page.keyboard.press("1")
        page.keyboard.type("09:31")
        page.keyboard.press("Escape")
        page.keyboard.press("e")
        page.get_by_text("The stay would be final").wait_for()
        page.keyboard.press("1")
        page.keyboard.press("Tab")
        page.keyboard.type("The nurse charted it on paper.")
        page.keyboard.press("Tab")
        page.keyboard.type("coder-7")
        page.keyboard.press("Enter")
        page.get_by_text("Your answer is on its way").wait_for()
        page.get_by_role("link", name="Look at it").press("Enter")
        page.get_by_text("revision 2").wait_for()
        page.get_by_text("96365", exact=False).first.wait_for()
        assert "Cleared: F-MISSING_STOP" in page.content()


def test_a_missing_stop_is_resolved_without_script(stage: House) -> None:
    """Links, radio buttons, a form, and the page read again."""
    with person(stage, script=False) as page:
        page.goto(f"{stage.console.address}{QUEUE}&encounter=FORMS")
        page.get_by_role("link", name="FORMS").click()
        fill(page, "09:00", "coder-8")
        send(page)
        page.get_by_text("Your answer is on its way").wait_for()
        until = time.monotonic() + SECONDS / 1000
        while time.monotonic() < until:
            page.goto(f"{stage.console.address}/stay/FORMS")
            if page.get_by_text("revision 2").count():
                return
            time.sleep(0.2)
        pytest.fail("no second revision came")


def test_two_people_on_one_question_do_not_answer_it_twice(stage: House) -> None:
    """The claim of one is shown to the other, whose answer is refused with what happened; the first takes theirs back."""
    address = f"{stage.console.address}{QUEUE}&encounter=TWO&item=TWO~1"
    with person(stage) as first, person(stage, quiet=False) as second:
        for page in (first, second):
            page.goto(address)
        first.get_by_role("textbox", name="Your id").fill("coder-7")
        first.get_by_role("button", name="Claim for 15 minutes").click()
        first.get_by_role("button", name=re.compile("Give back")).wait_for()
        second.get_by_text(re.compile(r"coder-7 works on this; the claim ends in 1[45] min")).wait_for()
        fill(second, "09:10", "coder-8", "I believe so.")
        send(second)
        second.get_by_role("alert").get_by_text("coder-7 works on this. Wait for the claim to end").wait_for()
        fill(first, "09:31", None)
        send(first)
        first.get_by_text("Your answer is on its way").wait_for()
        assert second.get_by_role("textbox", name="Stop", exact=True).input_value() == "09:10"
        send(second)
        second.get_by_text("coder-7 entered “infusion stopped”").wait_for()
        second.get_by_text("Nothing was sent.").wait_for()
        second.goto(f"{stage.console.address}/stay/TWO")
        second.get_by_text("revision 2").wait_for()
        first.get_by_role("button", name="Undo").click()
        first.get_by_text("The answer is taken back").wait_for()
        second.get_by_text("revision 3").wait_for()
        second.get_by_role("link", name="When did ceftriaxone (A1) stop?").wait_for()
        assert len(entered(stage, first, "TWO")) == 2


def test_two_hundred_stays_change_while_somebody_types(stage: House) -> None:
    """Focus, caret, every key, the filters in the address and the page of the table are kept; what changed is seen."""
    text = "The nurse charted it on paper, and the pump's own log says the same of it."
    with person(stage) as page, person(stage) as other:
        other.goto(f"{stage.console.address}/stays?status=held&page=3")
        other.get_by_label("Encounter", exact=True).press_sequentially("KE")
        page.goto(f"{stage.console.address}{QUEUE}&order=money&page=4&item=M100~1")
        where, said = page.url, page.locator("[data-live=summary]").inner_text()
        page.get_by_label("It stopped at this time.").check()
        why = page.get_by_role("textbox", name="Why")
        why.press_sequentially("(end)")
        page.keyboard.press("Home")
        changing = Thread(target=stage.publish, args=([push(name) for name in CHANGING],))
        changing.start()
        for letter in text:
            page.keyboard.type(letter)
            page.wait_for_timeout(30)
        changing.join()
        page.locator("[data-live=summary]").filter(has_not_text=said).wait_for()
        page.locator(".meanwhile").wait_for()
        page.keyboard.type(" Two.")
        assert why.input_value() == f"{text} Two.(end)"
        assert page.evaluate("[document.activeElement.name, document.activeElement.selectionStart]") == [
            "why", len(text) + 5,
        ]  # fmt: skip
        assert page.url == where
        assert page.locator(".list .pager span").first.inner_text().startswith("76\N{EN DASH}100 of ")
        other.keyboard.type("YS")
        assert other.get_by_label("Encounter", exact=True).input_value() == "KEYS"
        assert other.url.endswith("/stays?status=held&page=3")
        assert other.get_by_text("51\N{EN DASH}75 of").count() == 1


def test_a_killed_worker_loses_no_answer_and_counts_none_twice(stage: House) -> None:
    """The page says that the worker has not spoken since, and shows the new revision once it has, without a reload."""
    with person(stage) as page:
        page.goto(f"{stage.console.address}{QUEUE}&encounter=WORKER&item=WORKER~1")
        fill(page, "09:31", "coder-9")
        stage.worker.kill()
        send(page)
        page.get_by_text("Your answer is on its way").wait_for()
        page.get_by_role("link", name="Look at it").click()
        page.get_by_text("1 event came after this revision").wait_for()
        stage.worker.start()
        page.get_by_text("revision 2").wait_for()
        assert len(entered(stage, page, "WORKER")) == 1


def test_a_killed_broker_loses_no_answer_and_counts_none_twice(stage: House) -> None:
    """Every page says that Kafka is away; what was typed is kept, and sent again it is one answer."""
    with person(stage, quiet=False) as page, person(stage, quiet=False) as watching:
        watching.goto(f"{stage.console.address}/stay/BROKER")
        page.goto(f"{stage.console.address}{QUEUE}&encounter=BROKER&item=BROKER~1")
        fill(page, "09:31", "coder-9")
        stage.kafka.pause()
        send(page)
        stage.kafka.kill()
        watching.get_by_text(re.compile("Nothing new is read: Kafka at .* does not answer")).wait_for()
        page.get_by_text("What you typed is still here").wait_for()
        assert page.get_by_role("textbox", name="Stop", exact=True).input_value() == "09:31"
        stage.kafka.start()
        watching.get_by_text("Nothing new is read").wait_for(state="hidden")
        send(page)
        page.get_by_text("Your answer is on its way").wait_for()
        watching.get_by_text("revision 2").wait_for()
        assert len(entered(stage, page, "BROKER")) == 1


def test_a_killed_console_and_its_deleted_file_lose_no_answer(stage: House) -> None:
    """The open page says so, keeps what is typed, and goes on with the console that is started again."""
    with person(stage, quiet=False) as page:
        page.goto(f"{stage.console.address}{QUEUE}&encounter=CONSOLE&item=CONSOLE~1")
        fill(page, "09:31", "coder-9")
        stage.console.kill()
        for file in stage.console.data.glob("console.sqlite*"):
            file.unlink()
        page.get_by_text("The console does not answer.").wait_for()
        send(page)
        stage.console.start()
        page.get_by_text("The console does not answer.").wait_for(state="hidden")
        assert page.get_by_role("textbox", name="Stop", exact=True).input_value() == "09:31"
        sent, again = page.get_by_text("Your answer is on its way"), page.get_by_role("button", name=SEND)
        while not sent.count():
            again.click()  # refused as long as the console is reading; what was typed is sent again
            sent.or_(again).first.wait_for()
        page.get_by_role("link", name="Look at it").click()
        page.get_by_text("revision 2").wait_for()
        for name, who in (("KEYS", "coder-7"), ("FORMS", "coder-8"), ("CONSOLE", "coder-9")):
            assert [who in row for row in entered(stage, page, name)] == [True]
