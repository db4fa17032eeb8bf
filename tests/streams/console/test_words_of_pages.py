"""What changed between revisions, what people entered, and the other pages, in words."""

from typing import Any

from console_desk import coded, missing_stop
from orjson import dumps

from streams.console.by_hand import entered_by_hand
from streams.console.revision_changes import changes_between
from streams.console.words import change, hold, money, span
from streams.wire.reject_headers import reject_headers
from streams.wire.topics import EVENTS, REJECTS

STOP = {"type": "infusion_stopped", "event_id": "E1.9", "occurred_at": "2026-03-02T09:31:00-05:00", "encounter_id": "E1", "administration_id": "A1"}  # fmt: skip


def test_what_a_revision_changed_is_told_line_by_line() -> None:
    """A line that came, one that has other minutes, a flag that went, and the money between."""
    before, _ = coded("E1", missing_stop("E1"))
    after, _ = coded("E1", [*missing_stop("E1"), STOP], revision=2)
    steps = changes_between(before, after)
    assert steps.status == ("held", "final")
    assert [(step.after.code, step.what) for step in steps.lines if step.after] == [
        ("96365", "added"),
        ("96366", "added"),
    ]
    assert steps.cleared == ("F-MISSING_STOP",)
    assert steps.cents == 21_731 + 4_784
    longer, _ = coded(
        "E1", [*missing_stop("E1"), STOP | {"occurred_at": "2026-03-02T09:40:00-05:00"}], revision=3
    )
    [step] = [
        step for step in changes_between(after, longer).lines if step.after and step.after.code == "96366"
    ]
    assert "minutes 91 \N{RIGHTWARDS ARROW} 100" in step.what
    assert changes_between(after, after).nothing


def test_an_entry_by_hand_says_who_why_and_whether_it_was_taken_back() -> None:
    """Decisions and facts alike, whatever each calls the one who said it."""
    told = [
        {"type": "infusion_stopped", "event_id": "a", "entered_by": "coder-7", "change_reason": "Read from the pump.", "administration_id": "A1"},
        {"type": "review_decided", "event_id": "b", "decided_by": "coder-8", "reason": "Ordered so.", "flag": "F-MUE"},
        {"type": "event_voided", "event_id": "c", "entered_by": "coder-7", "voids_event_id": "a"},
    ]  # fmt: skip
    rows = [
        {
            "at_ms": 0,
            "encounter_id": "E1",
            "event_id": one["event_id"],
            "type": one["type"],
            "value": dumps(one),
        }
        for one in told
    ]
    found = entered_by_hand(rows)
    assert [(one.who, one.why, one.voided) for one in found] == [
        ("coder-7", "Read from the pump.", True), ("coder-8", "Ordered so.", False), ("coder-7", "", False),
    ]  # fmt: skip


def test_money_and_time_in_words() -> None:
    """To the cent, and in the unit that says enough."""
    assert (money(123_450), money(-5), money(None)) == ("$1,234.50", "\N{MINUS SIGN}$0.05", "\N{EN DASH}")
    assert (change(5), change(0)) == ("+$0.05", "$0.00")
    assert [span(seconds) for seconds in (5, 61, 7_200, 200_000)] == ["5 s", "1 min", "2 h", "2 days"]
    assert (hold(None, 0), hold(7_200, 0), hold(0, 7_200)) == (
        "no departure yet",
        "2 h left",
        "ended 2 h ago",
    )


async def test_a_stay_has_its_verdict_lines_revisions_and_raw_events_on_one_page(console: Any) -> None:
    """And one that nobody knows is told so, with the same guard."""
    stage, client = await console()
    await stage.stay("E1")
    await stage.stay("E1", [*missing_stop("E1"), STOP], revision=2)
    page = await (await client.get("/stay/E1")).text()
    for words in ("Final charges", "revision 2", "96366", "R-TIME-3", "$265.15", "Cleared: F-MISSING_STOP", "infusion started", "held \N{RIGHTWARDS ARROW} final"):  # fmt: skip
        assert words in page, words
    assert (await client.get("/stay/E2")).status == 404
    led = await client.get("/stays?encounter=E1", allow_redirects=False)
    assert led.headers["Location"] == "/stay/E1"
    published = await (await client.get("/stay/E1/set.json?revision=1")).json()
    assert (published["revision"], published["status"]) == (1, "held")


async def test_rejects_stand_by_reason_and_need_a_mark_before_anything_is_done(console: Any) -> None:
    """And whoever may not send back sees no button."""
    stage, client = await console()
    await stage.say(
        REJECTS,
        "E1",
        b'{"source":"emar"}',
        headers=reject_headers((), "line: not JSON; send it again", EVENTS, 0, 42),
    )
    page = await (await client.get("/rejects")).text()
    assert "line: not JSON" in page
    assert "Send back" in page
    origin = {"Origin": str(client.make_url("/")).rstrip("/")}
    answer = await client.post("/rejects", data={"do": "replay", "which": "marked"}, headers=origin)
    assert "Mark the rejects" in await answer.text()
    answer = await client.post("/rejects", data={"do": "dismiss", "place": "0:1"}, headers=origin)
    assert "Say why" in await answer.text()
    assert len(await (await client.get("/rejects.json?source=emar")).json()) == 1
    assert not await (await client.get("/rejects.json?state=mended")).json()
