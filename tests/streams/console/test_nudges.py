"""The page of what is asked while patients are there: open by age and kind, closed with its answer time, figures, files."""

from typing import Any

from console_desk import NOW, Stage, missing_stop
from orjson import dumps

from models.nudge import Nudge, NudgeKind, NudgeSet
from streams.wire.charge_json import value_of
from streams.wire.instant_text import rfc3339
from streams.wire.nudge_headers import DONE, done_header
from streams.wire.topics import EVENTS, NUDGES


def one(name: str, kind: NudgeKind, asked_at: float) -> Nudge:
    """Return a question."""
    said = rfc3339(int(asked_at))
    return Nudge(name, kind, ("A1",), f"A1: {kind}?", "infusion_stopped: occurred_at", said, said)


async def ask(
    stage: Stage, encounter: str, *nudges: Nudge, at: float = NOW, facility: str | None = "GH"
) -> None:
    """Have the topic say what is asked of a stay."""
    said = NudgeSet(encounter, facility, "oncology", nudges)
    await stage.say(NUDGES, encounter, value_of(said), at)


async def listed(client: Any, query: str = "") -> list[dict[str, Any]]:
    """Return the rows of the file."""
    found: list[dict[str, Any]] = await (await client.get(f"/nudges.json{query}")).json()
    return found


async def test_open_questions_stand_by_age_and_lead_to_their_encounter(console: Any) -> None:
    """The oldest first; a filter lives in the address, and the files have all that match."""
    stage, client = await console()
    await ask(stage, "E1", one("n1", "missing_stop", NOW - 600))
    await ask(stage, "E2", one("n2", "open_pause", NOW - 7200), facility="West")
    page = await (await client.get("/nudges")).text()
    assert page.index("A1: open_pause?") < page.index("A1: missing_stop?")
    assert "2 questions</b>" in page
    assert 'href="/stay/E2"' in page
    assert "CSV, 2 rows" in page
    assert [row["encounter_id"] for row in await listed(client, "?older=60")] == ["E2"]
    assert [row["encounter_id"] for row in await listed(client, "?kind=missing_stop")] == ["E1"]
    assert [row["facility"] for row in await listed(client, "?facility=West")] == ["West"]
    assert (await (await client.get("/nudges.csv?encounter=E1")).text()).count("\n") == 2
    assert '"download"' in stage.access.read_text()


async def test_an_answer_closes_with_its_time_and_a_coded_stay_without(console: Any) -> None:
    """One that goes missing among others was answered; a tombstone says which of both it was."""
    stage, client = await console()
    await ask(stage, "E1", one("n1", "missing_stop", NOW - 600), one("n2", "key_reason", NOW - 500))
    await ask(stage, "E1", one("n2", "key_reason", NOW - 500), at=NOW)
    await stage.say(NUDGES, "E1", None, NOW + 30, (done_header(coded=True),))
    await ask(stage, "E2", one("n3", "missing_stop", NOW - 7200))
    await stage.say(NUDGES, "E2", None, NOW, (done_header(coded=False),))
    await ask(stage, "E3", one("n4", "missing_stop", NOW - 60))
    await stage.say(NUDGES, "E3", None, NOW)
    assert await listed(client) == []
    states = {row["encounter_id"] + row["kind"]: row for row in await listed(client, "?state=all")}
    assert states["E1missing_stop"]["answer_seconds"] == 600
    assert states["E2missing_stop"]["answer_seconds"] == 7200
    assert (states["E1key_reason"]["state"], states["E1key_reason"]["answer_seconds"]) == ("coded", None)
    assert states["E3missing_stop"]["state"] == "closed", "an older release did not say why"
    kinds = {row["kind"]: row for row in await (await client.get("/nudges/kinds.json")).json()}
    assert kinds["missing_stop"]["answered"] == 2
    assert kinds["missing_stop"]["within_15_min"] == round(1 / 3, 4)
    assert (kinds["missing_stop"]["median_seconds"], kinds["missing_stop"]["p90_seconds"]) == (600, 7200)
    assert (kinds["key_reason"]["coded_first"], kinds["all"]["open"]) == (1, 0)
    page = await (await client.get("/nudges?state=answered")).text()
    assert "every question has its answer" in page
    assert "2 h" in page


async def test_what_is_said_again_stays_and_what_is_asked_again_is_open_again(console: Any) -> None:
    """A restart says everything twice; an answer that is taken back reopens its question."""
    stage, client = await console()
    asked = one("n1", "missing_stop", NOW - 600)
    for _ in range(2):
        await ask(stage, "E1", asked)
    assert len(await listed(client, "?state=all")) == 1
    for _ in range(2):
        await stage.say(NUDGES, "E1", None, NOW, (done_header(coded=False),))
    await ask(stage, "E1", asked, at=NOW + 5)
    assert [row["state"] for row in await listed(client, "?state=all")] == ["open"]


async def test_what_nobody_can_read_is_passed_over_and_the_console_fills_again(console: Any) -> None:
    """Other records of the batch count; a page without any question says what asks."""
    stage, client = await console()
    assert "INFUSION_NUDGES=on" in await (await client.get("/nudges")).text()
    await stage.say(NUDGES, "E1", b"{}")
    await stage.say(NUDGES, "E1", b"\xff")
    await stage.say(NUDGES, "E9", None, NOW, ((DONE, b"answered"),))
    for event in missing_stop("E1"):
        await stage.say(EVENTS, "E1", dumps(event))
    assert await listed(client, "?state=all") == []
    assert (await client.get("/nudges?older=x&page=9&state=nonsense")).status == 200
