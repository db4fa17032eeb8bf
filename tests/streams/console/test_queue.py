"""The review queue over HTTP, without script: the question, its answers with effect, claims, answers, undo."""

import csv
from asyncio import gather
from io import StringIO
from typing import Any

from console_desk import Stage, missing_stop
from yarl import URL

OURS = {"Origin": "http://127.0.0.1"}


def ours(client: Any) -> dict[str, str]:
    """Return what a browser says of a form on a page of the console."""
    return {"Origin": str(client.make_url("/")).rstrip("/")}


async def asked(stage: Stage, name: str = "E1") -> dict[str, str]:
    """Return the hidden fields of the form of a stay's one question."""
    from streams.console.answering import asked as found  # noqa: PLC0415 - only this test needs it

    about = found(stage.desk, name, 1)
    assert about is not None
    assert about.question is not None
    return {
        "encounter": name, "number": "1", "item": about.question.item_id, "revision": "1", "back": "/queue?flag=F-MISSING_STOP",
        "name": "coder-7", "why": "The nurse says so.", "do": "send",
    }  # fmt: skip


async def test_the_most_money_a_day_stands_first_with_what_is_left_of_the_bill_hold(console: Any) -> None:
    """At stake is the most that an answer would give."""
    stage, client = await console()
    await stage.stay("E1")
    page = await (await client.get("/queue")).text()
    assert "1 stay</b> held" in page
    assert "$360.83" in page
    assert " left</span>" in page
    assert "No stop is charted" in page


async def test_a_question_shows_each_answer_with_codes_and_dollars_before_it_is_given(console: Any) -> None:
    """Ranges of minutes that come to another code stand in rows of their own."""
    stage, client = await console()
    await stage.stay("E1")
    page = await (await client.get("/queue?item=E1~1")).text()
    assert "When did ceftriaxone (A1) stop?" in page
    for words in (
        "1 to 15 minutes",
        "16 to 90 minutes",
        "96374",
        "96365",
        "+$217.31",
        "<svg viewBox",
        "no line, ",
    ):
        assert words in page
    assert stage.access.read_text().count('"encounter_id":"E1"') == 1
    assert stage.access.stat().st_mode & 0o777 == 0o600


async def test_an_answer_becomes_an_event_with_who_and_why_and_leads_back(console: Any) -> None:
    """The address keeps its filters, and undo is one press away."""
    stage, client = await console()
    await stage.stay("E1")
    form = await asked(stage) | {"answer": "stop", "stop.occurred_at": "09:31"}
    answer = await client.post("/answer", data=form, headers=ours(client), allow_redirects=False)
    assert answer.status == 303
    [event] = stage.sent
    assert (event["type"], event["source"], event["entered_by"]) == ("infusion_stopped", "manual", "coder-7")
    assert event["change_reason"] == "The nurse says so."
    assert event["occurred_at"] in {"2026-03-02T09:31:00-05:00", "2026-03-02T14:31:00+00:00"}
    back = URL(answer.headers["Location"])
    assert (back.query["flag"], back.query["sent"], back.query["to"]) == (
        "F-MISSING_STOP",
        event["event_id"],
        "E1",
    )
    assert "Undo" in await (await client.get(back)).text()
    gone = await client.post(
        "/undo",
        data={"encounter": "E1", "event": event["event_id"]},
        headers=ours(client),
        allow_redirects=False,
    )
    assert gone.status == 303
    assert stage.sent[-1]["type"] == "event_voided"
    assert stage.sent[-1]["voids_event_id"] == event["event_id"]


async def test_the_effect_of_what_is_typed_is_shown_and_nothing_is_sent(console: Any) -> None:
    """The same coding as the worker's says what would come of it; nobody has to be named for that."""
    stage, client = await console()
    await stage.stay("E1")
    form = await asked(stage) | {
        "answer": "stop",
        "stop.occurred_at": "09:31",
        "do": "preview",
        "why": "",
        "name": "",
    }
    page = await (await client.post("/answer", data=form, headers=ours(client))).text()
    assert "The stay would be final" in page
    assert "It states occurred at 2026-03-02 09:31." in page
    assert "96366" in page
    assert 'value="09:31"' in page
    assert not stage.sent


async def test_a_wrong_time_comes_back_with_what_was_typed_and_what_to_do(console: Any) -> None:
    """Nothing is lost, and nothing is sent."""
    stage, client = await console()
    await stage.stay("E1")
    form = await asked(stage) | {"answer": "stop", "stop.occurred_at": "half past"}
    answer = await client.post("/answer", data=form, headers=ours(client))
    page = await answer.text()
    assert answer.status == 409
    assert 'role="alert"' in page
    assert 'value="half past"' in page
    assert not stage.sent


async def test_a_name_is_no_id_and_a_time_before_the_start_is_no_stop(console: Any) -> None:
    """Neither an answer nor a claim is taken under it, and no browser keeps it."""
    stage, client = await console()
    await stage.stay("E1")
    form = await asked(stage) | {"answer": "stop", "stop.occurred_at": "09:31", "name": "Jane Smith"}
    for path, do in (("/answer", "send"), ("/claim", "claim")):
        answer = await client.post(path, data=form | {"do": do}, headers=ours(client))
        assert answer.status == 409
        assert "has blanks, as a name has" in await answer.text()
    early = form | {"name": "coder-7", "stop.occurred_at": "07:00"}
    answer = await client.post("/answer", data=early, headers=ours(client))
    assert "07:00 is before its start at 08:00; write the date if it was another day" in await answer.text()
    assert not stage.sent
    assert not list(client.session.cookie_jar)


async def test_of_two_people_on_one_question_the_second_is_told(console: Any) -> None:
    """A claim keeps it for one; and an answer to a question that stands no more is not sent."""
    stage, client = await console()
    await stage.stay("E1")
    form = await asked(stage) | {"answer": "stop", "stop.occurred_at": "09:31"}
    await client.post("/claim", data=form | {"do": "claim"}, headers=ours(client), allow_redirects=False)
    client.session.cookie_jar.clear()
    answer = await client.post("/answer", data=form | {"name": "coder-8"}, headers=ours(client))
    assert "coder-7 works on this" in await answer.text()
    assert not stage.sent
    stop = {
        "type": "infusion_stopped",
        "event_id": "E1.9",
        "occurred_at": "2026-03-02T09:00:00-05:00",
        "encounter_id": "E1",
        "administration_id": "A1",
    }
    await stage.stay("E1", [*missing_stop("E1"), stop], revision=2)
    answer = await client.post("/answer", data=form | {"name": "coder-7"}, headers=ours(client))
    page = await answer.text()
    assert "stands no more" in page, page[page.find("alert") :][:300]
    assert not stage.sent


async def test_the_table_as_a_file_has_all_rows_that_match_and_the_button_says_how_many(console: Any) -> None:
    """Not only those of the page; a cell that looks like a formula is none."""
    stage, client = await console()
    for number in range(30):
        await stage.stay(f"E{number}")
    await stage.stay("=cmd")
    assert "CSV, 31 rows" in await (await client.get("/queue")).text()
    rows = list(csv.DictReader(StringIO(await (await client.get("/queue.csv")).text())))
    assert len(rows) == 31
    assert {row["at_stake_usd"] for row in rows} == {"360.83"}
    assert any(row["encounter_id"] == "'=cmd" for row in rows)
    assert len(await (await client.get("/queue.json?facility=nowhere")).json()) == 0
    assert "26\N{EN DASH}31 of 31" in await (await client.get("/queue?page=2")).text()


async def test_a_second_answer_is_refused_while_the_first_is_being_coded_in(console: Any) -> None:
    """The same one sent again is the same; another is told who said what, and the first may be taken back and said anew."""
    stage, client = await console()
    await stage.stay("E1")
    form = await asked(stage) | {"answer": "stop", "stop.occurred_at": "09:31"}
    send = {"headers": ours(client), "allow_redirects": False}
    assert (await client.post("/answer", data=form, **send)).status == 303
    assert (await client.post("/answer", data=form, **send)).status == 303
    assert len({one["event_id"] for one in stage.sent}) == 1
    client.session.cookie_jar.clear()
    other = form | {"name": "coder-8", "stop.occurred_at": "09:40"}
    refused = await client.post("/answer", data=other, **send)
    page = await refused.text()
    assert refused.status == 409
    assert "coder-7 entered “infusion stopped” just now, and the stay is being coded again." in page
    assert 'value="09:40"' in page
    assert len(stage.sent) == 2
    undo = {"encounter": "E1", "event": stage.sent[0]["event_id"], "name": "coder-7"}
    assert (await client.post("/undo", data=undo, **send)).status == 303
    client.session.cookie_jar.clear()
    assert (await client.post("/answer", data=other, **send)).status == 303
    assert stage.sent[-1]["entered_by"] == "coder-8"


async def test_of_two_answers_at_the_same_moment_one_is_taken(console: Any) -> None:
    """Neither sees the other when it is pressed."""
    stage, client = await console()
    await stage.stay("E1")
    form = await asked(stage) | {"answer": "stop", "stop.occurred_at": "09:31"}
    both = await gather(
        *(
            client.post("/answer", data=form | {"name": who}, headers=ours(client), allow_redirects=False)
            for who in ("coder-7", "coder-8")
        )
    )
    assert sorted(one.status for one in both) == [303, 409]
    assert len(stage.sent) == 1


async def test_an_answer_that_comes_too_late_is_told_who_was_before_it(console: Any) -> None:
    """The stay is coded again by then, and the question gone."""
    stage, client = await console()
    await stage.stay("E1")
    form = await asked(stage) | {"answer": "stop", "stop.occurred_at": "09:31"}
    await client.post("/answer", data=form, headers=ours(client), allow_redirects=False)
    await stage.word_of_worker("E1", [*missing_stop("E1"), stage.sent[0]], revision=2)
    client.session.cookie_jar.clear()
    late = await client.post("/answer", data=form | {"name": "coder-8"}, headers=ours(client))
    assert (
        "This question stands no more: coder-7 entered “infusion stopped” just now, and the stay was coded again. Nothing was sent."
        in await late.text()
    )
    assert len(stage.sent) == 1
