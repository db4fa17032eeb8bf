"""Our charges beside another system's, from a file of a folder to a table by what explains each difference."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from console_desk import Stage, missing_stop

from streams.console.incumbent import posted_files
from streams.console.people import Guard, Person
from streams.console.runs.job import Job
from streams.console.runs.work import calculate
from streams.console.settings import console_settings
from streams.worker.settings import SettingError

HEAD = "encounter_id,code,units,dos\n"
STOP = {"type": "infusion_stopped", "event_id": "E2.9", "occurred_at": "2026-03-02T09:00:00-05:00", "encounter_id": "E2", "administration_id": "A1"}  # fmt: skip


async def here(job: Job, _: Any) -> str:
    """Calculate in this process."""
    await asyncio.to_thread(calculate, job)
    return ""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that somebody else fills."""
    made = tmp_path / "posted"
    made.mkdir()
    return made


def ours(client: Any) -> dict[str, str]:
    """Return what a browser says of a form of ours."""
    return {"Origin": str(client.make_url("/")).rstrip("/")}


async def compared(stage: Stage, client: Any, **form: str) -> str:
    """Ask for a comparison, have it done, and return its address."""
    answer = await client.post("/diff", data=form, headers=ours(client), allow_redirects=False)
    assert answer.status == 303
    stage.desk.runs.work = here
    await stage.desk.runs.turn(stage.follower.stir)
    place: str = answer.headers["Location"]
    return place


async def test_what_a_switch_explains_stands_first_then_the_rest_by_rule(console: Any, folder: Path) -> None:
    """Explained, unexplained, theirs alone and what is held: as table, CSV and JSON; other codes and wrong rows are told."""
    stage, client = await console(incumbent=folder)
    await stage.stay("E1")
    await stage.stay("E2", [*missing_stop("E2"), STOP])
    await stage.stay("E3", [*missing_stop("E3"), STOP | {"encounter_id": "E3", "event_id": "E3.9"}])
    rows = ("E1,96374,1,2026-03-02", "E2,96365,2,2026-03-02", "E2,99213,1,2026-03-02", "E9,96365,1,2026-03-02", "E3,96365,one,2026-03-02")  # fmt: skip
    (folder / "month.csv").write_text(HEAD + "\n".join(rows) + "\n")
    page = await (await client.get("/diff")).text()
    assert "month.csv" in page
    place = await compared(stage, client, file="month.csv")
    found = await (await client.get(f"{place}/differences.json")).json()
    assert stage.desk.runs.listed("shadow")[0].problem == ""
    by = [(row["switch"], row["answer"], row["encounter_id"], row["kind"]) for row in found]
    assert by[0] == ("missing_stop", "push", "E1", "theirs_only")
    assert by[1:] == [("", "", "E2", "differs"), ("", "", "E3", "ours_only"), ("", "", "E9", "theirs_only")]
    groups = await (await client.get(f"{place}/groups.json")).json()
    assert (groups[0]["switch"], groups[0]["differences"]) == ("missing_stop", 1)
    page = await (await client.get(place)).text()
    assert "missing_stop=push" in page
    assert "1 line of theirs has codes" in page
    assert "could not be read" in page
    [wrong] = await (await client.get(f"{place}/rejects.json")).json()
    assert wrong["number"] == 6
    only = await (await client.get(f"{place}/differences.csv?encounter=E9")).text()
    assert only.count("\n") == 2
    assert {"E1", "E2", "E9"} <= {line.split('"encounter_id":"')[1].split('"')[0] for line in stage.access.read_text().splitlines()}  # fmt: skip
    [run] = await (await client.get("/diff.json")).json()
    assert (run["state"], run["theirs_alone"], run["since"]) == ("done", 1, "2026-03-02")
    assert stage.sent == []


async def test_days_and_common_stays_bound_what_is_compared(console: Any, folder: Path) -> None:
    """Ours outside the days are no difference; only common stays leave out what one side alone has."""
    stage, client = await console(incumbent=folder)
    await stage.stay("E2", [*missing_stop("E2"), STOP])
    (folder / "later.csv").write_text(HEAD + "E7,96365,1,2026-04-02\n")
    place = await compared(stage, client, file="later.csv")
    assert [row["encounter_id"] for row in await (await client.get(f"{place}/differences.json")).json()] == [
        "E7"
    ]
    place = await compared(stage, client, file="later.csv", common="yes")
    assert "Nothing differs." in await (await client.get(place)).text()


async def test_a_file_that_is_no_charges_is_told(console: Any, folder: Path) -> None:
    """In a sentence on its own page, without what stands in it."""
    stage, client = await console(incumbent=folder)
    for name, text, says in (
        ("empty.csv", "", "is empty"), ("words.csv", "secret,name\nx,y\n", "nor a table with a column"),
    ):  # fmt: skip
        (folder / name).write_text(text)
        place = await compared(stage, client, file=name)
        page = await (await client.get(place)).text()
        assert says in page
        assert "secret" not in page


async def test_only_files_of_the_folder_can_be_named(console: Any, folder: Path, tmp_path: Path) -> None:
    """No path, no link, no hidden file; without a folder there is nothing to choose."""
    outside = tmp_path / "outside.csv"
    outside.write_text(HEAD)
    (folder / "link.csv").symlink_to(outside)
    (folder / ".hidden").write_text(HEAD)
    (folder / "inner").mkdir()
    assert posted_files(folder) == []
    assert posted_files(folder / "gone") == []
    _, client = await console(incumbent=folder)
    for name in ("../outside.csv", "link.csv", ".hidden", "inner", str(outside), ""):
        answer = await client.post("/diff", data={"file": name}, headers=ours(client))
        assert answer.status == 409
        assert "Choose one of the files" in await answer.text()


async def test_who_may_only_see_compares_nothing(console: Any, folder: Path) -> None:
    """The form is not there, and a post of one is refused; a console without a folder says what to set."""
    (folder / "month.csv").write_text(HEAD)
    _, client = await console(
        incumbent=folder, guard=Guard((Person("viewer", frozenset({"see"}), "v" * 16),))
    )
    viewer = {"Authorization": "Bearer " + "v" * 16}
    page = await (await client.get("/diff", headers=viewer)).text()
    assert "takes the role resolve" in page
    assert '<form method="post" action="/diff"' not in page
    assert (await client.post("/diff", data={"file": "month.csv"}, headers=viewer)).status == 403


async def test_without_a_folder_the_page_says_what_to_set(console: Any) -> None:
    """And a post has nothing to choose."""
    _, client = await console()
    assert "INFUSION_CONSOLE_INCUMBENT_DIR" in await (await client.get("/diff")).text()
    assert (await client.post("/diff", data={"file": "x"}, headers=ours(client))).status == 409


def test_the_folder_and_the_site_file_are_checked_at_the_start(tmp_path: Path) -> None:
    """What is no folder, or no mapping, is refused in one line."""
    with pytest.raises(SettingError, match="INFUSION_CONSOLE_INCUMBENT_DIR: no folder"):
        console_settings({"INFUSION_CONSOLE_INCUMBENT_DIR": str(tmp_path / "none")})
    with pytest.raises(SettingError, match="INFUSION_SITE_FILE"):
        console_settings({"INFUSION_SITE_FILE": str(tmp_path / "none.toml")})
    assert console_settings({"INFUSION_CONSOLE_INCUMBENT_DIR": str(tmp_path)}).incumbent == tmp_path.resolve()
