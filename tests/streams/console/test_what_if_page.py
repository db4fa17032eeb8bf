"""What if, from the form to the files: which lines, codes and dollars of some days move, by address, without harm to anybody."""

import asyncio
from typing import Any

import pytest
from console_desk import Stage, missing_stop

from rules.engine import Profile
from streams.console.people import Guard, Person
from streams.console.runs.asked import WrongRunError, checked_what_if
from streams.console.runs.job import Job
from streams.console.runs.runs import MOST_WAITING, in_process
from streams.console.runs.work import calculate

STOP = {"type": "infusion_stopped", "event_id": "E2.9", "occurred_at": "2026-03-02T09:00:00-05:00", "encounter_id": "E2", "administration_id": "A1"}  # fmt: skip
ASKED = {"policy": "", "set": "missing_stop=push", "since": "2026-03-01", "until": "2026-03-31"}


async def here(job: Job, _: Any) -> str:
    """Calculate in this process."""
    await asyncio.to_thread(calculate, job)
    return ""


async def ours(client: Any) -> dict[str, str]:
    """Return what a browser says of a form of ours."""
    return {"Origin": str(client.make_url("/")).rstrip("/")}


async def asked(stage: Stage, client: Any, **form: str) -> str:
    """Ask for a what-if, have it calculated, and return its address."""
    answer = await client.post(
        "/what-if", data=ASKED | form, headers=await ours(client), allow_redirects=False
    )
    assert answer.status == 303
    stage.desk.runs.work = here
    await stage.desk.runs.turn(stage.follower.stir)
    place: str = answer.headers["Location"]
    return place


async def test_a_switch_moves_lines_codes_and_dollars_of_a_month(console: Any) -> None:
    """As table, CSV, JSON and the page that stands alone; each encounter that is shown is noted as looked at."""
    stage, client = await console()
    await stage.stay("E1")
    await stage.stay("E2", [*missing_stop("E2"), STOP])
    place = await asked(stage, client)
    page = await (await client.get(place)).text()
    assert "+$217.31" in page
    assert 'href="/stay/E1"' in page
    assert "E2" not in page, "its stop is charted"
    [line] = await (await client.get(f"{place}/lines.json")).json()
    assert (line["encounter_id"], line["code"], line["units_before"], line["units_after"]) == (
        "E1",
        "96374",
        0,
        1,
    )
    [code] = await (await client.get(f"{place}/codes.json")).json()
    assert (code["code"], code["stays"], code["usd"]) == ("96374", 1, "217.31")
    [status] = await (await client.get(f"{place}/statuses.json")).json()
    assert (status["before"], status["after"], status["stays"]) == ("held", "final", 1)
    assert (await (await client.get(f"{place}/lines.csv?code=96365")).text()).count("\n") == 1
    alone = await client.get(f"{place}/page.html")
    assert "attachment" in alone.headers["Content-Disposition"]
    assert "+217.31 USD net, in 1 of 2 stays" in await alone.text()
    looks = [line for line in stage.access.read_text().splitlines() if '"encounter_id":"E1"' in line]
    assert len(looks) == 1, "a file is noted as a whole"
    listed = await (await client.get("/what-if.json")).json()
    assert [(run["state"], run["stays_moved"], run["usd"]) for run in listed] == [("done", 1, "217.31")]


async def test_days_without_a_stay_and_another_policy_move_nothing(console: Any) -> None:
    """A month is by date of service; the stays in force stay as they are."""
    stage, client = await console()
    await stage.stay("E2", [*missing_stop("E2"), STOP])
    place = await asked(stage, client, since="2026-04-01", until="2026-04-30")
    assert "No line moves." in await (await client.get(place)).text()
    [run] = stage.desk.runs.listed("what-if")[:1]
    assert run.figures["stays"] == 0
    place = await asked(stage, client, policy="medicare", set="")
    run, _ = stage.desk.runs.file("what-if", place.rpartition("/")[2])
    assert (run.figures["stays"], run.figures["moved"], run.figures["otherwise"]) == (1, 0, 0)
    assert stage.sent == []


async def test_what_cannot_be_followed_comes_back_with_what_was_typed(console: Any) -> None:
    """In a sentence, on the page; nothing is begun."""
    _, client = await console()
    for form, says in (
        ({"policy": "nobody"}, "There is no policy"),
        ({"set": "partial_overlap"}, "is no switch; write KEY=VALUE"),
        ({"set": "partial_overlap=maybe"}, "partial_overlap"),
        ({"policy": "/etc/passwd", "set": ""}, "never a file"),
        ({"policy": "", "set": ""}, "Name a policy or a switch"),
        ({"since": "March"}, "Write the days as"),
        ({"since": "2026-04-01"}, "lies before the first"),
    ):
        answer = await client.post("/what-if", data=ASKED | form, headers=await ours(client))
        assert answer.status == 409, form
        assert says in await answer.text(), form
    assert await (await client.get("/what-if.json")).json() == []
    assert (await client.get("/what-if/20260101-000000-00000000")).status == 404
    assert (await client.get("/what-if/..%2Fconsole")).status == 404


async def test_who_may_only_look_begins_nothing(console: Any) -> None:
    """The form is not there, and a post of one is refused; results can be looked at."""
    people = (
        Person("viewer", frozenset({"see"}), "v" * 16),
        Person("coder-7", frozenset({"see", "resolve"}), "c" * 16),
    )
    stage, client = await console(guard=Guard(people))
    viewer, coder = ({"Authorization": "Bearer " + sign * 16} for sign in "vc")
    assert (await client.post("/what-if", data=ASKED, headers=viewer)).status == 403
    assert "takes the role resolve" in await (await client.get("/what-if", headers=viewer)).text()
    begun = await client.post("/what-if", data=ASKED, headers=coder, allow_redirects=False)
    assert begun.status == 303
    assert (await client.get(begun.headers["Location"], headers=viewer)).status == 200
    assert stage.desk.runs.listed("what-if")[0].who == "coder-7"


async def test_few_wait_old_results_go_and_what_was_left_undone_is_told(console: Any) -> None:
    """A console that is stopped leaves nothing that waits for ever; files are this user's own."""
    stage, client = await console()
    for _ in range(MOST_WAITING):
        answer = await client.post("/what-if", data=ASKED, headers=await ours(client), allow_redirects=False)
    page = await (await client.get(answer.headers["Location"])).text()
    assert "waits for the calculation before it" in page
    assert '<meta http-equiv="refresh"' in page
    assert (await client.post("/what-if", data=ASKED, headers=await ours(client))).status == 409
    stage.desk.runs.give_up_what_was_left()
    assert {run.state for run in stage.desk.runs.listed("what-if")} == {"failed"}
    assert (
        "There is no result: the console was stopped"
        in await (await client.get(answer.headers["Location"])).text()
    )
    folder = stage.model.path.parent / "runs"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}


async def test_a_process_of_its_own_does_it_and_the_pages_answer_meanwhile(console: Any) -> None:
    """The loop turns while it works; its end is told in the file."""
    stage, client = await console()
    await stage.stay("E1")
    answer = await client.post("/what-if", data=ASKED, headers=await ours(client), allow_redirects=False)
    stage.desk.runs.work = in_process
    task = asyncio.create_task(stage.desk.runs.turn(stage.follower.stir))
    while not task.done():
        assert (await client.get("/livez")).status == 200
        await asyncio.sleep(0.05)
    await task
    assert "+$217.31" in await (await client.get(answer.headers["Location"])).text()


def test_a_form_is_checked_under_the_policy_in_force() -> None:
    """What it leaves open is empty."""
    asked = checked_what_if({"policy": " medicare-office ", "set": ""}, Profile())
    assert asked == {"policy": "medicare-office", "set": "", "since": "", "until": ""}
    with pytest.raises(WrongRunError):
        checked_what_if({"set": "nonsense=1"}, Profile())
    for day in ("20260301", "2026-W10-1", "9999-01-01", "0001-01-01", "\u0662026-03-01"):
        with pytest.raises(WrongRunError, match="2026-03-01"):
            checked_what_if({"policy": "aetna", "since": day}, Profile())
